"""Owners can always recover access: with a recovery code, or with an operator's link."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
import time_machine
from werkzeug.test import TestResponse

from app.companies.models import Company, PasswordSignIn
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.people.models import Person, Role
from app.people.one_time_tokens import rules
from app.people.one_time_tokens.models import RecoveryCode
from tests.accounts import account, company_of, sign_in
from tests.assertions import audit_entries, last_failure_reason
from tests.browser import Browser
from tests.cast import ALICE, OWNER_PASSWORD, Cast
from tests.recent import signed_in_recently

CODE = re.compile(r"<code>((?:[2-9a-z]{4}-){3}[2-9a-z]{4})</code>")
OWNER = "owner@contoso.example"


def make_codes(browser: Browser) -> list[str]:
    signed_in_recently(browser.application)
    page = browser.post_form("/account/recovery-codes", page="/account")
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    return CODE.findall(page.text)


def use(browser: Browser, key: str, code: str = "contoso") -> TestResponse:
    return browser.post_form(f"/login/{code}/recovery/use", page=f"/login/{code}/recovery", key=key)


def link(cast: Cast, *arguments: str) -> str:
    """The path that the operator's command prints."""
    done = cast.app.test_cli_runner().invoke(args=["people", "recovery-link", *arguments])
    assert done.exit_code == 0, done.output
    parts = urlsplit(done.output.splitlines()[0])
    assert f"{parts.scheme}://{parts.netloc}" == cast.app.config["BASE_URL"]
    return f"{parts.path}?{parts.query}"


def press(browser: Browser, path: str) -> TestResponse:
    """Opens an operator's link and presses its button, if the page has one."""
    page = browser.opened(path)
    shown = browser.get(page)
    if shown.status_code != 200:
        return shown
    return browser.post_form(page.replace("/recovery?", "/recovery/use?"), page=page)


def disable_passwords(cast: Cast) -> None:
    with cast.app.app_context(), unit_of_work():
        db.session.execute(
            sa.update(Company).where(Company.name == "Contoso").values(password_sign_in=PasswordSignIn.NO_ONE)
        )


def test_owner_creates_ten_codes_shown_once_and_stored_hashed(cast: Cast) -> None:
    alice = cast.alice()
    assert "None created." in alice.get("/account").text
    codes = make_codes(alice)
    assert len(set(codes)) == rules.CODES
    assert "10 codes left." in alice.get("/account").text
    with cast.app.app_context():
        stored = db.session.scalars(sa.select(RecoveryCode.key_hash)).all()
    assert set(stored) == {rules.key_hash(code) for code in codes}
    assert not any(code in str(stored) or code.replace("-", "") in str(stored) for code in codes)
    assert "recovery_codes.made" in [entry.event for entry in audit_entries(cast.app)]
    assert not any(code in str(entry.detail) for entry in audit_entries(cast.app) for code in codes)


def test_recovery_code_works_once_even_with_passwords_disabled(cast: Cast) -> None:
    codes = make_codes(cast.alice())
    disable_passwords(cast)
    browser = cast.browser()
    assert 'href="/login/contoso/recovery"' in browser.get("/login/contoso?choose=1").text
    response = use(browser, codes[3])
    assert (response.status_code, response.location) == (303, "/account")
    page = browser.get("/account").text
    assert "Adaeze Okonkwo" in page
    assert "9 recovery codes left." in page
    assert audit_entries(cast.app, "sign_in.admitted")[-1].detail["method"] == "Recovery code"

    again = use(cast.browser(), codes[3])
    assert again.status_code == 422
    assert "This code or link isn’t valid." in again.text
    assert last_failure_reason(cast.app) == "wrong_recovery_code"


def test_code_may_be_typed_in_capitals_with_spaces(cast: Cast) -> None:
    code = make_codes(cast.alice())[0]
    assert use(cast.browser(), f"  {code.upper().replace('-', ' ')} ").status_code == 303


def test_new_codes_replace_old_ones(cast: Cast) -> None:
    alice = cast.alice()
    old = make_codes(alice)
    new = make_codes(alice)
    assert use(cast.browser(), old[0]).status_code == 422
    assert use(cast.browser(), new[0]).status_code == 303


def test_code_works_only_at_its_own_company(cast: Cast) -> None:
    codes = make_codes(cast.alice())
    assert use(cast.browser(), codes[0], "fabrikam").status_code == 422
    assert use(cast.browser(), codes[0], "contoso-lisbon").status_code == 303


@pytest.mark.parametrize("values", [{"role": Role.ADMIN}, {"is_active": False}])
def test_code_of_former_owner_is_rejected(cast: Cast, values: dict[str, object]) -> None:
    codes = make_codes(cast.alice())
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.update(Person).where(Person.oid == ALICE.oid).values(**values))
    assert use(cast.browser(), codes[0]).status_code == 422


def test_members_codes_replace_only_their_second_step(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), "mia@contoso.example", "Mia Member")
    mia = cast.browser()
    assert sign_in(mia, "mia@contoso.example") == 303
    assert "Recovery codes" in mia.get("/account").text
    page = mia.post_form("/account/recovery-codes", page="/account")
    assert page.status_code == 200
    assert "Locked out?" not in page.text, "a member's code alone signs no one in"
    codes = CODE.findall(page.text)
    assert len(codes) == rules.CODES
    assert use(cast.browser(), codes[0]).status_code == 422


def test_codes_require_password_and_admins_cannot_sign_in_with_them(cast: Cast) -> None:
    bob = cast.bob()
    assert "Recovery codes" not in bob.get("/account").text
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.update(Person).values(role=Role.ADMIN))
    assert "One-time backup for two-step verification" in bob.get("/account").text
    assert use(cast.browser(), make_codes(bob)[0]).status_code == 422


@pytest.mark.parametrize("key", ["", "-", "x" * 100_000, "aaaa-bbbb-cccc-dddd"])
def test_invalid_code_is_rejected(cast: Cast, key: str) -> None:
    make_codes(cast.alice())
    assert use(cast.browser(), key).status_code == 422


def test_guessing_codes_is_rate_limited(cast: Cast) -> None:
    browser = cast.browser()
    responses = [use(browser, f"aaaa-bbbb-cccc-{number:04}").status_code for number in range(11)]
    assert responses == [422] * 10 + [429]


def test_viewing_recovery_link_does_not_use_it_up(cast: Cast) -> None:
    path = link(cast, OWNER, "--company", "Contoso")
    disable_passwords(cast)
    for _ in range(3):
        assert "This link signs you in once." in cast.browser().get(path, follow_redirects=True).text
    browser = cast.browser()
    assert press(browser, path).location == "/account"
    assert "Olivia Owner" in browser.get("/account").text
    assert press(cast.browser(), path).status_code == 410
    events = [entry.event for entry in audit_entries(cast.app)][-2:]
    assert events == ["recovery_link.made", "sign_in.admitted"]


def test_recovery_link_expires_after_half_an_hour(cast: Cast) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        early, late = (link(cast, OWNER, "--company", "contoso") for _ in range(2))
        clock.shift(timedelta(minutes=29, seconds=59))
        assert press(cast.browser(), early).status_code == 303
        clock.shift(timedelta(seconds=2))
        assert press(cast.browser(), late).status_code == 410


def test_recovery_link_keeps_existing_codes(cast: Cast) -> None:
    codes = make_codes(cast.alice())
    link(cast, "adaeze.okonkwo@contoso.example", "--company", "contoso")
    assert "10 codes left." in cast.alice().get("/account").text
    assert use(cast.browser(), codes[0]).status_code == 303


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["unknown@contoso.example", "--company", "contoso"], "no owner has the email"),
        (["bjorn.lindqvist@contoso.example", "--company", "contoso"], "no owner has the email"),
        ([OWNER, "--company", "fabrikam"], "no owner has the email"),
        ([OWNER, "--company", "nowhere"], "no company has"),
    ],
)
def test_recovery_link_is_for_owners_only(cast: Cast, arguments: list[str], words: str) -> None:
    cast.bob()
    done = cast.app.test_cli_runner().invoke(args=["people", "recovery-link", *arguments])
    assert done.exit_code == 1
    assert words in done.output
    assert audit_entries(cast.app, "recovery_link.made") == []


def test_recovery_is_unavailable_at_inactive_company(cast: Cast) -> None:
    codes = make_codes(cast.alice())
    browser = cast.browser()
    token = browser.csrf("/login/contoso/recovery")
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.update(Company).values(is_active=False))
    assert browser.get("/login/contoso/recovery").status_code == 404
    response = browser.post("/login/contoso/recovery/use", data={"csrf_token": token, "key": codes[0]})
    assert response.status_code == 404


def test_recovery_starts_a_new_session(cast: Cast) -> None:
    codes = make_codes(cast.alice())
    browser = cast.browser()
    browser.post_form("/login/contoso/password", page="/login/contoso", email=OWNER, password=OWNER_PASSWORD)
    before = browser.session_token
    use(browser, codes[0])
    after = browser.session_token
    assert before != after
    assert "Adaeze Okonkwo" in browser.get("/account").text

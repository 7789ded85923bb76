"""Two-step verification with an authenticator code or a recovery code. Passkeys: tests/e2e/test_people.py."""

import re
import time
from typing import Any

import pyotp
import pytest
import segno
import sqlalchemy as sa
import time_machine

from app.companies.models import Company
from app.core.database import db
from app.people.two_step import totp as numbers
from app.people.two_step.models import Authenticator
from tests.accounts import PASSWORD, account, company_of, person, sign_in
from tests.assertions import audit_entries, last_failure_reason
from tests.browser import Browser
from tests.cast import Cast
from tests.recent import signed_in_recently

EMAIL = "otto@contoso.example"
PAGE = "/account/second-factor"


@pytest.fixture
def otto(cast: Cast) -> Browser:
    account(cast.app, company_of(cast.app), EMAIL, "Otto Owner", "owner")
    browser = cast.browser()
    assert sign_in(browser, EMAIL) == 303
    return browser


def add_app(browser: Browser) -> pyotp.TOTP:
    browser.post_form(f"{PAGE}/app", page=PAGE)
    found = re.search(r"<code>([A-Z2-7]{32})</code>", browser.get(PAGE).text)
    assert found
    totp = pyotp.TOTP(found[1])
    with time_machine.travel(time.time(), tick=False):
        # The previous code, so that the current one is still unused.
        response = browser.post_form(f"{PAGE}/app/confirm", page=PAGE, number=totp.at(int(time.time()) - 30))
    assert response.status_code == 303, response.text
    return totp


def second_step(browser: Browser, number: str) -> int:
    return browser.post_form("/auth/second-factor", page="/auth/second-factor", number=number).status_code


def at_second_step(cast: Cast) -> Browser:
    browser = cast.browser()
    page = "/login/contoso"
    response = browser.post_form(f"{page}/password", page=page, email=EMAIL, password=PASSWORD, next="/people")
    assert response.headers["Location"] == "/auth/second-factor"
    assert browser.get("/account").status_code == 302, "no one is signed in before the second step"
    return browser


def test_authenticator_code_is_required_after_setup(cast: Cast, otto: Browser) -> None:
    totp = add_app(otto)
    browser = at_second_step(cast)
    response = browser.post_form(
        "/auth/second-factor", page="/auth/second-factor", number=f" {totp.now()[:3]} {totp.now()[3:]}"
    )
    assert response.headers["Location"] == "/people"
    assert audit_entries(cast.app, "sign_in.admitted")[-1].detail["method"] == "Password and app"


ARABIC_INDIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@pytest.mark.parametrize("digits", [ARABIC_INDIC, FULL_WIDTH])
def test_code_in_another_scripts_digits_is_accepted(cast: Cast, otto: Browser, digits: dict[int, int]) -> None:
    totp = add_app(otto)
    assert second_step(at_second_step(cast), totp.now().translate(digits)) == 303


@pytest.mark.parametrize("digits", [ARABIC_INDIC, FULL_WIDTH])
def test_recovery_code_in_another_scripts_digits_is_accepted(cast: Cast, otto: Browser, digits: dict[int, int]) -> None:
    add_app(otto)
    codes = re.findall(r"<code>([a-z0-9-]{19})</code>", otto.post_form("/account/recovery-codes", page="/account").text)
    assert second_step(at_second_step(cast), codes[0].upper().translate(digits)) == 303


def test_authenticator_entry_names_the_company(cast: Cast) -> None:
    labels = set()
    for code in ("contoso", "fabrikam"):
        company = company_of(cast.app) if code == "contoso" else fabrikam(cast)
        account(cast.app, company, "both@people.example", "Both")
        browser = cast.browser()
        assert sign_in(browser, "both@people.example", code=code) == 303
        labels.add(label_of(cast, browser))
    assert labels == {"Contoso (Portico):both@people.example", "Fabrikam (Portico):both@people.example"}


def test_companies_of_same_name_or_with_colon_have_distinct_entries() -> None:
    account = "a@b.example"
    entries = [numbers.label("Contoso: Lisbon", code, account) for code in ("contoso", "contoso-2", "lisbon")]
    assert len(set(entries)) == 3
    assert {entry.count(":") for entry in entries} == {1}, "a colon ends the issuer (Key Uri Format)"


def fabrikam(cast: Cast) -> object:
    with cast.app.app_context():
        return db.session.scalars(sa.select(Company.id).where(Company.name == "Fabrikam")).one()


def label_of(cast: Cast, browser: Browser) -> str:
    """The label of the authenticator entry, read from the URI in the QR code."""
    drawn: list[str] = []
    with pytest.MonkeyPatch.context() as patched:
        make = segno.make

        def note(text: str, **options: Any) -> Any:
            drawn.append(text)
            return make(text, **options)

        patched.setattr(segno, "make", note)
        browser.post_form(f"{PAGE}/app", page=PAGE)
        browser.get(PAGE)
    parsed = pyotp.parse_uri(drawn[-1])
    assert parsed.issuer
    return f"{parsed.issuer}:{parsed.name}"


def test_authenticator_code_works_once(cast: Cast, otto: Browser) -> None:
    totp = add_app(otto)
    number = totp.now()
    assert second_step(at_second_step(cast), number) == 303
    assert second_step(at_second_step(cast), number) == 422
    assert last_failure_reason(cast.app) == "wrong_second_factor"


@pytest.mark.parametrize("number", ["", "000000", "1234567", "abc", "١٢٣٤٥٦", "9" * 5000])
def test_wrong_code_is_rejected(cast: Cast, otto: Browser, number: str) -> None:
    add_app(otto)
    assert second_step(at_second_step(cast), number) == 422


def test_old_code_is_rejected(cast: Cast, otto: Browser) -> None:
    totp = add_app(otto)
    old = totp.now()
    with time_machine.travel(time.time() + 120):
        assert second_step(at_second_step(cast), old) == 422


def test_guessing_codes_is_limited_across_browsers(cast: Cast, otto: Browser) -> None:
    add_app(otto)
    codes = []
    for number in range(11):
        browser = at_second_step(cast)
        browser.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        codes.append(second_step(browser, "000000"))
    assert codes == [422] * 10 + [429]


def test_recovery_code_replaces_authenticator_code_once(cast: Cast, otto: Browser) -> None:
    add_app(otto)
    codes = re.findall(r"<code>([a-z0-9-]{19})</code>", otto.post_form("/account/recovery-codes", page="/account").text)
    assert second_step(at_second_step(cast), codes[0]) == 303
    assert second_step(at_second_step(cast), codes[0]) == 422


def test_second_step_expires_after_five_minutes(cast: Cast, otto: Browser) -> None:
    totp = add_app(otto)
    browser = at_second_step(cast)
    with time_machine.travel(time.time() + 301):
        token = browser.csrf("/login/contoso")
        response = browser.post("/auth/second-factor", data={"csrf_token": token, "number": totp.now()})
        assert response.headers["Location"].startswith("/login/contoso?choose=1")


def test_unconfirmed_app_is_not_required(cast: Cast, otto: Browser) -> None:
    otto.post_form(f"{PAGE}/app", page=PAGE)
    assert otto.post_form(f"{PAGE}/app/confirm", page=PAGE, number="000000").status_code == 422
    assert sign_in(cast.browser(), EMAIL) == 303
    browser = cast.browser()
    sign_in(browser, EMAIL)
    assert browser.get("/account").status_code == 200


def test_removed_app_is_no_longer_required(cast: Cast, otto: Browser) -> None:
    add_app(otto)
    assert otto.post_form(f"{PAGE}/app/remove", page=PAGE).status_code == 303
    browser = cast.browser()
    sign_in(browser, EMAIL)
    assert browser.get("/account").status_code == 200


def test_secret_is_encrypted_and_shown_only_until_confirmed(cast: Cast, otto: Browser) -> None:
    totp = add_app(otto)
    assert totp.secret not in otto.get(PAGE).text
    with cast.app.app_context():
        encrypted = db.session.scalars(sa.select(Authenticator.secret_sealed)).one()
        assert totp.secret not in encrypted


def test_person_from_microsoft_has_no_two_step_page(cast: Cast) -> None:
    alice = cast.alice()
    signed_in_recently(cast.app)
    assert alice.get(PAGE).status_code == 404


@pytest.mark.parametrize("credential", ["", "{}", '{"id":"x"}', '{"id":7,"rawId":[],"response":{},"type":null}'])
def test_invalid_passkey_response_is_rejected(cast: Cast, otto: Browser, credential: str) -> None:
    assert otto.post_form(f"{PAGE}/passkeys", page=PAGE, credential=credential, name="x").status_code == 303
    add_app(otto)
    browser = at_second_step(cast)
    response = browser.post_form("/auth/second-factor", page="/auth/second-factor", credential=credential, number="")
    assert response.status_code == 422


def test_owner_resets_two_step_verification_of_someone_else(cast: Cast, otto: Browser) -> None:
    add_app(otto)
    alice, who = cast.alice(), person(cast.app, EMAIL)
    signed_in_recently(cast.app)
    page = f"/people/{who.id}"
    assert "Reset two-step verification" in alice.get(page).text
    assert alice.post_form(f"{page}/second-factor/remove", page=page).status_code == 303
    browser = cast.browser()
    sign_in(browser, EMAIL)
    assert browser.get("/account").status_code == 200
    assert audit_entries(cast.app, "second_factor.taken_away")[0].subject_id == who.id

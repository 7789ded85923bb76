"""A second factor beside the password: an app's number, a recovery code. Passkeys: tests/e2e/test_people.py."""

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
from tests.assertions import history, last_refusal
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
        # The code before the present one, so that the present one is not used yet.
        answer = browser.post_form(f"{PAGE}/app/confirm", page=PAGE, number=totp.at(int(time.time()) - 30))
    assert answer.status_code == 303, answer.text
    return totp


def second_step(browser: Browser, number: str) -> int:
    return browser.post_form("/auth/second-factor", page="/auth/second-factor", number=number).status_code


def begun(cast: Cast) -> Browser:
    browser = cast.browser()
    page = "/login/contoso"
    answer = browser.post_form(f"{page}/password", page=page, email=EMAIL, password=PASSWORD, next="/people")
    assert answer.headers["Location"] == "/auth/second-factor"
    assert browser.get("/account").status_code == 302, "nobody is in before the second step"
    return browser


def test_the_number_of_the_app_is_asked_for_from_then_on(cast: Cast, otto: Browser) -> None:
    totp = add_app(otto)
    browser = begun(cast)
    answer = browser.post_form(
        "/auth/second-factor", page="/auth/second-factor", number=f" {totp.now()[:3]} {totp.now()[3:]}"
    )
    assert answer.headers["Location"] == "/people"
    assert history(cast.app, "sign_in.admitted")[-1].detail["method"] == "Password and app"


ARABIC_INDIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@pytest.mark.parametrize("digits", [ARABIC_INDIC, FULL_WIDTH])
def test_codes_typed_with_another_scripts_digits_count(cast: Cast, otto: Browser, digits: dict[int, int]) -> None:
    totp = add_app(otto)
    assert second_step(begun(cast), totp.now().translate(digits)) == 303


@pytest.mark.parametrize("digits", [ARABIC_INDIC, FULL_WIDTH])
def test_recovery_codes_typed_with_another_scripts_digits_count(
    cast: Cast, otto: Browser, digits: dict[int, int]
) -> None:
    add_app(otto)
    codes = re.findall(r"<code>([a-z0-9-]{19})</code>", otto.post_form("/account/recovery-codes", page="/account").text)
    assert second_step(begun(cast), codes[0].upper().translate(digits)) == 303


def test_the_entry_in_an_authenticator_app_names_the_company(cast: Cast) -> None:
    labels = set()
    for code in ("contoso", "fabrikam"):
        company = company_of(cast.app) if code == "contoso" else fabrikam(cast)
        account(cast.app, company, "both@people.example", "Both")
        browser = cast.browser()
        assert sign_in(browser, "both@people.example", code=code) == 303
        labels.add(label_of(cast, browser))
    assert labels == {"Contoso (Portico):both@people.example", "Fabrikam (Portico):both@people.example"}


def test_companies_of_one_name_and_names_with_a_colon_have_entries_of_their_own() -> None:
    account = "a@b.example"
    entries = [numbers.label("Contoso: Lisbon", code, account) for code in ("contoso", "contoso-2", "lisbon")]
    assert len(set(entries)) == 3
    assert {entry.count(":") for entry in entries} == {1}, "a colon ends the issuer (Key Uri Format)"


def fabrikam(cast: Cast) -> object:
    with cast.app.app_context():
        return db.session.scalars(sa.select(Company.id).where(Company.name == "Fabrikam")).one()


def label_of(cast: Cast, browser: Browser) -> str:
    """What the QR code would be stored as, read from the address that is drawn."""
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


def test_a_number_is_good_once(cast: Cast, otto: Browser) -> None:
    totp = add_app(otto)
    number = totp.now()
    assert second_step(begun(cast), number) == 303
    assert second_step(begun(cast), number) == 422
    assert last_refusal(cast.app) == "wrong_second_factor"


@pytest.mark.parametrize("number", ["", "000000", "1234567", "abc", "١٢٣٤٥٦", "9" * 5000])
def test_anything_else_is_wrong(cast: Cast, otto: Browser, number: str) -> None:
    add_app(otto)
    assert second_step(begun(cast), number) == 422


def test_a_number_of_long_ago_is_wrong(cast: Cast, otto: Browser) -> None:
    totp = add_app(otto)
    old = totp.now()
    with time_machine.travel(time.time() + 120):
        assert second_step(begun(cast), old) == 422


def test_guessing_numbers_is_stopped_whatever_the_browser(cast: Cast, otto: Browser) -> None:
    add_app(otto)
    codes = []
    for number in range(11):
        browser = begun(cast)
        browser.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        codes.append(second_step(browser, "000000"))
    assert codes == [422] * 10 + [429]


def test_a_recovery_code_stands_in_once(cast: Cast, otto: Browser) -> None:
    add_app(otto)
    codes = re.findall(r"<code>([a-z0-9-]{19})</code>", otto.post_form("/account/recovery-codes", page="/account").text)
    assert second_step(begun(cast), codes[0]) == 303
    assert second_step(begun(cast), codes[0]) == 422


def test_the_second_step_waits_for_five_minutes(cast: Cast, otto: Browser) -> None:
    totp = add_app(otto)
    browser = begun(cast)
    with time_machine.travel(time.time() + 301):
        token = browser.csrf("/login/contoso")
        answer = browser.post("/auth/second-factor", data={"csrf_token": token, "number": totp.now()})
        assert answer.headers["Location"].startswith("/login/contoso?choose=1")


def test_an_app_whose_first_number_was_wrong_is_not_asked_for(cast: Cast, otto: Browser) -> None:
    otto.post_form(f"{PAGE}/app", page=PAGE)
    assert otto.post_form(f"{PAGE}/app/confirm", page=PAGE, number="000000").status_code == 422
    assert sign_in(cast.browser(), EMAIL) == 303
    browser = cast.browser()
    sign_in(browser, EMAIL)
    assert browser.get("/account").status_code == 200


def test_a_removed_app_is_asked_for_no_more(cast: Cast, otto: Browser) -> None:
    add_app(otto)
    assert otto.post_form(f"{PAGE}/app/remove", page=PAGE).status_code == 303
    browser = cast.browser()
    sign_in(browser, EMAIL)
    assert browser.get("/account").status_code == 200


def test_the_secret_is_sealed_and_shown_only_until_it_works(cast: Cast, otto: Browser) -> None:
    totp = add_app(otto)
    assert totp.secret not in otto.get(PAGE).text
    with cast.app.app_context():
        sealed = db.session.scalars(sa.select(Authenticator.secret_sealed)).one()
        assert totp.secret not in sealed


def test_microsoft_asks_for_its_own(cast: Cast) -> None:
    alice = cast.alice()
    signed_in_recently(cast.app)
    assert alice.get(PAGE).status_code == 404


@pytest.mark.parametrize("credential", ["", "{}", '{"id":"x"}', '{"id":7,"rawId":[],"response":{},"type":null}'])
def test_a_passkey_that_proves_nothing_is_refused(cast: Cast, otto: Browser, credential: str) -> None:
    assert otto.post_form(f"{PAGE}/passkeys", page=PAGE, credential=credential, name="x").status_code == 303
    add_app(otto)
    browser = begun(cast)
    answer = browser.post_form("/auth/second-factor", page="/auth/second-factor", credential=credential, number="")
    assert answer.status_code == 422


def test_an_owner_takes_away_what_somebody_lost(cast: Cast, otto: Browser) -> None:
    add_app(otto)
    alice, who = cast.alice(), person(cast.app, EMAIL)
    signed_in_recently(cast.app)
    page = f"/people/{who.id}"
    assert "Reset two-step verification" in alice.get(page).text
    assert alice.post_form(f"{page}/second-factor/remove", page=page).status_code == 303
    browser = cast.browser()
    sign_in(browser, EMAIL)
    assert browser.get("/account").status_code == 200
    assert history(cast.app, "second_factor.taken_away")[0].subject_id == who.id

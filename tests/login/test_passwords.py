"""Passwords: sign-in doesn't reveal who has one, guessing is limited, and a company may disable them."""

import re
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest
import sqlalchemy as sa
from markupsafe import escape

from app import create_app
from app.cli.companies_file import actions
from app.cli.companies_file.schema import CompaniesFile
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.http.rate_limits import WRONG_PASSWORDS_LIMIT
from app.people import passwords
from app.people.models import Person
from app.settings import Settings
from tests.assertions import audit_entries, rows, written
from tests.browser import Browser
from tests.cast import ALICE, COMPANIES, OWNER_PASSWORD, Cast

MOST = WRONG_PASSWORDS_LIMIT.most
OWNER = "owner@contoso.example"


def try_password(browser: Browser, email: str, password: str, code: str = "contoso", **headers: str) -> Any:
    token = browser.csrf(f"/login/{code}")
    given = {"csrf_token": token, "email": email, "password": password}
    return browser.post(f"/login/{code}/password", data=given, headers=headers)


def test_typed_email_is_shown_again_as_it_was_typed(cast: Cast) -> None:
    typed = 'אליס"@contoso.example'
    page = try_password(cast.browser(), typed, "wrong").text
    assert f'name="email" type="email" value="{escape(typed)}"' in page


@pytest.mark.parametrize("email", [OWNER, OWNER.upper(), f" {OWNER} "])
def test_correct_password_signs_in(cast: Cast, email: str) -> None:
    browser = cast.browser()
    assert try_password(browser, email, OWNER_PASSWORD).status_code == 303
    assert "Olivia Owner" in browser.get("/account").text


@pytest.mark.parametrize("password", ["", "wrong", OWNER_PASSWORD + " ", OWNER_PASSWORD.upper(), "x" * 100_000, "é"])
def test_wrong_password_does_not_sign_in(cast: Cast, password: str) -> None:
    browser = cast.browser()
    before = rows(cast.app)
    response = try_password(browser, OWNER, password)
    assert response.status_code == 422
    assert written(before, rows(cast.app)) == {"audit_entry": 1}
    assert password == "" or password not in response.text
    assert browser.get("/account").status_code == 302


def plain(page: str, email: str) -> str:
    """The page without the parts that differ per request and the typed address."""
    return re.sub(r'nonce="[^"]+"|name="csrf_token" value="[^"]+"', "", page).replace(email, "")


def test_unknown_person_and_wrong_password_get_the_same_response(cast: Cast) -> None:
    cast.alice()
    responses = set()
    for email in (OWNER, "unknown@contoso.example", "adaeze.okonkwo@contoso.example"):
        response = try_password(cast.browser(), email, "a wrong password")
        responses.add((response.status_code, plain(response.text, email)))
    assert len(responses) == 1


def test_unknown_person_costs_as_much_work_as_wrong_password(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    passwords.matches(None, "warm")
    hasher, verified = passwords._hasher, []

    class Counting:
        def verify(self, *args: Any) -> bool:
            verified.append(args[0])
            return hasher.verify(*args)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    for email in (OWNER, "unknown@contoso.example"):
        try_password(cast.browser(), email, "a wrong password")
    assert len(verified) == 2
    cost = {re.sub(r"[^$]+$", "", found.rpartition("$")[0]) for found in verified}
    assert len(cost) == 1, "both hashes are of the same cost"


def test_guessing_is_limited_per_network_across_accounts(cast: Cast) -> None:
    browser = cast.browser()
    statuses = [try_password(browser, f"{n}@contoso.example", "guess").status_code for n in range(MOST + 1)]
    assert statuses == [422] * MOST + [429]


def test_guessing_is_limited_despite_changing_forwarded_header(cast: Cast) -> None:
    browser = cast.browser()
    statuses = [
        try_password(browser, f"{n}@contoso.example", "guess", **{"X-Forwarded-For": f"192.0.2.{n}"}).status_code
        for n in range(MOST + 1)
    ]
    assert statuses[-1] == 429


def test_guessing_is_limited_per_account_across_networks(cast: Cast) -> None:
    statuses = []
    for n in range(MOST + 1):
        browser = cast.browser()
        browser.environ_base["REMOTE_ADDR"] = f"192.0.2.{n}"
        statuses.append(try_password(browser, OWNER if n % 2 else OWNER.upper(), "guess").status_code)
    assert statuses == [422] * MOST + [429]


def in_another_worker(settings: Settings) -> int:
    """Signs in with the correct password in a separate process."""
    app = create_app(settings)
    app.test_client_class = Browser
    browser = app.test_client()
    assert isinstance(browser, Browser)
    status: int = try_password(browser, OWNER, OWNER_PASSWORD).status_code
    return status


def test_guessing_is_limited_across_workers(cast: Cast, settings: Settings) -> None:
    if not settings.redis_url.get_secret_value():
        pytest.skip("workers share their counts where Redis is set")
    for _ in range(MOST):
        assert try_password(cast.browser(), OWNER, "guess").status_code == 422
    with ProcessPoolExecutor(1, get_context("spawn")) as workers:
        assert workers.submit(in_another_worker, settings).result(60) == 429


def test_correct_passwords_are_not_counted(cast: Cast) -> None:
    for _ in range(MOST + 1):
        assert try_password(cast.browser(), OWNER, OWNER_PASSWORD).status_code == 303


def test_disabled_passwords_hide_form_and_forbid_post(cast: Cast) -> None:
    browser = cast.browser()
    token = browser.csrf("/login/contoso")
    with cast.app.app_context(), unit_of_work():
        changed = {**COMPANIES["companies"][0], "password_sign_in": "nobody"}
        actions.apply(CompaniesFile.model_validate({"companies": [changed]}))
    assert 'type="password"' not in browser.get("/login/contoso").text
    given = {"csrf_token": token, "email": OWNER, "password": OWNER_PASSWORD}
    assert browser.post("/login/contoso/password", data=given).status_code == 403
    assert browser.get("/account").status_code == 302


def test_password_works_only_at_its_own_company(cast: Cast) -> None:
    assert try_password(cast.browser(), OWNER, OWNER_PASSWORD, code="fabrikam").status_code == 422


def test_deactivation_is_revealed_only_with_correct_password(cast: Cast) -> None:
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.update(Person).where(Person.email == OWNER).values(is_active=False))
    assert try_password(cast.browser(), OWNER, "guess").status_code == 422
    assert try_password(cast.browser(), OWNER, OWNER_PASSWORD).status_code == 403


def test_person_from_microsoft_has_no_password(cast: Cast) -> None:
    cast.alice()
    assert try_password(cast.browser(), "adaeze.okonkwo@contoso.example", "").status_code == 422
    with cast.app.app_context():
        assert cast.person(ALICE).password_hash is None


def test_audit_log_contains_no_password(cast: Cast) -> None:
    try_password(cast.browser(), OWNER, "a secret guess")
    assert not any("guess" in str(entry.detail) for entry in audit_entries(cast.app))

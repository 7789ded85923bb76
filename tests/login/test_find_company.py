"""`/login` with a work email: only proven domains lead on, and everything else looks the same."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from app.companies.models import Company, PasswordSignIn
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.http.rate_limits import EMAILED_LINK_LIMIT, NETWORK_EMAILS
from tests.accounts import account, company_of
from tests.browser import Browser
from tests.cast import ALICE, OWNER_PASSWORD, Cast
from tests.directory import CONTOSO
from tests.dns_server import NameServer
from tests.login.test_domains import prove, prove_international
from tests.mail_server import LocalMailServer, text_of
from tests.tasks import run_tasks


@pytest.fixture
def proven(cast: Cast, name_server: NameServer) -> Cast:
    """Contoso has proven contoso.example."""
    prove(cast.alice(), name_server)
    return cast


def look_up(browser: Browser, typed: str, **fields: str) -> TestResponse:
    return browser.post_form("/login", page="/login", code=typed, **fields)


def no_passwords(cast: Cast) -> None:
    with cast.app.app_context(), unit_of_work():
        db.session.scalars(
            sa.select(Company).where(Company.name == "Contoso")
        ).one().password_sign_in = PasswordSignIn.NO_ONE


def test_login_code_leads_to_its_page(cast: Cast) -> None:
    assert look_up(cast.browser(), " Contoso ", next="/people").headers["Location"] == "/login/contoso?next=/people"


@pytest.mark.parametrize(
    "typed",
    [
        *("ann@contoso.example", " Ann@Contoso.EXAMPLE ", "ann+news@contoso.example", "an\u200bn@contoso.example"),
        *("ann\uff20contoso.example", "ann@contoso\u3002example", "ANN.O'HARA@contoso.example"),
    ],
    ids=["plain", "capitals", "plus", "zero-width", "full-width", "ideographic-dot", "apostrophe"],
)
def test_proven_domain_leads_to_its_company(proven: Cast, typed: str) -> None:
    assert look_up(proven.browser(), typed, next="/people").headers["Location"] == "/login/contoso?next=/people"


@pytest.mark.parametrize(
    "typed",
    [
        *("ann@sub.contoso.example", "ann@xcontoso.example", "ann@contoso.example.evil.example"),
        *("ann@\u0441ontoso.example", "ann@fabrikam.example", "ann@example"),
    ],
    ids=["subdomain", "suffix", "prefix", "homograph", "unproven", "top-level"],
)
def test_other_domain_never_leads_there(proven: Cast, typed: str) -> None:
    response = look_up(proven.browser(), typed)
    assert response.status_code in (200, 422)
    assert "contoso" not in (response.headers.get("Location") or "")


def test_international_domain_is_found_in_both_forms(cast: Cast, name_server: NameServer) -> None:
    prove_international(cast.alice(), name_server)
    for typed in ("ann@müller.example", "ann@MÜLLER.example", "ann@xn--mller-kva.example"):
        assert look_up(cast.browser(), typed).headers["Location"] == "/login/contoso", typed


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("a" * 300 + "@contoso.example", "254 characters"),
        ("ann@", "Check for typos"),
        ("@contoso.example", "Check for typos"),
        ("ann@@contoso.example", "Check for typos"),
        ("ann b@contoso.example", "Check for typos"),
        ("ann@contoso.example, bo@contoso.example", "Check for typos"),
        ("-x", "Use 2–40 letters"),
        ("", "Use 2–40 letters"),
    ],
)
def test_invalid_text_is_explained_and_kept(cast: Cast, typed: str, said: str) -> None:
    response = look_up(cast.browser(), typed)
    assert response.status_code == 422
    assert said in response.text
    assert f'value="{typed}"' in response.text


def test_address_is_kept_for_the_form_and_for_microsoft_and_in_no_url(proven: Cast) -> None:
    browser = proven.browser()
    response = look_up(browser, "Ann@contoso.example")
    assert "ann" not in response.headers["Location"]
    page = browser.get("/login/contoso").text
    assert 'value="ann@contoso.example"' in page
    assert parse_qs(urlsplit(browser.begin("contoso")).query)["login_hint"] == ["ann@contoso.example"]
    other = browser.begin("contoso", prompt="select_account")
    assert "login_hint" not in parse_qs(urlsplit(other).query)
    assert "ann@" not in browser.get("/login/fabrikam").text


def test_address_is_in_the_settings_of_a_single_page_connection(proven: Cast) -> None:
    proven.switch(CONTOSO, "spa")
    browser = proven.browser()
    assert '"loginHint": null' in browser.get("/login/contoso").text
    look_up(browser, "ann@contoso.example")
    assert '"loginHint": "ann@contoso.example"' in browser.get("/login/contoso").text


def test_address_is_forgotten_by_the_sign_in(proven: Cast) -> None:
    browser = proven.browser()
    look_up(browser, "ann@contoso.example")
    browser.sign_in_as(ALICE, "contoso", proven.directory)
    browser.post_form("/logout", page="/account")
    assert "ann@contoso.example" not in browser.get("/login/contoso").text


def test_company_with_microsoft_alone_goes_straight_on(proven: Cast) -> None:
    no_passwords(proven)
    browser = proven.browser()
    look_up(browser, "ann@contoso.example")
    response = browser.get("/login/contoso")
    assert response.status_code == 303
    assert parse_qs(urlsplit(response.headers["Location"]).query)["login_hint"] == ["ann@contoso.example"]


def test_address_in_a_link_is_not_looked_up(proven: Cast, app: Flask) -> None:
    response = proven.browser().get("/login?code=ann@contoso.example")
    assert response.status_code == 200
    assert 'value="ann@contoso.example"' in response.text
    assert app.extensions["queue"].pending_count() == 0


@contextmanager
def recorded(cast: Cast) -> Iterator[list[str]]:
    """The statements that are sent to the database."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, text: str, *_others: Any) -> None:
        statements.append(text)

    with cast.app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def test_known_and_unknown_addresses_get_the_same_page_for_the_same_work(cast: Cast, app: Flask) -> None:
    """An account, one of another company's, none at all, and a domain of no company."""
    account(app, company_of(app), "known@elsewhere.example")
    seen = []
    for address in ("known@elsewhere.example", "ghost@elsewhere.example", "owner@contoso.example", "x@nowhere.example"):
        browser = cast.browser()
        token = browser.csrf("/login")
        waiting = app.extensions["queue"].pending_count()
        with recorded(cast) as statements:
            response = browser.post("/login", data={"csrf_token": token, "code": address})
        page = re.sub(r'nonce="[^"]+"', "", response.text).replace(address, "ADDRESS")
        headers = {name for name, _ in response.headers}
        enqueued = app.extensions["queue"].pending_count() - waiting
        seen.append((response.status_code, page, headers, tuple(statements), enqueued))
    assert seen[0][0] == 200
    assert seen[0][4] == 1
    assert all(one == seen[0] for one in seen)


def test_email_lists_all_companies_of_an_address(cast: Cast, app: Flask, mail_server: LocalMailServer) -> None:
    fabrikam = company_named(app, "Fabrikam")
    account(app, company_of(app), "ann@work.example")
    account(app, fabrikam, "ann@work.example")
    assert "Check your email" in look_up(cast.browser(), "Ann@Work.example").text
    run_tasks(app)
    (email,) = mail_server.emails
    assert email["To"] == "ann@work.example"
    assert f"{app.config['BASE_URL']}/login/contoso" in text_of(email)
    assert f"{app.config['BASE_URL']}/login/fabrikam" in text_of(email)


def company_named(app: Flask, name: str) -> object:
    with app.app_context():
        return db.session.scalars(sa.select(Company.id).where(Company.name == name)).one()


def test_unknown_address_gets_no_email(cast: Cast, app: Flask, mail_server: LocalMailServer) -> None:
    look_up(cast.browser(), "ghost@work.example")
    run_tasks(app)
    assert mail_server.emails == []


def test_accounts_elsewhere_are_in_the_email_alone(proven: Cast, app: Flask, mail_server: LocalMailServer) -> None:
    account(app, company_named(app, "Fabrikam"), "ann@contoso.example")
    browser = proven.browser()
    response = look_up(browser, "ann@contoso.example")
    page = browser.get(response.headers["Location"]).text
    assert "Fabrikam" not in page
    sent = browser.post_form("/login/contoso/companies", page="/login/contoso")
    assert "Fabrikam" not in sent.text
    run_tasks(app)
    assert "/login/fabrikam" in text_of(mail_server.emails[-1])


def test_emails_are_limited_and_the_page_stays_the_same(cast: Cast, app: Flask, mail_server: LocalMailServer) -> None:
    account(app, company_of(app), "ann@work.example")
    pages = {look_up(cast.browser(), "ann@work.example").status_code for _ in range(EMAILED_LINK_LIMIT.most + 2)}
    assert pages == {200}
    run_tasks(app)
    assert len(mail_server.emails) == EMAILED_LINK_LIMIT.most


def test_a_network_is_limited_for_any_address(cast: Cast) -> None:
    browser = cast.browser()
    token = browser.csrf("/login")
    statuses = [
        browser.post("/login", data={"csrf_token": token, "code": f"a{number}@nowhere.example"}).status_code
        for number in range(NETWORK_EMAILS.most + 1)
    ]
    assert statuses == [200] * NETWORK_EMAILS.most + [429]


@pytest.mark.parametrize("path", ["/", "/login", "/login/contoso"])
def test_signed_in_person_is_recognized(cast: Cast, path: str) -> None:
    alice = cast.alice()
    page = alice.get(path).text
    assert "Continue as Adaeze" in page
    assert re.search("use a different account", page, re.IGNORECASE)
    assert "Continue as" not in cast.browser().get(path).text
    assert "Continue as" not in cast.charlie().get("/login/contoso").text


def test_continuing_leads_to_the_page_that_was_wanted(cast: Cast) -> None:
    alice = cast.alice()
    page = alice.get("/login/contoso?next=/people").text
    assert '<input type="hidden" name="next" value="/people">' in page
    fields = {"company": alice.org_id, "next": "/people"}
    assert alice.post_form("/sessions/switch", page="/login/contoso", **fields).headers["Location"] == "/people"


def test_recognized_person_is_not_sent_to_microsoft(cast: Cast) -> None:
    alice = cast.alice()
    no_passwords(cast)
    assert "Continue as Adaeze" in alice.get("/login/contoso").text
    assert cast.browser().get("/login/contoso").status_code == 303


def test_looking_at_a_login_page_is_not_remembered(cast: Cast) -> None:
    browser = cast.browser()
    browser.get("/login/contoso")
    assert 'value="contoso"' not in browser.get("/login").text


def test_ended_session_leads_to_its_own_company(cast: Cast) -> None:
    """Not to the company whose session was used before."""
    browser = cast.alice()
    org_id = browser.org_id
    credentials = {"email": "owner@fabrikam.example", "password": OWNER_PASSWORD}
    with cast.app.app_context():
        from app.people import actions

        with unit_of_work():
            fabrikam = db.session.scalars(sa.select(Company.id).where(Company.name == "Fabrikam")).one()
            actions.make(fabrikam, email=credentials["email"], name="F", role="owner", password=OWNER_PASSWORD)
    assert browser.post_form("/login/fabrikam/password", page="/login/fabrikam", **credentials).status_code == 303
    browser.set_cookie("active", org_id, domain="localhost")
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.text("UPDATE session SET ended_at = :at, end_reason = 'expired'"), {"at": now()})
    response = browser.get("/login?next=/people")
    assert response.headers["Location"] == "/login/contoso?choose=1&why=expired&next=/people"

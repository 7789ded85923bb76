"""Advanced options, Domains: proving one with a TXT record, against a real DNS server."""

import re
from datetime import timedelta

import dns.rcode
import pytest
import sqlalchemy as sa

from app.companies.domains import queries
from app.companies.domains.models import Domain
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from tests.browser import Browser
from tests.cast import Cast
from tests.dns_server import NameServer

DOMAINS = "/account/advanced/domains"
RECORD = "_portico-challenge.contoso.example"


def add(browser: Browser, name: str = "contoso.example") -> str:
    """The page of a domain, added."""
    response = browser.post_form(DOMAINS, page=DOMAINS, name=name)
    assert response.status_code == 303, response.text
    return str(response.headers["Location"])


def value(browser: Browser, page: str) -> str:
    found = re.search(r"<code>(token=[a-z2-7]{32})</code>", browser.get(page).text)
    assert found
    return found[1]


def check(browser: Browser, page: str) -> str:
    """The page after “Check now”."""
    response = browser.post_form(f"{page}/check", page=page)
    assert response.status_code == 303, response.status
    return browser.get(page).text


def prove(browser: Browser, name_server: NameServer, name: str = "contoso.example") -> str:
    page = add(browser, name)
    name_server.publish(f"_portico-challenge.{name}", value(browser, page))
    assert ">Proven<" in check(browser, page)
    return page


def domain(cast: Cast, name: str = "contoso.example", company: str = "Contoso") -> Domain:
    with cast.app.app_context():
        found = [one for one in queries.everything(name) if one.company.name == company]
        return found[0]


def test_domain_is_proven_by_its_record(cast: Cast, name_server: NameServer) -> None:
    alice = cast.alice()
    page = add(alice, " Contoso.Example. ")
    shown = alice.get(page).text
    assert RECORD in shown
    assert "Not proven yet" in shown
    name_server.publish(RECORD, "v=spf1 -all", f"{value(alice, page)} expiry=never")
    assert ">Proven<" in check(alice, page)
    assert ">Proven<" in alice.get(DOMAINS).text
    assert "proved the domain" in alice.get("/audit").text


@pytest.mark.parametrize(
    ("published", "said"),
    [
        ({}, "There’s no record yet"),
        ({f"{RECORD}.contoso.example": "{value}"}, "The record is at the wrong name"),
        ({"contoso.example": "{value}"}, "The record is at the wrong name"),
        ({RECORD: "token=somethingelse"}, "The record has another value"),
        ({RECORD: '"{value}"'}, "The record has another value"),
        ({RECORD: "{value}x"}, "The record has another value"),
        ({RECORD: "x {value}"}, "The record has another value"),
    ],
    ids=["nothing", "zone-appended", "without-label", "other", "quoted", "longer", "second"],
)
def test_page_says_what_dns_says(cast: Cast, name_server: NameServer, published: dict[str, str], said: str) -> None:
    alice = cast.alice()
    page = add(alice)
    wanted = value(alice, page)
    for name, text in published.items():
        name_server.publish(name, text.format(value=wanted))
    shown = check(alice, page)
    assert said in shown
    assert domain(cast).proven_at is None


def test_zone_appended_to_a_subdomain_is_recognized(cast: Cast, name_server: NameServer) -> None:
    alice = cast.alice()
    page = add(alice, "mail.contoso.example")
    assert "<code>_portico-challenge.mail</code>" in alice.get(page).text
    name_server.publish("_portico-challenge.mail.contoso.example.contoso.example", value(alice, page))
    assert "The record is at the wrong name" in check(alice, page)


def test_replaced_record_is_named_and_proves_nothing(cast: Cast, name_server: NameServer) -> None:
    alice = cast.alice()
    page = add(alice)
    name_server.publish(RECORD, value(alice, page))
    assert alice.post_form(f"{page}/record", page=page).status_code == 303
    assert "An old record is still there" in check(alice, page)
    assert domain(cast).proven_at is None


def test_record_has_to_be_found_within_seven_days(cast: Cast, name_server: NameServer) -> None:
    alice = cast.alice()
    page = add(alice)
    name_server.publish(RECORD, value(alice, page))
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.update(Domain).values(token_expires_at=now() - timedelta(seconds=1)))
    assert "Record expired" in alice.get(page).text
    assert alice.post_form(f"{page}/check", page=page).status_code == 303
    assert domain(cast).proven_at is None
    alice.post_form(f"{page}/record", page=page)
    name_server.publish(RECORD, value(alice, page))
    assert ">Proven<" in check(alice, page)


def test_failing_name_servers_decide_nothing(cast: Cast, name_server: NameServer) -> None:
    alice = cast.alice()
    page = prove(alice, name_server)
    name_server.rcode = dns.rcode.SERVFAIL
    assert "DNS didn’t answer" in check(alice, page)
    assert domain(cast).proven_at
    assert domain(cast).missing_since is None


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("gmail.com", "gives addresses to anyone"),
        ("co.uk", "public suffix"),
        ("contoso.onmicrosoft.com", "Microsoft owns"),
        ("ann@contoso.example", "part after the @ sign"),
        ("https://contoso.example/", "without https://"),
        ("*.contoso.example", "without the asterisk"),
        ("192.0.2.1", "Enter a domain"),
        ("con toso.example", "Enter a domain"),
        ("", "Enter a domain"),
        ("x" * 300 + ".example", "Enter a domain"),
        ("a." * 116 + "example", "too long"),
        ("<b>.example", "Enter a domain"),
    ],
)
def test_impossible_domain_is_refused_with_the_reason(cast: Cast, typed: str, said: str) -> None:
    response = cast.alice().post_form(DOMAINS, page=DOMAINS, name=typed)
    assert response.status_code == 422
    assert said in response.text
    assert f'value="{typed[:20].replace("<", "&lt;").replace(">", "&gt;")}' in response.text


def test_international_domain_is_stored_in_ascii_and_shown_in_unicode(cast: Cast, name_server: NameServer) -> None:
    alice = cast.alice()
    page = prove_international(alice, name_server)
    assert domain(cast, "xn--mller-kva.example").shown_name == "müller.example"
    shown = alice.get(page).text
    assert "<h1>müller.example</h1>" in shown
    assert "<code>xn--mller-kva.example</code>" in shown


def prove_international(browser: Browser, name_server: NameServer) -> str:
    page = add(browser, "MÜLLER。example")
    name_server.publish("_portico-challenge.xn--mller-kva.example", value(browser, page))
    assert ">Proven<" in check(browser, page)
    return page


def test_given_up_domain_is_free_and_needs_a_new_record(cast: Cast, name_server: NameServer) -> None:
    alice, charlie = cast.alice(), cast.charlie()
    page = prove(alice, name_server)
    asked = alice.post_form(f"{page}/give-up", page=page)
    assert asked.status_code == 409
    assert domain(cast).proven_at
    assert alice.post_form(f"{page}/give-up", page=page, confirmed="yes").status_code == 303
    assert alice.get(page).status_code == 404
    prove(charlie, name_server)
    # The former owner's record is back, and is worth nothing.
    again = add(alice)
    assert value(alice, again) not in str(name_server.records.all())


def test_outsider_gets_404_and_member_403(cast: Cast) -> None:
    page = add(cast.alice())
    assert cast.charlie().get(page).status_code == 404
    assert cast.charlie().post_form(f"{page}/check", page=DOMAINS).status_code == 404
    assert cast.bob().get(page).status_code == 403

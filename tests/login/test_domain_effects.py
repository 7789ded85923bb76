"""What a proven domain gives: verified addresses for applications, and “Microsoft only”."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.applications.grants.queries import EMAIL_IS_VERIFIED
from app.companies.domains.models import Domain, TenantDomain
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.people.models import Person, SignInMethod
from tests.accounts import PASSWORD, account, company_of, sign_in
from tests.assertions import last_failure_reason
from tests.cast import ALICE, BOB, Cast
from tests.dns_server import NameServer
from tests.login.test_domains import prove
from tests.tasks import run_tasks

BOBS = "bjorn.lindqvist@contoso.example"
PAGES = "/account/advanced/domains"


@pytest.fixture
def proven(cast: Cast, name_server: NameServer) -> Cast:
    prove(cast.alice(), name_server)
    run_tasks(cast.app)
    return cast


def is_verified(app: Flask, email: str) -> bool:
    with app.app_context():
        return bool(db.session.scalar(sa.select(EMAIL_IS_VERIFIED).where(Person.email == email)))


def change(app: Flask, of: str, **values: object) -> None:
    with app.app_context(), unit_of_work():
        db.session.execute(sa.update(Person).where(Person.email == of).values(**values))


def test_address_that_an_admin_entered_is_verified_while_the_domain_is_proven(proven: Cast, app: Flask) -> None:
    account(app, company_of(app), "ann@contoso.example")
    account(app, company_of(app), "ann@elsewhere.example")
    assert is_verified(app, "ann@contoso.example")
    assert not is_verified(app, "ann@elsewhere.example")
    with app.app_context(), unit_of_work():
        db.session.execute(sa.update(Domain).values(proven_at=None))
    assert not is_verified(app, "ann@contoso.example")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda app: change(app, "ann@contoso.example", is_guest=True),
        lambda app: change(app, "ann@contoso.example", email_is_confirmed=False),
        lambda app: change(app, "ann@contoso.example", sign_in_email="other@contoso.example"),
        lambda app: account_with_same_address(app),
    ],
    ids=["guest", "unconfirmed", "from-microsoft", "shared"],
)
def test_address_is_not_verified(proven: Cast, app: Flask, spoil: Callable[[Flask], None]) -> None:
    account(app, company_of(app), "ann@contoso.example")
    spoil(app)
    assert not is_verified(app, "ann@contoso.example")


def account_with_same_address(app: Flask) -> None:
    account(app, company_of(app), "other@contoso.example")
    change(app, "other@contoso.example", email="ann@contoso.example")


def test_address_from_microsoft_is_verified_if_its_tenant_lists_the_domain(proven: Cast, app: Flask) -> None:
    """Alice is an admin: her sign-in reads the list."""
    proven.bob()
    run_tasks(app)
    assert not is_verified(app, BOBS)
    proven.alice()
    run_tasks(app)
    assert is_verified(app, BOBS)
    # Anyone who administers a tenant can enter any address.
    change(app, BOBS, email="victim@elsewhere.example")
    assert not is_verified(app, "victim@elsewhere.example")


def test_list_of_another_companys_tenant_verifies_nothing(proven: Cast, app: Flask) -> None:
    proven.bob()
    run_tasks(app)
    with app.app_context(), unit_of_work():
        bob = proven.person(BOB)
        db.session.add(TenantDomain(company_id=bob.company_id, tid="another-tenant", shown_name="contoso.example"))
    assert not is_verified(app, BOBS)


def test_removed_domain_of_a_tenant_verifies_nothing_more(proven: Cast, app: Flask) -> None:
    proven.bob()
    proven.alice()
    run_tasks(app)
    assert is_verified(app, BOBS)
    proven.directory.call("PUT", f"tenants/{ALICE.tid}", {"domains": ["other.example"]})
    proven.directory.forget_requests()
    proven.alice()
    run_tasks(app)
    assert not [one for one in proven.directory.requests() if one["path"].endswith("/organization")], "once a day"
    assert is_verified(app, BOBS)
    with app.app_context(), unit_of_work():
        db.session.execute(sa.update(TenantDomain).values(read_at=now() - timedelta(days=1)))
    proven.alice()
    run_tasks(app)
    assert not is_verified(app, BOBS)


def test_tenants_domains_are_suggested_and_still_need_a_record(cast: Cast, app: Flask) -> None:
    alice = cast.alice()
    assert "Verified at Microsoft" not in alice.get(PAGES).text
    alice = cast.alice()
    run_tasks(app)
    page = alice.get(PAGES).text
    assert "Verified at Microsoft" in page
    assert 'value="contoso.example"' in page
    added = alice.post_form(PAGES, page=PAGES, name="contoso.example").headers["Location"]
    assert "Not proven yet" in alice.get(added).text
    assert 'value="contoso.example"' not in alice.get(PAGES).text


def test_members_sign_in_reads_no_list(cast: Cast, app: Flask) -> None:
    cast.bob()
    cast.bob()
    run_tasks(app)
    with app.app_context():
        assert db.session.scalars(sa.select(TenantDomain)).all() == []


def test_microsoft_only_refuses_passwords_of_the_domain(proven: Cast, app: Flask) -> None:
    account(app, company_of(app), "ann@contoso.example")
    account(app, company_of(app), "ann@elsewhere.example")
    alice = proven.alice()
    page = f"{PAGES}/{domain_id(app)}"
    assert alice.post_form(f"{page}/settings", page=page, microsoft_only="y").status_code == 303
    assert sign_in(proven.browser(), "ann@contoso.example", PASSWORD) == 403
    assert last_failure_reason(app) == "other_method"
    assert sign_in(proven.browser(), "ann@elsewhere.example", PASSWORD) == 303
    assert proven.browser().sign_in_as(ALICE, "contoso", proven.directory).status_code == 303


def test_invitation_to_a_microsoft_only_domain_offers_no_password(proven: Cast, app: Flask) -> None:
    with app.app_context(), unit_of_work():
        db.session.execute(sa.update(Domain).values(microsoft_only=True))
    alice = proven.alice()
    for address, offers_password in (("new@contoso.example", False), ("new@elsewhere.example", True)):
        made = alice.post_form(
            "/people/invite", page="/account", email=address, name="New", role="member", method="any"
        )
        key = re.search(r"/invitation\?key=(\w+)", made.text)
        assert key
        page = proven.browser().get(f"/invitation?key={key[1]}", follow_redirects=True).text
        assert ('name="password"' in page) is offers_password, address
        assert "Sign in with Corporate Account" in page


def test_microsoft_only_is_refused_while_people_have_a_password_alone(proven: Cast, app: Flask) -> None:
    proven.bob()
    run_tasks(app)
    change(app, BOBS, sign_in_email=BOBS, sign_in_method=SignInMethod.PASSWORD)
    alice = proven.alice()
    page = f"{PAGES}/{domain_id(app)}"
    response = alice.post_form(f"{page}/settings", page=page, microsoft_only="y")
    assert response.status_code == 422
    assert "1 person of this domain has the sign-in method" in response.text


def test_microsoft_only_is_refused_if_it_could_lock_everyone_out(proven: Cast, app: Flask) -> None:
    alice = proven.alice()
    with app.app_context(), unit_of_work():
        db.session.execute(sa.text("UPDATE connection SET is_enabled = :off"), {"off": False})
    page = f"{PAGES}/{domain_id(app)}"
    response = alice.post_form(f"{page}/settings", page=page, microsoft_only="y")
    assert response.status_code == 422
    assert "Activate a connection" in response.text


def domain_id(app: Flask) -> str:
    with app.app_context():
        return str(db.session.scalars(sa.select(Domain.id)).one())

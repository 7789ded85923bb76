"""Managing people as an owner or admin: roles, deactivation, deletion, sign-in methods, sessions."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from app.audit.models import AuditEntry
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people.models import Person, Role
from tests.accounts import account, company_of, person, sign_in
from tests.assertions import audit_entries, last_failure_reason, queries
from tests.browser import Browser
from tests.cast import ALICE, BOB, Cast

EMAIL = "paula@contoso.example"


def paula(cast: Cast, role: str = "member") -> Person:
    return account(cast.app, company_of(cast.app), EMAIL, "Paula Password", role)


def do(browser: Browser, who: Person, what: str, **fields: str) -> int:
    return browser.post_form(f"/people/{who.id}/{what}", page="/account", **fields).status_code


def admin(cast: Cast) -> Browser:
    """Bob, as an admin."""
    browser = cast.bob()
    with cast.app.app_context(), unit_of_work():
        cast.person(BOB).role = Role.ADMIN
    return browser


def test_revoked_role_takes_effect_at_the_next_request(cast: Cast) -> None:
    alice, member = cast.alice(), paula(cast, "admin")
    browser = cast.browser()
    sign_in(browser, EMAIL)
    assert browser.get("/account/advanced/active-directory").status_code == 200
    assert do(alice, member, "role", role="member") == 303
    assert browser.get("/account/advanced/active-directory").status_code == 403
    assert audit_entries(cast.app, "person.changed")[-1].detail == {"changed": {"role": ["admin", "member"]}}


@pytest.mark.parametrize("what", ["role", "active", "delete", "method", "sessions/end", "invitation"])
def test_admin_cannot_change_an_owner(cast: Cast, what: str) -> None:
    cast.alice()
    with cast.app.app_context():
        owner = cast.person(ALICE)
    assert do(admin(cast), owner, what, role="member", active="no", method="any") == 403
    with cast.app.app_context():
        assert cast.person(ALICE).role == Role.OWNER


def test_admin_cannot_make_anyone_an_owner(cast: Cast) -> None:
    assert do(admin(cast), paula(cast), "role", role="owner") == 400


def only_owner(cast: Cast) -> Person:
    """Makes Alice a member; returns Olivia."""
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.update(Person).where(Person.oid == ALICE.oid).values(role=Role.MEMBER))
    return person(cast.app, "owner@contoso.example")


@pytest.mark.parametrize(
    ("what", "fields"), [("role", {"role": "member"}), ("active", {"active": "no"}), ("delete", {"keep_name": "no"})]
)
def test_last_owner_cannot_be_removed(cast: Cast, what: str, fields: dict[str, str]) -> None:
    olivia = only_owner(cast)
    browser = cast.browser()
    sign_in(browser, "owner@contoso.example", "a long enough password")
    assert do(browser, olivia, what, **fields) == 303
    assert "need at least one owner" in browser.get("/account").text
    still = person(cast.app, "owner@contoso.example")
    assert (still.role, still.is_active, still.deleted_at) == (Role.OWNER, True, None)


def test_one_owner_remains_after_concurrent_removal(cast: Cast) -> None:
    alice = cast.alice()
    with cast.app.app_context():
        first = cast.person(ALICE)
    second = person(cast.app, "owner@contoso.example")
    other = cast.browser()
    sign_in(other, "owner@contoso.example", "a long enough password")
    tokens = [(browser, browser.csrf("/account")) for browser in (alice, other)]
    removals = [(*tokens[0], second), (*tokens[1], first)]

    def remove(one: tuple[Browser, str, Person]) -> None:
        one[0].post(f"/people/{one[2].id}/role", data={"csrf_token": one[1], "role": "member"})

    with ThreadPoolExecutor(2) as both:
        list(both.map(remove, removals))
    with cast.app.app_context():
        owners = sa.select(sa.func.count(Person.id)).where(
            Person.role == Role.OWNER, Person.company_id == first.company_id
        )
        assert db.session.scalar(owners) == 1


def test_deactivated_person_is_signed_out_and_rejected_until_reactivated(cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob()
    with cast.app.app_context():
        who = cast.person(BOB)
    assert do(alice, who, "active", active="no") == 303
    assert bob.get("/account").status_code == 302
    assert cast.browser().sign_in_as(BOB, "contoso", cast.directory).status_code == 403
    assert do(alice, who, "active", active="yes") == 303
    assert cast.browser().sign_in_as(BOB, "contoso", cast.directory).status_code == 303


@pytest.mark.parametrize(("keep", "name"), [("yes", "Paula Password"), ("no", "Deleted person")])
def test_deletion_keeps_id_for_audit_log_and_optionally_the_name(cast: Cast, keep: str, name: str) -> None:
    alice, who = cast.alice(), paula(cast)
    browser = cast.browser()
    sign_in(browser, EMAIL)
    assert alice.get(f"/people/{who.id}/delete").status_code == 200
    assert do(alice, who, "delete", keep_name=keep) == 303
    assert browser.get("/account").status_code == 302
    assert alice.get(f"/people/{who.id}").status_code == 404
    assert alice.get(f"/people/{who.id}/avatar").status_code == 404
    assert sign_in(cast.browser(), EMAIL) == 422
    with cast.app.app_context():
        left = db.session.get(Person, who.id)
        assert left
        assert (left.name, left.email, left.sign_in_email, left.password_hash) == (name, None, None, None)
        assert db.session.scalar(sa.select(AuditEntry.id).where(AuditEntry.subject_id == who.id)) is not None


def test_deleted_person_who_returns_is_a_new_person(cast: Cast) -> None:
    alice = cast.alice()
    cast.bob()
    with cast.app.app_context():
        before = cast.person(BOB)
    do(alice, before, "delete", keep_name="no")
    cast.bob()
    assert cast.person_id(BOB) != before.id


def test_admin_sees_and_ends_sessions_of_others(cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob()
    page = alice.get(f"/people/{cast.person_id(BOB)}").text
    action = re.search(r'action="(/people/[^"]+/sessions/[0-9a-f-]{36}/end)"', page)
    assert action
    assert alice.post_form(action[1], page="/account").status_code == 303
    assert bob.get("/account").status_code == 302
    with cast.app.app_context():
        owner = cast.person(ALICE)
    assert audit_entries(cast.app, "session.ended")[-1].actor_id == owner.id
    again = cast.bob()
    with cast.app.app_context():
        who = cast.person(BOB)
    assert do(alice, who, "sessions/end") == 303
    assert again.get("/account").status_code == 302


def set_policy(browser: Browser, policy: str) -> None:
    browser.post_form("/account/advanced/login-page/passwords", page="/account", policy=policy)


def connection_id(browser: Browser) -> str:
    found = re.search(r'<option value="([0-9a-f-]{36})"', browser.get("/people/invite").text)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("policy", "method", "password", "microsoft"),
    [
        ("everyone", "any", 303, 303),
        ("everyone", "password", 303, 403),
        ("everyone", "connection", 303, 303),
        ("assigned", "any", 403, 303),
        ("assigned", "password", 303, 403),
        ("assigned", "connection", 403, 303),
        ("nobody", "any", 403, 303),
        ("nobody", "password", 403, 303),
        ("nobody", "connection", 403, 303),
    ],
)
def test_method_and_policy_determine_sign_in(
    cast: Cast, policy: str, method: str, password: int, microsoft: int
) -> None:
    alice = cast.alice()
    cast.bob()
    with cast.app.app_context(), unit_of_work():
        bob = cast.person(BOB)
        from app.people.passwords import hash_password

        bob.sign_in_email, bob.password_hash = EMAIL, hash_password("four words make one")
    set_policy(alice, policy)
    wanted = connection_id(alice) if method == "connection" else method
    assert do(alice, bob, "method", method=wanted) == 303
    shown = alice.get(f"/people/{bob.id}").text
    assert "Sign-in method" in shown
    browser = cast.browser()
    token = alice.csrf("/account")
    assert token
    if policy == "nobody":
        response = browser.post_form(
            "/login/contoso/password", page="/login/contoso?choose=1", email=EMAIL, password="four words make one"
        )
        assert response.status_code == 403
    else:
        assert sign_in(browser, EMAIL) == password
        if password == 403:
            assert last_failure_reason(cast.app) == "other_method"
    assert cast.browser().sign_in_as(BOB, "contoso?choose=1", cast.directory).status_code == microsoft


def test_list_needs_the_same_queries_for_any_number_of_people(cast: Cast) -> None:
    alice = cast.alice()

    def cost() -> int:
        with queries(cast.app) as sent:
            assert alice.get("/people").status_code == 200
        return len(sent)

    few = cost()
    for number in range(20):
        account(cast.app, company_of(cast.app), f"p{number}@contoso.example")
    assert cost() == few


def test_session_limits_take_effect_immediately(cast: Cast) -> None:
    import time

    import time_machine

    alice, bob = cast.alice(), cast.bob()
    page = "/account/advanced/sessions"
    assert alice.post_form(page, page=page, idle_minutes="30", session_hours="8", remember_days="0").status_code == 303
    assert alice.post_form(page, page=page, idle_minutes="31", session_hours="8", remember_days="0").status_code == 400
    with time_machine.travel(time.time() + 29 * 60):
        assert bob.get("/account").status_code == 200
    with time_machine.travel(time.time() + 29 * 60 + 31 * 60):
        assert bob.get("/account").status_code == 302

"""What a directory says about a person becomes their roles at each sign-in."""

import pytest
import time_machine

from app.applications.roles import queries
from app.cli.schedule import remove_overdue_directory_roles
from app.connections.models import Connection
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from tests.assertions import audit_entries, last_failure_reason
from tests.cast import ALICE, BOB, CHARLIE, GUEST, Cast
from tests.directory import CONTOSO, FABRIKAM
from tests.provisioning.mapped import ALL_STAFF, ENGINEERING, Mapped


def test_group_gives_its_role_until_the_person_leaves_it(mapped: Mapped) -> None:
    mapped.map_group("editor")
    mapped.sign_in()
    assert mapped.roles_of() == []
    mapped.put_in(ENGINEERING, BOB)
    mapped.sign_in()
    assert mapped.roles_of() == ["editor"]
    mapped.put_in(ENGINEERING)
    mapped.sign_in()
    assert mapped.roles_of() == []


def test_app_role_gives_its_role_until_it_is_unassigned(mapped: Mapped) -> None:
    mapped.map_app_role("reader")
    mapped.assign_app_role(BOB)
    mapped.sign_in()
    assert mapped.roles_of() == ["reader"]
    mapped.assign_app_role()
    mapped.sign_in()
    assert mapped.roles_of() == []


def test_a_first_sign_in_gives_roles_as_well(mapped: Mapped) -> None:
    mapped.map_group("editor", ALL_STAFF)
    mapped.sign_in(BOB)
    assert mapped.roles_of(BOB) == ["editor"]


def test_role_by_hand_and_by_group_are_kept_apart(mapped: Mapped) -> None:
    mapped.map_group("editor")
    mapped.put_in(ENGINEERING, BOB)
    mapped.sign_in()
    mapped.by_hand(["editor"])
    mapped.put_in(ENGINEERING)
    mapped.sign_in()
    assert mapped.roles_of() == ["editor"]
    mapped.by_hand([])
    assert mapped.roles_of() == []


def test_taking_a_role_by_hand_leaves_what_the_directory_gives(mapped: Mapped) -> None:
    mapped.map_group("editor", ALL_STAFF)
    mapped.sign_in()
    mapped.by_hand(["editor", "reader"])
    mapped.by_hand([])
    assert mapped.roles_of() == ["editor"]


def test_two_reasons_give_a_role_once(mapped: Mapped) -> None:
    mapped.map_group("editor", ALL_STAFF)
    mapped.map_group("editor", ENGINEERING)
    mapped.put_in(ENGINEERING, BOB)
    mapped.sign_in()
    assert mapped.roles_of() == ["editor"]
    with mapped.cast.app.app_context():
        (held,) = queries.held_by(mapped.company_id, mapped.cast.person(BOB).id)
        assert [reason.source for reason in held.reasons] == ["All staff", "Engineering"]
    mapped.put_in(ENGINEERING)
    mapped.sign_in()
    assert mapped.roles_of() == ["editor"]


def test_values_are_compared_as_a_whole(mapped: Mapped) -> None:
    mapped.map_app_role("reader", "Reader")
    mapped.assign_app_role(BOB, value="Readers")
    mapped.sign_in()
    assert mapped.roles_of() == []
    mapped.assign_app_role(BOB, value="reader")
    mapped.sign_in()
    assert mapped.roles_of() == []


def test_group_in_a_group_counts_for_group_mappings_only(mapped: Mapped) -> None:
    outer = "c1000009-0000-4000-8000-000000000009"
    mapped.group(outer, groups=[ALL_STAFF])
    mapped.register(app_roles=[{"value": "Outer", "members": [outer]}])
    mapped.map_group("editor", outer)
    mapped.map_app_role("reader", "Outer")
    mapped.sign_in()
    assert mapped.roles_of() == ["editor"]


def test_groups_emitted_as_roles_count_as_groups(mapped: Mapped) -> None:
    mapped.map_group("editor", ALL_STAFF)
    mapped.register(emit_as_roles=True)
    mapped.sign_in()
    assert mapped.roles_of() == ["editor"]


def test_guest_has_the_groups_of_the_company_they_visit(mapped: Mapped) -> None:
    mapped.map_group("editor")
    mapped.put_in(ENGINEERING, GUEST)
    with mapped.cast.app.app_context(), unit_of_work():
        db.session.get_one(Connection, mapped.connection_id).allow_guests = True
    mapped.sign_in(GUEST)
    assert mapped.roles_of(GUEST) == ["editor"]


def test_a_connections_word_counts_for_its_own_people_only(mapped: Mapped, cast: Cast) -> None:
    """Fabrikam's directory has a group and an app role of the same values."""
    mapped.map_group("editor")
    mapped.map_app_role("reader")
    cast.directory.call("PUT", f"tenants/{FABRIKAM}/groups/{ENGINEERING}", {"name": "Same", "members": [CHARLIE.oid]})
    cast.charlie()
    assert mapped.roles_of(CHARLIE) == []


def test_admin_by_group_is_an_admin_until_they_leave_it(mapped: Mapped) -> None:
    mapped.map_group(None)
    mapped.put_in(ENGINEERING, BOB)
    browser = mapped.sign_in()
    assert mapped.role_of() == "admin"
    assert browser.get("/account/advanced/active-directory").status_code == 200
    mapped.put_in(ENGINEERING)
    later = mapped.cast.browser().sign_in_as(BOB, "contoso", mapped.cast.directory)
    assert mapped.role_of() == "member"
    assert later.location == "/account", "not the page of an admin, which would be 403"
    assert browser.get("/account/advanced/active-directory").status_code != 200


def test_admin_by_hand_stays_one_when_the_group_goes(mapped: Mapped) -> None:
    mapped.map_group(None)
    mapped.sign_in()
    owner = mapped.cast.alice()
    path = f"/people/{mapped.cast.person_id(BOB)}"
    assert owner.post_form(f"{path}/role", page=path, role="admin").status_code == 303
    mapped.put_in(ENGINEERING, BOB)
    mapped.sign_in()
    mapped.put_in(ENGINEERING)
    mapped.sign_in()
    assert mapped.role_of() == "admin"


def test_last_owner_stays_owner_whatever_the_directory_says(mapped: Mapped) -> None:
    mapped.map_group(None)
    mapped.cast.alice()
    mapped.put_in(ENGINEERING, ALICE)
    mapped.sign_in(ALICE)
    mapped.put_in(ENGINEERING)
    mapped.sign_in(ALICE)
    assert mapped.role_of(ALICE) == "owner"


def test_overage_is_resolved_by_graph(mapped: Mapped) -> None:
    mapped.map_group("editor")
    mapped.put_in(ENGINEERING, BOB)
    mapped.give_many_groups()
    mapped.sign_in()
    assert mapped.roles_of() == ["editor"]


def test_graph_is_not_asked_if_no_group_is_mapped(mapped: Mapped) -> None:
    mapped.map_app_role("reader")
    mapped.give_many_groups()
    mapped.cast.bob()
    mapped.cast.directory.forget_requests()
    mapped.assign_app_role(BOB)
    mapped.sign_in()
    assert mapped.cast.directory.requests("graph") == []
    assert mapped.roles_of() == ["reader"]


@pytest.mark.parametrize("drill", ["graph_busy", "graph_down"])
def test_known_roles_stay_for_a_day_while_graph_does_not_answer(mapped: Mapped, drill: str) -> None:
    mapped.map_group("editor")
    mapped.put_in(ENGINEERING, BOB)
    mapped.give_many_groups()
    mapped.sign_in()
    mapped.put_in(ENGINEERING)
    mapped.cast.directory.drill(drill, tenant=CONTOSO)
    mapped.make_older(hours=23)
    mapped.sign_in()
    assert mapped.roles_of() == ["editor"]
    (kept,) = audit_entries(mapped.cast.app, "directory_role.kept")
    assert (kept.subject_id, kept.detail["kept"]) == (mapped.cast.person_id(BOB), True)
    mapped.make_older(hours=2)
    mapped.sign_in()
    assert mapped.roles_of() == []
    assert audit_entries(mapped.cast.app, "directory_role.kept")[-1].detail["kept"] is False


def test_kept_roles_end_after_a_day_without_another_sign_in(mapped: Mapped, clock: time_machine.Traveller) -> None:
    mapped.map_group("editor")
    mapped.map_app_role("reader")
    mapped.assign_app_role(BOB)
    mapped.put_in(ENGINEERING, BOB)
    mapped.give_many_groups()
    mapped.sign_in()
    mapped.cast.directory.drill("graph_down", tenant=CONTOSO)
    mapped.sign_in()
    for hours, roles in ((23, ["editor", "reader"]), (2, ["reader"])):
        clock.shift(hours * 3600)
        with mapped.cast.app.app_context():
            remove_overdue_directory_roles()
        assert mapped.roles_of() == roles


def test_hanging_graph_delays_a_sign_in_by_seconds_only(mapped: Mapped) -> None:
    mapped.map_group("editor")
    mapped.give_many_groups()
    mapped.sign_in()
    mapped.cast.directory.drill("graph_hangs", tenant=CONTOSO)
    mapped.sign_in()
    assert audit_entries(mapped.cast.app, "directory_role.kept")


@pytest.mark.parametrize("drill", ["graph_forbidden", "graph_someone_else", "graph_malformed"])
def test_refused_or_foreign_token_refuses_the_sign_in(mapped: Mapped, drill: str) -> None:
    mapped.map_group("editor")
    mapped.put_in(ENGINEERING, BOB)
    mapped.give_many_groups()
    mapped.sign_in()
    mapped.cast.directory.drill(drill, tenant=CONTOSO)
    browser = mapped.cast.browser()
    response = browser.sign_in_as(BOB, "contoso", mapped.cast.directory)
    assert response.status_code == 403
    assert "We couldn’t read your groups" in response.text
    assert browser.get("/account").status_code == 302
    assert last_failure_reason(mapped.cast.app) == "groups_unread"
    assert mapped.roles_of() == ["editor"], "a refused sign-in changes nothing"


def test_each_change_is_one_sentence_of_the_audit_log(mapped: Mapped) -> None:
    mapped.map_group("editor")
    mapped.put_in(ENGINEERING, BOB)
    mapped.sign_in()
    mapped.sign_in()
    mapped.put_in(ENGINEERING)
    mapped.sign_in()
    page = mapped.cast.alice().get("/audit?kind=roles").text
    plain = " ".join(page.replace("<bdi>", "").replace("</bdi>", "").split())
    assert len(audit_entries(mapped.cast.app, "directory_role.given")) == 1
    assert len(audit_entries(mapped.cast.app, "directory_role.removed")) == 1
    assert "got the role" in plain
    assert "no longer has the role" in plain

"""Roles through large groups that a directory sends by SCIM, and changes at the same moment."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
import sqlalchemy as sa

from app.applications.models import RoleMapping
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people.models import Person, Role
from app.provisioning.roles import scim_groups, scim_queries
from app.provisioning.roles.holders import BATCH
from app.provisioning.scim.models import ScimGroup, ScimMember, ScimUser
from tests.assertions import audit_entries
from tests.assertions import queries as counted
from tests.cast import BOB
from tests.provisioning.directory import Directory, add_members, remove_members
from tests.provisioning.mapped import Mapped


@pytest.fixture
def bob(contoso: Directory) -> str:
    """The id of Bob's user."""
    return str(contoso.user("bob", externalId=BOB.oid)["id"])


@pytest.fixture
def group(contoso: Directory) -> dict[str, Any]:
    return contoso.group("Engineers", externalId="e0000001-0000-4000-8000-000000000001")


def test_mapping_and_membership_that_change_at_once_agree(
    mapped: Mapped, contoso: Directory, group: dict[str, Any], bob: str
) -> None:
    """The second one sees what the first did."""
    app = mapped.cast.app
    acts: list[Callable[[], object]] = [
        lambda: mapped.map_scim_group("editor", group),
        lambda: add_members(contoso, group, bob),
    ]
    for _ in range(4):
        start = Barrier(len(acts))

        def run(act: Callable[[], object], start: Barrier = start) -> None:
            start.wait()
            act()

        threads = [Thread(target=run, args=(act,)) for act in acts]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert mapped.roles_of() == ["editor"]
        remove_members(contoso, group, bob)
        assert mapped.roles_of() == []
        with app.app_context(), unit_of_work():
            db.session.execute(sa.delete(RoleMapping))


def fill(app: Any, group: dict[str, Any], number: int) -> None:
    """Puts so many new people into the group, as its connection's users."""
    with app.app_context(), unit_of_work():
        row = db.session.scalars(sa.select(ScimGroup).where(ScimGroup.display_name == group["displayName"])).one()
        own = {"company_id": row.company_id}
        people = [
            Person(**own, tid="t", oid=f"o{one}", name=f"P{one}", sort_name=f"p{one}", role=Role.MEMBER)
            for one in range(number)
        ]
        users = [
            ScimUser(
                **own,
                connection_id=row.connection_id,
                person_id=person.id,
                user_name_key=f"p{place}",
                is_active=True,
                content={"userName": f"p{place}"},
                changed_at=row.changed_at,
            )
            for place, person in enumerate(people)
        ]
        db.session.add_all(people)
        db.session.flush()
        db.session.add_all(users)
        db.session.flush()
        members = [{**own, "group_id": row.id, "user_id": user.id} for user in users]
        db.session.execute(sa.insert(ScimMember), members)


@pytest.mark.parametrize("role", ["editor", None], ids=["role", "admin"])
@pytest.mark.parametrize("number", [2 * BATCH + 1, pytest.param(50_000, marks=pytest.mark.prove)])
def test_large_group_is_mapped_and_deleted_in_batches(
    mapped: Mapped, contoso: Directory, group: dict[str, Any], number: int, role: str | None
) -> None:
    app = mapped.cast.app
    fill(app, group, number)
    batches = number // BATCH + 2
    with counted(app) as statements:
        mapped.map_scim_group(role, group)
    assert len(statements) < 20 + 8 * batches
    assert len(audit_entries(app, "directory_role.given")) == number
    with counted(app) as statements:
        assert contoso.delete(f"Groups/{group['id']}").status_code == 204
    assert len(statements) < 30 + 8 * batches
    assert len(audit_entries(app, "directory_role.removed")) == number
    with app.app_context():
        assert not db.session.scalars(sa.select(Person.id).where(Person.role == Role.ADMIN)).first()


def test_pages_of_members_cover_each_of_them_once(mapped: Mapped, group: dict[str, Any]) -> None:
    number = 2 * BATCH + 1
    fill(mapped.cast.app, group, number)
    with mapped.cast.app.app_context(), unit_of_work():
        row = db.session.scalars(sa.select(ScimGroup)).one()
        pages = list(scim_queries.pages_of_members(row.company_id, row.id))
        assert scim_groups.shown_name(row) == "Engineers"
    assert [len(page) for page in pages] == [BATCH, BATCH, 1]
    assert len({one for page in pages for one in page}) == number

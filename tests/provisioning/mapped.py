"""Mappings of Contoso's directory, and what people have by them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.applications import actions as applications
from app.applications import queries as application_queries
from app.applications.actions import Role
from app.applications.models import Application, AssignedBy, MappingKind
from app.connections.models import Draft
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people.models import Person
from app.provisioning.roles import actions
from app.provisioning.roles.models import DirectorySnapshot
from tests.browser import Browser
from tests.cast import BOB, Cast
from tests.directory import CONTOSO, CONTOSO_CLIENT, Account

PAGE = "/account/advanced/roles"
ALL_STAFF, ENGINEERING = "c1000001-0000-4000-8000-000000000001", "c1000002-0000-4000-8000-000000000002"
SANDBOX_GROUPS = {ALL_STAFF: "All staff", ENGINEERING: "Engineering"}


@dataclass
class Mapped:
    """An application with the roles editor and reader, and Contoso's connection."""

    cast: Cast
    application_id: UUID
    roles: dict[str, UUID]

    @property
    def company_id(self) -> UUID:
        with self.cast.app.app_context():
            return db.session.scalars(sa.select(Draft.company_id).where(Draft.tenant == CONTOSO)).one()

    @property
    def connection_id(self) -> UUID:
        with self.cast.app.app_context():
            return db.session.scalars(sa.select(Draft.id).where(Draft.tenant == CONTOSO)).one()

    def map_group(self, role: str | None, group: str = ENGINEERING) -> UUID:
        return self._map(MappingKind.GROUP, group, SANDBOX_GROUPS.get(group, "Some group"), role)

    def map_app_role(self, role: str | None, value: str = "Demo.Reader") -> UUID:
        return self._map(MappingKind.APP_ROLE, value, None, role)

    def map_scim_group(self, role: str | None, group: dict[str, Any]) -> UUID:
        return self._map(MappingKind.SCIM_GROUP, group["id"], None, role)

    def _map(self, kind: str, value: str, name: str | None, role: str | None) -> UUID:
        with self.cast.app.app_context(), unit_of_work():
            made = actions.create(
                self.company_id,
                connection_id=self.connection_id,
                kind=kind,
                value=value,
                name=name,
                role_id=self.roles[role] if role else None,
            )
            assert made
            return made

    def by_hand(self, values: list[str], account: Account = BOB) -> None:
        with self.cast.app.app_context(), unit_of_work():
            person, application = self.cast.person(account), self.application()
            applications.assign_roles(person, application, values, actor_id=person.id)

    def application(self) -> Application:
        return db.session.get_one(Application, self.application_id)

    def sign_in(self, account: Account = BOB) -> Browser:
        browser = self.cast.browser()
        response = browser.sign_in_as(account, "contoso", self.cast.directory)
        assert response.status_code == 303, response.text
        return browser

    def roles_of(self, account: Account = BOB) -> list[str]:
        """What tokens say."""
        with self.cast.app.app_context():
            person = self.cast.person(account)
            return application_queries.roles_of(person.company_id, person.id, self.application_id)

    def role_of(self, account: Account = BOB) -> str:
        """In Portico itself."""
        with self.cast.app.app_context():
            return db.session.scalars(sa.select(Person.role).where(Person.oid == account.oid)).one()

    def put_in(self, group: str, *accounts: Account) -> None:
        """These are the group's members from now on."""
        self.group(group, members=[one.oid for one in accounts])

    def group(self, group: str, **values: Any) -> None:
        if group not in SANDBOX_GROUPS:
            values = {"name": "Some group", **values}
        self.cast.directory.call("PUT", f"tenants/{CONTOSO}/groups/{group}", values)

    def register(self, **values: Any) -> None:
        self.cast.directory.application(CONTOSO, CONTOSO_CLIENT, **values)

    def assign_app_role(self, *accounts: Account, value: str = "Demo.Reader") -> None:
        self.register(app_roles=[{"value": value, "members": [one.oid for one in accounts]}])

    def make_older(self, *, hours: int) -> None:
        """As if the groups had been read that much earlier. The directory is another process, with another clock."""
        with self.cast.app.app_context(), unit_of_work():
            for one in db.session.scalars(sa.select(DirectorySnapshot)):
                assert one.groups_read_at
                one.groups_read_at -= timedelta(hours=hours)

    def give_many_groups(self, account: Account = BOB, number: int = 201) -> None:
        """More than an ID token lists."""
        for one in range(number):
            self.put_in(f"ffffffff-0000-4000-8000-{one:012d}", account)


def mapped(cast: Cast) -> Mapped:
    with cast.app.app_context(), unit_of_work():
        application = applications.create(name="Expenses", client_id="expenses")
        applications.set_roles(
            application,
            [Role(value, value.title(), AssignedBy.COMPANY) for value in ("editor", "reader")]
            + [Role("auditor", "Auditor", AssignedBy.OPERATOR)],
        )
        return Mapped(cast, application.id, {role.value: role.id for role in application.roles})

"""What the login page needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.companies.models import Company, LoginPage, PasswordSignIn
from app.connections.models import Connection, Credential, Draft, Flow
from app.statements import Statement
from app.web.logs import name_company


@dataclass(frozen=True)
class Button:
    connection_id: UUID
    public_id: str
    title: str
    label: str
    flow: str
    tenant: str
    client_id: str
    has_credential: bool
    """The server-side flow is possible, too."""


@dataclass(frozen=True)
class Door:
    """A login page with its company and the ways in."""

    company_id: UUID
    company_name: str
    password_sign_in: str
    code: str
    location: str | None
    note: str
    buttons: tuple[Button, ...]

    @property
    def only_way(self) -> Button | None:
        """The one way in, where the page would only stand before it. A single-page sign-in needs the page's click."""
        if self.password_sign_in != PasswordSignIn.NOBODY or len(self.buttons) != 1:
            return None
        return self.buttons[0] if self.buttons[0].flow == Flow.SERVER else None


DOORS = (
    sa.select(
        Company.id,
        Company.name,
        Company.password_sign_in,
        LoginPage.code,
        LoginPage.location,
        LoginPage.note,
        Connection.id,
        Draft.public_id,
        Connection.title,
        Connection.button_label,
        Connection.flow,
        Connection.tenant,
        Connection.client_id,
        sa.exists().where(Credential.draft_id == Connection.id, Credential.is_live),
    )
    .join(Company, LoginPage.company_id == Company.id)
    .outerjoin(Connection, sa.and_(Connection.company_id == Company.id, Connection.is_enabled))
    .outerjoin(Draft, Draft.id == Connection.id)
    .where(Company.is_active)
    .order_by(Draft.position, Draft.id)
)
DOOR = Statement(DOORS.where(LoginPage.code == sa.bindparam("code")))
MAIN_DOOR = Statement(DOORS.where(LoginPage.company_id == sa.bindparam("company"), LoginPage.position == 0))


def door(code: str) -> Door | None:
    """The login page under this code, in one query; None when there is none, or its company is switched off."""
    return _door(DOOR.ask(code=code))


def main_door(company_id: UUID) -> Door | None:
    """A company's own login page; None when the company is switched off."""
    return _door(MAIN_DOOR.ask(company=company_id))


def _door(rows: Sequence[Any]) -> Door | None:
    if not rows:
        return None
    buttons = tuple(Button(*row[6:]) for row in rows if row[6] is not None)
    company_id, company_name, password_sign_in, own_code, location, note = rows[0][:6]
    name_company(company_id)
    return Door(company_id, company_name, password_sign_in, own_code, location, note, buttons)

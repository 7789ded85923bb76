"""Reads for the launchpad, the company first."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

import sqlalchemy as sa
from flask import current_app

from app.applications.company_queries import is_for
from app.applications.models import AccessRequest, Application, ApplicationIcon
from app.applications.queries import ROLES, may_use
from app.core.database import db
from app.people.models import Person


def launch_url(start_url: str | None, initiate_login_uri: str | None) -> str:
    """Where an application opens, signed in if it can be told to start that (OpenID Connect Core, section 4); empty if
    it has no address.
    """
    if initiate_login_uri:
        separator = "&" if "?" in initiate_login_uri else "?"
        return f"{initiate_login_uri}{separator}{urlencode({'iss': current_app.config['BASE_URL']})}"
    return start_url or ""


@dataclass(frozen=True)
class Tile:
    """An application as a person sees it."""

    id: UUID
    name: str
    start_url: str | None
    initiate_login_uri: str | None
    allowed_roles: list[str]
    roles: str | None
    """The values of the person's roles in it, space-separated."""
    icon: str | None
    """The hash of its icon."""
    is_asked: bool
    """Whether the person has asked for access."""

    @property
    def is_allowed(self) -> bool:
        return may_use(self.roles, self.allowed_roles)

    @property
    def url(self) -> str:
        return launch_url(self.start_url, self.initiate_login_uri)


def _can_be_opened(company_id: UUID) -> sa.ColumnElement[bool]:
    """The condition that an application is on this company's launchpads."""
    has_address = sa.or_(Application.start_url.is_not(None), Application.initiate_login_uri.is_not(None))
    return sa.and_(is_for(company_id), Application.is_enabled, has_address)


def names(company_id: UUID) -> dict[UUID, str]:
    """The names of the applications that the company's people can open, in their order."""
    query = sa.select(Application.id, Application.name).where(_can_be_opened(company_id))
    return {row.id: row.name for row in db.session.execute(query.order_by(Application.name, Application.id))}


def name_of(company_id: UUID, application_id: UUID) -> str | None:
    """The name of one of them."""
    return db.session.scalar(
        sa.select(Application.name).where(Application.id == application_id, _can_be_opened(company_id))
    )


def tiles(company_id: UUID, person_id: UUID, application_id: UUID | None = None) -> list[Tile]:
    """The enabled applications that are for the company and can be opened, by name; or this one alone, even if it has
    no address.
    """
    is_asked = sa.exists().where(AccessRequest.application_id == Application.id, AccessRequest.person_id == person_id)
    if application_id is None:
        wanted = _can_be_opened(company_id)
    else:
        wanted = sa.and_(Application.id == application_id, is_for(company_id), Application.is_enabled)
    rows = db.session.execute(
        sa.select(
            Application.id,
            Application.name,
            Application.start_url,
            Application.initiate_login_uri,
            Application.allowed_roles,
            ROLES.label("roles"),
            ApplicationIcon.hash.label("icon"),
            is_asked.correlate(Application).label("is_asked"),
        )
        .select_from(Application)
        .join(Person, sa.and_(Person.company_id == company_id, Person.id == person_id))
        .outerjoin(ApplicationIcon, ApplicationIcon.application_id == Application.id)
        .where(wanted)
        .order_by(Application.name, Application.id)
    )
    return [Tile(**row._mapping) for row in rows]

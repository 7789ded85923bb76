"""Reads of what directories said. The company comes first; a token is looked up, and the company follows from it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from app.companies.models import Company
from app.connections.models import Connection
from app.core.database import db
from app.entra_apps.models import EntraApp
from app.entra_apps.queries import ExpiringCredential
from app.people.models import Person
from app.provisioning.scim.models import ScimGroup, ScimMember, ScimRequest, ScimToken, ScimUser

SHOWN_REQUESTS = 50
SHOWN_PEOPLE = 50


@dataclass(frozen=True)
class Directory:
    """Who sends a request: the directory of a connection, by its token."""

    company_id: UUID
    connection_id: UUID
    tenant: str
    title: str
    """The connection's."""
    token_id: UUID
    expires: date
    last_used_at: datetime | None


def by_token(token_hash: str) -> Directory | None:
    """None for an unknown token, and for one of a deactivated company."""
    row = db.session.execute(
        sa.select(
            ScimToken.company_id,
            ScimToken.connection_id,
            EntraApp.tenant,
            Connection.title,
            ScimToken.id.label("token_id"),
            ScimToken.expires,
            ScimToken.last_used_at,
        )
        .join(Connection, Connection.id == ScimToken.connection_id)
        .join(EntraApp, EntraApp.id == Connection.entra_app_id)
        .join(Company, Company.id == ScimToken.company_id)
        .where(ScimToken.token_hash == token_hash, Company.is_active)
    ).one_or_none()
    return Directory(**row._asdict()) if row else None


def tokens(company_id: UUID, connection_id: UUID) -> list[ScimToken]:
    """A connection's tokens, the oldest first."""
    return list(
        db.session.scalars(
            sa.select(ScimToken)
            .where(ScimToken.company_id == company_id, ScimToken.connection_id == connection_id)
            .order_by(ScimToken.id)
        )
    )


def expiring(last_day: date) -> list[ExpiringCredential]:
    """All companies' tokens that expire by this day."""
    rows = db.session.execute(
        sa.select(ScimToken.id, ScimToken.company_id, ScimToken.expires, ScimToken.warned).where(
            ScimToken.expires <= last_day
        )
    )
    return [ExpiringCredential(*row) for row in rows]


def token_with_connection(token_id: UUID) -> tuple[ScimToken, Connection] | None:
    found = db.session.execute(
        sa.select(ScimToken, Connection)
        .join(Connection, Connection.id == ScimToken.connection_id)
        .where(ScimToken.id == token_id)
    ).first()
    return (found[0], found[1]) if found else None


def groups_of_person(company_id: UUID, person_id: UUID) -> list[ScimGroup]:
    """The SCIM groups of this person, of every connection that provisions them. Not those of a user who is inactive:
    their memberships are kept until they come back, but give nothing meanwhile.
    """
    return list(
        db.session.scalars(
            sa.select(ScimGroup)
            .join(ScimMember, ScimMember.group_id == ScimGroup.id)
            .join(ScimUser, ScimUser.id == ScimMember.user_id)
            .where(ScimUser.company_id == company_id, ScimUser.person_id == person_id, ScimUser.is_active)
            .order_by(ScimGroup.name_key, ScimGroup.id)
        )
    )


def groups_of_users(company_id: UUID, user_ids: Collection[UUID]) -> dict[UUID, list[tuple[UUID, str]]]:
    """By user, the ids and names of their groups."""
    rows = db.session.execute(
        sa.select(ScimMember.user_id, ScimGroup.id, ScimGroup.display_name)
        .join(ScimGroup, ScimGroup.id == ScimMember.group_id)
        .where(ScimMember.company_id == company_id, ScimMember.user_id.in_(user_ids))
        .order_by(ScimGroup.name_key, ScimGroup.id)
    )
    found: dict[UUID, list[tuple[UUID, str]]] = {}
    for user_id, group_id, name in rows:
        found.setdefault(user_id, []).append((group_id, name))
    return found


def requests(company_id: UUID, connection_id: UUID) -> list[ScimRequest]:
    """The last requests that changed something or were refused, the newest first."""
    return list(
        db.session.scalars(
            sa.select(ScimRequest)
            .where(ScimRequest.company_id == company_id, ScimRequest.connection_id == connection_id)
            .order_by(ScimRequest.id.desc())
            .limit(SHOWN_REQUESTS)
        )
    )


@dataclass(frozen=True)
class Counts:
    users: int
    active: int
    unlinked: int
    """Users whose `externalId` is no object ID, so that no person belongs to them."""
    groups: int


def counts(company_id: UUID, connection_id: UUID) -> Counts:
    users = db.session.execute(
        sa.select(
            sa.func.count(ScimUser.id),
            sa.func.count(ScimUser.id).filter(ScimUser.is_active),
            sa.func.count(ScimUser.id).filter(ScimUser.person_id.is_(None)),
        ).where(ScimUser.company_id == company_id, ScimUser.connection_id == connection_id)
    ).one()
    groups = db.session.scalar(
        sa.select(sa.func.count(ScimGroup.id)).where(
            ScimGroup.company_id == company_id, ScimGroup.connection_id == connection_id
        )
    )
    return Counts(*users, groups or 0)


def unlinked(company_id: UUID, connection_id: UUID) -> list[ScimUser]:
    """Some of the users to whom no person belongs."""
    return list(
        db.session.scalars(
            sa.select(ScimUser)
            .where(
                ScimUser.company_id == company_id,
                ScimUser.connection_id == connection_id,
                ScimUser.person_id.is_(None),
            )
            .order_by(ScimUser.id)
            .limit(SHOWN_PEOPLE)
        )
    )


def number_deactivated(company_id: UUID, connection_id: UUID) -> int:
    """The number of people whom this connection's directory has deactivated."""
    query = sa.select(sa.func.count(Person.id)).where(
        Person.company_id == company_id, Person.inactive_by_connection_id == connection_id
    )
    return db.session.scalar(query) or 0


@dataclass(frozen=True)
class PossibleDuplicate:
    person_id: UUID
    name: str
    account_id: UUID
    account_name: str
    account_email: str | None


def possible_duplicates(company_id: UUID, connection_id: UUID) -> list[PossibleDuplicate]:
    """People of this connection whose address another account has, and who were not asked yet."""
    account = sa.orm.aliased(Person)
    rows = db.session.execute(
        sa.select(Person.id, Person.name, account.id, account.name, account.sign_in_email)
        .join(ScimUser, ScimUser.person_id == Person.id)
        .join(account, account.id == Person.may_duplicate_id)
        .where(
            ScimUser.company_id == company_id,
            ScimUser.connection_id == connection_id,
            Person.company_id == company_id,
        )
        .order_by(Person.sort_name, Person.id)
        .limit(SHOWN_PEOPLE)
    )
    return [PossibleDuplicate(*row) for row in rows]

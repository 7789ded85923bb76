"""Reads of what directories said. The company comes first; a credential or a public id is looked up, and the company
follows from it.
"""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from app.companies.models import Company
from app.connections.models import Connection, Draft
from app.core.database import db, now
from app.entra_apps.models import EntraApp
from app.entra_apps.queries import ExpiringCredential
from app.people.models import Person
from app.provisioning.scim.models import (
    Method,
    ScimAccessToken,
    ScimCredential,
    ScimGroup,
    ScimMember,
    ScimRequest,
    ScimUser,
)

SHOWN_REQUESTS = 50
SHOWN_PEOPLE = 50


@dataclass(frozen=True)
class Directory:
    """Who sends a request: the directory of a connection, by its credential."""

    company_id: UUID
    connection_id: UUID
    tenant: str
    title: str
    """The connection's."""
    credential_id: UUID
    method: str
    expires: date | None
    last_used_at: datetime | None


DIRECTORIES = (
    sa.select(
        ScimCredential.company_id,
        ScimCredential.connection_id,
        EntraApp.tenant,
        Connection.title,
        ScimCredential.id.label("credential_id"),
        ScimCredential.method,
        ScimCredential.expires,
        ScimCredential.last_used_at,
    )
    .join(Connection, Connection.id == ScimCredential.connection_id)
    .join(EntraApp, EntraApp.id == Connection.entra_app_id)
    .join(Company, Company.id == ScimCredential.company_id)
    .where(Company.is_active, Connection.is_enabled)
)
"""By credential, unless its company or connection is inactive."""


def by_bearer_token(token_hash: str) -> Directory | None:
    row = db.session.execute(
        DIRECTORIES.where(ScimCredential.token_hash == token_hash, ScimCredential.method == Method.TOKEN)
    ).one_or_none()
    return Directory(**row._asdict()) if row else None


def by_access_token(token_hash: str) -> Directory | None:
    """None also for one that has expired."""
    row = db.session.execute(
        DIRECTORIES.join(ScimAccessToken, ScimAccessToken.credential_id == ScimCredential.id).where(
            ScimAccessToken.token_hash == token_hash, ScimAccessToken.expires_at > now()
        )
    ).one_or_none()
    return Directory(**row._asdict()) if row else None


@dataclass(frozen=True)
class HeldCredential:
    """A credential's values: its row may be deleted while they are compared."""

    id: UUID
    token_hash: str | None
    expires: date | None
    application: str | None
    subject: str | None
    last_used_at: datetime | None
    refused_at: datetime | None


@dataclass(frozen=True)
class Client:
    """A connection as the client of the token endpoint, with its credentials of one method."""

    company_id: UUID
    connection_id: UUID
    title: str
    tenant: str
    credentials: tuple[HeldCredential, ...]


def client(public_id: str, method: Method) -> Client | None:
    """By the connection's public id; None if there is none, or it or its company is inactive."""
    rows = db.session.execute(
        sa.select(
            Connection.company_id,
            Connection.id,
            Connection.title,
            EntraApp.tenant,
            *(getattr(ScimCredential, one.name) for one in fields(HeldCredential)),
        )
        .join(Draft, Draft.id == Connection.id)
        .join(EntraApp, EntraApp.id == Connection.entra_app_id)
        .join(Company, Company.id == Connection.company_id)
        .outerjoin(
            ScimCredential,
            sa.and_(ScimCredential.connection_id == Connection.id, ScimCredential.method == method),
        )
        .where(Draft.public_id == public_id, Company.is_active, Connection.is_enabled)
        .order_by(ScimCredential.id)
    ).all()
    if not rows:
        return None
    # Without a credential there is one row, whose last columns are empty.
    company_id, connection_id, title, tenant = rows[0][:4]
    held = tuple(HeldCredential(*row[4:]) for row in rows if row[4])
    return Client(company_id, connection_id, title, tenant, held)


def connections(company_id: UUID) -> list[Connection]:
    """Those that have been activated."""
    return list(db.session.scalars(sa.select(Connection).where(Connection.company_id == company_id)))


def credentials(company_id: UUID, connection_id: UUID) -> list[ScimCredential]:
    """A connection's credentials, the oldest first."""
    return list(
        db.session.scalars(
            sa.select(ScimCredential)
            .where(ScimCredential.company_id == company_id, ScimCredential.connection_id == connection_id)
            .order_by(ScimCredential.id)
        )
    )


def expiring(last_day: date) -> list[ExpiringCredential]:
    """All companies' credentials that expire by this day."""
    rows = db.session.execute(
        sa.select(ScimCredential.id, ScimCredential.company_id, ScimCredential.expires, ScimCredential.warned).where(
            ScimCredential.expires <= last_day
        )
    )
    return [ExpiringCredential(*row) for row in rows]


def credential_with_connection(credential_id: UUID) -> tuple[ScimCredential, Connection] | None:
    found = db.session.execute(
        sa.select(ScimCredential, Connection)
        .join(Connection, Connection.id == ScimCredential.connection_id)
        .where(ScimCredential.id == credential_id)
    ).first()
    return (found[0], found[1]) if found else None


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

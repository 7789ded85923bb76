"""Reads of what tells who has left."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from app.applications.grants.models import Grant
from app.companies.models import Company
from app.connections.connection_config import ConnectionConfig
from app.core.database import db
from app.people.models import Person
from app.provisioning.leavers.models import UpstreamToken, UserChanges
from app.sessions.models import Session


def connections_with_due(moment: datetime) -> list[UUID]:
    """The connections of all companies with tokens to check."""
    query = sa.select(UpstreamToken.connection_id).where(UpstreamToken.next_check_at <= moment)
    return list(db.session.scalars(query.distinct()))


def due(connection_id: UUID, moment: datetime, most: int) -> list[UUID]:
    """The tokens of a connection that are to be checked, the longest overdue first."""
    query = sa.select(UpstreamToken.id).where(
        UpstreamToken.connection_id == connection_id, UpstreamToken.next_check_at <= moment
    )
    return list(db.session.scalars(query.order_by(UpstreamToken.next_check_at).limit(most)))


def token(token_id: UUID) -> UpstreamToken | None:
    return db.session.get(UpstreamToken, token_id, populate_existing=True)


def of_session(session_id: UUID) -> UpstreamToken | None:
    """A session's own token. It can't be deleted before the transaction ends."""
    return db.session.scalar(
        sa.select(UpstreamToken)
        .where(UpstreamToken.session_id == session_id, UpstreamToken.grant_id.is_(None))
        .with_for_update()
    )


def number_kept(company_id: UUID) -> dict[UUID, int]:
    """How many sessions of each connection are checked."""
    query = sa.select(UpstreamToken.connection_id, sa.func.count()).where(
        UpstreamToken.company_id == company_id, UpstreamToken.grant_id.is_(None)
    )
    return {row[0]: row[1] for row in db.session.execute(query.group_by(UpstreamToken.connection_id))}


def due_readings(moment: datetime) -> list[tuple[UUID, UUID]]:
    """The companies and connections whose users' changes are to be read."""
    query = (
        sa.select(UserChanges.company_id, UserChanges.connection_id)
        .join(Company, Company.id == UserChanges.company_id)
        .where(UserChanges.next_read_at <= moment, Company.is_active)
    )
    return [(row[0], row[1]) for row in db.session.execute(query)]


def reading(company_id: UUID, connection_id: UUID) -> UserChanges | None:
    return db.session.scalar(
        sa.select(UserChanges)
        .where(UserChanges.company_id == company_id, UserChanges.connection_id == connection_id)
        .execution_options(populate_existing=True)
    )


def readings(company_id: UUID) -> dict[UUID, UserChanges]:
    """By connection."""
    rows = db.session.scalars(sa.select(UserChanges).where(UserChanges.company_id == company_id))
    return {row.connection_id: row for row in rows}


def with_access(connection: ConnectionConfig, oids: Collection[str]) -> list[tuple[UUID, str]]:
    """Those of the connection's tenant's people, by object id, who have a session through it, or offline access."""
    of_connection = (
        Session.company_id == connection.company_id,
        Session.connection_id == connection.id,
        Session.person_id == Person.id,
    )
    is_signed_in = sa.exists().where(*of_connection, Session.ended_at.is_(None))
    has_offline = sa.exists().where(
        Grant.company_id == connection.company_id,
        Grant.person_id == Person.id,
        Grant.revoked_at.is_(None),
        Grant.is_offline,
        Grant.session_id.in_(sa.select(Session.id).where(*of_connection).correlate(Person)),
    )
    rows = db.session.execute(
        sa.select(Person.id, Person.oid)
        .where(
            Person.company_id == connection.company_id,
            Person.tid == connection.tenant,
            Person.oid.in_(oids),
            sa.or_(is_signed_in, has_offline),
        )
        .order_by(Person.id)
    )
    return [(person_id, oid) for person_id, oid in rows if oid]

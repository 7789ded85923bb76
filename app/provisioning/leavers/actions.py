"""Writes for refresh tokens. They flush and record audit entries; the caller's unit of work commits."""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from app.audit.events.leavers import DirectorySessionRevoked, LeaverChecksChanged, LeaverFound
from app.audit.log import record
from app.connections.connection_config import ConnectionConfig
from app.connections.models import Draft
from app.core.database import db, now
from app.provisioning.leavers.models import UpstreamToken
from app.provisioning.leavers.rules import interval
from app.sessions import actions as sessions
from app.sessions.access import Access, end_access
from app.sessions.models import EndReason


def keep(connection: ConnectionConfig, person_id: UUID, session_id: UUID, refresh_token: str) -> None:
    """Keeps a new session's refresh token, if the connection notices who leaves."""
    if connection.notices_leavers:
        db.session.add(
            UpstreamToken(
                company_id=connection.company_id,
                person_id=person_id,
                connection_id=connection.id,
                session_id=session_id,
                refresh_token=refresh_token,
                next_check_at=now() + interval(),
            )
        )
        db.session.flush()


def replace(token_id: UUID, refresh_token: str) -> None:
    """The next check uses this one."""
    db.session.execute(
        sa.update(UpstreamToken)
        .where(UpstreamToken.id == token_id)
        .values(refresh_token_sealed=UpstreamToken.refresh_token.encrypted(token_id, refresh_token))
        .execution_options(synchronize_session=False)
    )


def claim(token_id: UUID, moment: datetime) -> bool:
    """Moves the next check on; returns whether no other worker did."""
    claimed = db.session.scalar(
        sa.update(UpstreamToken)
        .where(UpstreamToken.id == token_id, UpstreamToken.next_check_at <= moment)
        .values(next_check_at=moment + interval())
        .returning(UpstreamToken.id)
        .execution_options(synchronize_session=False)
    )
    return claimed is not None


def postpone(connection_id: UUID, seconds: int) -> None:
    """No check of this connection before Microsoft wants one."""
    earliest = now() + timedelta(seconds=seconds)
    db.session.execute(
        sa.update(UpstreamToken)
        .where(UpstreamToken.connection_id == connection_id, UpstreamToken.next_check_at < earliest)
        .values(next_check_at=earliest)
        .execution_options(synchronize_session=False)
    )


def forget(*which: sa.ColumnElement[bool]) -> None:
    db.session.execute(sa.delete(UpstreamToken).where(*which).execution_options(synchronize_session=False))


def end_all(connection: ConnectionConfig, person_id: UUID, code: int) -> None:
    """The person has left the directory: nothing that began through this connection stays."""
    company_id = connection.company_id
    ended = end_access(Access.of_person_through(company_id, person_id, connection.id), EndReason.DIRECTORY)
    record(LeaverFound(company_id=company_id, subject_id=person_id, title=connection.title, code=code, sessions=ended))


def end_one(connection: ConnectionConfig, person_id: UUID, session_id: UUID) -> None:
    """The session was revoked at Microsoft."""
    company_id = connection.company_id
    if sessions.end(company_id, person_id, session_id, actor_id=None, reason=EndReason.DIRECTORY):
        record(DirectorySessionRevoked(company_id=company_id, subject_id=person_id, title=connection.title))


def set_checks(draft: Draft, *, enabled: bool, actor_id: UUID) -> bool:
    """Turns checks on, from the next sign-ins, or off, which deletes all tokens; returns whether that changed
    anything.
    """
    if draft.notices_leavers == enabled:
        return False
    draft.notices_leavers = enabled
    if not enabled:
        forget(UpstreamToken.connection_id == draft.id)
    db.session.flush()
    record(LeaverChecksChanged(company_id=draft.company_id, actor_id=actor_id, subject_id=draft.id, enabled=enabled))
    return True

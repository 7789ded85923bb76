"""Writes for what tells who has left. They flush and record audit entries; the caller's unit of work commits."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog

from app.applications.grants import actions as grants
from app.applications.grants.queries import GrantState
from app.audit.events.leavers import (
    DirectoryGrantRevoked,
    DirectorySessionRevoked,
    LeaverChecksChanged,
    LeaverFound,
    LeaverListed,
    UserReadingChanged,
)
from app.audit.log import record
from app.connections.connection_config import ConnectionConfig
from app.connections.models import Draft
from app.core.database import db, insert_if_absent, now
from app.core.encryption import DecryptionError
from app.provisioning.leavers import queries
from app.provisioning.leavers.models import UpstreamToken, UserChanges
from app.provisioning.leavers.rules import interval
from app.sessions import actions as sessions
from app.sessions.access import Access, end_access
from app.sessions.models import EndReason

log = structlog.get_logger(__name__)


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


def keep_for_grant(grant: GrantState) -> None:
    """A new grant with offline access gets a refresh token of its own, if its session has one. It is checked once the
    session has ended.
    """
    token = queries.of_session(grant.session_id)
    if token is None:
        return
    try:
        refresh_token = token.refresh_token or ""
    except DecryptionError as error:
        log.error("upstream_token_undecryptable", key=error.key, why=str(error))
        return
    db.session.add(
        UpstreamToken(
            company_id=grant.company_id,
            person_id=grant.person_id,
            connection_id=token.connection_id,
            session_id=grant.session_id,
            grant_id=grant.id,
            refresh_token=refresh_token,
            next_check_at=grant.session_expires_at,
        )
    )
    db.session.flush()
    grants.set_watched([grant.id], is_watched=True)


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
    """Deletes these tokens. Grants without one end no later than the company's longest session."""
    of_grants = sa.select(UpstreamToken.grant_id).where(UpstreamToken.grant_id.is_not(None), *which)
    grants.set_watched(of_grants, is_watched=False)
    db.session.execute(sa.delete(UpstreamToken).where(*which).execution_options(synchronize_session=False))


def session_ended(company_id: UUID, session_id: UUID) -> None:
    """Its own token is deleted, and from now on those of its grants are checked."""
    of_session = UpstreamToken.company_id == company_id, UpstreamToken.session_id == session_id
    # First: a request that adds the token of a grant has locked it.
    db.session.execute(
        sa.delete(UpstreamToken)
        .where(*of_session, UpstreamToken.grant_id.is_(None))
        .execution_options(synchronize_session=False)
    )
    _check_at(now() + interval(), *of_session)


def _check_at(moment: datetime, *which: sa.ColumnElement[bool]) -> None:
    db.session.execute(
        sa.update(UpstreamToken).where(*which).values(next_check_at=moment).execution_options(synchronize_session=False)
    )


def end_all(connection: ConnectionConfig, person_id: UUID, code: int) -> None:
    """The person has left the directory: nothing that began through this connection stays."""
    company_id = connection.company_id
    ended = end_access(Access.of_person_through(company_id, person_id, connection.id), EndReason.DIRECTORY)
    record(LeaverFound(company_id=company_id, subject_id=person_id, title=connection.title, code=code, sessions=ended))


def end_revoked(connection: ConnectionConfig, token: UpstreamToken) -> None:
    """Microsoft revoked the sign-in that the token came of: its session ends, and with offline access its grant. Other
    grants of the session are checked next.
    """
    company_id = connection.company_id
    about: dict[str, Any] = {"company_id": company_id, "subject_id": token.person_id, "title": connection.title}
    if token.grant_id:
        if grants.revoke_and_tell(company_id, token.grant_id):
            record(DirectoryGrantRevoked(**about))
        return
    if sessions.end(company_id, token.person_id, token.session_id, actor_id=None, reason=EndReason.DIRECTORY):
        record(DirectorySessionRevoked(**about))
        _check_at(now(), UpstreamToken.company_id == company_id, UpstreamToken.session_id == token.session_id)


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


def set_reading(draft: Draft, *, enabled: bool, actor_id: UUID) -> bool:
    """Turns reading the changes of all users on, or off, which forgets how far they were read; returns whether that
    changed anything.
    """
    if draft.reads_users == enabled:
        return False
    draft.reads_users = enabled
    if enabled:
        insert_if_absent(UserChanges(company_id=draft.company_id, connection_id=draft.id, next_read_at=now()))
    else:
        db.session.execute(
            sa.delete(UserChanges).where(
                UserChanges.company_id == draft.company_id, UserChanges.connection_id == draft.id
            )
        )
    db.session.flush()
    record(UserReadingChanged(company_id=draft.company_id, actor_id=actor_id, subject_id=draft.id, enabled=enabled))
    return True


def claim_reading(connection_id: UUID, moment: datetime) -> bool:
    """Moves the next reading on; returns whether no other worker did."""
    claimed = db.session.scalar(
        sa.update(UserChanges)
        .where(UserChanges.connection_id == connection_id, UserChanges.next_read_at <= moment)
        .values(next_read_at=moment + interval())
        .returning(UserChanges.id)
        .execution_options(synchronize_session=False)
    )
    return claimed is not None


def store_reading(connection_id: UUID, **values: Any) -> None:
    """How far the changes were read, when next, and what was wrong."""
    db.session.execute(
        sa.update(UserChanges)
        .where(UserChanges.connection_id == connection_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def end_listed(connection: ConnectionConfig, gone: Mapping[str, bool]) -> int:
    """Ends all that these people of the connection's directory have through it; returns how many had something. By
    object id, whether they were deleted, or else disabled.
    """
    found = queries.with_access(connection, gone)
    for person_id, oid in found:
        access = Access.of_person_through(connection.company_id, person_id, connection.id)
        ended = end_access(access, EndReason.DIRECTORY)
        record(
            LeaverListed(
                company_id=connection.company_id,
                subject_id=person_id,
                title=connection.title,
                deleted=gone[oid],
                sessions=ended,
            )
        )
    return len(found)

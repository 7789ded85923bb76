"""Writes for sessions. They flush and record audit entries; the caller's unit of work commits."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from app.audit.events.sign_ins import SessionEnded
from app.audit.log import record
from app.core.database import db, insert_if_absent, min_uuid7, now
from app.people.models import Person
from app.sessions.limits import KEPT_FOR, LONGEST_SESSION, TOUCH_EVERY, new_token, token_hash
from app.sessions.models import EndReason, Session

LONGEST_USER_AGENT = 400
BATCH = 1000
"""Rows deleted per statement."""


def start(
    company_id: UUID,
    person_id: UUID,
    *,
    auth_label: str,
    amr: Sequence[str],
    auth_time: datetime,
    reauthenticated_at: datetime | None,
    transaction_id: str,
    ip_address: str | None,
    user_agent: str,
    connection_id: UUID | None = None,
    microsoft_sid: str | None = None,
    login_hint: str | None = None,
) -> str | None:
    """Creates a session for the person; returns its token, which is stored nowhere. None if the transaction was used
    before: then the caller rolls back. `reauthenticated_at` is set if it is proven that the person authenticated for
    this session: Microsoft may have signed them in without asking.
    """
    token = new_token()
    moment = now()
    session = Session(
        created_at=moment,
        token_hash=token_hash(token),
        company_id=company_id,
        person_id=person_id,
        auth_label=auth_label,
        connection_id=connection_id,
        transaction_id=transaction_id,
        amr=list(amr),
        auth_time=auth_time,
        microsoft_sid=microsoft_sid,
        login_hint=login_hint,
        ip_address=ip_address,
        user_agent=user_agent[:LONGEST_USER_AGENT],
        last_seen_at=moment,
        expires_at=moment + LONGEST_SESSION,
        reauthenticated_at=reauthenticated_at,
    )
    if not insert_if_absent(session):
        return None
    db.session.execute(
        sa.update(Person)
        .where(Person.company_id == company_id, Person.id == person_id)
        .values(last_sign_in_at=moment)
        .execution_options(synchronize_session=False)
    )
    return token


def touch(session_id: UUID, moment: datetime) -> None:
    """Records that a session is in use, at most once per interval."""
    db.session.execute(
        sa.update(Session)
        .where(Session.id == session_id, Session.last_seen_at <= moment - TOUCH_EVERY)
        .values(last_seen_at=moment)
    )


def note_reauthenticated(session_id: UUID, moment: datetime) -> None:
    """Records when the session's person authenticated; an earlier moment than the stored one changes nothing."""
    db.session.execute(
        sa.update(Session)
        .where(
            Session.id == session_id,
            sa.or_(Session.reauthenticated_at.is_(None), Session.reauthenticated_at < moment),
        )
        .values(reauthenticated_at=moment)
        .execution_options(synchronize_session=False)
    )


def end(company_id: UUID, person_id: UUID, session_id: UUID, *, actor_id: UUID) -> bool:
    """Ends one session of the person; returns whether it existed."""
    return _end(company_id, person_id, Session.id == session_id, actor_id) > 0


def end_others(
    company_id: UUID, person_id: UUID, kept: UUID | None, *, actor_id: UUID | None, reason: EndReason | None = None
) -> int:
    """Ends all sessions of the person except `kept`, if given; returns how many."""
    return _end(company_id, person_id, Session.id != kept if kept else sa.true(), actor_id, reason)


def erase(company_id: UUID, person_id: UUID, *, actor_id: UUID | None) -> None:
    """Ends the person's sessions and erases where they were. The rows stay: a login attempt is used up by its session's
    row.
    """
    end_others(company_id, person_id, None, actor_id=actor_id)
    db.session.execute(
        sa.update(Session)
        .where(Session.company_id == company_id, Session.person_id == person_id)
        .values(ip_address=None, user_agent="", login_hint=None, microsoft_sid=None)
        .execution_options(synchronize_session=False)
    )


def purge_expired() -> int:
    """Deletes sessions of all companies that are older than the retention, in batches; returns how many."""
    old = sa.select(Session.id).where(Session.id < min_uuid7(now() - KEPT_FOR)).order_by(Session.id).limit(BATCH)
    gone = db.session.scalars(
        sa.delete(Session).where(Session.id.in_(old)).returning(Session.id).execution_options(synchronize_session=False)
    )
    return len(gone.all())


def _end(
    company_id: UUID,
    person_id: UUID,
    which: sa.ColumnElement[bool],
    actor_id: UUID | None,
    reason: EndReason | None = None,
) -> int:
    by_actor = EndReason.SIGNED_OUT if actor_id == person_id else EndReason.ADMIN
    ended = db.session.scalars(
        sa.update(Session)
        .where(Session.company_id == company_id, Session.person_id == person_id, Session.ended_at.is_(None), which)
        .values(ended_at=now(), end_reason=reason or by_actor)
        .returning(Session.id)
        .execution_options(synchronize_session=False)
    ).all()
    for session_id in ended:
        record(SessionEnded(company_id=company_id, actor_id=actor_id, subject_id=person_id, session=session_id))
    return len(ended)

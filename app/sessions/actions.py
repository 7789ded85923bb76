"""Writes for sessions. They flush and record audit entries; the caller's unit of work commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from uuid_utils.compat import uuid7

from app.audit.events.sign_ins import SessionEnded, SessionRemembered
from app.audit.log import record
from app.companies.models import Company
from app.core.database import db, execute_in_unit, now, read
from app.core.retention import delete_older_than
from app.http import session_cookies
from app.sessions.limits import (
    KEPT_FOR,
    LONGEST_SESSION,
    MOST_PER_BROWSER,
    TOUCH_EVERY,
    browser_hash,
    new_token,
    token_hash,
)
from app.sessions.models import EndReason, Session

LONGEST_USER_AGENT = 400
BATCH = 1000
"""Rows deleted per statement."""

SESSION = cast(sa.Table, Session.__table__)
INSERT_SESSION: dict[str, Any] = {
    "sqlite": sqlite.insert(SESSION).on_conflict_do_nothing().returning(Session.id),
    # Sign-ins of one browser at the same time would not see each other's sessions: from here on they take turns.
    "postgresql": postgresql.insert(SESSION)
    .on_conflict_do_nothing()
    .returning(Session.id, sa.func.pg_advisory_xact_lock(sa.bindparam("browser_lock", type_=sa.BigInteger()))),
}
BROWSERS_SESSIONS = (
    sa.select(Session.id, Session.company_id, Session.person_id, Company.public_id.label("org_id"))
    .join(Company, Session.company_id == Company.id)
    .where(
        Session.browser_hash == sa.bindparam("browser_hash"),
        Session.ended_at.is_(None),
        Session.expires_at > sa.bindparam("moment"),
    )
    .order_by(Session.last_seen_at.desc(), Session.id.desc())
)


@dataclass(frozen=True)
class StartedSession:
    session_id: UUID
    token: str
    """Stored nowhere but in the browser's cookie."""
    org_id: str
    """The company's public id."""
    remembered: bool
    """Whether the cookie outlives the browser."""
    kept_org_ids: frozenset[str]
    """The companies at which this browser has sessions now, this one included."""


def start(
    company_id: UUID,
    person_id: UUID,
    *,
    browser_id: str,
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
    remembered: bool = False,
) -> StartedSession | None:
    """Creates a session for the person in this browser. It replaces the browser's session at the company, and one at
    another company if the browser has too many. None if the transaction was used before: then the caller rolls back.
    `reauthenticated_at` is set if it is proven that the person authenticated for this session: Microsoft may have
    signed them in without asking. `remembered`: the person stays signed in on this device.
    """
    token = new_token()
    moment = now()
    session: dict[str, Any] = {
        "id": uuid7(),
        "created_at": moment,
        "token_hash": token_hash(token),
        "public_id": session_cookies.public_id(token),
        "browser_hash": browser_hash(browser_id),
        "company_id": company_id,
        "person_id": person_id,
        "auth_label": auth_label,
        "connection_id": connection_id,
        "transaction_id": transaction_id,
        "amr": list(amr),
        "auth_time": auth_time,
        "microsoft_sid": microsoft_sid,
        "login_hint": login_hint,
        "ip_address": ip_address,
        "user_agent": user_agent[:LONGEST_USER_AGENT],
        "last_seen_at": moment,
        "expires_at": moment + LONGEST_SESSION,
        "remembered": remembered,
        "reauthenticated_at": reauthenticated_at,
    }
    if not _is_inserted(session):
        return None
    kept = _make_room(session)
    return StartedSession(session["id"], token, kept[company_id], remembered, frozenset(kept.values()))


def _is_inserted(session: dict[str, Any]) -> bool:
    """Whether the session is new: a transaction has one."""
    kind = db.session.get_bind().dialect.name
    values = {**session, "browser_lock": int(session["browser_hash"][:15], 16)} if kind == "postgresql" else session
    return execute_in_unit(INSERT_SESSION[kind], values).first() is not None


def _make_room(session: dict[str, Any]) -> dict[UUID, str]:
    """Ends this browser's earlier session at the same company, and those at others that were used least recently.
    Returns the public ids of the companies at which it has sessions now, by their ids.
    """
    values = {"browser_hash": session["browser_hash"], "moment": session["created_at"]}
    rows = read(BROWSERS_SESSIONS, values)
    kept = {one.company_id: one.org_id for one in rows if one.id == session["id"]}
    for one in rows:
        if one.company_id == session["company_id"] and one.id != session["id"]:
            end(one.company_id, one.person_id, one.id, actor_id=one.person_id)
        elif one.company_id in kept or len(kept) < MOST_PER_BROWSER:
            kept[one.company_id] = one.org_id
        else:
            end(one.company_id, one.person_id, one.id, actor_id=one.person_id, reason=EndReason.TOO_MANY)
    return kept


def touch(session_id: UUID, moment: datetime) -> None:
    """Records that a session is in use, at most once per interval."""
    db.session.execute(
        sa.update(Session)
        .where(Session.id == session_id, Session.last_seen_at <= moment - TOUCH_EVERY)
        .values(last_seen_at=moment)
    )


def note_switch(company_id: UUID, session_id: UUID) -> None:
    """Records that the session is in use from now on, so that it isn't the least recently used one."""
    db.session.execute(
        sa.update(Session)
        .where(Session.company_id == company_id, Session.id == session_id)
        .values(last_seen_at=now())
        .execution_options(synchronize_session=False)
    )


def remember(company_id: UUID, person_id: UUID, session_id: UUID) -> None:
    """The session stays on its device when the browser is closed. The caller has checked that the company allows it."""
    chosen = db.session.scalar(
        sa.update(Session)
        .where(Session.company_id == company_id, Session.id == session_id, Session.remembered.is_(False))
        .values(remembered=True)
        .returning(Session.id)
        .execution_options(synchronize_session=False)
    )
    if chosen:
        record(SessionRemembered(company_id=company_id, actor_id=person_id, subject_id=person_id, session=session_id))


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


def end(
    company_id: UUID, person_id: UUID, session_id: UUID, *, actor_id: UUID | None, reason: EndReason | None = None
) -> bool:
    """Ends one session of the person; returns whether it existed."""
    which = sa.and_(Session.person_id == person_id, Session.id == session_id)
    return end_where(company_id, which, reason or _reason(person_id, actor_id), actor_id=actor_id) > 0


def end_others(company_id: UUID, person_id: UUID, kept: UUID | None, *, actor_id: UUID) -> int:
    """Ends all sessions of the person except `kept`, if given; returns how many. Offline access stays."""
    which = sa.and_(Session.person_id == person_id, Session.id != kept if kept else sa.true())
    return end_where(company_id, which, _reason(person_id, actor_id), actor_id=actor_id)


def end_of_microsoft_session(company_id: UUID, connection_id: UUID, microsoft_sid: str) -> None:
    """Ends the sessions that began with a connection in one session at Microsoft. Offline access stays."""
    which = sa.and_(Session.connection_id == connection_id, Session.microsoft_sid == microsoft_sid)
    end_where(company_id, which, EndReason.MICROSOFT, actor_id=None)


def end_where(company_id: UUID, which: sa.ColumnElement[bool], reason: EndReason, *, actor_id: UUID | None) -> int:
    """Ends these of the company's sessions; returns how many."""
    ended = db.session.execute(
        sa.update(Session)
        .where(Session.company_id == company_id, Session.ended_at.is_(None), which)
        .values(ended_at=now(), end_reason=reason)
        .returning(Session.id, Session.person_id)
        .execution_options(synchronize_session=False)
    ).all()
    for one in ended:
        record(SessionEnded(company_id=company_id, actor_id=actor_id, subject_id=one.person_id, session=one.id))
    return len(ended)


def erase_traces(company_id: UUID, person_id: UUID) -> None:
    """Erases where the person's sessions were. The rows stay: a login attempt is used up by its session's row."""
    db.session.execute(
        sa.update(Session)
        .where(Session.company_id == company_id, Session.person_id == person_id)
        .values(ip_address=None, user_agent="", login_hint=None, microsoft_sid=None)
        .execution_options(synchronize_session=False)
    )


def purge_expired() -> int:
    """Deletes sessions of all companies that are older than the retention, in batches; returns how many."""
    return delete_older_than(Session, KEPT_FOR, BATCH)


def _reason(person_id: UUID, actor_id: UUID | None) -> EndReason:
    return EndReason.SIGNED_OUT if actor_id == person_id else EndReason.ADMIN

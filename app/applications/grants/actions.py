"""Writes for grants. They flush and record audit entries; the caller's unit of work commits."""

import hashlib
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from app.applications.backchannel import actions as backchannel
from app.applications.grants import watching
from app.applications.grants.models import Grant, PersonPicture, RefreshToken
from app.applications.grants.queries import GrantState, StoredRefreshToken
from app.audit.events.applications import CodeReplayed, RefreshTokenReused
from app.audit.log import record
from app.core.database import db, execute_in_unit, insert_if_absent, now
from app.core.retention import delete_older_than
from app.sessions import actions as sessions
from app.sessions.access import Access
from app.sessions.limits import due_for_touch
from app.sessions.models import Session

CODE_LIFE = timedelta(seconds=60)
GRACE = timedelta(seconds=30)
"""How long after its first use a refresh token still returns the same successor: two tabs use it at once."""
KEPT_FOR = timedelta(days=121)
"""How long a grant's row is kept after it began: as long as the longest session's."""
BATCH = 1000

# Built once, and without objects: these are the writes of every sign-in to an application.
GRANTS, REFRESH_TOKENS = cast(sa.Table, Grant.__table__), cast(sa.Table, RefreshToken.__table__)
INSERT_GRANT, INSERT_REFRESH_TOKEN = sa.insert(GRANTS), sa.insert(REFRESH_TOKENS)
REDEEM = (
    sa.update(GRANTS)
    .where(GRANTS.c.id == sa.bindparam("grant_id"), GRANTS.c.redeemed_at.is_(None), GRANTS.c.revoked_at.is_(None))
    .values(redeemed_at=sa.bindparam("moment"))
    .returning(GRANTS.c.id)
)
ROTATE = (
    sa.update(REFRESH_TOKENS)
    .where(REFRESH_TOKENS.c.id == sa.bindparam("token_id"), REFRESH_TOKENS.c.replaced_at.is_(None))
    .values(replaced_at=sa.bindparam("moment"), successor_sealed=sa.bindparam("sealed"))
    .returning(REFRESH_TOKENS.c.id)
)


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """The stored hash of a code or token of ours, whose 256 random bits need no more than a plain one."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def issue_code(company_id: UUID, person_id: UUID, application_id: UUID, session_id: UUID, **granted: Any) -> str:
    """Creates a grant; returns its authorization code, which is stored nowhere."""
    code = new_secret()
    moment = now()
    values = {
        "id": uuid7(),
        "created_at": moment,
        "company_id": company_id,
        "person_id": person_id,
        "application_id": application_id,
        "session_id": session_id,
        "code_hash": secret_hash(code),
        "code_expires_at": moment + CODE_LIFE,
        **granted,
    }
    execute_in_unit(INSERT_GRANT, values)
    return code


def redeem_code(grant: GrantState) -> bool:
    """Uses the code up; returns True once, also for concurrent attempts. A replayed code ends the grant, which its
    attempts and the one that succeeded share.
    """
    redeemed = execute_in_unit(REDEEM, {"grant_id": grant.id, "moment": now()}).scalar()
    if redeemed is None and _revoke(Grant.company_id == grant.company_id, Grant.id == grant.id):
        record(CodeReplayed(**_event(grant)))
    return redeemed is not None


def issue_refresh_token(grant: GrantState) -> str:
    """The first one of a grant."""
    token = new_secret()
    _store_refresh_token(grant.id, token)
    if grant.is_offline:
        watching.offline_granted(grant)
    return token


def _store_refresh_token(grant_id: UUID, token: str) -> None:
    values = {"id": uuid7(), "created_at": now(), "grant_id": grant_id, "token_hash": secret_hash(token)}
    execute_in_unit(INSERT_REFRESH_TOKEN, values)


def with_picture(grant: GrantState) -> GrantState:
    """With an address of the person's photo, if the application may see it. That of an earlier photo ends."""
    if grant.avatar_hash is None or grant.picture or "profile" not in grant.scope.split(" "):
        return grant
    db.session.execute(
        sa.delete(PersonPicture).where(
            PersonPicture.person_id == grant.person_id, PersonPicture.application_id == grant.application_id
        )
    )
    token = secrets.token_urlsafe(16)
    made = insert_if_absent(
        PersonPicture(
            company_id=grant.company_id,
            person_id=grant.person_id,
            application_id=grant.application_id,
            avatar_hash=grant.avatar_hash,
            token=token,
        )
    )
    # Another request may have been faster; the next response has its address.
    return replace(grant, picture=token) if made else grant


def rotate(token: StoredRefreshToken) -> str | None:
    """The successor of a refresh token; None if it was used before and the time of grace is over, which ends the
    grant. Concurrent uses get the same successor.
    """
    grant, moment, successor = token.grant, now(), new_secret()
    sealed = RefreshToken.successor.encrypted(token.id, successor)
    replaced = execute_in_unit(ROTATE, {"token_id": token.id, "moment": moment, "sealed": sealed}).scalar()
    if replaced is not None:
        _store_refresh_token(grant.id, successor)
        _touch(grant, moment)
        return successor
    used = db.session.get_one(RefreshToken, token.id, populate_existing=True)
    if used.replaced_at and used.replaced_at > moment - GRACE and used.successor:
        return used.successor
    if _revoke(Grant.company_id == grant.company_id, Grant.id == grant.id):
        record(RefreshTokenReused(**_event(grant)))
    return None


def revoke(company_id: UUID, grant_id: UUID) -> bool:
    """Ends one grant; returns whether it was valid until now."""
    return _revoke(Grant.company_id == company_id, Grant.id == grant_id) > 0


def revoke_and_tell(company_id: UUID, grant_id: UUID) -> bool:
    """Ends one grant, of which its application is told; returns whether it was valid until now."""
    return _revoke_and_tell(Grant.company_id == company_id, Grant.id == grant_id) > 0


def set_watched(grant_ids: Sequence[UUID] | sa.Select[Any], *, is_watched: bool) -> None:
    """Whether Microsoft is asked about the people of these grants."""
    db.session.execute(
        sa.update(Grant)
        .where(Grant.id.in_(grant_ids))
        .values(is_watched=is_watched)
        .execution_options(synchronize_session=False)
    )


def revoke_access(access: Access) -> int:
    """Ends the grants that belong to this access, offline access that outlived its session included. Called by
    `end_access`, after the sessions ended.
    """
    of_it = Session.company_id == access.company_id, Session.connection_id == access.connection_id
    began_through_it = Grant.session_id.in_(sa.select(Session.id).where(*of_it))
    return _revoke_and_tell(
        Grant.company_id == access.company_id,
        Grant.person_id == access.person_id if access.person_id else sa.true(),
        began_through_it if access.connection_id else sa.true(),
        Grant.session_id != access.kept_session if access.kept_session else sa.true(),
    )


def revoke_of_people_in(company_id: UUID, person_ids: Collection[UUID], application_id: UUID) -> int:
    """Ends the grants that these people have given one application."""
    return _revoke_and_tell(
        Grant.company_id == company_id, Grant.person_id.in_(person_ids), Grant.application_id == application_id
    )


def revoke_of_application(application_id: UUID, *, kept_companies: Iterable[UUID] = ()) -> int:
    """Ends all grants of an application, except those of some companies' people."""
    return _revoke_and_tell(Grant.application_id == application_id, Grant.company_id.not_in(kept_companies))


def forget_successors() -> None:
    """Deletes the encrypted successors of refresh tokens whose time of grace is over; their hashes stay."""
    db.session.execute(
        sa.update(RefreshToken)
        .where(RefreshToken.successor_sealed.is_not(None), RefreshToken.replaced_at <= now() - GRACE)
        .values(successor_sealed=None)
        .execution_options(synchronize_session=False)
    )


def purge() -> int:
    """Deletes old grants of all companies, in batches; returns how many."""
    return delete_older_than(Grant, KEPT_FOR, BATCH)


def _touch(grant: GrantState, moment: datetime) -> None:
    """A refresh counts as use of the session."""
    if grant.session_ended_at is None and due_for_touch(grant.last_seen_at, moment):
        sessions.touch(grant.session_id, moment)


def _revoke_and_tell(*which: sa.ColumnElement[bool]) -> int:
    """What Portico ends by itself, the applications are told."""
    gone = _revoked(*which)
    backchannel.tell_of_grants(gone)
    return len(gone)


def _revoke(*which: sa.ColumnElement[bool]) -> int:
    return len(_revoked(*which))


def _revoked(*which: sa.ColumnElement[bool]) -> list[UUID]:
    gone = db.session.scalars(
        sa.update(Grant)
        .where(Grant.revoked_at.is_(None), *which)
        .values(revoked_at=now())
        .returning(Grant.id)
        .execution_options(synchronize_session=False)
    ).all()
    if gone:
        watching.revoked(gone)
    return list(gone)


def _event(grant: GrantState) -> dict[str, Any]:
    return {
        "company_id": grant.company_id,
        "subject_id": grant.person_id,
        "application": grant.application_id,
        "client": grant.client_id,
    }

"""Delivers logout tokens (OpenID Connect Back-Channel Logout 1.0): what the worker does, outside of a unit of work."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
import structlog
from flask import current_app

from app.applications.backchannel.models import LogoutDelivery, Problem
from app.applications.models import Application
from app.core.database import db, now, release_connection
from app.core.retention import delete_older_than
from app.core.tasks import task
from app.core.unit_of_work import unit_of_work

WAITS = (30, 120, 600, 1800, 3600)
"""Seconds before each next try; the last one is repeated."""
GIVE_UP_AFTER = timedelta(days=1)
LEASE = timedelta(seconds=60)
"""After this time a worker that is sending is considered dead; a request takes a fraction of it."""
KEPT_FOR = timedelta(days=30)
"""How long the log keeps what is done."""
BATCH = 500
DELIVERED = frozenset({200, 204})
TRANSIENT = frozenset({408, 425, 429})
"""Beside 500 and above: statuses of a server that may answer otherwise later."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Result:
    """How a request ended: the status of the response, or why there was none."""

    status: int | None = None
    problem: Problem | None = None

    @property
    def is_delivered(self) -> bool:
        return self.status in DELIVERED

    @property
    def is_transient(self) -> bool:
        """Whether another try makes sense. A response that refuses is final, and so is a redirect."""
        if self.status is None:
            return self.problem is Problem.UNREACHABLE
        return self.status >= 500 or self.status in TRANSIENT


@dataclass(frozen=True)
class Claimed:
    """A delivery that this worker sends now."""

    id: UUID
    created_at: datetime
    application_id: UUID | None
    client_id: str
    uri: str | None
    sub: str
    sid: str
    algorithm: str
    tries: int


@task(retries=0, retry_seconds=0)
def send_logout_token(delivery_id: str) -> None:
    """Does nothing if it isn't due, or another worker sends it."""
    with unit_of_work():
        claimed = _claim(UUID(delivery_id))
    if claimed is None:
        return
    result = _send(claimed)
    log.info("logout_token_sent", client=claimed.client_id, status=result.status, problem=result.problem)
    with unit_of_work():
        _settle(claimed, result)


def enqueue_due() -> None:
    """Enqueues what is due: retries, what a dead worker left, and what an unavailable queue didn't accept."""
    query = (
        sa.select(LogoutDelivery.id)
        .where(LogoutDelivery.finished_at.is_(None), LogoutDelivery.next_try_at <= now())
        .order_by(LogoutDelivery.next_try_at)
        .limit(BATCH)
    )
    for one in db.session.scalars(query).all():
        send_logout_token.enqueue(delivery_id=str(one))


def purge() -> int:
    """Deletes old entries of the log, in batches; returns how many."""
    return delete_older_than(LogoutDelivery, KEPT_FOR, BATCH)


def _claim(delivery_id: UUID) -> Claimed | None:
    moment = now()
    row = db.session.execute(
        sa.update(LogoutDelivery)
        .where(
            LogoutDelivery.id == delivery_id,
            LogoutDelivery.finished_at.is_(None),
            LogoutDelivery.next_try_at <= moment,
        )
        .values(next_try_at=moment + LEASE, tried_at=moment, tries=LogoutDelivery.tries + 1)
        .returning(*(getattr(LogoutDelivery, name) for name in Claimed.__annotations__))
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        return None
    values = dict(row._mapping)
    if row.application_id:
        # The present one: someone may have corrected or removed it.
        values["uri"] = db.session.scalar(
            sa.select(Application.backchannel_logout_uri).where(Application.id == row.application_id)
        )
    return Claimed(**values)


def _send(claimed: Claimed) -> Result:
    # Imported here: commands that declare the task don't sign or send.
    from app.applications.outbound import NotAllowed, Unreachable
    from app.applications.provider.tokens import logout_token

    if claimed.uri is None:
        return Result(problem=Problem.NO_ADDRESS)
    token = logout_token(claimed.client_id, claimed.sub, claimed.sid, claimed.algorithm)
    release_connection()
    try:
        return Result(current_app.extensions["outbound"].post_form(claimed.uri, {"logout_token": token}))
    except NotAllowed:
        return Result(problem=Problem.NOT_PUBLIC)
    except Unreachable:
        return Result(problem=Problem.UNREACHABLE)


def _settle(claimed: Claimed, result: Result) -> None:
    """Records how it went. Nothing if it took so long that another worker has tried since."""
    moment = now()
    is_over = not result.is_transient or moment - claimed.created_at >= GIVE_UP_AFTER
    wait = WAITS[min(claimed.tries, len(WAITS)) - 1]
    db.session.execute(
        sa.update(LogoutDelivery)
        .where(
            LogoutDelivery.id == claimed.id,
            LogoutDelivery.tries == claimed.tries,
            LogoutDelivery.finished_at.is_(None),
        )
        .values(
            status=result.status,
            problem=result.problem,
            is_delivered=result.is_delivered,
            finished_at=moment if is_over else None,
            next_try_at=moment + timedelta(seconds=wait),
        )
        .execution_options(synchronize_session=False)
    )
    if result.is_transient and claimed.application_id:
        _postpone_others(claimed.application_id, moment)


def _postpone_others(application_id: UUID, moment: datetime) -> None:
    """Lets an application that can't be reached rest: each of its tokens would keep a worker waiting."""
    waiting = (LogoutDelivery.application_id == application_id, LogoutDelivery.finished_at.is_(None))
    db.session.execute(
        sa.update(LogoutDelivery)
        .where(*waiting, LogoutDelivery.created_at < moment - GIVE_UP_AFTER)
        .values(finished_at=moment, problem=Problem.UNREACHABLE)
        .execution_options(synchronize_session=False)
    )
    rested = moment + timedelta(seconds=WAITS[0])
    db.session.execute(
        sa.update(LogoutDelivery)
        .where(*waiting, LogoutDelivery.next_try_at < rested)
        .values(next_try_at=rested)
        .execution_options(synchronize_session=False)
    )

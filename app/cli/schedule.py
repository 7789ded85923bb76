"""Scheduled work.

Warnings are due on a day but checked every hour: what a worker missed while it was down is done within an hour after
its start, and only once, however many workers there are.
"""

from app.connections import notifications
from app.core.database import db
from app.core.tasks import every_minute, heartbeat, hourly, one_by_one
from app.crm import notifications as crm_notifications
from app.crm.sync import sync
from app.people.imports import import_job
from app.people.one_time_tokens import actions as one_time_tokens
from app.people.two_step import challenges
from app.sessions import actions as sessions


@hourly
def send_expiry_warnings() -> None:
    one_by_one((notifications.send_expiry_warnings, crm_notifications.send_expiry_warnings), lambda warn: warn())


@hourly
def purge_expired_sessions() -> None:
    while sessions.purge_expired():
        db.session.commit()


@hourly
def forget_ended_keys() -> None:
    one_time_tokens.forget_ended()
    db.session.commit()


@hourly
def forget_spent_challenges() -> None:
    while challenges.forget_old():
        db.session.commit()


@every_minute
def send_heartbeat() -> None:
    heartbeat()


@every_minute
def requeue_stalled_imports() -> None:
    import_job.requeue_stalled()


@every_minute
def sync_due_contacts() -> None:
    sync.enqueue_due()

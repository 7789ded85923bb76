"""When contacts are synced: hourly, sooner after a failure, never before Microsoft allows it. Pure functions."""

from datetime import datetime, timedelta

INTERVAL = timedelta(hours=1)
LEASE = timedelta(seconds=60)
"""Longer than a page takes, including new tokens; a worker that died loses the run after it."""
TIME_SLICE = timedelta(seconds=20)
"""How long a company's run may keep others waiting; then it is enqueued again."""
BACKOFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), INTERVAL)
MAX_SILENCE = timedelta(days=1)
"""After this long without a run everything is read. Dataverse remembers deletions for 7 or 30 days, or for as few as an
organization has set, and some responses don't mention what it has forgotten.
"""
CHANGES_MARGIN = timedelta(hours=6)
"""How much older than the last run a contact reported as changed may be: clocks differ, and a run takes long."""


def next_try(failures: int, retry_after: int | None, moment: datetime) -> datetime:
    """When to retry after this many consecutive failures; not before the seconds that the other side requested."""
    wait = BACKOFF[min(max(failures, 1), len(BACKOFF)) - 1]
    return moment + (timedelta(seconds=retry_after) if retry_after else wait)


def is_no_change(modified_at: datetime | None, finished_at: datetime | None) -> bool:
    """Whether a contact reported as changed was not changed: if Dataverse has forgotten the changes, it sends all
    contacts.
    """
    return bool(modified_at and finished_at and modified_at < finished_at - CHANGES_MARGIN)


def needs_full_sync(delta_link: str | None, finished_at: datetime | None, moment: datetime) -> bool:
    """Whether a new run has to read everything."""
    return delta_link is None or finished_at is None or moment - finished_at > MAX_SILENCE

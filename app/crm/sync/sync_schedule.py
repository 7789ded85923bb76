"""When contacts are brought: every hour, sooner after a failure, never before Microsoft wants it. Plain functions."""

from datetime import datetime, timedelta

INTERVAL = timedelta(hours=1)
LEASE = timedelta(seconds=60)
"""Longer than a page takes, new tokens included; a worker that died loses the run after it."""
TIME_SLICE = timedelta(seconds=20)
"""How long a company's run keeps others waiting; then it queues up again."""
BACKOFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), INTERVAL)
MAX_SILENCE = timedelta(days=1)
"""After so long without a run everything is read. Dataverse remembers what was deleted for 7 or 30 days, or for as few
as an organization has set, and some answers are silent about what it has forgotten."""
CHANGES_MARGIN = timedelta(hours=6)
"""How much older than the last run a contact may be that comes as changed: clocks differ, and a run takes long."""


def next_try(failures: int, retry_after: int | None, moment: datetime) -> datetime:
    """When to try again after so many failures in a row; not before the seconds that the other side asked for."""
    wait = BACKOFF[min(max(failures, 1), len(BACKOFF)) - 1]
    return moment + (timedelta(seconds=retry_after) if retry_after else wait)


def is_no_change(modified_at: datetime | None, finished_at: datetime | None) -> bool:
    """Whether a contact that came as changed was not: having forgotten the changes, Dataverse sends all contacts."""
    return bool(modified_at and finished_at and modified_at < finished_at - CHANGES_MARGIN)


def needs_full_sync(delta_link: str | None, finished_at: datetime | None, moment: datetime) -> bool:
    """Whether a new run has to read everything."""
    return delta_link is None or finished_at is None or moment - finished_at > MAX_SILENCE

"""Sign-ins of a company by day, and the reasons for failures."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.audit.events.sign_ins import SignInFailed, SignInSucceeded
from app.audit.models import AuditEntry
from app.audit.reasons import error_number
from app.core.database import db, min_uuid7
from app.entra.error_codes import ADMIN, ADVICE, IT

RANGES = (7, 30, 90)
"""Numbers of days that can be shown."""
EVENTS = (SignInSucceeded.event_name, SignInFailed.event_name)
FEWEST_FAILURES = 3
"""Fewer failures than this in 24 hours are no pattern."""
SETUP_REASONS = frozenset(("directory_refused", "directory_unreachable", "directory_broken", "credential"))
"""Reasons besides Microsoft's numbers that no person can solve by signing in differently."""


@dataclass(frozen=True)
class Day:
    day: date
    successful: int
    failed: int

    @property
    def total(self) -> int:
        return self.successful + self.failed


@dataclass(frozen=True)
class SignInStats:
    days: list[Day]
    reasons: list[tuple[str, int]]
    """Why sign-ins failed in these days, the most frequent first."""

    @property
    def successful(self) -> int:
        return sum(one.successful for one in self.days)

    @property
    def failed(self) -> int:
        return sum(one.failed for one in self.days)

    @property
    def top(self) -> int:
        """The value at the top of the chart's axis."""
        return axis_top(max(one.total for one in self.days))


@dataclass(frozen=True)
class RecentSignIns:
    """The sign-ins of the last 24 hours."""

    successful: int
    reasons: Counter[str]

    @property
    def failed(self) -> int:
        return self.reasons.total()

    @property
    def setup_reason(self) -> str | None:
        """The most frequent reason that an admin has to solve, if such failures are as frequent as successes."""
        ours = Counter({reason: number for reason, number in self.reasons.items() if _is_setup(reason)})
        if ours.total() < max(FEWEST_FAILURES, self.successful):
            return None
        return ours.most_common(1)[0][0]


def sign_in_stats(company_id: UUID, today: date, number: int) -> SignInStats:
    """The last `number` days in UTC, in one query that reads only these entries."""
    first = today - timedelta(days=number - 1)
    day = sa.func.date(AuditEntry.created_at).label("day")
    rows = _counts(company_id, datetime.combine(first, time(), UTC), day)
    counts: Counter[tuple[str, str]] = Counter()
    reasons: Counter[str] = Counter()
    for at, event, why, many in rows:
        counts[str(at), event] += many
        if event == SignInFailed.event_name:
            reasons[why or "unknown"] += many
    days = [first + timedelta(days=one) for one in range(number)]
    return SignInStats(
        [Day(one, *(counts[one.isoformat(), event] for event in EVENTS)) for one in days],
        sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0])),
    )


def recent_sign_ins(company_id: UUID, moment: datetime) -> RecentSignIns:
    """The 24 hours before the moment, in one query."""
    rows = _counts(company_id, moment - timedelta(days=1), sa.literal("").label("day"))
    successful, reasons = 0, Counter[str]()
    for _day, event, why, many in rows:
        if event == SignInFailed.event_name:
            reasons[why or "unknown"] += many
        else:
            successful += many
    return RecentSignIns(successful, reasons)


def axis_top(most: int) -> int:
    """The smallest round number from `most` up that two divide, so that half of it labels the axis, too."""
    size = 2
    while True:
        for factor in (1, 2, 3, 4, 5):
            if size * factor >= most:
                return size * factor
        size *= 10


def _counts(company_id: UUID, since: datetime, day: sa.Label[str]) -> Sequence[Any]:
    reason = AuditEntry.detail["reason"].as_string().label("reason")
    return db.session.execute(
        sa.select(day, AuditEntry.event, reason, sa.func.count())
        .where(
            AuditEntry.company_id == company_id,
            AuditEntry.event.in_(EVENTS),
            AuditEntry.id >= min_uuid7(since),
        )
        .group_by("day", AuditEntry.event, "reason")
    ).all()


def _is_setup(reason: str) -> bool:
    if number := error_number(reason):
        return number in ADVICE and ADVICE[number].who_can_help in (ADMIN, IT)
    return reason in SETUP_REASONS or reason.startswith("id_token_")

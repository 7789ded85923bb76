"""Sign-ins of a company by day, and the reasons for failures."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import sqlalchemy as sa

from app.audit.models import AuditEntry
from app.core.database import db

DAYS = 14
EVENTS = ("sign_in.admitted", "sign_in.refused")


@dataclass(frozen=True)
class Day:
    day: date
    admitted: int
    refused: int


@dataclass(frozen=True)
class SignInStats:
    days: list[Day]
    reasons: list[tuple[str, int]]
    """Why sign-ins were refused in these days, the most frequent first."""

    @property
    def most(self) -> int:
        """The chart's maximum: the largest number of successes or failures on one day."""
        return max([1, *(one.admitted + one.refused for one in self.days)])


def sign_in_stats(company_id: UUID, today: date) -> SignInStats:
    """The last two weeks by UTC day, in one query that reads only these entries."""
    first = today - timedelta(days=DAYS - 1)
    day = sa.func.date(AuditEntry.created_at).label("day")
    reason = AuditEntry.detail["reason"].as_string().label("reason")
    rows = db.session.execute(
        sa.select(day, AuditEntry.event, reason, sa.func.count())
        .where(
            AuditEntry.company_id == company_id,
            AuditEntry.event.in_(EVENTS),
            AuditEntry.id >= _first_id(first),
        )
        .group_by("day", AuditEntry.event, "reason")
    )
    counts: dict[tuple[str, str], int] = {}
    reasons: dict[str, int] = {}
    for at, event, why, number in rows:
        counts[str(at), event] = counts.get((str(at), event), 0) + number
        if event == "sign_in.refused":
            reasons[why or "unknown"] = reasons.get(why or "unknown", 0) + number
    days = [first + timedelta(days=number) for number in range(DAYS)]
    return SignInStats(
        [Day(one, *(counts.get((one.isoformat(), event), 0) for event in EVENTS)) for one in days],
        sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0])),
    )


def _first_id(day: date) -> UUID:
    """The smallest id an entry of this day can have: UUIDv7 starts with the milliseconds since 1970."""
    moment = datetime.combine(day, time(), UTC)
    return UUID(int=int(moment.timestamp() * 1000) << 80)

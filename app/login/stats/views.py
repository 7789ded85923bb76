"""Advanced options: sign-ins by day and by error."""

from datetime import date
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.audit.reasons import as_title
from app.core.database import now
from app.http.current import current
from app.login.stats.sign_in_stats import RANGES, SignInStats, sign_in_stats

SHOWN_AT_FIRST = RANGES[1]
LABELS = 7
"""At most as many days are labeled on the chart's axis."""


def show() -> ResponseReturnValue:
    asked = request.args.get("days", type=int)
    number = asked if asked in RANGES else SHOWN_AT_FIRST
    stats = sign_in_stats(current().company_id, now().date(), number)
    first, last = stats.days[0].day, stats.days[-1].day
    return render_template(
        "login/sign_in_stats.html",
        stats=stats,
        ranges=RANGES,
        number=number,
        bars=_bars(stats),
        reasons=[
            {
                "words": as_title(name),
                "number": many,
                "url": _entries(first, last, group="failed-sign-ins", reason=name),
            }
            for name, many in stats.reasons
        ],
        failed_url=_entries(first, last, group="failed-sign-ins"),
    )


def _bars(stats: SignInStats) -> list[dict[str, Any]]:
    """The chart's days, with their measures in percent of the chart."""
    width, label_every = 100 / len(stats.days), -(-len(stats.days) // LABELS)
    return [
        {
            "day": one.day,
            "successful": one.successful,
            "failed": one.failed,
            "url": _entries(one.day, one.day, group="sign-in-attempts") if one.total else None,
            "x": round(width * number, 3),
            "width": round(width, 3),
            "bar_x": round(width * (number + 0.15), 3),
            "bar_width": round(width * 0.7, 3),
            "successful_height": round(100 * one.successful / stats.top, 2),
            "failed_height": round(100 * one.failed / stats.top, 2),
            "is_labeled": (len(stats.days) - 1 - number) % label_every == 0,
        }
        for number, one in enumerate(stats.days)
    ]


def _entries(first: date, last: date, **filters: str) -> str:
    """The audit log's page with these days' sign-ins."""
    query: dict[str, Any] = {"from": first, "to": last, **filters}
    return url_for("overview.audit_log.index", **query)

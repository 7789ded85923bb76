"""The worker ends sessions that have reached their company's limits: in batches, by an index, and only those."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from app.cli import schedule
from app.companies.models import DEFAULT_IDLE_MINUTES, DEFAULT_SESSION_HOURS, Company
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.sessions import expiry
from app.sessions.limits import IDLE_CHOICES, REMEMBER_CHOICES, SESSION_CHOICES
from app.sessions.models import EndReason, Session
from tests.assertions import audit_entries
from tests.cast import Cast

HALF_HOUR = min(IDLE_CHOICES)


def set_limits(cast: Cast, name: str, idle_minutes: int, session_hours: int = max(SESSION_CHOICES)) -> None:
    with cast.app.app_context(), unit_of_work():
        db.session.execute(
            sa.update(Company)
            .where(Company.name == name)
            .values(idle_minutes=idle_minutes, session_hours=session_hours)
        )


def end_reasons(cast: Cast) -> dict[str, list[str | None]]:
    """Those of each company's sessions; None is active."""
    found: dict[str, list[str | None]] = {}
    with cast.app.app_context():
        schedule.end_expired_sessions()
        query = sa.select(Company.name, Session.end_reason).join(Company, Company.id == Session.company_id)
        for name, reason in db.session.execute(query):
            found.setdefault(name, []).append(reason)
    return found


def test_each_company_has_its_own_limits(cast: Cast) -> None:
    cast.bob()
    cast.charlie()
    set_limits(cast, "Contoso", HALF_HOUR)
    set_limits(cast, "Fabrikam", max(IDLE_CHOICES))
    with time_machine.travel(now() + timedelta(minutes=HALF_HOUR, seconds=5)):
        assert end_reasons(cast) == {"Contoso": [EndReason.EXPIRED], "Fabrikam": [None]}
    with time_machine.travel(now() + timedelta(minutes=max(IDLE_CHOICES), seconds=5)):
        assert end_reasons(cast) == {"Contoso": [EndReason.EXPIRED], "Fabrikam": [EndReason.EXPIRED]}


@pytest.mark.parametrize("hours", SESSION_CHOICES)
def test_a_session_in_use_ends_at_its_greatest_length(cast: Cast, hours: int) -> None:
    cast.bob()
    set_limits(cast, "Contoso", HALF_HOUR, hours)
    for seconds, reason in ((-60, None), (60, EndReason.EXPIRED)):
        with time_machine.travel(now() + timedelta(hours=hours, seconds=seconds)):
            with cast.app.app_context(), unit_of_work():
                db.session.execute(sa.update(Session).where(Session.ended_at.is_(None)).values(last_seen_at=now()))
            assert end_reasons(cast) == {"Contoso": [reason]}


def test_batches_leave_none_over(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "BATCH", 2)
    for _ in range(5):
        cast.bob()
    set_limits(cast, "Contoso", HALF_HOUR)
    with time_machine.travel(now() + timedelta(minutes=HALF_HOUR, seconds=5)):
        assert end_reasons(cast) == {"Contoso": [EndReason.EXPIRED] * 5}
    assert len(audit_entries(cast.app, "session.expired")) == 5


def test_every_limit_that_a_company_can_have_is_looked_for() -> None:
    assert DEFAULT_IDLE_MINUTES in IDLE_CHOICES
    assert DEFAULT_SESSION_HOURS in SESSION_CHOICES


def test_they_are_found_by_an_index(cast: Cast, database_url: str) -> None:
    if database_url.startswith("postgresql"):
        pytest.skip("PostgreSQL chooses by its statistics, which a test’s few rows don’t have")
    cast.bob()
    with updates(cast) as sent:
        end_reasons(cast)
    plans = [plan(cast, *one) for one in sent]
    found = Counter(
        (
            "ix_session_company_last_seen" in one and "company_id=? AND last_seen_at<?" in one,
            "ix_session_company_began" in one and "company_id=? AND created_at<?" in one,
        )
        for one in plans
    )
    of_devices = len(REMEMBER_CHOICES)
    assert found == {
        (True, False): len(IDLE_CHOICES) + of_devices,
        (False, True): len(SESSION_CHOICES) * (1 + of_devices),
    }


@contextmanager
def updates(cast: Cast) -> Iterator[list[tuple[str, Any]]]:
    """The updates of sessions, with their values."""
    with cast.app.app_context():
        engine = db.engine
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, text: str, values: Any, *_: Any) -> None:
        if text.startswith("UPDATE session"):
            sent.append((text, values))

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def plan(cast: Cast, text: str, values: Any) -> str:
    with cast.app.app_context(), db.engine.connect() as connection:
        return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all())

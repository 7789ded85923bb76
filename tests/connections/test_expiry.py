"""Which warnings are due, and what is shown: rules over plain values."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from app.connections.expiry import ENDED, Term, notice, successor, warning_due
from app.web.current import Outlook

TODAY = date(2026, 11, 22)


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


@pytest.mark.parametrize(
    ("left", "stage"),
    [
        *((61, None), (60, 60), (59, 60), (31, 60), (30, 30), (8, 30), (7, 7), (2, 7), (1, 1), (0, 1)),
        *((-1, ENDED), (-400, ENDED)),
    ],
)
def test_a_warning_is_due_from_its_threshold_on(left: int, stage: int | None) -> None:
    assert warning_due(in_days(left), None, TODAY) == stage


def test_day_by_day_each_warning_is_given_once() -> None:
    expires, warned, given = in_days(90), None, []
    for day in range(100):
        stage = warning_due(expires, warned, in_days(day))
        if stage is not None:
            given.append(((expires - in_days(day)).days, stage))
            warned = stage
    assert given == [(60, 60), (30, 30), (7, 7), (1, 1), (-1, ENDED)]


def test_after_a_pause_only_the_newest_missed_warning_is_due() -> None:
    assert warning_due(in_days(5), None, TODAY) == 7
    assert warning_due(in_days(5), 60, TODAY) == 7
    assert warning_due(in_days(5), 7, TODAY) is None


def test_what_never_ends_is_never_warned_of() -> None:
    assert warning_due(None, None, TODAY) is None


@pytest.mark.parametrize(
    ("terms", "outlook", "day"),
    [
        ([Term(in_days(61), None)], None, None),
        ([Term(in_days(60), None)], Outlook.ENDS, in_days(60)),
        ([Term(in_days(0), None)], Outlook.ENDS, in_days(0)),
        ([Term(in_days(-1), None)], Outlook.ENDED, in_days(-1)),
        ([Term(None, None)], None, None),
        ([], None, None),
        ([Term(in_days(300), in_days(-2))], Outlook.REFUSED, in_days(-2)),
        # A second one beside the first.
        ([Term(in_days(5), None), Term(in_days(300), None)], None, None),
        ([Term(in_days(5), None), Term(in_days(40), None)], Outlook.ENDS, in_days(40)),
        ([Term(in_days(300), in_days(-2)), Term(in_days(300), None)], None, None),
        ([Term(in_days(-1), None), Term(in_days(300), in_days(-2))], Outlook.REFUSED, in_days(-2)),
    ],
)
def test_a_notice_speaks_of_the_connection_and_not_of_one_credential(
    terms: list[Term], outlook: Outlook | None, day: date | None
) -> None:
    found = notice(uuid4(), "Staff", terms, TODAY)
    assert (found and found.outlook, found and found.day) == (outlook, day)


def test_the_one_that_lasts_longest_takes_over() -> None:
    soon, late, refused = Term(in_days(20), None), Term(in_days(200), None), Term(in_days(900), in_days(-1))
    assert successor([soon, late, refused], in_days(5), TODAY) == late
    assert successor([soon], in_days(30), TODAY) is None
    assert successor([Term(None, None)], in_days(30), TODAY) == Term(None, None)
    assert successor([], in_days(30), TODAY) is None

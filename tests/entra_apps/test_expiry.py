"""Which warnings are due and which banner is shown, computed from plain values."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from app.entra_apps.expiry import ENDED, CredentialValidity, admin_banner, successor, warning_due
from app.http.current import CredentialStatus

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
def test_warning_is_due_from_its_threshold_on(left: int, stage: int | None) -> None:
    assert warning_due(in_days(left), None, TODAY) == stage


def test_each_warning_is_sent_once_day_by_day() -> None:
    expires, warned, given = in_days(90), None, []
    for day in range(100):
        stage = warning_due(expires, warned, in_days(day))
        if stage is not None:
            given.append(((expires - in_days(day)).days, stage))
            warned = stage
    assert given == [(60, 60), (30, 30), (7, 7), (1, 1), (-1, ENDED)]


def test_only_newest_missed_warning_is_due_after_a_pause() -> None:
    assert warning_due(in_days(5), None, TODAY) == 7
    assert warning_due(in_days(5), 60, TODAY) == 7
    assert warning_due(in_days(5), 7, TODAY) is None


def test_credential_without_expiry_triggers_no_warning() -> None:
    assert warning_due(None, None, TODAY) is None


@pytest.mark.parametrize(
    ("terms", "outlook", "day"),
    [
        ([CredentialValidity(in_days(61), None)], None, None),
        ([CredentialValidity(in_days(60), None)], CredentialStatus.ENDS, in_days(60)),
        ([CredentialValidity(in_days(0), None)], CredentialStatus.ENDS, in_days(0)),
        ([CredentialValidity(in_days(-1), None)], CredentialStatus.ENDED, in_days(-1)),
        ([CredentialValidity(None, None)], None, None),
        ([], None, None),
        ([CredentialValidity(in_days(300), in_days(-2))], CredentialStatus.REFUSED, in_days(-2)),
        # With a second credential.
        ([CredentialValidity(in_days(5), None), CredentialValidity(in_days(300), None)], None, None),
        (
            [CredentialValidity(in_days(5), None), CredentialValidity(in_days(40), None)],
            CredentialStatus.ENDS,
            in_days(40),
        ),
        ([CredentialValidity(in_days(300), in_days(-2)), CredentialValidity(in_days(300), None)], None, None),
        (
            [CredentialValidity(in_days(-1), None), CredentialValidity(in_days(300), in_days(-2))],
            CredentialStatus.REFUSED,
            in_days(-2),
        ),
    ],
)
def test_banner_describes_connection_and_not_a_single_credential(
    terms: list[CredentialValidity], outlook: CredentialStatus | None, day: date | None
) -> None:
    found = admin_banner(uuid4(), "Staff", terms, TODAY)
    assert (found and found.status, found and found.day) == (outlook, day)


def test_longest_lasting_credential_takes_over() -> None:
    soon, late, refused = (
        CredentialValidity(in_days(20), None),
        CredentialValidity(in_days(200), None),
        CredentialValidity(in_days(900), in_days(-1)),
    )
    assert successor([soon, late, refused], in_days(5), TODAY) == late
    assert successor([soon], in_days(30), TODAY) is None
    assert successor([CredentialValidity(None, None)], in_days(30), TODAY) == CredentialValidity(None, None)
    assert successor([], in_days(30), TODAY) is None

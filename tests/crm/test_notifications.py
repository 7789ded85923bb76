"""Owners and admins are warned before the CRM's credential ends, each time once."""

from datetime import date, timedelta

import pytest

from app.core.database import now
from app.core.unit_of_work import unit_of_work
from app.crm import notifications
from tests.crm.admin import Admin
from tests.post_office import PostOffice


def set_end(admin: Admin, expires: date) -> None:
    with admin.cast.app.app_context(), unit_of_work():
        credential = admin.connection().credential
        assert credential
        credential.expires = expires


def look(admin: Admin) -> None:
    with admin.cast.app.app_context():
        notifications.send_expiry_warnings()
    admin.work()


@pytest.mark.parametrize(("days", "warned"), [(61, 0), (60, 1), (7, 1), (1, 1), (-1, 1)])
def test_a_warning_comes_at_each_threshold_and_once(
    connected: Admin, post_office: PostOffice, days: int, warned: int
) -> None:
    set_end(connected, now().date() + timedelta(days=days))
    for _ in range(3):
        look(connected)
    words = "has expired" if days < 0 else "is about to expire"
    expected = [f"The credential for your CRM connection {words}"] * 2 * warned
    assert post_office.subjects() == expected, "to Alice and Olivia"


def test_a_new_credential_is_warned_of_anew(connected: Admin, post_office: PostOffice) -> None:
    soon = now().date() + timedelta(days=30)
    set_end(connected, soon)
    look(connected)
    connected.connect(secret_expires=(soon + timedelta(days=5)).isoformat())
    connected.work()
    set_end(connected, now().date() + timedelta(days=7))
    look(connected)
    assert len(post_office.letters) == 4

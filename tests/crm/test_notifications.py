"""Owners and admins are warned once at each threshold before the CRM's credential expires."""

from datetime import date, timedelta

import pytest

from app.core.database import now
from app.core.unit_of_work import unit_of_work
from app.crm import notifications
from tests.crm.admin import Admin
from tests.mail_server import LocalMailServer


def set_expiry(admin: Admin, expires: date) -> None:
    with admin.cast.app.app_context(), unit_of_work():
        credential = admin.connection().credential
        assert credential
        credential.expires = expires


def send_warnings(admin: Admin) -> None:
    with admin.cast.app.app_context():
        notifications.send_expiry_warnings()
    admin.run_worker()


@pytest.mark.parametrize(("days", "warned"), [(61, 0), (60, 1), (7, 1), (1, 1), (-1, 1)])
def test_warning_is_sent_once_at_each_threshold(
    connected: Admin, mail_server: LocalMailServer, days: int, warned: int
) -> None:
    set_expiry(connected, now().date() + timedelta(days=days))
    for _ in range(3):
        send_warnings(connected)
    words = "has expired" if days < 0 else "is about to expire"
    expected = [f"The credential for your CRM connection {words}"] * 2 * warned
    assert mail_server.subjects() == expected, "to Alice and Olivia"


def test_new_credential_resets_warnings(connected: Admin, mail_server: LocalMailServer) -> None:
    soon = now().date() + timedelta(days=30)
    set_expiry(connected, soon)
    send_warnings(connected)
    connected.connect(secret_expires=(soon + timedelta(days=5)).isoformat())
    connected.run_worker()
    set_expiry(connected, now().date() + timedelta(days=7))
    send_warnings(connected)
    assert len(mail_server.emails) == 4

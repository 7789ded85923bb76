"""Sets when signed-in people last authenticated, and adds an authenticator app."""

import re
import time
from collections.abc import Callable
from datetime import timedelta

import pyotp
import sqlalchemy as sa
import time_machine
from flask import Flask

from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.sessions.models import Session
from tests.browser import Browser

FACTORS, PROOF = "/account/second-factor", "/account/reauthenticate"


def signed_in_recently(app: Flask, ago: timedelta | None = timedelta(0)) -> None:
    """Sets the time for all sessions; None for never."""
    with app.app_context(), unit_of_work():
        moment = None if ago is None else now() - ago
        db.session.execute(sa.update(Session).values(reauthenticated_at=moment))


def signed_in_long_ago(app: Flask) -> None:
    signed_in_recently(app, timedelta(minutes=5, seconds=1))


def asked(browser: Browser, page: str = FACTORS) -> bool:
    """Whether a page asks for reauthentication."""
    response = browser.get(page)
    return response.status_code == 303 and response.location.startswith(PROOF)


def add_app(browser: Browser, number: Callable[[pyotp.TOTP], str] | None = None) -> pyotp.TOTP:
    """Starts setting up an app and enters the previous code, so that the current one is still unused."""
    browser.post_form(f"{FACTORS}/app", page=FACTORS)
    found = re.search(r"<code>([A-Z2-7]{32})</code>", browser.get(FACTORS).text)
    assert found
    totp = pyotp.TOTP(found[1])
    with time_machine.travel(time.time(), tick=False):
        code = number(totp) if number else totp.at(int(time.time()) - 30)
        browser.post_form(f"{FACTORS}/app/confirm", page=FACTORS, number=code)
    return totp

"""Rules for sessions: tokens, limits, and the display name of a device. Pure functions."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _

LONGEST_SESSION = timedelta(days=30)
"""The maximum a company can set; also the cookie's lifetime on a device that is remembered."""
KEPT_FOR = LONGEST_SESSION + timedelta(days=90)
"""How long a session's row is kept after it began."""
IDLE_CHOICES = {30: N_("30 minutes"), 2 * 60: N_("2 hours"), 12 * 60: N_("12 hours"), 3 * 24 * 60: N_("3 days")}
"""Idle timeouts in minutes that a company can choose."""
SESSION_CHOICES = {8: N_("8 hours"), 24: N_("1 day"), 7 * 24: N_("7 days"), 30 * 24: N_("30 days")}
"""Absolute timeouts in hours that a company can choose."""
REMEMBER_CHOICES = {7: N_("7 days"), 14: N_("14 days"), 30: N_("30 days")}
"""Days for which a company can let its people stay signed in on a device. Longer than every idle timeout, and at most
as long as the longest session.
"""
TOUCH_EVERY = timedelta(minutes=5)
"""The last use of a session is written at most this often."""
MOST_PER_BROWSER = 5
"""Companies at which one browser can be signed in; another one ends the session that was used least recently."""

BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def new_token() -> str:
    """32 random bytes in URL-safe base64."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """The stored hash of a token. The token has 256 random bits, so a plain hash is sufficient."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def browser_hash(browser_id: str) -> str:
    """The stored hash of a browser's random id."""
    return hashlib.sha256(f"browser {browser_id}".encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one session."""

    idle: timedelta
    """How long it may be unused."""
    longest: timedelta
    """How long it may last."""


def limits(idle_minutes: int, session_hours: int, remembered_days: int | None) -> Limits:
    """Those of a company's session; `remembered_days` are those that the company allows, if the person chose to stay
    signed in on the device, and never shorten them.
    """
    idle, longest = timedelta(minutes=idle_minutes), timedelta(hours=session_hours)
    if remembered_days is None:
        return Limits(idle, longest)
    remembered = timedelta(days=remembered_days)
    return Limits(max(idle, remembered), max(longest, remembered))


def is_active(began_at: datetime, last_seen_at: datetime, limits: Limits, now: datetime) -> bool:
    """Whether a session is within its limits."""
    return now - last_seen_at < limits.idle and now - began_at < limits.longest


def due_for_touch(last_seen_at: datetime, now: datetime) -> bool:
    return now - last_seen_at >= TOUCH_EVERY


def device(user_agent: str) -> str:
    """A readable browser and system name from a User-Agent header."""
    browser, system = _browser_and_system(user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or _("Unknown browser")


@lru_cache(maxsize=1000)  # there are as many as kinds of browsers
def _browser_and_system(user_agent: str) -> tuple[str | None, str | None]:
    browser = next((name for mark, name in BROWSERS if mark in user_agent), None)
    system = next((name for mark, name in SYSTEMS if re.search(rf"\b{re.escape(mark)}\b", user_agent)), None)
    return browser, system

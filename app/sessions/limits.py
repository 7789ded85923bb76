"""Rules about sessions: their token, their limits, how a browser is named. Plain functions over plain values."""

import hashlib
import re
import secrets
from datetime import datetime, timedelta

LONGEST_SESSION = timedelta(days=30)
"""What no company can go beyond; so long the cookie is kept, and the row looked at."""
KEPT_FOR = LONGEST_SESSION + timedelta(days=90)
"""From its beginning, a session's row; then nobody asks any more who was signed in."""
IDLE_CHOICES = {30: "30 minutes", 2 * 60: "2 hours", 12 * 60: "12 hours", 3 * 24 * 60: "3 days"}
"""Minutes after which a session that nobody uses may end, for a company to choose from."""
SESSION_CHOICES = {8: "8 hours", 24: "1 day", 7 * 24: "7 days", 30 * 24: "30 days"}
"""Hours after which a session may end in any case."""
TOUCH_EVERY = timedelta(minutes=5)
"""A session's last use is noted no more often than this."""

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
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token. It has 256 bits of chance, so a plain hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def is_active(began_at: datetime, last_seen_at: datetime, idle_minutes: int, session_hours: int, now: datetime) -> bool:
    """Whether a session is within its company's limits."""
    return now - last_seen_at < timedelta(minutes=idle_minutes) and now - began_at < timedelta(hours=session_hours)


def due_for_touch(last_seen_at: datetime, now: datetime) -> bool:
    return now - last_seen_at >= TOUCH_EVERY


def device(user_agent: str) -> str:
    """A browser and system as people call them, from a User-Agent header."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), None)
    system = next((name for mark, name in SYSTEMS if re.search(rf"\b{re.escape(mark)}\b", user_agent)), None)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "Unknown browser"

"""The browser's identity: a random id that outlives sessions, and the person who is signed in now."""

import secrets

from flask import session

BROWSER_KEY = "browser"
"""The cookie's key for the random browser id, to which pages' tokens are bound."""
SUBJECT_KEY = "subject"
"""The cookie's key for the id of the signed-in person, so that tokens bound to them need no query."""


def browser_id() -> str:
    """This browser's random id, which outlives sign-ins and sign-outs; created if missing."""
    found: str = session.setdefault(BROWSER_KEY, secrets.token_urlsafe(16))
    return found


def known_browser_id() -> str:
    """The same for verifying a token: empty for a browser that has none yet."""
    return str(session.get(BROWSER_KEY, ""))


def subject() -> str:
    """The id of the signed-in person; empty if no one is signed in."""
    return str(session.get(SUBJECT_KEY, ""))


def forget_person() -> None:
    """Clears the cookie except for the browser id, so that other tabs and their forms keep working."""
    browser = session.get(BROWSER_KEY)
    session.clear()
    if browser:
        session[BROWSER_KEY] = browser

"""The browser's identity: a random id that outlives sessions."""

import secrets

from flask import session

BROWSER_KEY = "browser"
"""The cookie's key for the random browser id, to which pages' tokens and the rows of its sessions are bound."""


def browser_id() -> str:
    """This browser's random id, which outlives sign-ins and sign-outs; created if missing."""
    found: str = session.setdefault(BROWSER_KEY, secrets.token_urlsafe(16))
    return found


def known_browser_id() -> str:
    """The same for verifying a token: empty for a browser that has none yet."""
    return str(session.get(BROWSER_KEY, ""))


def forget_pending() -> None:
    """Clears the cookie except for the browser id, so that other tabs and their forms keep working."""
    browser = session.get(BROWSER_KEY)
    session.clear()
    if browser:
        session[BROWSER_KEY] = browser

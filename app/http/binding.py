"""What a browser is known by: a random id that outlasts sessions, and whose session it has now."""

import secrets

from flask import session

BROWSER_KEY = "browser"
"""Under this the cookie holds a random id of the browser's; what a page is given is bound to it."""
SUBJECT_KEY = "subject"
"""Under this it holds the id of the person who is signed in, so that what is bound to them needs no query."""


def browser_id() -> str:
    """A random id of this browser's, which lasts over sign-ins and sign-outs."""
    found: str = session.setdefault(BROWSER_KEY, secrets.token_urlsafe(16))
    return found


def known_browser_id() -> str:
    """The same, for checking something that is bound to it: empty for a browser that was given nothing yet."""
    return str(session.get(BROWSER_KEY, ""))


def subject() -> str:
    """Whose session this browser has; empty while no one is signed in."""
    return str(session.get(SUBJECT_KEY, ""))


def forget_session() -> None:
    """Empties the cookie but for which browser this is, so that its other tabs, and the forms in them, still work."""
    browser = session.get(BROWSER_KEY)
    session.clear()
    if browser:
        session[BROWSER_KEY] = browser

"""The address with which a person found their company's login page, for its forms and for Microsoft's `login_hint`.

It is kept in the browser's own cookie, never in a URL, until the person signs in, and for ten minutes at most.
"""

import time

from flask import session

KEY = "login_hint"
LIFE_SECONDS = 600


def keep(email: str, code: str) -> None:
    session[KEY] = [email, code, int(time.time())]


def known(code: str) -> str | None:
    """The address that led to the login page with this code."""
    found = _kept()
    return found[0] if found and found[1] == code else None


def current() -> str | None:
    """The address, whichever page it led to."""
    found = _kept()
    return found[0] if found else None


def _kept() -> tuple[str, str] | None:
    kept = session.get(KEY)
    if not isinstance(kept, list) or len(kept) != 3 or not 0 <= time.time() - kept[2] < LIFE_SECONDS:
        return None
    return str(kept[0]), str(kept[1])

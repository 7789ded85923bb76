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
    kept = session.get(KEY)
    if not isinstance(kept, list) or len(kept) != 3:
        return None
    email, led_to, since = kept
    return str(email) if led_to == code and 0 <= time.time() - since < LIFE_SECONDS else None

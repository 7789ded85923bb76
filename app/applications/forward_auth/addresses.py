"""Addresses below an application's own origin. Pure functions."""

from urllib.parse import urlencode, urlsplit

from app.applications.uris import fault, origin_of
from app.core.text import gettext_noop as N_
from app.http.redirects import LOCAL_PATH

PREFIX = "/.portico/"
LONGEST = 1000
"""Of a path and query to return to, which a cookie keeps meanwhile."""
NO_START_URL = N_("Enter the address at which people open the application.")


def start_url_fault(start_url: str | None) -> str | None:
    """Why it can't be a forward-auth application's start URL, as a text to translate; None if it can."""
    return fault(start_url) if start_url else NO_START_URL


def callback_url(start_url: str, client_id: str) -> str:
    """The only address to which a sign-in returns."""
    return f"{origin_of(start_url)}{PREFIX}{client_id}/callback"


def start_path(client_id: str, return_to: str | None = None, **parameters: str) -> str:
    """Where the sign-in starts, relative to the application's origin."""
    query = urlencode(({"next": return_to} if return_to else {}) | parameters)
    return f"{PREFIX}{client_id}/start{f'?{query}' if query else ''}"


def path_to_return_to(given: str | None) -> str | None:
    """A path with its query below the application's origin, as a request gives it; None if it is none, or one of
    ours.
    """
    if not given or len(given) > LONGEST or not LOCAL_PATH.fullmatch(given) or given.startswith(PREFIX):
        return None
    return given


def start_page(start_url: str) -> str:
    """Path and query of the start URL."""
    parts = urlsplit(start_url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

"""CSRF protection: a form must come from one of our pages, in this browser, in the session that is active now.

A token names the session whose page it is on, and is bound to the browser. A form that signs in acts in no session, and
one that signs out or switches names what it is about, so they work after a sign-in, a sign-out or a switch in another
tab. Any other form acts in the session whose page it was, or not at all. A fetch that only reads names the session in a
header, a GET form whose page asks before it changes something in a parameter.
"""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, g, request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.exceptions import Forbidden

from app.http import binding, session_cookies
from app.http.access import is_public, route_of_request
from app.settings import Settings

FIELD = "csrf_token"
HEADER = "X-CSRFToken"
SESSION_HEADER, SESSION_PARAMETER = "X-Session", "session"
"""The session whose page sends a fetch that only reads, or a GET form that prepares a change."""
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


View = TypeVar("View", bound=Callable[..., Any])


class StaleForm(Forbidden):
    """A form or fetch of one of our pages that is not of this browser's active session, or no longer is."""


class ForeignForm(Forbidden):
    """A form that comes from another site, or whose origin the browser doesn't tell."""


def csrf_token() -> str:
    """The CSRF token of this response's forms."""
    if "csrf_token" not in g:
        binding.browser_id()
        bound_to = _browser_digest(), session_cookies.active_public_id()
        g.csrf_token = current_app.extensions["csrf_signer"].dumps(bound_to)
    token: str = g.csrf_token
    return token


def exempt(view: View) -> View:
    """Exempts a view that verifies its requests itself."""
    view.csrf_exempt = True  # type: ignore[attr-defined]
    return view


def protect() -> None:
    """Raises StaleForm; ForeignForm if the request didn't even come from one of our pages."""
    if not _is_current(request.form.get(FIELD) or request.headers.get(HEADER, "")):
        raise StaleForm if comes_from_our_page() else ForeignForm
    if request.is_secure and not comes_from_our_page():
        raise ForeignForm


def comes_from_our_page() -> bool:
    """According to headers that the browser sets and a foreign page can't."""
    base_url = current_app.config["BASE_URL"]
    if origin := request.headers.get("Origin"):
        return bool(origin == base_url)
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    return (request.referrer or "").startswith(f"{base_url}/")


def init_app(app: Flask, settings: Settings) -> None:
    secret = settings.secret_key.get_secret_value()
    # A page may stay open as long as its session lives, so a token doesn't expire by itself.
    app.extensions["csrf_signer"] = URLSafeTimedSerializer(secret, salt="csrf")
    app.jinja_env.globals["csrf_token"] = csrf_token
    app.before_request(_protect)


def named_session() -> str:
    """The public id of the session whose page this request's form was on, after `protect`; empty if it was of none."""
    named: str = g.get("named_session", "")
    return named


def _protect() -> None:
    route = route_of_request()
    if request.endpoint is None or (route and route.from_anywhere):
        return
    if request.method in SAFE_METHODS:
        _check_named_session()
        return
    if not getattr(current_app.view_functions[request.endpoint], "csrf_exempt", False):
        protect()


def _check_named_session() -> None:
    named = request.headers.get(SESSION_HEADER)
    if named is None and not is_public():
        named = request.args.get(SESSION_PARAMETER)
    if named is not None and named != session_cookies.active_public_id():
        raise StaleForm


def _is_current(token: str) -> bool:
    try:
        for_browser, named = current_app.extensions["csrf_signer"].loads(token)
        is_this_browsers = hmac.compare_digest(for_browser, _browser_digest())
    except (BadData, ValueError, TypeError):
        return False
    g.named_session = named
    is_this_session = named == session_cookies.active_public_id()
    return bool(binding.known_browser_id()) and is_this_browsers and (is_this_session or is_public())


def _browser_digest() -> str:
    """The browser id itself appears in no page."""
    return hashlib.sha256(binding.known_browser_id().encode()).hexdigest()[:32]

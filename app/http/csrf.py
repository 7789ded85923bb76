"""CSRF protection: a form must come from one of our pages, in this browser, for the person who is signed in now.

A token is bound to the browser and the person, not to the session: a form opened before a sign-in or sign-out in
another tab still works if it acts for no particular person (signing in, signing out). Behind a sign-in it acts for the
person whose page it was, or not at all.
"""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, g, request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.exceptions import Forbidden

from app.http import binding
from app.http.access import is_public, route_of_request
from app.settings import Settings

FIELD = "csrf_token"
HEADER = "X-CSRFToken"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


View = TypeVar("View", bound=Callable[..., Any])


class StaleForm(Forbidden):
    """A form of one of our pages whose token does not match this browser and person, or no longer does."""


class ForeignForm(Forbidden):
    """A form that comes from another site, or whose origin the browser doesn't tell."""


def csrf_token() -> str:
    """The CSRF token of this response's forms."""
    if "csrf_token" not in g:
        binding.browser_id()
        g.csrf_token = current_app.extensions["csrf_signer"].dumps(_bound_to())
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


def _protect() -> None:
    route = route_of_request()
    if request.endpoint is None or request.method in SAFE_METHODS or (route and route.from_anywhere):
        return
    if not getattr(current_app.view_functions[request.endpoint], "csrf_exempt", False):
        protect()


def _is_current(token: str) -> bool:
    try:
        for_browser, for_person = current_app.extensions["csrf_signer"].loads(token)
        browser, person = _bound_to()
        is_this_browsers = hmac.compare_digest(for_browser, browser)
        is_this_persons = hmac.compare_digest(for_person, person)
    except (BadData, ValueError, TypeError):
        return False
    return bool(binding.known_browser_id()) and is_this_browsers and (is_this_persons or is_public())


def _bound_to() -> tuple[str, str]:
    """Digests, since the browser id itself appears in no page."""
    browser = binding.known_browser_id()
    return _digest(browser), _digest(f"{browser} {binding.subject()}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]

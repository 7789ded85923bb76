"""What every request must be before any page sees it: sent to our address, and written by our own pages."""

import secrets
from urllib.parse import quote

from flask import Flask, abort, current_app, g, redirect, request, session
from flask_wtf import CSRFProtect
from itsdangerous import URLSafeTimedSerializer
from werkzeug.wrappers import Response

from app.settings import Settings
from app.web.addresses import SAFE_IN_PATH
from app.web.signing import quick

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
PROBES = ("/healthz", "/readyz", "/metrics")
"""Asked for by machines that know a node by its IP address."""

csrf = CSRFProtect()


def csrf_token() -> str:
    """Flask-WTF's token for this browser, by a signer that is made once instead of for each page."""
    if "csrf_token" not in g:
        if "csrf_token" not in session:
            session["csrf_token"] = secrets.token_hex(20)
        g.csrf_token = current_app.extensions["csrf_signer"].dumps(session["csrf_token"])
    token: str = g.csrf_token
    return token


def init_app(app: Flask, settings: Settings) -> None:
    # A page may lie open as long as its session lives.
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    csrf.init_app(app)

    app.extensions["csrf_signer"] = quick(
        URLSafeTimedSerializer(settings.secret_key.get_secret_value(), salt="wtf-csrf-token")
    )

    def refuse_foreign() -> Response | None:
        if request.host != settings.host and request.path not in PROBES:
            if request.host == f"{settings.host}." and request.method in SAFE_METHODS:
                # To browsers another site, with cookies of its own; people mean this one.
                query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
                return redirect(settings.base_url + quote(request.path, SAFE_IN_PATH) + query, 308)
            abort(400, f"This site answers at {settings.base_url} only.")
        # A character that no form of ours sends and no database takes.
        if "\0" in request.path or b"%00" in request.query_string:
            abort(400)
        if request.method not in SAFE_METHODS and request.headers.get("Origin", settings.base_url) != settings.base_url:
            abort(403)
        if request.method not in SAFE_METHODS and any("\0" in text for text in request.form.values()):
            abort(400)
        return None

    app.jinja_env.globals["csrf_token"] = csrf_token
    # Ahead of the CSRF check, which would look at the form of a foreign request.
    app.before_request_funcs.setdefault(None, []).insert(0, refuse_foreign)

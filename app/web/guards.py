"""What every request must be before any page sees it: sent to our address, and written by our own pages."""

from flask import Flask, abort, request
from flask_wtf import CSRFProtect

from app.settings import Settings

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
PROBES = ("/healthz", "/readyz", "/metrics")
"""Asked for by machines that know a node by its IP address."""

csrf = CSRFProtect()


def init_app(app: Flask, settings: Settings) -> None:
    # A page may lie open as long as its session lives.
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    csrf.init_app(app)

    def refuse_foreign() -> None:
        if request.host != settings.host and request.path not in PROBES:
            abort(400, f"This site answers at {settings.base_url} only.")
        # A character that no form of ours sends and no database takes.
        if any("\0" in text for text in (request.path, *request.args.values(), *request.form.values())):
            abort(400)
        if request.method not in SAFE_METHODS and request.headers.get("Origin", settings.base_url) != settings.base_url:
            abort(403)

    # Ahead of the CSRF check, which would look at the form of a foreign request.
    app.before_request_funcs.setdefault(None, []).insert(0, refuse_foreign)

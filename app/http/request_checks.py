"""Checks that run before any view: the request is for our host and doesn't come from a foreign page."""

from urllib.parse import quote

from flask import Flask, abort, redirect, request
from werkzeug.wrappers import Response

from app.core.translation import gettext as _
from app.http import bodies, headers
from app.http.access import route_of_request
from app.http.csrf import SAFE_METHODS, ForeignForm
from app.settings import Settings

PROBES = ("/healthz", "/readyz", "/metrics")
"""Requested by machines that know a node by its IP address."""


def init_app(app: Flask, settings: Settings) -> None:
    host = settings.host

    def refuse_foreign() -> Response | None:
        route = route_of_request()
        if route is not None and route.any_host:
            headers.spare_other_hosts()
        elif request.host != host and request.path not in PROBES:
            if request.host == f"{host}." and request.method in SAFE_METHODS:
                # To browsers this is another site, with its own cookies; people mean this one.
                query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
                return redirect(settings.base_url + quote(request.path, safe="/@:!$&'()*+,;=") + query, 308)
            abort(400, _("This site is only available at %(url)s.", url=settings.base_url))
        # A character that no form of ours sends and no database accepts.
        if "\0" in request.path or b"%00" in request.query_string:
            abort(400)
        if request.method not in SAFE_METHODS and not _may_come_from(request.headers.get("Origin"), settings.base_url):
            raise ForeignForm
        bodies.refuse_large()
        if request.method not in SAFE_METHODS and any("\0" in text for text in request.form.values()):
            abort(400)
        return None

    # Runs before the CSRF check, which would read the form of a foreign request.
    app.before_request_funcs.setdefault(None, []).insert(0, refuse_foreign)


def _may_come_from(origin: str | None, ours: str) -> bool:
    route = route_of_request()
    return origin is None or origin == ours or (route is not None and route.from_anywhere)

"""The sandbox directory: simulates Microsoft Entra ID (v2.0 endpoints), Microsoft Graph and Dataverse.

It is a separate application for demos and tests: it imports nothing of the product, and the product imports nothing of
it. README.md in this folder describes what is simulated and how to start and configure it.
"""

from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from sandbox import (
    admin_consent,
    authorize,
    control,
    dataverse,
    dataverse_control,
    dns_records,
    graph,
    home,
    leaving,
    memberships,
    metadata,
    token_endpoint,
)
from sandbox.addresses import Addresses
from sandbox.drills import Interrupted
from sandbox.provisioning import control as provisioning
from sandbox.sessions import write_cookies
from sandbox.state import Sandbox, sandbox

__all__ = ["create_sandbox"]

PARTS = (
    home,
    control,
    dataverse_control,
    dns_records,
    memberships,
    provisioning,
    metadata,
    authorize,
    token_endpoint,
    leaving,
    admin_consent,
    graph,
    dataverse,
)
LARGEST_REQUEST = 64 * 1024 * 1024  # tests send photos that are larger than any application should accept


def create_sandbox(origin: str) -> Flask:
    """Creates a sandbox reachable at `origin`, e.g. `http://localhost:8001`.

    With an http origin its documents contain https URLs wherever an application's own client goes (see Addresses).
    """
    application = Flask(__name__, static_url_path="/sandbox/static")
    application.extensions["sandbox"] = Sandbox(Addresses.of(origin))
    application.config.update(MAX_CONTENT_LENGTH=LARGEST_REQUEST, MAX_FORM_MEMORY_SIZE=LARGEST_REQUEST)
    # A hostname that resolves to this machine must not let a website reach the control API.
    host = urlsplit(origin).hostname or "localhost"
    application.config["TRUSTED_HOSTS"] = ["localhost", "127.0.0.1", host]
    application.jinja_env.trim_blocks = application.jinja_env.lstrip_blocks = True
    for part in PARTS:
        application.register_blueprint(part.blueprint)
    application.register_error_handler(Interrupted, lambda interrupted: interrupted.response)
    application.register_error_handler(HTTPException, _plain)
    application.after_request(_headers)
    application.after_request(write_cookies)
    application.after_request(_journal)
    return application


def _plain(error: HTTPException) -> Response:
    if request.path.startswith("/sandbox/api"):
        return Response(f'{{"error": "{error.name.lower()}"}}\n', status=error.code, content_type="application/json")
    return Response(f"{error.code} {error.name}\n", status=error.code, content_type="text/plain")


def _headers(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    # Not "no-referrer": Chromium would then send `Origin: null` with the drills page's own forms.
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if request.endpoint != "static" and not response.cache_control.max_age:
        response.headers.setdefault("Cache-Control", "no-store, no-cache")
    if response.mimetype == "text/html":
        # No form-action: Chromium applies it to every redirect that follows a form, and a sign-in may end at an
        # application of which the directory knows nothing.
        framed = f"frame-src {' '.join(g.framed_origins)}; " if g.get("framed_origins") else ""
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; base-uri 'none'; "
            f"{framed}frame-ancestors 'none'"
        )
    return response


def _journal(response: Response) -> Response:
    sandbox().journal.write(request, response)
    return response

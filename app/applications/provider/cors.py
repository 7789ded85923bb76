"""Which web pages of other origins may call the provider's endpoints. Never with cookies."""

from flask import Flask, g, request
from werkzeug.wrappers import Response

from app.applications import queries
from app.applications.application_config import ApplicationConfig
from app.applications.models import UriUse

FOR_ANYONE = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/oauth/jwks")
FOR_REGISTERED = ("/oauth/token", "/oauth/userinfo", "/oauth/introspect", "/oauth/revoke", "/oauth/par")
PREFLIGHT_SECONDS = "7200"


def allow(application: ApplicationConfig) -> None:
    """The application that made the request may read its response, from the origins it registered. Requests that come
    from no page cost no query for them.
    """
    if "Origin" in request.headers:
        allow_origins(application.uris_for(UriUse.CORS_ORIGIN))


def allow_origins(origins: list[str]) -> None:
    origin = request.headers.get("Origin")
    if origin in origins:
        g.cors_origin = origin


def init_app(app: Flask) -> None:
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    if request.path in FOR_ANYONE:
        response.headers["Access-Control-Allow-Origin"] = "*"
    elif request.path in FOR_REGISTERED:
        response.vary.add("Origin")
        if _is_preflight():
            _answer_preflight(response)
        elif "cors_origin" in g:
            response.headers["Access-Control-Allow-Origin"] = g.cors_origin
            response.headers["Access-Control-Expose-Headers"] = "WWW-Authenticate"
    return response


def _is_preflight() -> bool:
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def _answer_preflight(response: Response) -> None:
    """The browser names no application yet, so any registered origin may ask."""
    response.status_code = 204
    del response.headers["Content-Type"]
    origin = request.headers.get("Origin", "")
    if queries.is_cors_origin(origin):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Methods"] = "GET, POST"
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        response.headers["Access-Control-Max-Age"] = PREFLIGHT_SECONDS

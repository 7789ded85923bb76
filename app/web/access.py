"""Who may open an address. Every route carries a mark, and is refused to everybody without one."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from flask import Flask, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from app.web import one_time_links
from app.web.current import current, is_signed_in

LARGEST_BODY = 1024 * 1024
"""In bytes, of a request to a route that says nothing else."""


class Access(Enum):
    PUBLIC = "anybody"
    MEMBER = "whoever is signed in"
    ADMIN = "owners and admins"


@dataclass(frozen=True)
class Route:
    """A line of the page of addresses."""

    rule: str
    endpoint: str
    view: Callable[..., ResponseReturnValue]
    access: Access
    methods: tuple[str, ...] = ("GET",)
    largest_body: int = LARGEST_BODY
    """In bytes; see app/web/bodies.py. What a proxy takes must be as much (deploy/)."""
    link: str = ""
    """What a one-time link that leads here is for; see `one_time_links`."""
    acts: bool = False
    """A GET that does something: signs in, uses a code, records a download. HEAD, which programs send to look at an
    address, is refused here."""


def register(app: Flask, routes: tuple[Route, ...]) -> None:
    """Adds the routes, and the one check that stands before all of them."""
    app.extensions["routes"] = {route.endpoint: route for route in routes}
    for route in routes:
        app.add_url_rule(route.rule, route.endpoint, route.view, methods=route.methods)
    app.before_request(_enforce)


def route_of_request() -> Route | None:
    """The line of app/urls.py that this request is for; None for an address that does not exist."""
    routes: dict[str, Route] = current_app.extensions["routes"]
    return routes.get(request.endpoint or "")


def is_public() -> bool:
    """Whether this request's address is open to visitors who are not signed in."""
    route = route_of_request()
    return route is not None and route.access is Access.PUBLIC


def _enforce() -> ResponseReturnValue | None:
    route = route_of_request()
    if route is None:
        return _without_slash()
    if route.acts and request.method == "HEAD":
        abort(405)
    if route.link and request.method in ("GET", "HEAD") and (exchanged := one_time_links.exchange(route.link)):
        return exchanged
    access = route.access
    if access is Access.PUBLIC:
        return None
    if not is_signed_in():
        if request.method not in ("GET", "HEAD"):
            abort(401)
        return redirect(url_for("sign_in.find", next=request.full_path.rstrip("?")))
    if access is Access.ADMIN and not current().is_admin:
        abort(403)
    return None


def _without_slash() -> ResponseReturnValue | None:
    """Leads an address that ends with a slash to the one without it, if there is such a page."""
    path, adapter = request.path.rstrip("/"), current_app.create_url_adapter(request)
    if request.method not in ("GET", "HEAD") or not path or path == request.path or adapter is None:
        return None
    try:
        endpoint, values = adapter.match(path, "GET")
    except HTTPException:
        return None
    query = request.query_string.decode("latin-1")
    url = url_for(endpoint, **values)
    return redirect(f"{url}?{query}" if query else url, 308)

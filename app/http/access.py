"""Access control. Every route carries a mark; the application does not start with a route that has none."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from flask import Flask, abort, current_app, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.http import one_time_links
from app.http.current import current, is_signed_in

LARGEST_BODY = 1024 * 1024
"""In bytes, for a route that declares nothing else."""


class Access(Enum):
    PUBLIC = "anyone"
    MEMBER = "anyone who is signed in"
    ADMIN = "owners and admins"


@dataclass(frozen=True)
class Route:
    """A route of `app/urls.py`."""

    rule: str
    endpoint: str
    view: Callable[..., ResponseReturnValue]
    access: Access
    methods: tuple[str, ...] = ("GET",)
    largest_body: int = LARGEST_BODY
    """In bytes; see app/http/bodies.py. A proxy must accept as much (deploy/)."""
    link: str = ""
    """The purpose of a one-time link that leads here; see `one_time_links`."""
    acts: bool = False
    """A GET that has side effects: signs in, uses a code, records a download. HEAD, which clients use to probe a URL,
    is refused here.
    """
    unit_of_work: bool | None = None
    """Whether the view runs inside a unit of work; the view of a POST does unless this is False. Then it only
    enqueues a task, or opens its own units, before and after its requests to Microsoft.
    """
    from_anywhere: bool = False
    """Whether other sites and machines may send the request, which the view verifies itself: without this a POST needs
    a token of our pages, and comes from one.
    """
    any_host: bool = False
    """Whether it may be requested under another host than ours: a proxy passes it on from an application's. Then it
    must not depend on the host, and the response applies to a host that isn't ours.
    """
    for_admins: bool = False
    """Whether only administrators read the page, although they need not be signed in to it: then it comes in fewer
    languages, as all routes with the mark ADMIN.
    """
    requires_recent_sign_in: str | None = None
    """Set if the route changes how a person signs in: then they have to reauthenticate, unless they did so within five
    minutes in this session, and return to the page of this endpoint.
    """

    @property
    def is_read_by_admins(self) -> bool:
        return self.for_admins or self.access is Access.ADMIN

    @property
    def runs_in_unit(self) -> bool:
        return "POST" in self.methods if self.unit_of_work is None else self.unit_of_work


class RouteError(Exception):
    """A route without an access mark, or not named after its view. The application does not start with one."""


def register(app: Flask, routes: tuple[Route, ...]) -> None:
    """Adds the routes and the access check that runs before all of them. Raises RouteError."""
    endpoints = {route.endpoint for route in routes}
    for route in routes:
        _check(route, endpoints)
    app.extensions["routes"] = {route.endpoint: route for route in routes}
    for route in routes:
        app.add_url_rule(route.rule, route.endpoint, _view_of(route), methods=route.methods)
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in app.extensions["routes"]:
            raise RouteError(f"{rule.rule}: no line of app/urls.py says who may open it")
    app.before_request(_enforce)


def _check(route: Route, endpoints: set[str]) -> None:
    """Without an access mark, or under another name than its view's, a route is an error of its author's."""
    if not isinstance(route.access, Access):
        raise RouteError(f"{route.rule}: {route.access!r} is no access mark; one of {', '.join(map(str, Access))} is")
    expected = f"{route.view.__module__.removeprefix('app.').removesuffix('.views')}.{route.view.__name__}"
    if route.endpoint != expected:
        raise RouteError(f"{route.rule}: the endpoint is {route.endpoint!r}, the view {expected!r}")
    if route.requires_recent_sign_in and route.requires_recent_sign_in not in endpoints:
        raise RouteError(f"{route.rule}: there is no page {route.requires_recent_sign_in!r} to come back to")


def _view_of(route: Route) -> Callable[..., ResponseReturnValue]:
    return unit_of_work()(route.view) if route.runs_in_unit else route.view


def route_of_request() -> Route | None:
    """The route of this request; None for a URL that does not exist."""
    routes: dict[str, Route] = current_app.extensions["routes"]
    return routes.get(request.endpoint or "")


def is_public() -> bool:
    """Whether this request's route is open to visitors who are not signed in."""
    route = route_of_request()
    return route is not None and route.access is Access.PUBLIC


def _enforce() -> ResponseReturnValue | None:
    route = route_of_request()
    if route is None:
        if request.url_rule is not None:
            # Added after the start's check. Nothing tells who may open it, so that it opens to no one.
            raise RouteError(f"{request.url_rule.rule}: no line of app/urls.py says who may open it")
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
        return redirect(url_for("login.page.find", next=request.full_path.rstrip("?")))
    if access is Access.ADMIN and not current().is_admin:
        abort(403)
    if route.requires_recent_sign_in and not current().signed_in_recently:
        return _confirm_first(route.requires_recent_sign_in)
    return None


def _without_slash() -> ResponseReturnValue | None:
    """Redirects a URL with a trailing slash to the one without it, if there is such a page."""
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


def _confirm_first(page: str) -> ResponseReturnValue:
    """Redirects to the reauthentication page, and from there to the page that this request belongs to."""
    if request.is_json:
        words = _("More than 5 minutes have passed since you confirmed that it’s you.")
        return jsonify(error="reauthentication_required", title=_("Confirm it’s you"), person=words), 403
    back = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else _address(page)
    return redirect(url_for("login.reauthentication.show", next=back), 303)


def _address(page: str) -> str:
    """The page's URL, with the values of this request that its rule needs."""
    (rule,) = current_app.url_map.iter_rules(page)
    values = request.view_args or {}
    return url_for(page, **{name: values[name] for name in rule.arguments})

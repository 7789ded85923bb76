"""Who may open an address. Every route carries a mark, and is refused to everybody without one."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from flask import Flask, abort, current_app, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.web.current import current, is_signed_in


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
    requires_recent_sign_in: str | None = None
    """Set where the address serves to change how somebody signs in: then the person proves first who they are, unless
    they did within five minutes in this session, and comes back to the page of this endpoint."""


def register(app: Flask, routes: tuple[Route, ...]) -> None:
    """Adds the routes, and the one check that stands before all of them."""
    app.extensions["access"] = {route.endpoint: route for route in routes}
    for route in routes:
        app.add_url_rule(route.rule, route.endpoint, route.view, methods=route.methods)
    app.before_request(_enforce)


def _enforce() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None
    route: Route = current_app.extensions["access"][request.endpoint]
    access = route.access
    if access is Access.PUBLIC:
        return None
    if not is_signed_in():
        if request.method not in ("GET", "HEAD"):
            abort(401)
        return redirect(url_for("sign_in.find", next=request.full_path.rstrip("?")))
    if access is Access.ADMIN and not current().is_admin:
        abort(403)
    if route.requires_recent_sign_in and not current().signed_in_recently:
        return _confirm_first(route.requires_recent_sign_in)
    return None


def _confirm_first(page: str) -> ResponseReturnValue:
    """To the page that asks for proof, and from there to the page that this request is about; a form's own."""
    if request.is_json:
        words = "More than 5 minutes have passed since you confirmed that it’s you."
        return jsonify(error="reauthentication_required", title="Confirm it’s you", person=words), 403
    back = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else _address(page)
    return redirect(url_for("sign_in.reauthenticate", next=back), 303)


def _address(page: str) -> str:
    """The page's address, with those values of this request's that it has a place for."""
    (rule,) = current_app.url_map.iter_rules(page)
    values = request.view_args or {}
    return url_for(page, **{name: values[name] for name in rule.arguments})

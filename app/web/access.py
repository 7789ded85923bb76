"""Who may open an address. Every route carries a mark, and is refused to everybody without one."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from flask import Flask, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue

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


def register(app: Flask, routes: tuple[Route, ...]) -> None:
    """Adds the routes, and the one check that stands before all of them."""
    app.extensions["access"] = {route.endpoint: route.access for route in routes}
    app.extensions["largest_body"] = {route.endpoint: route.largest_body for route in routes}
    for route in routes:
        app.add_url_rule(route.rule, route.endpoint, route.view, methods=route.methods)
    app.before_request(_enforce)


def _enforce() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None
    access = current_app.extensions["access"][request.endpoint]
    if access is Access.PUBLIC:
        return None
    if not is_signed_in():
        if request.method not in ("GET", "HEAD"):
            abort(401)
        return redirect(url_for("sign_in.find", next=request.full_path.rstrip("?")))
    if access is Access.ADMIN and not current().is_admin:
        abort(403)
    return None

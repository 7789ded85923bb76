"""The launchpad: the applications that a person may open, and the question for access to the others."""

from typing import Any
from uuid import UUID

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.applications import company_queries
from app.applications.advanced.page import icon_url
from app.applications.launchpad import actions, queries, waiting
from app.applications.launchpad.forms import AskForm
from app.applications.launchpad.queries import Tile
from app.applications.launchpad.waiting import WaitingRequest
from app.companies.branding.email_look import email_look
from app.core import email
from app.core.text import isolate
from app.core.translation import gettext as _
from app.core.translation import lazy_gettext as _l
from app.http.current import Visitor, current
from app.http.rate_limits import LimitReached
from app.http.redirects import safe_next
from app.login.browser_binding import login_url
from app.login.page.views import code_for
from app.people import account_limits
from app.people import queries as people
from app.people.photo_response import photo_response, unchanged

ICON_SECONDS = 365 * 24 * 3600


def index() -> ResponseReturnValue:
    visitor = current()
    tiles = [_shown(one) for one in queries.tiles(visitor.company_id, visitor.person_id)]
    return render_template(
        "applications/launchpad.html",
        allowed=[one for one in tiles if one["is_allowed"]],
        others=[one for one in tiles if not one["is_allowed"]],
    )


def show(application_id: UUID) -> ResponseReturnValue:
    """Continues to the application, or says that the person has no access and how to get it. With `next`, after a
    request of the application itself, which then continues.
    """
    request_ = waiting.find(application_id, safe_next(request.args.get("next")))
    tile = _tile(application_id)
    if tile is None or not tile.is_allowed:
        return _no_access_page(tile, request_)
    if request_:
        return redirect(request_.path, 303)
    if not tile.url:
        abort(404)
    response = make_response(render_template("applications/opening.html", application=_shown(tile)))
    # Not a redirect: a sign-in form that leads here may end at our own pages only (form-action).
    response.headers["Refresh"] = f"0; url={tile.url}"
    return response


def ask(application_id: UUID) -> ResponseReturnValue:
    """Asks the company's owners and admins for access, by email and on the application's page."""
    visitor, tile, next_path = current(), _tile(application_id), AskForm().next.data
    if tile is None:
        abort(404)
    page = url_for("applications.launchpad.show", application_id=tile.id, next=None if next_path == "/" else next_path)
    if tile.is_allowed:
        return redirect(page, 303)
    if actions.ask_for_access(visitor.company_id, visitor.person_id, tile.id, tile.name):
        _email_admins(visitor, tile)
    flash(_("Your administrators have been asked for access to %(name)s.", name=isolate(tile.name)), "success")
    return redirect(page, 303)


def _email_admins(visitor: Visitor, tile: Tile) -> None:
    """Beyond the limit, the request is only on the application's page."""
    try:
        account_limits.count_access_request(visitor.person_id)
    except LimitReached:
        return
    email.send_email(
        people.admin_recipients(visitor.company_id),
        _l("%(name)s asks for access to %(application)s", name=isolate(visitor.name), application=isolate(tile.name)),
        "email/access_requested.txt",
        email_look(visitor.company_id),
        name=visitor.name,
        application=tile.name,
        application_id=tile.id,
    )


def icon(application_id: UUID) -> ResponseReturnValue:
    """The application's icon, or its initials as one. Its URL changes with it, so that browsers can cache it."""
    if response := unchanged(ICON_SECONDS):
        return response
    found = company_queries.icon(current().company_id, application_id)
    if found is None:
        abort(404)
    return photo_response(found, ICON_SECONDS)


def _no_access_page(tile: Tile | None, request_: WaitingRequest | None) -> str:
    """`tile` is None if the company doesn't have the application, of which only a request of its own may speak."""
    if tile is None and request_ is None:
        abort(404)
    visitor, next_path = current(), request_.path if request_ else "/"
    return render_template(
        "applications/ask_for_access.html",
        name=tile.name if tile else request_.name if request_ else "",
        application=_shown(tile) if tile else None,
        form=AskForm(formdata=None, next=next_path),
        other_account_url=login_url(code_for(visitor.company_id), request_.path if request_ else request.path),
        denied_url=request_.denied_url if request_ else None,
    )


def _tile(application_id: UUID) -> Tile | None:
    visitor = current()
    return next(iter(queries.tiles(visitor.company_id, visitor.person_id, application_id)), None)


def _shown(tile: Tile) -> dict[str, Any]:
    return {
        "id": tile.id,
        "name": tile.name,
        "url": tile.url,
        "is_allowed": tile.is_allowed,
        "is_asked": tile.is_asked,
        "icon_url": icon_url(tile.id, tile.name, tile.icon),
    }

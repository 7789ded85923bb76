"""The launchpad: the applications that a person may open, and the question for access to the others."""

from typing import Any
from uuid import UUID

from flask import abort, flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.applications import company_queries
from app.applications.advanced.page import icon_url
from app.applications.launchpad import actions, queries
from app.applications.launchpad.queries import Tile
from app.core import email
from app.core.text import isolate
from app.core.translation import gettext as _
from app.http.current import current
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
    """Continues to the application, or says that the person has no access and how to get it."""
    tile = _tile_or_404(application_id)
    if not tile.is_allowed:
        return render_template("applications/ask_for_access.html", application=_shown(tile))
    response = make_response(render_template("applications/opening.html", application=_shown(tile)))
    # Not a redirect: a sign-in form that leads here may end at our own pages only (form-action).
    response.headers["Refresh"] = f"0; url={tile.url}"
    return response


def ask(application_id: UUID) -> ResponseReturnValue:
    """Asks the company's owners and admins for access, by email and on the application's page."""
    visitor, tile = current(), _tile_or_404(application_id)
    if tile.is_allowed:
        return redirect(url_for("applications.launchpad.show", application_id=tile.id), 303)
    if actions.ask_for_access(visitor.company_id, visitor.person_id, tile.id, tile.name):
        email.send_email(
            people.admin_addresses(visitor.company_id),
            _(
                "%(name)s asks for access to %(application)s",
                name=isolate(visitor.name),
                application=isolate(tile.name),
            ),
            "email/access_requested.txt",
            name=visitor.name,
            application=tile.name,
            application_id=tile.id,
            company_name=visitor.company_name,
        )
    flash(_("Your administrators have been asked for access to %(name)s.", name=isolate(tile.name)), "success")
    return redirect(url_for("applications.launchpad.show", application_id=tile.id), 303)


def icon(application_id: UUID) -> ResponseReturnValue:
    """The application's icon, or its initials as one. Its URL changes with it, so that browsers can cache it."""
    if response := unchanged(ICON_SECONDS):
        return response
    found = company_queries.icon(current().company_id, application_id)
    if found is None:
        abort(404)
    return photo_response(found, ICON_SECONDS)


def _tile_or_404(application_id: UUID) -> Tile:
    visitor = current()
    found = queries.tiles(visitor.company_id, visitor.person_id, application_id)
    return found[0] if found else abort(404)


def _shown(tile: Tile) -> dict[str, Any]:
    return {
        "id": tile.id,
        "name": tile.name,
        "url": tile.url,
        "is_allowed": tile.is_allowed,
        "is_asked": tile.is_asked,
        "icon_url": icon_url(tile.id, tile.name, tile.icon),
    }

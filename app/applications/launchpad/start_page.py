"""Where a member starts who asked for no page, at the company's only application; and where an invitation leads."""

from uuid import UUID

from flask import url_for

from app.applications.launchpad import queries
from app.login.continuation import Launch


def path(company_id: UUID, person_id: UUID) -> str | None:
    """None if there is no application, if there are several, or if the person may not use it."""
    tiles = queries.tiles(company_id, person_id)
    if len(tiles) != 1 or not tiles[0].is_allowed:
        return None
    return url_for("applications.launchpad.show", application_id=tiles[0].id)


def launch(company_id: UUID, application_id: UUID) -> Launch | None:
    """None if the company's people can't open it from here."""
    name = queries.name_of(company_id, application_id)
    if name is None:
        return None
    path = url_for("applications.launchpad.show", application_id=application_id)
    return Launch(name, path, url_for("applications.launchpad.index"))

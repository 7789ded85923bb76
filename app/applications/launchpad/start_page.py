"""Where a member starts who asked for no page, at the company's only application; and where an invitation leads."""

from uuid import UUID

import sqlalchemy as sa
from flask import url_for

from app.applications.company_queries import is_for
from app.applications.launchpad import queries
from app.applications.models import Application
from app.applications.queries import ROLES, may_use
from app.core.database import read
from app.login.continuation import Launch
from app.people.models import Person

FIRST_TWO = (
    sa.select(Application.id, Application.allowed_roles, ROLES.label("roles"))
    .join(
        Person,
        sa.and_(Person.company_id == sa.bindparam("company_id"), Person.id == sa.bindparam("person_id")),
    )
    .where(
        is_for(sa.bindparam("company_id", type_=sa.Uuid())),
        Application.is_enabled,
        sa.or_(Application.start_url.is_not(None), Application.initiate_login_uri.is_not(None)),
    )
    .limit(2)
)
"""Of the applications that `queries.tiles` lists; each member's sign-in asks for them."""


def path(company_id: UUID, person_id: UUID) -> str | None:
    """None if there is no application, if there are several, or if the person may not use it."""
    found = read(FIRST_TWO, {"company_id": company_id, "person_id": person_id})
    if len(found) != 1 or not may_use(found[0].roles, found[0].allowed_roles):
        return None
    return url_for("applications.launchpad.show", application_id=found[0].id)


def launch(company_id: UUID, application_id: UUID) -> Launch | None:
    """None if the company's people can't open it from here."""
    name = queries.name_of(company_id, application_id)
    if name is None:
        return None
    path = url_for("applications.launchpad.show", application_id=application_id)
    return Launch(name, path, url_for("applications.launchpad.index"))

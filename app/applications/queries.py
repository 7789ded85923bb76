"""Reads for applications. The company comes first where a person's access is asked for; a client id or an origin
identifies an application of any company.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app.applications.grants.models import Grant
from app.applications.models import (
    Application,
    ApplicationCompany,
    ApplicationResource,
    ApplicationRole,
    ApplicationUri,
    PersonRole,
    UriUse,
)
from app.companies.models import Company, LoginPage
from app.core.database import db, read
from app.http.session_cookies import ORG_ID
from app.people.models import Person
from app.sessions.models import Session


def by_client_id(client_id: str) -> Application | None:
    """The application with its addresses, to change or to show, whether it is enabled or not."""
    query = sa.select(Application).options(selectinload(Application.uris)).where(Application.client_id == client_id)
    return db.session.scalar(query)


def everything() -> Sequence[Application]:
    """Every application of the installation and of its companies, by name."""
    query = sa.select(Application).options(selectinload(Application.uris)).order_by(Application.name, Application.id)
    return db.session.scalars(query).all()


def is_cors_origin(origin: str) -> bool:
    """Whether any application has registered this origin."""
    return bool(
        db.session.scalar(
            sa.select(
                sa.exists().where(
                    ApplicationUri.use == UriUse.CORS_ORIGIN,
                    ApplicationUri.uri == origin,
                    Application.id == ApplicationUri.application_id,
                    Application.is_enabled,
                )
            )
        )
    )


def resource(uri: str) -> tuple[UUID, list[str]] | None:
    """The owner of a resource, and the client ids of the others that may ask for it."""
    row = db.session.execute(
        sa.select(ApplicationResource.application_id, ApplicationResource.clients).where(ApplicationResource.uri == uri)
    ).one_or_none()
    return (row[0], row[1]) if row else None


ROLES: sa.ScalarSelect[Any] = (
    sa.select(sa.func.aggregate_strings(ApplicationRole.value, " "))
    .where(
        ApplicationRole.application_id == Application.id,
        # One row for each reason.
        ApplicationRole.id.in_(
            sa.select(PersonRole.role_id).where(PersonRole.person_id == Person.id).correlate(Person)
        ),
    )
    .correlate(Person, Application)
    .scalar_subquery()
)
"""The values of a person's roles in an application, space-separated."""
IS_FOR_COMPANY: sa.ColumnElement[bool] = sa.and_(
    Company.deletes_at.is_(None),
    sa.or_(
        Application.company_id == Company.id,
        sa.and_(
            Application.company_id.is_(None),
            sa.or_(
                Application.for_all_companies,
                sa.exists()
                .where(ApplicationCompany.company_id == Company.id, ApplicationCompany.application_id == Application.id)
                .correlate(Company, Application),
            ),
        ),
    ),
)
"""Whether an application is for a company's people; none is while the company is being deleted."""


@dataclass(frozen=True)
class Access:
    """What decides whether a session's person may use an application."""

    is_for_company: bool
    roles: str | None
    allowed_roles: list[str]
    began_at: datetime
    """When the session began."""
    is_first: bool
    """Whether the session has not signed in to the application before."""

    @property
    def is_allowed(self) -> bool:
        return self.is_for_company and may_use(self.roles, self.allowed_roles)


ACCESS = (
    sa.select(
        IS_FOR_COMPANY.label("is_for_company"),
        ROLES.label("roles"),
        Application.allowed_roles,
        Session.created_at.label("began_at"),
        ~sa.exists()
        .where(Grant.session_id == sa.bindparam("session_id"), Grant.application_id == sa.bindparam("application_id"))
        .correlate(None)
        .label("is_first"),
    )
    .select_from(Session)
    .join(Person, Person.id == Session.person_id)
    .join(Company, Company.id == Session.company_id)
    .join(Application, Application.id == sa.bindparam("application_id"))
    .where(Session.company_id == sa.bindparam("company_id"), Session.id == sa.bindparam("session_id"))
)


def access(company_id: UUID, session_id: UUID, application_id: UUID) -> Access | None:
    """None if the company has no such session, or the application is gone."""
    which = {"company_id": company_id, "session_id": session_id, "application_id": application_id}
    rows = read(ACCESS, which)
    return Access(**rows[0]._mapping) if rows else None


def may_use(roles: str | None, allowed_roles: list[str]) -> bool:
    """Whether someone with these roles, space-separated, may use an application that allows those."""
    return not allowed_roles or bool({*allowed_roles} & {*(roles or "").split(" ")})


@dataclass(frozen=True)
class Organization:
    """A company as a request names it, with its main login page."""

    id: UUID
    org_id: str
    """Its public id."""
    code: str
    is_for_application: bool


def organization(named: str, application_id: UUID) -> Organization | None:
    """The active company with this public id or login code; none has both forms."""
    if ORG_ID.fullmatch(named):
        return _organization(application_id, Company.public_id == named)
    of_code = sa.select(LoginPage.company_id).where(LoginPage.code == named)
    return _organization(application_id, LoginPage.company_id.in_(of_code))


def only_company(application_id: UUID) -> Organization | None:
    """The company of an application that is for one only."""
    owner = sa.select(Application.company_id).where(Application.id == application_id).scalar_subquery()
    listed = (
        sa.select(ApplicationCompany.company_id)
        .join(Application, Application.id == ApplicationCompany.application_id)
        .where(ApplicationCompany.application_id == application_id, ~Application.for_all_companies)
    )
    found = db.session.scalars(listed.limit(2)).all()
    which = LoginPage.company_id == (found[0] if len(found) == 1 else owner)
    return _organization(application_id, which)


def _organization(application_id: UUID, which: sa.ColumnElement[bool]) -> Organization | None:
    row = db.session.execute(
        sa.select(
            Company.id, Company.public_id.label("org_id"), LoginPage.code, IS_FOR_COMPANY.label("is_for_application")
        )
        .select_from(LoginPage)
        .join(Company, Company.id == LoginPage.company_id)
        .join(Application, Application.id == application_id)
        .where(which, LoginPage.position == 0, Company.is_active)
    ).one_or_none()
    return Organization(**row._asdict()) if row else None


def roles_of(company_id: UUID, person_id: UUID, application_id: UUID) -> list[str]:
    """The values of the person's roles in this application, sorted."""
    return list(
        db.session.scalars(
            sa.select(ApplicationRole.value)
            .join(PersonRole, PersonRole.role_id == ApplicationRole.id)
            .where(
                PersonRole.company_id == company_id,
                PersonRole.person_id == person_id,
                ApplicationRole.application_id == application_id,
            )
            .order_by(ApplicationRole.value)
            .distinct()
        )
    )


def with_any_role(
    company_id: UUID, person_ids: Collection[UUID], application_id: UUID, values: Collection[str]
) -> set[UUID]:
    """Those of the people who have one of these roles of an application."""
    return set(
        db.session.scalars(
            sa.select(PersonRole.person_id)
            .join(ApplicationRole, ApplicationRole.id == PersonRole.role_id)
            .where(
                PersonRole.company_id == company_id,
                PersonRole.person_id.in_(person_ids),
                ApplicationRole.application_id == application_id,
                ApplicationRole.value.in_(values),
            )
        )
    )

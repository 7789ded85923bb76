"""Reads for grants: by a code, a refresh token or the grant's id, which are unguessable and name the company."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from app.applications.grants.models import Grant, PersonPicture, RefreshToken
from app.applications.models import Application
from app.applications.queries import IS_FOR_COMPANY, ROLES
from app.companies.domains.models import Domain, TenantDomain
from app.companies.domains.queries import of_address
from app.companies.models import Company, LoginPage
from app.core.database import db, read
from app.people.models import Avatar, Person
from app.sessions.limits import Limits, limits
from app.sessions.models import Session
from app.sessions.queries import REMEMBERED_DAYS


@dataclass(frozen=True)
class GrantState:
    """A grant with everything that decides whether it is still valid, and what its application may know."""

    id: UUID
    created_at: datetime
    company_id: UUID
    person_id: UUID
    application_id: UUID
    session_id: UUID
    code_expires_at: datetime
    redirect_uri: str
    code_challenge: str | None
    nonce: str | None
    scope: str
    claims: dict[str, list[str]] | None
    resource: str | None
    auth_time: datetime
    amr: list[str]
    is_offline: bool
    is_watched: bool
    redeemed_at: datetime | None
    revoked_at: datetime | None
    client_id: str
    id_token_signed_response_alg: str
    subject_type: str
    subject_salt: str
    application_is_enabled: bool
    allowed_roles: list[str]
    is_for_company: bool
    roles: str | None
    session_began_at: datetime
    last_seen_at: datetime
    session_expires_at: datetime
    session_ended_at: datetime | None
    company_is_active: bool
    org_id: str
    """The company's public id."""
    org_name: str
    org_code: str | None
    idle_minutes: int
    session_hours: int
    remembered_days: int | None
    person_is_active: bool
    name: str
    email: str | None
    email_is_verified: bool
    title: str | None
    external_id: str | None
    org_role: str
    avatar_hash: str | None
    picture: str | None
    """The token in the address of the present photo, if the application has received it before."""

    @property
    def limits(self) -> Limits:
        """The session's."""
        return limits(self.idle_minutes, self.session_hours, self.remembered_days)


NAMESAKE = aliased(Person)
IS_OF_PROVEN_DOMAIN = (
    sa.exists()
    .where(Domain.company_id == Person.company_id, Domain.proven_at.is_not(None), of_address(Person.email))
    .correlate(Person)
)
IS_OF_TENANT = (
    sa.exists()
    .where(
        TenantDomain.company_id == Person.company_id,
        TenantDomain.tid == Person.tid,
        Person.email.like(sa.literal("%@").concat(TenantDomain.shown_name)),
    )
    .correlate(Person)
)
"""The address is of a domain that the tenant of the person's Microsoft identity lists as verified."""
IS_FROM_ADMIN = sa.and_(Person.sign_in_email == Person.email, Person.email_is_confirmed)
"""An admin of the company entered the address; Microsoft can't change it."""
EMAIL_IS_VERIFIED: sa.ColumnElement[bool] = sa.and_(
    sa.or_(
        Person.email_verified_at.is_not(None),
        sa.and_(IS_OF_PROVEN_DOMAIN, sa.or_(IS_FROM_ADMIN, IS_OF_TENANT)),
    ),
    ~Person.is_guest,
    # Microsoft may have a text that isn't one address.
    Person.email.not_like("%@%@%"),
    ~sa.exists()
    .where(NAMESAKE.company_id == Person.company_id, NAMESAKE.email == Person.email, NAMESAKE.id != Person.id)
    .correlate(Person),
)
"""Whether the person's address is proven to be theirs, and no one else of the company has it: by a link, or because its
domain is proven for the company and the address came from a source that decides about addresses of that domain.
"""
GRANT_COLUMNS: tuple[Any, ...] = (
    Grant.id,
    Grant.created_at,
    Grant.company_id,
    Grant.person_id,
    Grant.application_id,
    Grant.session_id,
    Grant.code_expires_at,
    Grant.redirect_uri,
    Grant.code_challenge,
    Grant.nonce,
    Grant.scope,
    Grant.claims,
    Grant.resource,
    Grant.auth_time,
    Grant.amr,
    Grant.is_offline,
    Grant.is_watched,
    Grant.redeemed_at,
    Grant.revoked_at,
    Application.client_id,
    Application.id_token_signed_response_alg,
    Application.subject_type,
    Application.subject_salt,
    Application.is_enabled.label("application_is_enabled"),
    Application.allowed_roles,
    IS_FOR_COMPANY.label("is_for_company"),
    ROLES.label("roles"),
    Session.created_at.label("session_began_at"),
    Session.last_seen_at,
    Session.expires_at.label("session_expires_at"),
    Session.ended_at.label("session_ended_at"),
    Company.is_active.label("company_is_active"),
    Company.public_id.label("org_id"),
    Company.name.label("org_name"),
    LoginPage.code.label("org_code"),
    Company.idle_minutes,
    Company.session_hours,
    REMEMBERED_DAYS.label("remembered_days"),
    Person.is_active.label("person_is_active"),
    Person.name,
    Person.email,
    EMAIL_IS_VERIFIED.label("email_is_verified"),
    Person.title,
    Person.external_id,
    Person.role.label("org_role"),
    Person.avatar_hash,
    PersonPicture.token.label("picture"),
)
"""Those of `GrantState`."""


def join_grant_state(query: sa.Select[*tuple[Any, ...]], *, isouter: bool = False) -> sa.Select[*tuple[Any, ...]]:
    """Joins to a query of grants and their applications what `GRANT_COLUMNS` name: session, company and person of each
    grant. `isouter`: also without a grant.
    """
    return (
        query.join(Session, Session.id == Grant.session_id, isouter=isouter)
        .join(Company, Company.id == Grant.company_id, isouter=isouter)
        .join(Person, Person.id == Grant.person_id, isouter=isouter)
        .outerjoin(LoginPage, sa.and_(LoginPage.company_id == Company.id, LoginPage.position == 0))
        .outerjoin(
            PersonPicture,
            sa.and_(
                PersonPicture.person_id == Person.id,
                PersonPicture.application_id == Application.id,
                PersonPicture.avatar_hash == Person.avatar_hash,
            ),
        )
    )


GRANT_STATE = join_grant_state(
    sa.select(*GRANT_COLUMNS).select_from(Grant).join(Application, Application.id == Grant.application_id)
)
BY_CODE = GRANT_STATE.where(Grant.code_hash == sa.bindparam("code_hash"))
BY_ID = GRANT_STATE.where(Grant.id == sa.bindparam("grant_id"))


def by_code(code_hash: str) -> GrantState | None:
    return _state(read(BY_CODE, {"code_hash": code_hash}))


def by_id(grant_id: UUID) -> GrantState | None:
    return _state(read(BY_ID, {"grant_id": grant_id}))


@dataclass(frozen=True)
class StoredRefreshToken:
    id: UUID
    replaced_at: datetime | None
    """When it was used."""
    grant: GrantState


BY_REFRESH_TOKEN = (
    GRANT_STATE.add_columns(RefreshToken.id.label("token_id"), RefreshToken.replaced_at)
    .join(RefreshToken, RefreshToken.grant_id == Grant.id)
    .where(RefreshToken.token_hash == sa.bindparam("token_hash"))
)


def refresh_token(token_hash: str) -> StoredRefreshToken | None:
    rows = read(BY_REFRESH_TOKEN, {"token_hash": token_hash})
    if not rows:
        return None
    found = dict(rows[0]._mapping)
    return StoredRefreshToken(found.pop("token_id"), found.pop("replaced_at"), GrantState(**found))


def picture(token: str) -> bytes | None:
    """The photo at this address, if it is still the person's, who is active, and the application is for them."""
    return db.session.scalar(
        sa.select(Avatar.content)
        .select_from(PersonPicture)
        .join(Person, sa.and_(Person.id == PersonPicture.person_id, Person.avatar_hash == PersonPicture.avatar_hash))
        .join(Company, Company.id == Person.company_id)
        .join(Application, Application.id == PersonPicture.application_id)
        .join(Avatar, Avatar.hash == PersonPicture.avatar_hash)
        .where(
            PersonPicture.token == token,
            Person.is_active,
            Company.is_active,
            Application.is_enabled,
            IS_FOR_COMPANY,
        )
    )


def _state(rows: Sequence[Any]) -> GrantState | None:
    return GrantState(**rows[0]._mapping) if rows else None

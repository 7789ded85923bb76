"""What a sign-in needs to know of a connection, read in one statement and never changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.companies.models import Company, LoginPage
from app.connections.models import Addressed, Connection, Credential, Draft
from app.database import now
from app.statements import Statement
from app.web.logs import name_company


@dataclass(frozen=True)
class HeldCredential:
    """What the application proves itself with at Microsoft; its secret still sealed."""

    id: UUID
    kind: str
    secret_sealed: str | None
    certificate: str | None
    expires: date | None
    refused_at: datetime | None
    unreadable_at: datetime | None
    is_live: bool

    @property
    def secret(self) -> str | None:
        """Raises sealing.Unsealable."""
        return Credential.secret.opened(self)


@dataclass(frozen=True)
class Snapshot(Addressed):
    """A connection as people sign in through it; or a draft, as its test does."""

    credentials: tuple[HeldCredential, ...]
    """In the order in which to try them."""
    id: UUID
    public_id: str
    federation_key_sealed: str | None
    company_id: UUID
    company_name: str
    password_sign_in: str
    is_enabled: bool
    """Live, and switched on."""
    title: str
    tenant: str
    client_id: str
    flow: str
    create_people: bool
    allow_guests: bool

    @property
    def federation_key(self) -> str | None:
        """Raises sealing.Unsealable."""
        return Draft.federation_key.opened(self)


def in_turn(credentials: Iterable[HeldCredential], today: date) -> list[HeldCredential]:
    """The live credentials in the order in which to try them: the oldest first, so that the next waits beside it.

    One that expired, was refused or could not be decrypted comes last, should nothing else be left.
    """

    def worn_out(credential: HeldCredential) -> bool:
        is_marked = credential.refused_at is not None or credential.unreadable_at is not None
        return is_marked or (credential.expires is not None and credential.expires < today)

    return sorted((credential for credential in credentials if credential.is_live), key=worn_out)


def under_test(credentials: Iterable[HeldCredential], today: date) -> list[HeldCredential]:
    """What a test sign-in uses: the newest that is not live yet and nothing in its place, else what is live."""
    credentials = list(credentials)
    fresh = [credential for credential in credentials if not credential.is_live]
    return fresh[-1:] or in_turn(credentials, today)


def _as_live(name: str) -> sa.ColumnElement[Any]:
    """What was never live stands as it is edited: nobody gets in through it, yet an answer to its test finds it."""
    return sa.func.coalesce(getattr(Connection, name), getattr(Draft, name))


SNAPSHOTS = (
    sa.select(
        Draft.id,
        Draft.public_id,
        Draft.federation_key_sealed,
        Company.id,
        Company.name,
        Company.password_sign_in,
        sa.func.coalesce(Connection.is_enabled, sa.false()),
        *(_as_live(name) for name in ("title", "tenant", "client_id", "flow", "create_people", "allow_guests")),
        *(getattr(Credential, name) for name in HeldCredential.__dataclass_fields__),
    )
    .join(Company, Draft.company_id == Company.id)
    .outerjoin(Connection, Connection.id == Draft.id)
    .outerjoin(Credential, sa.and_(Credential.draft_id == Draft.id, Credential.is_live))
    .order_by(Credential.id)
)
CREDENTIAL_FROM = 13
BY_PUBLIC_ID = Statement(SNAPSHOTS.where(Draft.public_id == sa.bindparam("public_id"), Company.is_active))
AT_DOOR = Statement(
    SNAPSHOTS.join(LoginPage, LoginPage.company_id == Draft.company_id).where(
        LoginPage.code == sa.bindparam("code"), Draft.public_id == sa.bindparam("public_id"), Company.is_active
    )
)
BY_ID = Statement(SNAPSHOTS.where(Draft.company_id == sa.bindparam("company_id"), Draft.id == sa.bindparam("id")))


def by_public_id(public_id: str) -> Snapshot | None:
    """The connection that a redirect URI names, whether or not it ever went live; none of a company switched off.

    The address of a redirect URI carries no company: the connection is what tells it.
    """
    return _snapshot(BY_PUBLIC_ID.ask(public_id=public_id))


def at_door(code: str, public_id: str) -> Snapshot | None:
    """The same; None unless it is of the company that has this login code."""
    return _snapshot(AT_DOOR.ask(code=code, public_id=public_id))


def by_id(company_id: UUID, connection_id: UUID | None) -> Snapshot | None:
    return _snapshot(BY_ID.ask(company_id=company_id, id=connection_id))


def of_draft(draft: Draft) -> Snapshot:
    """A draft as it stands, with the credentials that its test uses."""
    held = [
        HeldCredential(**{name: getattr(one, name) for name in HeldCredential.__dataclass_fields__})
        for one in draft.credentials
    ]
    return Snapshot(
        credentials=tuple(under_test(held, now().date())),
        id=draft.id,
        public_id=draft.public_id,
        federation_key_sealed=draft.federation_key_sealed,
        company_id=draft.company_id,
        company_name=draft.company.name,
        password_sign_in=draft.company.password_sign_in,
        is_enabled=False,
        title=draft.title,
        tenant=draft.tenant,
        client_id=draft.client_id,
        flow=draft.flow,
        create_people=draft.create_people,
        allow_guests=draft.allow_guests,
    )


def _snapshot(rows: Sequence[Any]) -> Snapshot | None:
    if not rows:
        return None
    held = [HeldCredential(*row[CREDENTIAL_FROM:]) for row in rows if row[CREDENTIAL_FROM] is not None]
    found = Snapshot(tuple(in_turn(held, now().date())), *rows[0][:CREDENTIAL_FROM])
    name_company(found.company_id)
    return found

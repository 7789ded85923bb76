"""Reads for the CRM. Company-scoped queries take the company first."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from app.companies.models import Company
from app.core.database import db
from app.crm.contacts.search_keys import beginning
from app.crm.models import CrmConnection, CrmContact, SyncState
from app.entra_apps import queries as entra_apps
from app.entra_apps.models import ClientCredential
from app.entra_apps.queries import ExpiringCredential
from app.people.models import Person

PAGE_SIZE = 25
EXPORTED_AT_ONCE = 1000


def connection(company_id: UUID) -> CrmConnection | None:
    """With the state of its sync."""
    return db.session.scalar(
        sa.select(CrmConnection)
        .options(joinedload(CrmConnection.sync_state))
        .where(CrmConnection.company_id == company_id)
        .execution_options(populate_existing=True)
    )


def by_id(connection_id: UUID) -> CrmConnection | None:
    """For the worker: the connection with this id as it is now; None for a deactivated company."""
    return db.session.scalar(
        sa.select(CrmConnection)
        .join(CrmConnection.company)
        .options(contains_eager(CrmConnection.company), joinedload(CrmConnection.sync_state))
        .where(CrmConnection.id == connection_id, Company.is_active)
        .execution_options(populate_existing=True)
    )


def by_federation_id(federation_id: str) -> CrmConnection | None:
    """For Microsoft, which requests the public key; None for a deactivated company."""
    return db.session.scalar(
        sa.select(CrmConnection)
        .join(CrmConnection.company)
        .where(CrmConnection.federation_id == federation_id, Company.is_active)
    )


def due(moment: datetime) -> list[UUID]:
    """The connections whose contacts are due for a sync and that no live worker is processing."""
    return list(
        db.session.scalars(
            sa.select(SyncState.connection_id)
            .join(SyncState.connection)
            .join(CrmConnection.company)
            .where(
                SyncState.next_at <= moment,
                sa.or_(SyncState.lease_until.is_(None), SyncState.lease_until <= moment),
                sa.or_(SyncState.not_before.is_(None), SyncState.not_before <= moment),
                Company.is_active,
            )
            .order_by(SyncState.next_at)
        )
    )


def expiring(last_day: date) -> list[ExpiringCredential]:
    """All companies' credentials that expire by this day."""
    return entra_apps.expiring(sa.select(CrmConnection.entra_app_id), last_day)


def ends(last_day: date) -> list[date]:
    """The expiry dates, up to this day, of all companies' credentials."""
    return entra_apps.expiry_dates(sa.select(CrmConnection.entra_app_id), last_day)


def by_credential(credential_id: UUID) -> CrmConnection | None:
    """The connection that has this credential, with its company."""
    return db.session.scalar(
        sa.select(CrmConnection)
        .join(CrmConnection.company)
        .join(ClientCredential, ClientCredential.entra_app_id == CrmConnection.entra_app_id)
        .options(contains_eager(CrmConnection.company))
        .where(ClientCredential.id == credential_id)
    )


def number_of_contacts(company_id: UUID) -> int:
    return db.session.scalar(sa.select(sa.func.count()).where(CrmContact.company_id == company_id)) or 0


@dataclass(frozen=True)
class ContactRow:
    """A row of the contacts list."""

    external_id: UUID
    full_name: str
    job_title: str | None
    email: str | None
    phone: str | None
    company_name: str | None
    modified_at: datetime | None
    sort_name: str
    folded_email: str | None


def contact(company_id: UUID, contact_id: UUID) -> ContactRow | None:
    row = db.session.execute(
        sa.select(*(getattr(CrmContact, field) for field in FIELDS)).where(
            CrmContact.company_id == company_id, CrmContact.external_id == contact_id
        )
    ).one_or_none()
    return ContactRow(*row) if row else None


FIELDS = tuple(ContactRow.__dataclass_fields__)


@dataclass(frozen=True)
class Page:
    contacts: list[ContactRow]
    before: str | None
    """The cursor of the previous page; None on the first."""
    after: str | None


def page(company_id: UUID, *, search: str = "", after: str | None = None, before: str | None = None) -> Page:
    """A page of contacts by name, starting at a cursor (`<sort name>~<id>`).

    Searches by prefixes of a name's words or of the address, each with its own index: as fast with 200,000 contacts as
    with 20, and for the last page as for the first.
    """
    cursor = _cursor(before or after)
    backwards = cursor is not None and before is not None
    contacts = _some(company_id, search, cursor, backwards=backwards, limit=PAGE_SIZE + 1)
    more = len(contacts) > PAGE_SIZE
    contacts = contacts[:PAGE_SIZE]
    if backwards:
        contacts.reverse()
    if not contacts:
        return Page([], None, None)
    first, last = (f"{one.sort_name}~{one.external_id}" for one in (contacts[0], contacts[-1]))
    if backwards:
        return Page(contacts, first if more else None, last)
    return Page(contacts, first if cursor is not None else None, last if more else None)


def all_contacts(company_id: UUID, search: str = "") -> Iterator[ContactRow]:
    """All contacts that match the search, by name; only a part of them is in memory at a time."""
    cursor = None
    while contacts := _some(company_id, search, cursor, backwards=False, limit=EXPORTED_AT_ONCE):
        yield from contacts
        cursor = _place(contacts[-1].sort_name, contacts[-1].external_id)


def colleagues(company_id: UUID, folded_emails: Collection[str]) -> dict[str, UUID]:
    """Which of these addresses belong to the company's people. For display only: an address proves no identity."""
    if not folded_emails:
        return {}
    rows = db.session.execute(
        sa.select(Person.email, Person.id).where(
            Person.company_id == company_id, Person.email.in_(sorted(folded_emails)), Person.is_active
        )
    )
    return {email: person_id for email, person_id in rows if email}


def _some(company_id: UUID, search: str, cursor: sa.Tuple | None, *, backwards: bool, limit: int) -> list[ContactRow]:
    place = sa.tuple_(CrmContact.sort_name, CrmContact.external_id)
    order: list[Any] = [CrmContact.sort_name, CrmContact.external_id]
    if backwards:
        order = [column.desc() for column in order]
    query = sa.select(*(getattr(CrmContact, field) for field in FIELDS)).where(CrmContact.company_id == company_id)
    if search:
        query = query.where(CrmContact.external_id.in_(_found(company_id, search, cursor, order, backwards, limit)))
    elif cursor is not None:
        query = query.where(place < cursor if backwards else place > cursor)
    return [ContactRow(*row) for row in db.session.execute(query.order_by(*order).limit(limit))]


def _found(
    company_id: UUID, search: str, cursor: sa.Tuple | None, order: list[Any], backwards: bool, limit: int
) -> sa.Select[UUID]:
    """The first few ids from each index; the first few of all are among them."""
    place = sa.tuple_(CrmContact.sort_name, CrmContact.external_id)
    arms = []
    for column, (first, last) in _ranges(search):
        arm = sa.select(CrmContact.external_id).where(
            CrmContact.company_id == company_id, column >= first, column < last
        )
        if cursor is not None:
            arm = arm.where(place < cursor if backwards else place > cursor)
        arms.append(sa.select(arm.order_by(*order).limit(limit).subquery().c.external_id))
    return sa.select(sa.union(*arms).subquery().c.external_id)


def _ranges(search: str) -> list[tuple[Any, tuple[str, str]]]:
    by_name = beginning(search)
    by_email = beginning(search.lower())
    names = (CrmContact.sort_name, CrmContact.name_suffix_2, CrmContact.name_suffix_3, CrmContact.name_suffix_last)
    return [*((column, by_name) for column in names), (CrmContact.folded_email, by_email)]


def _place(name: str, external_id: UUID) -> sa.Tuple:
    return sa.tuple_(sa.literal(name), sa.literal(external_id, CrmContact.external_id.type))


def _cursor(text: str | None) -> sa.Tuple | None:
    """None for an invalid cursor, which leads to the first page."""
    name, _, number = (text or "").rpartition("~")
    try:
        return _place(name, UUID(number))
    except ValueError:
        return None

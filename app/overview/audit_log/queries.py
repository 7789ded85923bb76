"""Reads of the audit log, the company first: a page at a time, newest first, or everything in batches."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.applications.models import Application
from app.audit.events.base import INSTALLATION
from app.audit.installation import ENTRIES
from app.audit.models import ABOUT_ANOTHER, AuditChain, AuditEntry
from app.companies.models import LoginPage
from app.connections.models import Draft
from app.core.database import db, release_connection
from app.overview.audit_log.rendering import Subject
from app.people.models import Person

PAGE_SIZE = 50
BATCH = 1000
LOWEST, HIGHEST = UUID(int=0), UUID(int=(1 << 128) - 1)
PLACE = ("number", "previous_hash", "hash")
FIRST_DAY, LAST_DAY = date(1970, 1, 2), date(9000, 1, 1)

Entry = Mapping[str, Any]
"""A row of `audit_entry` by its column names."""


@dataclass(frozen=True)
class AuditFilter:
    """Which entries; the conditions are combined with AND."""

    events: tuple[str, ...] = ()
    person_id: UUID | None = None
    """Who did it, or whom it was done to."""
    from_day: date | None = None
    to_day: date | None = None
    """Both included; days are in UTC."""
    reference: str = ""
    reason: str = ""
    """Why a sign-in failed. Has no index: it is searched for among the failed sign-ins of these days."""


@dataclass(frozen=True)
class Page:
    entries: list[Entry]
    newer: UUID | None
    """The cursor of the page with newer entries; None on the first."""
    older: UUID | None


def page(company_id: UUID, wanted: AuditFilter, *, older: UUID | None = None, newer: UUID | None = None) -> Page:
    """Entries, newest first, starting at a cursor (an entry's id). The last page is as fast as the first."""
    if newer and not older:
        entries = _read(company_id, wanted, beyond=newer, newest_first=False, limit=PAGE_SIZE + 1)
        if len(entries) > PAGE_SIZE:
            shown = entries[:PAGE_SIZE][::-1]
            return Page(shown, shown[0]["id"], shown[-1]["id"])
        older = None  # fewer newer entries than a page: the first page shows them all
    entries = _read(company_id, wanted, beyond=older, newest_first=True, limit=PAGE_SIZE + 1)
    shown = entries[:PAGE_SIZE]
    return Page(
        shown,
        shown[0]["id"] if older and shown else None,
        shown[-1]["id"] if len(entries) > PAGE_SIZE else None,
    )


def batches(company_id: UUID, wanted: AuditFilter) -> Iterator[list[Entry]]:
    """All entries of the company or the installation, oldest first, with their places in the chain; no connection is
    held while a batch is processed.
    """
    last: UUID | None = None
    while True:
        if company_id == INSTALLATION:
            entries = _of_installation(wanted, last)
        else:
            entries = _with_places(company_id, _read(company_id, wanted, beyond=last, newest_first=False, limit=BATCH))
        release_connection()
        if entries:
            yield entries
        if len(entries) < BATCH:
            return
        last = entries[-1]["id"]


def names(company_id: UUID, ids: Collection[UUID]) -> dict[UUID, Subject]:
    """The people, connections, login pages and applications of the company or the installation with these ids, in one
    query.
    """
    if not ids:
        return {}
    person = sa.select(Person.id, sa.true(), Person.name, Person.avatar_hash, Person.deleted_at.is_(None)).where(
        Person.company_id == company_id, Person.id.in_(ids)
    )
    draft = sa.select(Draft.id, sa.false(), Draft.title, sa.null(), sa.false()).where(
        Draft.company_id == company_id, Draft.id.in_(ids)
    )
    login_page = sa.select(LoginPage.id, sa.false(), LoginPage.code, sa.null(), sa.false()).where(
        LoginPage.company_id == company_id, LoginPage.id.in_(ids)
    )
    application = sa.select(Application.id, sa.false(), Application.name, sa.null(), sa.false()).where(
        Application.company_id == (None if company_id == INSTALLATION else company_id), Application.id.in_(ids)
    )
    rows: Iterable[Any] = db.session.execute(sa.union_all(person, draft, login_page, application))
    return {row[0]: Subject(*row) for row in rows}


def _of_installation(wanted: AuditFilter, beyond: UUID | None) -> list[Entry]:
    """The installation's next entries; of the filter only the days count."""
    first, last = _stretch(wanted, beyond, newest_first=False)
    query = sa.select(ENTRIES).where(ENTRIES.c.id.between(first, last)).order_by(ENTRIES.c.id).limit(BATCH)
    return [dict(row) for row in db.session.execute(query).mappings()]


def _with_places(company_id: UUID, entries: list[Entry]) -> list[Entry]:
    """The entries with number and hashes, which are None while an entry isn't in the chain."""
    place = AuditChain.__table__.c
    rows = db.session.execute(
        sa.select(place.entry_id, *(place[name] for name in PLACE)).where(
            place.company_id == company_id, place.entry_id.in_([entry["id"] for entry in entries])
        )
    ).mappings()
    places = {row["entry_id"]: {name: row[name] for name in PLACE} for row in rows}
    return [{**entry, **places.get(entry["id"], dict.fromkeys(PLACE))} for entry in entries]


def ids_in(entries: Collection[Entry]) -> set[UUID]:
    """All ids in these entries that have a name."""
    found = {entry[column] for entry in entries for column in ("actor_id", "subject_id")}
    return found - {None}


def _read(company_id: UUID, wanted: AuditFilter, *, beyond: UUID | None, newest_first: bool, limit: int) -> list[Entry]:
    first, last = _stretch(wanted, beyond, newest_first)
    arms = [
        _arm(company_id, keys, first, last, newest_first).where(*_rest(wanted)).limit(limit).subquery()
        for keys in _keys(wanted)
    ]
    found = sa.union(*(sa.select(arm.c.id) for arm in arms)).subquery()
    # Only the rows that are shown are read completely.
    shown = sa.select(found.c.id).order_by(found.c.id.desc() if newest_first else found.c.id).limit(limit).subquery()
    entry = AuditEntry.__table__.c
    query = (
        sa.select(AuditEntry.__table__)
        .join(shown, sa.and_(entry.company_id == company_id, shown.c.id == entry.id))
        .order_by(entry.id.desc() if newest_first else entry.id)
    )
    return [dict(row) for row in db.session.execute(query).mappings()]


def _arm(company_id: UUID, keys: Mapping[str, Any], first: UUID, last: UUID, newest_first: bool) -> sa.Select[Any]:
    """The entries' ids as a range of the index that begins with the company and these keys."""
    entry = AuditEntry.__table__.c
    within: list[sa.ColumnElement[bool]] = [
        entry[name] == value for name, value in {"company_id": company_id, **keys}.items()
    ]
    if "subject_id" in keys:
        within.append(ABOUT_ANOTHER)
    if first != LOWEST:
        within.append(entry.id >= first)
    if last != HIGHEST:
        within.append(entry.id <= last)
    return sa.select(entry.id).where(*within).order_by(entry.id.desc() if newest_first else entry.id)


def _keys(wanted: AuditFilter) -> list[dict[str, Any]]:
    """The alternatives of the filter; an entry matches if one of them and `_rest` match. Each has an index; that of a
    subject lacks what people did about themselves, which is found by the actor.
    """
    if wanted.reference:
        return [{"reference": wanted.reference}]
    if wanted.person_id:
        return [{"actor_id": wanted.person_id}, {"subject_id": wanted.person_id}]
    return [{"event": event} for event in wanted.events] or [{}]


def _rest(wanted: AuditFilter) -> Iterator[sa.ColumnElement[bool]]:
    if wanted.reference and wanted.person_id:
        yield sa.or_(AuditEntry.actor_id == wanted.person_id, AuditEntry.subject_id == wanted.person_id)
    if wanted.events and (wanted.reference or wanted.person_id):
        yield AuditEntry.event.in_(wanted.events)
    if wanted.reason:
        yield AuditEntry.detail["reason"].as_string() == wanted.reason


def _stretch(wanted: AuditFilter, beyond: UUID | None, newest_first: bool) -> tuple[UUID, UUID]:
    """The lowest and highest id of the filter's time range."""
    first = _first_id(wanted.from_day) if wanted.from_day else LOWEST.int
    last = _first_id(wanted.to_day + timedelta(days=1)) - 1 if wanted.to_day else HIGHEST.int
    if beyond and newest_first:
        last = min(last, beyond.int - 1)
    elif beyond:
        first = max(first, beyond.int + 1)
    return UUID(int=min(first, HIGHEST.int)), UUID(int=max(last, 0))


def _first_id(day: date) -> int:
    """The lowest id of the day: a UUIDv7 starts with the milliseconds since 1970."""
    beginning = datetime.combine(max(FIRST_DAY, min(day, LAST_DAY)), time(), UTC)
    return int(beginning.timestamp() * 1000) << 80

"""Finds a company's people by a part of their name or email address, through an index on either database.

PostgreSQL has an index of trigrams. SQLite has a full-text index of them
(https://www.sqlite.org/fts5.html#the_trigram_tokenizer), kept in step by triggers; see the migration people_search.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.core.database import db
from app.core.email_address import normalize_email
from app.people.models import Person
from app.people.names import fold

TRIGRAM = 3
"""Shorter terms are found at beginnings only, through the indexes that sort."""
LAST_SIGN = "\U0010ffff"
"""Sorts after everything with the same prefix."""
FEW = 500
"""Up to as many people are read from the search's index first. More are so frequent that reading people in order until
a page is full takes less time."""

INDEX: Any = sa.table("person_search", sa.column("rowid"))
NUMBERS: Any = sa.table("person_search_key", sa.column("number"), sa.column("person_id", Person.id.type))
MATCH = sa.literal_column("person_search").op("MATCH", is_comparison=True)

Term = tuple[Any, str]
"""A column, and the text in it."""


def found_by(company_id: UUID, search: str) -> sa.ColumnElement[bool]:
    """The condition that a name or address contains the text, whatever its case and its names' accents.

    A text of two characters has to be at the beginning of a name's word or of the address, a single character at the
    beginning of the name or of the address. Not left to the database's planner: it doesn't know whether a text is rare.
    """
    texts = [(Person.sort_name, fold(search)), (Person.email, normalize_email(search))]
    starts = [(column, text) for column, text in texts if 0 < len(text) < TRIGRAM]
    contained = [*_contained(texts)]
    ids: list[UUID] = []
    if starts:
        ids += _first(sa.select(Person.id).where(Person.company_id == company_id, _any_begins(starts)))
    if contained and len(ids) <= FEW:
        is_sqlite = db.session.get_bind().dialect.name == "sqlite"
        ids += _first(_in_full_text(company_id, contained) if is_sqlite else _in_trigrams(company_id, contained))
    if len(ids) <= FEW:
        return Person.id.in_(ids)
    # Concatenated, so that no index is used but the one that sorts.
    return sa.or_(
        _any_begins([(column.concat(""), text) for column, text in starts]),
        _any_contains([(column.concat(""), text) for column, text in contained]),
    )


def _contained(texts: list[Term]) -> Iterator[Term]:
    for column, text in texts:
        if len(text) >= TRIGRAM:
            yield column, text
        elif len(text) == TRIGRAM - 1 and column is Person.sort_name:
            # The beginning of a further word is a trigram, too.
            yield column, f" {text}"


def _first(query: sa.Select[UUID]) -> list[UUID]:
    return list(db.session.scalars(query.limit(FEW + 1)))


def _in_trigrams(company_id: UUID, contained: list[Term]) -> sa.Select[UUID]:
    return sa.select(Person.id).where(Person.company_id == company_id, _any_contains(contained))


def _in_full_text(company_id: UUID, contained: list[Term]) -> sa.Select[UUID]:
    company = _phrase(company_id.hex[-TRIGRAM:])
    texts = " OR ".join(f"{column.key} : {_phrase(text)}" for column, text in contained)
    return (
        sa.select(NUMBERS.c.person_id)
        .join(INDEX, INDEX.c.rowid == NUMBERS.c.number)
        .where(MATCH(f"company : {company} AND ({texts})"))
    )


def _any_begins(starts: list[Term]) -> sa.ColumnElement[bool]:
    return sa.or_(sa.false(), *(sa.and_(column >= text, column < text + LAST_SIGN) for column, text in starts))


def _any_contains(contained: list[Term]) -> sa.ColumnElement[bool]:
    return sa.or_(sa.false(), *(column.like(f"%{_escaped(text)}%", escape="\\") for column, text in contained))


def _escaped(text: str) -> str:
    """A text that LIKE searches literally."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _phrase(text: str) -> str:
    """A text that the full-text index searches literally."""
    return '"' + text.replace('"', '""') + '"'

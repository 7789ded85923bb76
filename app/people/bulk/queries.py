"""Reads for what is done to several people. The company comes first."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from app.core.database import db
from app.people.models import Person
from app.people.people_list.filters import PeopleFilter
from app.people.people_list.queries import matches

Excluded = sa.ColumnElement[str | None]
NAMES_SHOWN = 5


@dataclass(frozen=True)
class Selection:
    """Some people of the list, or all who match its filter."""

    wanted: PeopleFilter
    ids: Collection[UUID] | None
    """None for all who match."""

    def condition(self, company_id: UUID) -> sa.ColumnElement[bool]:
        if self.ids is None:
            return matches(company_id, self.wanted)
        return sa.and_(matches(company_id, PeopleFilter()), Person.id.in_(self.ids))


def numbers(company_id: UUID, selection: Selection, excluded: Excluded) -> dict[str | None, int]:
    """How many of the selected people there are by why they are left out; None for those who are not."""
    query = sa.select(excluded.label("reason"), sa.func.count()).where(selection.condition(company_id))
    return {row[0]: row[1] for row in db.session.execute(query.group_by(sa.text("reason")))}


def targets(company_id: UUID, selection: Selection, excluded: Excluded) -> list[UUID]:
    """The selected people who are not left out."""
    condition = selection.condition(company_id)
    return list(db.session.scalars(sa.select(Person.id).where(condition, excluded.is_(None)).order_by(Person.id)))


def first_names(company_id: UUID, selection: Selection, excluded: Excluded) -> list[str]:
    """The names of the first few who are not left out."""
    query = sa.select(Person.name).where(selection.condition(company_id), excluded.is_(None))
    return list(db.session.scalars(query.order_by(Person.sort_name, Person.id).limit(NAMES_SHOWN)))


def numbers_by_role(company_id: UUID, selection: Selection, excluded: Excluded) -> dict[str, int]:
    query = sa.select(Person.role, sa.func.count()).where(selection.condition(company_id), excluded.is_(None))
    return {row[0]: row[1] for row in db.session.execute(query.group_by(Person.role))}


def numbers_by_method(company_id: UUID, selection: Selection, excluded: Excluded) -> dict[str, int]:
    """By method, or by the id of its connection."""
    method = (Person.sign_in_method, Person.method_connection_id)
    query = sa.select(*method, sa.func.count()).where(selection.condition(company_id), excluded.is_(None))
    return {str(connection or name): number for name, connection, number in db.session.execute(query.group_by(*method))}

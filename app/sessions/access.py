"""The one way to end everything that a person has, or that began through a connection, or at a whole company: the
sessions here, and what packages further up add, such as applications' grants, which may outlive their session.

A single session is ended by `actions.end`; offline access stays then.
"""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

import sqlalchemy as sa

from app.core.hooks import Hook
from app.sessions import actions
from app.sessions.models import EndReason, Session


@dataclass(frozen=True)
class Access:
    """Sessions and what belongs to them. Use the constructors below: a missing id here means everything."""

    company_id: UUID
    person_id: UUID | None = None
    connection_id: UUID | None = None
    kept_session: UUID | None = None
    """Stays, with all that belongs to it."""

    @classmethod
    def of_person(cls, company_id: UUID, person_id: UUID, *, kept_session: UUID | None = None) -> Self:
        return cls(company_id, person_id, kept_session=kept_session)

    @classmethod
    def of_person_through(cls, company_id: UUID, person_id: UUID, connection_id: UUID) -> Self:
        return cls(company_id, person_id, connection_id)

    @classmethod
    def through_connection(cls, company_id: UUID, connection_id: UUID, *, kept_session: UUID | None = None) -> Self:
        return cls(company_id, connection_id=connection_id, kept_session=kept_session)

    @classmethod
    def of_company(cls, company_id: UUID, *, kept_session: UUID | None = None) -> Self:
        return cls(company_id, kept_session=kept_session)


access_ended: Hook[Access] = Hook()
"""Called with what ends, after its sessions."""


def end_access(access: Access, reason: EndReason, *, actor_id: UUID | None = None) -> int:
    """Ends everything that this access consists of, with its audit entries and the logout tokens for applications, in
    the caller's unit of work. Returns the number of sessions.
    """
    which = [
        Session.person_id == access.person_id if access.person_id else sa.true(),
        Session.connection_id == access.connection_id if access.connection_id else sa.true(),
        Session.id != access.kept_session if access.kept_session else sa.true(),
    ]
    ended = actions.end_where(access.company_id, sa.and_(*which), reason, actor_id=actor_id)
    access_ended(access)
    return ended

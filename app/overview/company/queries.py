"""What a company has, the company first: its owners, and how much is deleted with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.applications.models import Application
from app.audit.models import AuditEntry
from app.companies.domains.models import Domain
from app.companies.models import LoginPage
from app.connections.models import Draft
from app.core.database import db
from app.crm.models import CrmContact
from app.people.models import Person, Role
from app.sessions.models import Session


@dataclass(frozen=True)
class Contents:
    """How many there are."""

    people: int
    sessions: int
    connections: int
    applications: int
    domains: int
    contacts: int
    audit_entries: int


def contents(company_id: UUID) -> Contents:
    counted: dict[str, tuple[Any, sa.ColumnElement[bool]]] = {
        "people": (Person, Person.deleted_at.is_(None)),
        "sessions": (Session, Session.ended_at.is_(None)),
        "connections": (Draft, sa.true()),
        "applications": (Application, sa.true()),
        "domains": (Domain, sa.true()),
        "contacts": (CrmContact, sa.true()),
        "audit_entries": (AuditEntry, sa.true()),
    }
    numbers = [
        sa.select(sa.func.count()).select_from(model).where(model.company_id == company_id, which).scalar_subquery()
        for model, which in counted.values()
    ]
    return Contents(*db.session.execute(sa.select(*numbers)).one())


def other_owners(company_id: UUID, person_id: UUID) -> Sequence[str]:
    """The names of the company's other owners who can sign in."""
    return db.session.scalars(
        sa.select(Person.name)
        .where(Person.company_id == company_id, Person.role == Role.OWNER, Person.is_active, Person.id != person_id)
        .order_by(Person.sort_name, Person.id)
    ).all()


def codes(company_id: UUID) -> Sequence[str]:
    """The codes of the company's login pages, that of the main page first."""
    return db.session.scalars(
        sa.select(LoginPage.code).where(LoginPage.company_id == company_id).order_by(LoginPage.position)
    ).all()

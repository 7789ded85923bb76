"""Reads for domains. A domain's owner is found by the domain, from which the company follows; everything else takes the
company first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from app.companies.domains.models import Domain, TenantDomain
from app.companies.domains.names import can_be_proven, of_email, registrable, with_parents
from app.companies.models import Company, LoginPage
from app.core.database import db

MOST_SUGGESTED = 20


def all_of(company_id: UUID) -> Sequence[Domain]:
    return db.session.scalars(
        sa.select(Domain).where(Domain.company_id == company_id).order_by(Domain.proven_at.is_(None), Domain.name)
    ).all()


def suggestions(company_id: UUID) -> list[str]:
    """The domains that the company's tenants at Microsoft list as verified and that it hasn't added, in Unicode."""
    added = sa.exists().where(Domain.company_id == company_id, Domain.shown_name == TenantDomain.shown_name)
    listed = db.session.scalars(
        sa.select(TenantDomain.shown_name)
        .where(TenantDomain.company_id == company_id, ~added)
        .distinct()
        .order_by(TenantDomain.shown_name)
        .limit(MOST_SUGGESTED)
    )
    return [name for name in listed if can_be_proven(name)]


def tenant_domains_read_at(company_id: UUID, tid: str) -> datetime | None:
    """When the tenant's list was last read."""
    query = sa.select(sa.func.min(TenantDomain.read_at)).where(
        TenantDomain.company_id == company_id, TenantDomain.tid == tid
    )
    return db.session.scalar(query)


def domain(company_id: UUID, domain_id: UUID) -> Domain | None:
    return db.session.scalar(sa.select(Domain).where(Domain.company_id == company_id, Domain.id == domain_id))


def by_name(company_id: UUID, name: str) -> Domain | None:
    return db.session.scalar(sa.select(Domain).where(Domain.company_id == company_id, Domain.name == name))


def by_id(domain_id: UUID) -> Domain | None:
    """For the worker and the commands, which serve all companies."""
    return db.session.scalar(sa.select(Domain).where(Domain.id == domain_id))


def everything(name: str | None = None) -> Sequence[Domain]:
    """All domains, or those with this name; by name."""
    query = sa.select(Domain).order_by(Domain.name, Domain.id)
    return db.session.scalars(query if name is None else query.where(Domain.name == name)).all()


def due_for_check(before: datetime) -> Sequence[UUID]:
    """The proven domains that were last checked before this moment; also those of inactive companies, which would keep
    them from a new owner otherwise.
    """
    return db.session.scalars(
        sa.select(Domain.id).where(Domain.proven_at.is_not(None), Domain.checked_at < before)
    ).all()


@dataclass(frozen=True)
class Owner:
    """The company that has proven a domain, and the code of its main login page."""

    company_id: UUID
    company_name: str
    code: str


OWNER = (
    sa.select(Company.id, Company.name, LoginPage.code)
    .join(Domain, Domain.company_id == Company.id)
    .join(LoginPage, sa.and_(LoginPage.company_id == Company.id, LoginPage.position == 0))
    .where(
        Domain.name.in_(sa.bindparam("names", expanding=True)),
        Domain.proven_at.is_not(None),
        sa.or_(Domain.name == sa.bindparam("name"), Domain.includes_subdomains),
        Company.is_active,
    )
    .order_by(sa.func.length(Domain.name).desc())
    .limit(1)
)


def owner_of(email: str) -> Owner | None:
    """The company that has proven the domain of an address, itself or by including subdomains. One query, whatever is
    typed.
    """
    name = of_email(email) or "invalid"
    row = db.session.execute(OWNER, {"names": with_parents(name) or [name], "name": name}).one_or_none()
    return Owner(*row) if row else None


def overlapping(company_id: UUID, name: str, *, with_subdomains: bool) -> str | None:
    """A domain that another company has proven, and that this one would share people with; None if there is none."""
    proven = Domain.proven_at.is_not(None)
    above = sa.and_(Domain.name.in_(with_parents(name)[1:]), Domain.includes_subdomains)
    conditions = [Domain.name == name, above]
    if with_subdomains:
        conditions.append(Domain.name.endswith(f".{name}", autoescape=True))
    return db.session.scalar(
        sa.select(Domain.shown_name)
        .where(
            Domain.root == registrable(name),
            Domain.company_id != company_id,
            proven,
            sa.or_(*conditions),
        )
        .order_by(Domain.name)
        .limit(1)
    )


def of_address(email: InstrumentedAttribute[str | None]) -> sa.ColumnElement[bool]:
    """The condition that a domain is the one of an address, or includes it."""
    return sa.or_(
        email.like(sa.literal("%@").concat(Domain.shown_name)),
        sa.and_(Domain.includes_subdomains, email.like(sa.literal("%@%.").concat(Domain.shown_name))),
    )


def is_microsoft_only(company_id: UUID, email: str | None) -> bool:
    """Whether people with this address sign in with Microsoft only."""
    if email is None:
        return False
    name = of_email(email) or "invalid"
    return bool(
        db.session.scalar(
            sa.select(
                sa.exists().where(
                    Domain.company_id == company_id,
                    Domain.proven_at.is_not(None),
                    Domain.microsoft_only,
                    Domain.name.in_(with_parents(name) or [name]),
                    sa.or_(Domain.name == name, Domain.includes_subdomains),
                )
            )
        )
    )

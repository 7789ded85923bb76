"""Writes for domains. They flush and record audit entries; the caller's unit of work commits."""

from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from app.audit.events.companies import (
    DomainAdded,
    DomainChanged,
    DomainGivenUp,
    DomainLost,
    DomainProven,
    DomainRecordMissing,
    DomainRecordRenewed,
)
from app.audit.log import record
from app.companies.domains import queries
from app.companies.domains.models import TOKEN_LIFE, Domain, State, TenantDomain, new_token
from app.companies.domains.verification import UNDECIDED, Finding, Kind
from app.core.database import apply_changes, db, insert_absent, insert_if_absent, now

CHECK_EVERY = timedelta(days=1)
LOST_AFTER = timedelta(days=14)
WARN_AFTER = (timedelta(days=1), timedelta(days=7), timedelta(days=12))
"""When the owners are warned that a record is missing. A domain isn't lost before all of these emails were sent."""


class Effect(StrEnum):
    """What a check has changed."""

    NONE = "none"
    PROVEN = "proven"
    WARN = "warn"
    """The owners are to be warned that the record is missing."""
    LOST = "lost"


def add(company_id: UUID, name: str, *, actor_id: UUID | None = None) -> tuple[Domain, bool]:
    """The company's domain with this name, in A-form, added if it is new; and whether it was."""
    wanted = Domain(company_id=company_id, name=name)
    is_new = insert_if_absent(wanted)
    found = queries.by_name(company_id, name)
    assert found is not None
    if is_new:
        record(DomainAdded(company_id=company_id, actor_id=actor_id, subject_id=found.id, domain=found.shown_name))
    return found, is_new


def renew(found: Domain, *, actor_id: UUID | None = None) -> None:
    """A new record for a domain that isn't proven. The former one proves nothing."""
    _renew_token(found)
    event = DomainRecordRenewed(
        company_id=found.company_id, actor_id=actor_id, subject_id=found.id, domain=found.shown_name
    )
    db.session.flush()
    record(event)


def change(found: Domain, *, actor_id: UUID | None = None, **values: bool) -> str | None:
    """Sets the values that differ. Returns a domain of another company that including subdomains would conflict with;
    then nothing is changed.
    """
    if values.get("includes_subdomains") and not found.includes_subdomains:
        _lock_related(found.root)
        if taken := queries.overlapping(found.company_id, found.name, with_subdomains=True):
            return taken
    if changed := apply_changes(found, dict(values)):
        db.session.flush()
        _record_change(found, changed, actor_id)
    return None


def give_up(found: Domain, *, actor_id: UUID | None = None) -> None:
    """Frees the domain, for any company to prove."""
    event = DomainGivenUp(company_id=found.company_id, actor_id=actor_id, subject_id=found.id, domain=found.shown_name)
    db.session.delete(found)
    db.session.flush()
    record(event)


def claim_check(domain_id: UUID) -> bool:
    """Claims the daily check of a proven domain for this worker."""
    moment = now()
    return bool(
        db.session.scalar(
            sa.update(Domain)
            .where(Domain.id == domain_id, Domain.proven_at.is_not(None), Domain.checked_at < moment - CHECK_EVERY)
            .values(checked_at=moment)
            .returning(Domain.id)
            .execution_options(synchronize_session=False)
        )
    )


def apply_check(domain_id: UUID, token: str, finding: Finding, *, actor_id: UUID | None = None) -> Effect:
    """What a check of the record with this token found. A record that was replaced meanwhile proves nothing."""
    found = _locked(domain_id)
    if found is None or found.token != token:
        return Effect.NONE
    found.checked_at, found.finding = now(), finding.document
    if finding.kind is Kind.FOUND:
        return _seen(found) if found.proven_at else _prove(found, finding, actor_id)
    if found.proven_at is None or finding.kind in UNDECIDED:
        return Effect.NONE
    return _missing(found)


def _locked(domain_id: UUID) -> Domain | None:
    root = db.session.scalar(sa.select(Domain.root).where(Domain.id == domain_id))
    if root is None:
        return None
    _lock_related(root)
    return db.session.scalar(sa.select(Domain).where(Domain.id == domain_id).execution_options(populate_existing=True))


def _seen(found: Domain) -> Effect:
    found.last_seen_at, found.missing_since, found.warnings_sent = now(), None, 0
    return Effect.NONE


def _prove(found: Domain, finding: Finding, actor_id: UUID | None) -> Effect:
    if found.state is not State.PENDING:
        found.finding = Finding(Kind.EXPIRED, place=finding.place).document
        return Effect.NONE
    if taken := queries.overlapping(found.company_id, found.name, with_subdomains=found.includes_subdomains):
        found.finding = Finding(Kind.TAKEN, (taken,), finding.place).document
        return Effect.NONE
    found.proven_at = found.last_seen_at = now()
    # Two companies at once wait for each other above; if they didn't, the unique index would refuse the second.
    db.session.flush()
    record(DomainProven(company_id=found.company_id, actor_id=actor_id, subject_id=found.id, domain=found.shown_name))
    return Effect.PROVEN


def _missing(found: Domain) -> Effect:
    """Each check sends one warning at most, so that a worker that was down for weeks loses nothing by its first."""
    if found.missing_since is None:
        found.missing_since = now()
        record(DomainRecordMissing(company_id=found.company_id, subject_id=found.id, domain=found.shown_name))
        return Effect.NONE
    missing_for = now() - found.missing_since
    if found.warnings_sent < len(WARN_AFTER):
        if missing_for < WARN_AFTER[found.warnings_sent]:
            return Effect.NONE
        found.warnings_sent += 1
        return Effect.WARN
    if missing_for < LOST_AFTER:
        return Effect.NONE
    _lose(found)
    return Effect.LOST


def _lose(found: Domain) -> None:
    """Frees the domain. Its record proves nothing from now on: a new owner of the domain may publish it again."""
    found.proven_at, found.lost_at, found.missing_since, found.warnings_sent = None, now(), None, 0
    found.includes_subdomains = found.microsoft_only = False
    found.previous_token, found.token, found.token_expires_at = found.token, new_token(), now()
    db.session.flush()
    record(DomainLost(company_id=found.company_id, subject_id=found.id, domain=found.shown_name))


def _renew_token(found: Domain) -> None:
    found.previous_token, found.token = found.token, new_token()
    found.token_expires_at, found.lost_at, found.finding = now() + TOKEN_LIFE, None, None


def _lock_related(root: str) -> None:
    """Serializes changes of all domains of a registrable domain until the commit, so that of two companies at once the
    second sees what the first has proven.
    """
    first = sa.select(Domain.id).where(Domain.root == root).order_by(Domain.id).limit(1).scalar_subquery()
    db.session.execute(
        sa.update(Domain)
        .where(Domain.id == first)
        .values(root=Domain.root)
        .execution_options(synchronize_session=False)
    )


def _record_change(found: Domain, changed: dict[str, list[object]], actor_id: UUID | None) -> None:
    event = DomainChanged(
        company_id=found.company_id,
        actor_id=actor_id,
        subject_id=found.id,
        domain=found.shown_name,
        changed=changed,
    )
    record(event)


def set_tenant_domains(company_id: UUID, tid: str, shown_names: Collection[str]) -> None:
    """Stores which domains a tenant of the company lists as verified, in place of those it listed before."""
    own = sa.and_(TenantDomain.company_id == company_id, TenantDomain.tid == tid)
    db.session.execute(sa.delete(TenantDomain).where(own, TenantDomain.shown_name.not_in(shown_names)))
    insert_absent([TenantDomain(company_id=company_id, tid=tid, shown_name=name) for name in shown_names])
    db.session.execute(sa.update(TenantDomain).where(own).values(read_at=now()))

"""Events: what the audit log stores for each, and which subscribers it calls."""

import dataclasses
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from app.audit import log
from app.audit.events.base import REGISTRY, Event
from app.audit.events.connections import CredentialAdded
from app.audit.events.crm import CrmContactsExported
from app.audit.events.people import PersonCreated
from app.audit.events.security import PasswordChanged
from app.audit.events.sign_ins import SessionEnded, SignInFailed
from app.audit.log import record, subscribe
from app.audit.models import AuditEntry
from app.companies.models import Company
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from tests.events import PigeonFlew

ID, LINK = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("event", "detail"),
    [
        (PersonCreated(company_id=ID, actor_id=ID, subject_id=ID, role="admin"), {"role": "admin"}),
        (PersonCreated(company_id=ID, tid="t", oid="o"), {"tid": "t", "oid": "o"}),
        (SignInFailed(company_id=ID, ip_address="::1", reference="X", reason="guest"), {"reason": "guest"}),
        (SessionEnded(company_id=ID, session=LINK), {"session": str(LINK)}),
        (
            CredentialAdded(company_id=ID, kind="secret", expires=date(2027, 1, 2), setup_link=LINK),
            {"kind": "secret", "expires": "2027-01-02", "setup_link": str(LINK)},
        ),
        (CredentialAdded(company_id=ID, kind="federated", expires=None), {"kind": "federated", "expires": None}),
        (CrmContactsExported(company_id=ID), {}),
        (PasswordChanged(company_id=ID, kept_session=LINK), {}),
    ],
)
def test_event_detail_is_its_own_fields_as_json(event: Event, detail: dict[str, Any]) -> None:
    assert event.detail == detail
    assert list(event.detail) == list(detail), "in declaration order, which pages use"


def test_event_is_immutable() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        PigeonFlew(company_id=ID, code="x").code = "y"  # type: ignore[misc]


def test_duplicate_event_name_raises() -> None:
    with pytest.raises(ValueError, match=r"Again and PigeonFlew are both called pigeon\.flew"):

        class Again(Event, name="pigeon.flew"):
            pass

    assert REGISTRY["pigeon.flew"] is PigeonFlew


@pytest.fixture
def company_id(app: Flask, monkeypatch: pytest.MonkeyPatch) -> UUID:
    monkeypatch.setattr(log, "_subscribers", {})
    with app.app_context(), unit_of_work():
        company = Company(name="Contoso")
        db.session.add(company)
        return company.id


def named(name: str) -> Company | None:
    return db.session.scalar(sa.select(Company).where(Company.name == name))


def test_subscriber_writes_in_same_transaction(app: Flask, company_id: UUID) -> None:
    def add_company(event: PigeonFlew) -> None:
        db.session.add(Company(name=event.code))

    subscribe(PigeonFlew)(add_company)
    with app.app_context():
        with unit_of_work():
            record(PigeonFlew(company_id=company_id, code="Rolled back"))
            assert named("Rolled back")
            db.session.rollback()
        assert named("Rolled back") is None
        with unit_of_work():
            record(PigeonFlew(company_id=company_id, code="Kept"))
        assert named("Kept")


def test_subscriber_receives_its_event_once_and_no_other(app: Flask, company_id: UUID) -> None:
    received: list[Event] = []
    for event_class in (PigeonFlew, PigeonFlew, PersonCreated):
        subscribe(event_class)(received.append)
    pigeon = PigeonFlew(company_id=company_id, code="x")
    with app.app_context(), unit_of_work():
        record(pigeon)
        record(SessionEnded(company_id=company_id, session=LINK))
        db.session.rollback()
    assert received == [pigeon]


def test_subscriber_error_aborts_action(app: Flask, company_id: UUID) -> None:
    def fail(event: PigeonFlew) -> None:
        raise LookupError(event.code)

    subscribe(PigeonFlew)(fail)
    with app.app_context():
        with pytest.raises(LookupError), unit_of_work():
            record(PigeonFlew(company_id=company_id, code="x"))
        assert db.session.scalar(sa.select(AuditEntry.id)) is None

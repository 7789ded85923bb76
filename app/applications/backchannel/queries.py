"""Reads for the delivery log, the company first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from app.applications.backchannel.models import LogoutDelivery
from app.applications.models import Application
from app.applications.queries import IS_FOR_COMPANY
from app.companies.models import Company
from app.core.database import db
from app.people.models import Person

MOST_SHOWN = 20


@dataclass(frozen=True)
class DeliveryLine:
    """A logout token in the log."""

    id: UUID
    created_at: datetime
    tried_at: datetime | None
    next_try_at: datetime
    finished_at: datetime | None
    tries: int
    is_delivered: bool
    status: int | None
    problem: str | None
    person_id: UUID
    person_name: str


def deliveries(company_id: UUID, application_id: UUID) -> list[DeliveryLine]:
    """Those about the company's people, newest first; at most `MOST_SHOWN`."""
    own = [getattr(LogoutDelivery, name) for name in DeliveryLine.__annotations__ if name != "person_name"]
    rows = db.session.execute(
        sa.select(*own, Person.name.label("person_name"))
        .join(Person, Person.id == LogoutDelivery.person_id)
        .where(LogoutDelivery.company_id == company_id, LogoutDelivery.application_id == application_id)
        .order_by(LogoutDelivery.id.desc())
        .limit(MOST_SHOWN)
    )
    return [DeliveryLine(**row._mapping) for row in rows]


def is_any_waiting(company_id: UUID) -> bool:
    """Whether an application is still to be told about one of the company's people."""
    waiting = sa.exists().where(LogoutDelivery.company_id == company_id, LogoutDelivery.finished_at.is_(None))
    return bool(db.session.scalar(sa.select(waiting)))


def delivery(company_id: UUID, application_id: UUID, delivery_id: UUID) -> LogoutDelivery | None:
    return db.session.scalar(
        sa.select(LogoutDelivery).where(
            LogoutDelivery.company_id == company_id,
            LogoutDelivery.application_id == application_id,
            LogoutDelivery.id == delivery_id,
        )
    )


def application(company_id: UUID, application_id: UUID) -> Application | None:
    """The company's own, or one of the installation's that is for its people."""
    return db.session.scalar(
        sa.select(Application)
        .join(Company, Company.id == company_id)
        .where(Application.id == application_id, IS_FOR_COMPANY)
    )

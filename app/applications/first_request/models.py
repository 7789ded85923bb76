"""The test of an application by an owner or admin: what arrived of its requests, and what doesn't match."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Row


class ApplicationTest(Row):
    """For a few minutes the requests are recorded that the application sends for this session, from the moment at which
    its test link was opened.
    """

    __tablename__ = "application_test"

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    application_id: Mapped[UUID] = mapped_column(sa.ForeignKey("application.id"), index=True)
    session_id: Mapped[UUID] = mapped_column(sa.ForeignKey("session.id", ondelete="CASCADE"), unique=True)
    opened_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]


class Arrival(Row):
    """A request that arrived: the names of its parameters and the verdicts on it, and no value but its redirect URI,
    without a query.
    """

    __tablename__ = "application_test_arrival"

    test_id: Mapped[UUID] = mapped_column(sa.ForeignKey("application_test.id", ondelete="CASCADE"), index=True)
    endpoint: Mapped[str]
    names: Mapped[list[str]] = mapped_column(sa.JSON)
    verdicts: Mapped[list[str]] = mapped_column(sa.JSON)
    redirect_uri: Mapped[str | None]

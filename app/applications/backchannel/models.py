"""What applications are told about the end of sessions: an outbox, and the log of what was delivered."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Row


class Problem(StrEnum):
    """Why the application didn't get a logout token, where it isn't the status of its response."""

    UNREACHABLE = "unreachable"
    """No connection, no response in time, or none that is HTTP."""
    NOT_PUBLIC = "not_public"
    """The address isn't https, or its host isn't public and not among `APPLICATION_HOSTS`."""
    NO_ADDRESS = "no_address"
    """The application has no back-channel logout URI any more."""


WAITING = sa.text("finished_at IS NULL")


class LogoutDelivery(Row):
    """A logout token for one application about one session. It has everything that the token says, since the
    application may be deleted by the time that it is sent.
    """

    __tablename__ = "logout_delivery"
    __table_args__ = (
        # One at a time waits, whatever ends a session and its grants at once.
        sa.Index(
            "uq_logout_delivery_waiting",
            "session_id",
            "client_id",
            unique=True,
            postgresql_where=WAITING,
            sqlite_where=WAITING,
        ),
        sa.Index("ix_logout_delivery_due", "next_try_at", postgresql_where=WAITING, sqlite_where=WAITING),
        sa.Index("ix_logout_delivery_company_application", "company_id", "application_id", "id"),
    )

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"))
    application_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("application.id", ondelete="SET NULL"), index=True
    )
    """None: it was deleted."""
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    session_id: Mapped[UUID] = mapped_column(sa.ForeignKey("session.id", ondelete="CASCADE"), index=True)
    client_id: Mapped[str]
    uri: Mapped[str]
    """The application's back-channel logout URI at that time, used if the application was deleted."""
    sub: Mapped[str]
    sid: Mapped[str]
    algorithm: Mapped[str]
    """By which the token is signed, like the ID token."""
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    """When it is sent; while a worker sends it, when another one may."""
    tried_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    is_delivered: Mapped[bool] = mapped_column(default=False)
    status: Mapped[int | None]
    """The status of the last response."""
    problem: Mapped[str | None]
    """A `Problem` of the last try."""

"""A company and its login pages."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Row

DEFAULT_IDLE_MINUTES = 12 * 60
DEFAULT_SESSION_HOURS = 7 * 24


class PasswordSignIn(StrEnum):
    """Who of a company's people may sign in with a password."""

    EVERYONE = "everyone"
    ASSIGNED = "assigned"
    NOBODY = "nobody"


class Company(Row):
    __tablename__ = "company"

    name: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    password_sign_in: Mapped[str] = mapped_column(default=PasswordSignIn.EVERYONE)
    notices: Mapped[list[dict[str, str]] | None] = mapped_column(sa.JSON(none_as_null=True))
    """What owners and admins are shown on every page; kept here, so that no page asks for it a second time."""

    idle_minutes: Mapped[int] = mapped_column(default=DEFAULT_IDLE_MINUTES)
    """How long a session lasts that nobody uses."""
    session_hours: Mapped[int] = mapped_column(default=DEFAULT_SESSION_HOURS)
    """How long a session lasts at the most."""

    login_pages: Mapped[list["LoginPage"]] = relationship(back_populates="company", order_by="LoginPage.position")


class LoginPage(Row):
    """A login page of a company: each of its locations can have one, with a code and a note."""

    __tablename__ = "login_page"
    __table_args__ = (sa.UniqueConstraint("company_id", "position"),)

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"))
    position: Mapped[int]
    """0 is the company's own page; the others are its locations, in order."""
    code: Mapped[str] = mapped_column(unique=True)
    location: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")

    company: Mapped[Company] = relationship(back_populates="login_pages")


class RetiredCode(Row):
    """A login code that was given up: for a while nobody else may have it, and it forwards."""

    __tablename__ = "retired_code"

    code: Mapped[str] = mapped_column(unique=True)
    page_id: Mapped[UUID] = mapped_column(sa.ForeignKey("login_page.id"), index=True)
    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    reserved_until: Mapped[datetime]

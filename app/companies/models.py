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
    """Which of a company's people may sign in with a password."""

    EVERYONE = "everyone"
    ASSIGNED = "assigned"
    NOBODY = "nobody"


class Company(Row):
    __tablename__ = "company"

    name: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    password_sign_in: Mapped[str] = mapped_column(default=PasswordSignIn.EVERYONE)
    notices: Mapped[list[dict[str, str]] | None] = mapped_column(sa.JSON(none_as_null=True))
    """The banners for owners and admins, stored so that no page needs a query for them."""

    idle_minutes: Mapped[int] = mapped_column(default=DEFAULT_IDLE_MINUTES)
    """Minutes after which an unused session ends."""
    session_hours: Mapped[int] = mapped_column(default=DEFAULT_SESSION_HOURS)
    """Hours after which a session ends in any case."""

    checklist_dismissed_at: Mapped[datetime | None]
    """When an owner or admin dismissed the setup checklist of the home page."""

    login_pages: Mapped[list["LoginPage"]] = relationship(back_populates="company", order_by="LoginPage.position")


class LoginPage(Row):
    """A login page of a company: each of its locations can have one, with a code and a note."""

    __tablename__ = "login_page"
    __table_args__ = (sa.UniqueConstraint("company_id", "position"),)

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"))
    position: Mapped[int]
    """0 is the company's main page; the others are its locations, in order."""
    code: Mapped[str] = mapped_column(unique=True)
    location: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")

    company: Mapped[Company] = relationship(back_populates="login_pages")


class RetiredCode(Row):
    """A released login code. It forwards for a while, and no other company can ever use it: an application that asks
    for it would get that company's people.
    """

    __tablename__ = "retired_code"

    code: Mapped[str] = mapped_column(unique=True)
    page_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("login_page.id"), index=True)
    """The page it forwards to; None if that was deleted."""
    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    reserved_until: Mapped[datetime]
    """Until when it forwards."""

"""A company and its login pages."""

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.companies.branding.models import BrandingType
from app.core.branding import PORTICO, Branding
from app.core.database import Base, Row
from app.core.localized_text import by_language
from app.core.translation import ENGLISH

DEFAULT_IDLE_MINUTES = 12 * 60
DEFAULT_SESSION_HOURS = 7 * 24


class PasswordSignIn(StrEnum):
    """Which of a company's people may sign in with a password."""

    EVERYONE = "everyone"
    ASSIGNED = "assigned"
    NO_ONE = "nobody"
    """The value is that of the companies file, which operators have written."""


def new_org_id() -> str:
    """96 random bits, in characters that the name of a cookie can have. No login code has an underscore, so that none
    looks like one.
    """
    return f"org_{secrets.token_hex(12)}"


class Company(Row):
    __tablename__ = "company"

    public_id: Mapped[str] = mapped_column(unique=True)
    """What applications know the company by, as `org_id`, and what names its session's cookie: opaque, never changed
    and never used again.
    """
    name: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    password_sign_in: Mapped[str] = mapped_column(default=PasswordSignIn.EVERYONE)
    language: Mapped[str] = mapped_column(default=ENGLISH)
    """The default for emails, and for browsers whose languages have no catalog."""
    notices: Mapped[list[dict[str, str]] | None] = mapped_column(sa.JSON(none_as_null=True))
    """The banners for owners and admins, stored so that no page needs a query for them."""

    idle_minutes: Mapped[int] = mapped_column(default=DEFAULT_IDLE_MINUTES)
    """Minutes after which an unused session ends."""
    session_hours: Mapped[int] = mapped_column(default=DEFAULT_SESSION_HOURS)
    """Hours after which a session ends in any case."""

    remember_days: Mapped[int | None]
    """Days for which people may stay signed in on a device; None if they may not."""
    branding: Mapped[Branding] = mapped_column(BrandingType, nullable=True, default=PORTICO)

    checklist_dismissed_at: Mapped[datetime | None]
    """When an owner or admin dismissed the setup checklist of the home page."""

    deletes_at: Mapped[datetime | None]
    """When it is deleted with everything that it has; until then its owner can cancel that, and it is closed to members
    and applications. None if it stays.
    """
    deletion_reminded_at: Mapped[datetime | None]
    """When its owners were reminded of that."""

    login_pages: Mapped[list["LoginPage"]] = relationship(back_populates="company", order_by="LoginPage.position")

    def __init__(self, **values: Any) -> None:
        super().__init__(**{"public_id": new_org_id(), **values})

    @property
    def shown_name(self) -> str:
        """The name on pages and in emails; `name` is what operators have entered."""
        return self.branding.shown_name(self.name)


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
    """In the company's default language."""
    note_translations: Mapped[dict[str, str] | None] = mapped_column(sa.JSON(none_as_null=True))

    company: Mapped[Company] = relationship(back_populates="login_pages")

    @property
    def notes(self) -> dict[str, str]:
        """The note in each language that it has."""
        return by_language(self.note, self.company.language, self.note_translations)


class RetiredCode(Row):
    """A released login code. For a while it forwards; no other company can ever use it, since bookmarks, emails and
    applications that still have it would lead people to that company's login page. That is true of a deleted company's
    codes, too.
    """

    __tablename__ = "retired_code"

    code: Mapped[str] = mapped_column(unique=True)
    page_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("login_page.id"), index=True)
    """The page that it forwards to; None if that was removed."""
    company_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("company.id"), index=True)
    """None: it was a deleted company's, so no company can use it."""
    forwards_until: Mapped[datetime]


class CompanyErasure(Base):
    """A company that is being deleted, which can't be canceled any more. Only then the database lets the worker delete
    its audit log (see the migrations).
    """

    __tablename__ = "company_erasure"

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), primary_key=True)
    began_at: Mapped[datetime]


class DeletedCompany(Row):
    """What stays of a deleted company, beside its login codes: that its public id was used, and when it was deleted."""

    __tablename__ = "deleted_company"

    public_id: Mapped[str] = mapped_column(unique=True)

"""The domains of companies."""

import base64
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.companies.domains.names import record_name, registrable, shown
from app.companies.models import Company
from app.core.database import Row, now

TOKEN_LIFE = timedelta(days=7)
"""How long a new record may prove the domain. The record of a proven one stays in DNS, and is looked up every day."""


class State(StrEnum):
    PENDING = "pending"
    EXPIRED = "expired"
    """Its record wasn't found within seven days."""
    PROVEN = "proven"
    MISSING = "missing"
    """Proven, but its record is missing; nothing has changed yet."""
    LOST = "lost"
    """Its record was missing for 14 days."""


def new_token() -> str:
    """160 random bits in base32."""
    return base64.b32encode(secrets.token_bytes(20)).decode().lower()


class Domain(Row):
    """A domain that a company claims, and has proven if `proven_at` is set. Only one company can have proven it."""

    __tablename__ = "domain"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "name"),
        sa.Index(
            "uq_domain_proven_name",
            "name",
            unique=True,
            postgresql_where=sa.text("proven_at IS NOT NULL"),
            sqlite_where=sa.text("proven_at IS NOT NULL"),
        ),
    )

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"))
    name: Mapped[str]
    """In A-form."""
    shown_name: Mapped[str]
    """In Unicode, as the addresses of people have it."""
    root: Mapped[str] = mapped_column(index=True)
    """The registrable domain that it is, or is a part of."""
    token: Mapped[str] = mapped_column(unique=True)
    """What the record has to say. It is public once it is in DNS."""
    previous_token: Mapped[str | None]
    token_expires_at: Mapped[datetime]
    proven_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    """When the record was last found."""
    checked_at: Mapped[datetime | None]
    finding: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    """What the last check found in DNS; see `verification.Finding`."""
    missing_since: Mapped[datetime | None]
    """The first check since the record was last seen in which it was certainly missing."""
    warnings_sent: Mapped[int] = mapped_column(default=0)
    """How many emails have warned of that."""
    lost_at: Mapped[datetime | None]
    includes_subdomains: Mapped[bool] = mapped_column(default=False)
    microsoft_only: Mapped[bool] = mapped_column(default=False)
    """People with an address of this domain sign in with Microsoft only."""

    company: Mapped[Company] = relationship()

    def __init__(self, *, name: str, **values: Any) -> None:
        super().__init__(
            **{
                "name": name,
                "shown_name": shown(name),
                "root": registrable(name),
                "token": new_token(),
                "token_expires_at": now() + TOKEN_LIFE,
                **values,
            }
        )

    @property
    def record_name(self) -> str:
        return record_name(self.name)

    @property
    def short_record_name(self) -> str:
        """The same without the registrable domain, as most DNS providers' forms want it."""
        return self.record_name.removesuffix(f".{self.root}")

    @property
    def record_value(self) -> str:
        return f"token={self.token}"

    @property
    def record(self) -> str:
        """The whole record, for operators."""
        return f"{self.record_name} TXT {self.record_value}"

    @property
    def state(self) -> State:
        if self.proven_at:
            return State.MISSING if self.missing_since else State.PROVEN
        if self.lost_at:
            return State.LOST
        return State.EXPIRED if self.token_expires_at < now() else State.PENDING


class TenantDomain(Row):
    """A domain that a company's tenant at Microsoft lists as verified. An admin's sign-in reads them, once a day."""

    __tablename__ = "tenant_domain"
    __table_args__ = (sa.UniqueConstraint("company_id", "tid", "shown_name"),)

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"))
    tid: Mapped[str]
    """The tenant's ID."""
    shown_name: Mapped[str]
    """In Unicode, as the addresses of people have it."""
    read_at: Mapped[datetime | None]
    """When the tenant last listed it."""

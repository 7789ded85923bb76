"""A company's images, and the type of the column with its branding."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.branding import PORTICO, Branding
from app.core.database import Row


class BrandingType(sa.types.TypeDecorator[Branding]):
    """A column of the company, so that whatever query reads the company has its branding as well. Stored as JSON, since
    no query looks for one of its values.
    """

    impl = sa.JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Branding | None, _dialect: sa.Dialect) -> dict[str, Any] | None:
        return (value.stored or None) if value else None

    def process_result_value(self, value: dict[str, Any] | None, _dialect: sa.Dialect) -> Branding:
        return Branding.of_stored(value) if value else PORTICO


class BrandingImage(Row):
    """An image of a company's login page, re-encoded, so that it has nothing but pixels. Everyone who knows its hash
    can have it, as everyone who knows the login code sees it.
    """

    __tablename__ = "branding_image"
    __table_args__ = (sa.UniqueConstraint("company_id", "kind"),)

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"))
    kind: Mapped[str]
    hash: Mapped[str] = mapped_column(index=True)
    mime_type: Mapped[str]
    content: Mapped[bytes]

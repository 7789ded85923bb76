"""What a directory last said about a person, and who is an admin because of it."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Row


class DirectorySnapshot(Row):
    """The app roles and groups of a Microsoft identity at its last sign-in through a connection. It exists only where
    roles are mapped.
    """

    __tablename__ = "directory_snapshot"
    __table_args__ = (sa.UniqueConstraint("connection_id", "oid"),)

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    connection_id: Mapped[UUID] = mapped_column(sa.ForeignKey("connection_draft.id"))
    oid: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    """None until the identity has an account here."""
    app_roles: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    groups: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    read_at: Mapped[datetime]
    groups_read_at: Mapped[datetime | None]
    """None if Microsoft Graph has never answered."""
    groups_kept_until: Mapped[datetime | None] = mapped_column(index=True)
    """Set while roles from groups are kept because Microsoft Graph didn't answer."""


class MappedAdmin(Row):
    """A mapping that makes a person an admin of Portico, since `created_at`. An admin by hand has none."""

    __tablename__ = "mapped_admin"
    __table_args__ = (sa.UniqueConstraint("person_id", "mapping_id"),)

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("person.id"))
    mapping_id: Mapped[UUID] = mapped_column(sa.ForeignKey("role_mapping.id", ondelete="CASCADE"), index=True)

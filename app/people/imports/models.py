"""Imports of people from files, and the outcome of each row."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Row
from app.people.invitations.actions import SignInAssignment
from app.people.models import SignInMethod


class Outcome(StrEnum):
    """The outcome of a row."""

    ADDED = "added"
    PRESENT = "present"
    REFUSED = "refused"


class Import(Row):
    """A CSV file being imported. It is read in batches; progress is committed together with the rows, so another worker
    can continue after a crash.
    """

    __tablename__ = "people_import"
    __table_args__ = (
        sa.Index(
            "ix_people_import_open",
            "lease_until",
            postgresql_where=sa.text("finished_at IS NULL"),
            sqlite_where=sa.text("finished_at IS NULL"),
        ),
    )

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    actor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    file_name: Mapped[str]
    content: Mapped[str | None] = mapped_column(deferred=True)
    """The file; None once all of it was read."""
    sends_mail: Mapped[bool]
    """Whether each person is sent an invitation."""
    method: Mapped[str]
    connection_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("connection_draft.id"), index=True)
    """The connection that people are assigned to."""
    tenant: Mapped[str | None]
    """The directory that object IDs belong to: the connection's, when the file was added."""
    total: Mapped[int]
    """Rows below the header that are not blank."""
    done: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    offset: Mapped[int] = mapped_column(default=0)
    """Where the next batch begins in the content, in characters."""
    line: Mapped[int] = mapped_column(default=1)
    """The number of the last line read, counted like an editor does; the header is line 1."""
    rescanned: Mapped[int] = mapped_column(default=0)
    """Characters read again after broken quotes; see `csv_records`."""
    tries: Mapped[int] = mapped_column(default=0)
    """How often a worker began the next batch; after tasks.MOST_TRIES the import fails."""
    lease_until: Mapped[datetime | None]
    """Until then a worker is processing it, unless it died."""
    finished_at: Mapped[datetime | None]
    has_failed: Mapped[bool] = mapped_column(default=False)
    """The import failed; lines after `line` were not read."""

    @property
    def assignment(self) -> SignInAssignment:
        """How the people of this file are to sign in."""
        return SignInAssignment(SignInMethod(self.method), self.connection_id, self.tenant)

    @property
    def noted(self) -> int:
        """Rows that added no one."""
        return self.done - self.added


class ImportRow(Row):
    """A row that added no one, and why."""

    __tablename__ = "people_import_row"
    __table_args__ = (sa.UniqueConstraint("import_id", "number"),)

    import_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people_import.id"))
    number: Mapped[int]
    email: Mapped[str]
    name: Mapped[str] = mapped_column(default="", server_default="")
    role: Mapped[str] = mapped_column(default="", server_default="")
    object_id: Mapped[str] = mapped_column(default="", server_default="")
    external_id: Mapped[str] = mapped_column(default="", server_default="")
    """The row's cells as given, so that the report can be corrected and imported again."""
    outcome: Mapped[str]
    reason: Mapped[str]

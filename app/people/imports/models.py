"""Imports of people from files, and what became of each row."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Row


class Outcome(StrEnum):
    """What became of a line of a file."""

    ADDED = "added"
    PRESENT = "present"
    REFUSED = "refused"


class Import(Row):
    """A CSV file of people on its way in. It is read in portions; what is done is counted with what it did, so that
    another worker goes on where one has died."""

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
    """The file; None once all of it is read."""
    sends_mail: Mapped[bool]
    """Whether each person is sent an invitation."""
    method: Mapped[str]
    connection_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("connection_draft.id"), index=True)
    """The connection that is assigned, and whose directory object ids are of."""
    total: Mapped[int]
    """Lines with a person in them."""
    done: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    offset: Mapped[int] = mapped_column(default=0)
    """Where in the content the next portion begins, in characters."""
    line: Mapped[int] = mapped_column(default=1)
    """The number of the last line that was read, as an editor counts them; the heading is 1."""
    rescanned: Mapped[int] = mapped_column(default=0)
    """How much of the file was read again after broken quotes; see csv_records."""
    tries: Mapped[int] = mapped_column(default=0)
    """How often a worker began the portion that comes next; it is given up after queue.MOST_TRIES."""
    lease_until: Mapped[datetime | None]
    """A worker is at it until then, unless it died."""
    finished_at: Mapped[datetime | None]
    has_failed: Mapped[bool] = mapped_column(default=False)
    """It was given up; what comes after `line` was not read."""

    @property
    def noted(self) -> int:
        """Lines that added nobody."""
        return self.done - self.added


class ImportRow(Row):
    """A line of a file that added nobody, and why."""

    __tablename__ = "people_import_row"
    __table_args__ = (sa.UniqueConstraint("import_id", "number"),)

    import_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people_import.id"))
    number: Mapped[int]
    email: Mapped[str]
    name: Mapped[str] = mapped_column(default="", server_default="")
    role: Mapped[str] = mapped_column(default="", server_default="")
    object_id: Mapped[str] = mapped_column(default="", server_default="")
    """The row's cells as given, so that it can be corrected in the report and sent again."""
    outcome: Mapped[str]
    reason: Mapped[str]

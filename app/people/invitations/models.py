"""Invitations to join a company."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Row
from app.people.models import Person


class Invitation(Row):
    """An invitation to accept one account. Its link contains a key; the table stores the key's hash."""

    __tablename__ = "invitation"

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("person.id"), unique=True)
    """The account it is for, which exists from the invitation on. There is one invitation per account, renewed when it
    is sent again.
    """
    invited_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    leads_to_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("application.id", ondelete="SET NULL"), index=True)
    """The application that the person continues to after accepting; None: they start where others do."""
    key_hash: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(foreign_keys=[person_id])


HAS_INVITATION = (
    sa.exists()
    .where(Invitation.company_id == Person.company_id, Invitation.person_id == Person.id)
    .correlate(Person.__table__)
)
"""The person was invited, whatever became of it."""

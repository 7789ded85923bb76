"""How people come to belong to a company: invitations, and the files that bring many at once."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Row
from app.people.models import Person


class Invitation(Row):
    """Lets whoever has its link take up one account. The address holds a key; here stands its hash."""

    __tablename__ = "invitation"

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("person.id"), unique=True)
    """Whom it is for: the account exists from the invitation on. There is one invitation for each, renewed when it is
    sent again."""
    invited_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    key_hash: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(foreign_keys=[person_id])

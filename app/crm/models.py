"""A company's connection to its Dynamics 365 environment, how far the sync of its contacts is, and the contacts."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.companies.models import Company
from app.core.database import Base, EncryptedText, Row, UtcTime


class Kind(StrEnum):
    DELEGATED = "delegated"
    """Somebody of the company's signed in at Microsoft and lent us her rights; a refresh token keeps them."""
    APPLICATION = "application"
    """The application reads for itself, as an application user of the environment."""
    LEGACY = "legacy"
    """A user name and a password from an earlier product. Nothing is read with them; they wait to be replaced."""


class CrmConnection(Row):
    """One per company."""

    __tablename__ = "crm_connection"

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), unique=True)
    kind: Mapped[str | None]
    """None until the first connecting has succeeded."""
    tenant: Mapped[str] = mapped_column(default="")
    client_id: Mapped[str] = mapped_column(default="")
    environment: Mapped[str] = mapped_column(default="")
    """Its origin, which is the Application ID URI, too: https://contoso.crm.dynamics.com"""

    secret_sealed: Mapped[str | None]
    secret = EncryptedText()
    """The client secret's value, or the certificate's private key in PEM."""
    certificate: Mapped[str | None]
    """The public part, PEM; None where a secret is used."""
    is_federated: Mapped[bool] = mapped_column(default=False)
    """Neither of them: Microsoft trusts assertions that are signed with a key that we publish."""
    federation_id: Mapped[str | None] = mapped_column(unique=True)
    """Stands in the issuer's address; random, made with the key."""
    federation_key_sealed: Mapped[str | None]
    federation_key = EncryptedText()
    credential_expires: Mapped[date | None] = mapped_column(index=True)
    credential_warned: Mapped[int | None]
    """The last warning about its end that was given, by its threshold in days."""

    refresh_token_sealed: Mapped[str | None]
    refresh_token = EncryptedText()
    access_token_sealed: Mapped[str | None]
    access_token = EncryptedText()
    access_until: Mapped[datetime | None]
    renewing_until: Mapped[datetime | None]
    """A worker asks for new tokens just now; until then nobody else does."""

    password_sealed: Mapped[str | None]
    password = EncryptedText()
    user_name: Mapped[str | None]
    """Of the legacy kind, with the password."""

    entered_sealed: Mapped[str | None]
    entered = EncryptedText()
    """What an admin entered and Microsoft has not confirmed yet; see attempts.py."""

    organisation_id: Mapped[str | None]
    organisation_name: Mapped[str | None]
    acts_as: Mapped[str | None]
    """Whose rights are used in Dynamics 365."""
    connected_by: Mapped[UUID | None]
    """The person; one who has left may be gone from here, too."""
    connected_at: Mapped[datetime | None]

    last_success_at: Mapped[datetime | None]
    trouble: Mapped[str | None]
    """What is wrong, by its stable name; see health.py. None while all is well."""
    trouble_code: Mapped[int | None]
    """Microsoft's AADSTS number, where there is one."""
    trouble_since: Mapped[datetime | None]
    notified_at: Mapped[datetime | None]
    """When owners and admins were told of it."""

    company: Mapped[Company] = relationship()
    sync_state: Mapped["SyncState"] = relationship(back_populates="connection", cascade="all, delete-orphan")

    @property
    def is_connected(self) -> bool:
        return self.kind in (Kind.DELEGATED, Kind.APPLICATION)

    @property
    def is_legacy(self) -> bool:
        return self.kind == Kind.LEGACY


class SyncState(Base):
    """How far the sync of a company's contacts is. Written together with the page that it tells of."""

    __tablename__ = "crm_sync"
    __table_args__ = (sa.Index("ix_crm_sync_due", "next_at"),)

    connection_id: Mapped[UUID] = mapped_column(sa.ForeignKey("crm_connection.id"), primary_key=True)
    next_at: Mapped[datetime | None]
    """When it is to go on or to begin; None while nobody may."""
    not_before: Mapped[datetime | None]
    """Dynamics 365 asked us to wait until then, and nobody may hurry it."""
    worker: Mapped[str | None]
    """Who is at it, until `lease_until`; a worker that died loses it then."""
    lease_until: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    """One after another; waiting grows with them."""
    tries: Mapped[int] = mapped_column(default=0)
    """How often a worker began the page that comes next; it is given up after queue.MOST_TRIES."""

    started_at: Mapped[datetime | None]
    """When the run under way began; None between two runs."""
    generation: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    """Of the last run that reads all: what still bears an earlier one when it ends is gone in Dynamics 365."""
    is_whole: Mapped[bool] = mapped_column(default=False)
    """The run under way reads all, not just what changed."""
    link: Mapped[str | None]
    """The page that comes next; None for the first of all."""
    done: Mapped[int] = mapped_column(default=0)
    """Rows of the run under way that are here."""
    expected: Mapped[int | None]

    changes_lost_at: Mapped[datetime | None]
    """When Dynamics 365 last had the changes no longer that we had not read yet, so that all was read anew."""
    delta_link: Mapped[str | None]
    """Where to ask for what changed since the last run."""
    finished_at: Mapped[datetime | None]
    total: Mapped[int | None]
    """How many contacts there were at the end of the last run."""

    connection: Mapped[CrmConnection] = relationship(back_populates="sync_state")


class CrmContact(Base):
    """A contact as Dynamics 365 has it."""

    __tablename__ = "crm_contact"
    __table_args__ = (
        sa.Index("ix_crm_contact_by_name", "company_id", "sort_name", "external_id"),
        sa.Index("ix_crm_contact_by_email", "company_id", "folded_email", "sort_name", "external_id"),
        *(
            sa.Index(
                f"ix_crm_contact_by_{column}",
                "company_id",
                column,
                "sort_name",
                "external_id",
                postgresql_where=sa.text(f"{column} IS NOT NULL"),
                sqlite_where=sa.text(f"{column} IS NOT NULL"),
            )
            for column in ("name_suffix_2", "name_suffix_3", "name_suffix_last")
        ),
        # On SQLite the rows lie in the order of their key: one tree less to write to.
        {"sqlite_with_rowid": False},
    )

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), primary_key=True)
    external_id: Mapped[UUID] = mapped_column(primary_key=True)
    """Dataverse's contactid."""
    generation: Mapped[int] = mapped_column(sa.BigInteger)
    full_name: Mapped[str]
    job_title: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    company_name: Mapped[str | None]
    modified_at: Mapped[datetime | None] = mapped_column(UtcTime)

    # Compared byte by byte, so that their indexes serve sorting, paging and the beginning of a search.
    sort_name: Mapped[str] = mapped_column(sa.Text().with_variant(sa.Text(collation="C"), "postgresql"))
    """The name folded; see `people.names.fold`."""
    name_suffix_2: Mapped[str | None] = mapped_column(sa.Text().with_variant(sa.Text(collation="C"), "postgresql"))
    """The folded name from its second word on, so that it is found by that, too; so with the next two."""
    name_suffix_3: Mapped[str | None] = mapped_column(sa.Text().with_variant(sa.Text(collation="C"), "postgresql"))
    name_suffix_last: Mapped[str | None] = mapped_column(sa.Text().with_variant(sa.Text(collation="C"), "postgresql"))
    """For names of four words and more."""
    folded_email: Mapped[str | None] = mapped_column(sa.Text().with_variant(sa.Text(collation="C"), "postgresql"))

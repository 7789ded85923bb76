"""A company's connection to its Dynamics 365 environment, the state of the contact sync, and the contacts."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.companies.models import Company
from app.core.database import Base, EncryptedText, Row, UtcTime
from app.entra_apps.models import ClientCredential, EntraApp


class Kind(StrEnum):
    DELEGATED = "delegated"
    """A person of the company signed in at Microsoft and delegated their permissions; a refresh token keeps them."""
    APPLICATION = "application"
    """The application reads in its own name, as an application user of the environment."""
    LEGACY = "legacy"
    """A user name and password from an earlier product. They are not used, only shown until they are replaced."""


class CrmConnection(Row):
    """One per company."""

    __tablename__ = "crm_connection"

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), unique=True)
    kind: Mapped[str | None]
    """None until it was first connected."""
    entra_app_id: Mapped[UUID] = mapped_column(sa.ForeignKey("entra_app.id"), unique=True)
    environment: Mapped[str] = mapped_column(default="")
    """Its origin, which is also the Application ID URI: https://contoso.crm.dynamics.com"""

    federation_id: Mapped[str | None] = mapped_column(unique=True)
    """Part of the issuer's URL; random, generated when a federated credential is first requested."""

    refresh_token_sealed: Mapped[str | None]
    refresh_token = EncryptedText()
    access_token_sealed: Mapped[str | None]
    access_token = EncryptedText()
    access_until: Mapped[datetime | None]
    renewing_until: Mapped[datetime | None]
    """Until then one worker is requesting new tokens, and no other does."""

    password_sealed: Mapped[str | None]
    password = EncryptedText()
    user_name: Mapped[str | None]
    """For the legacy kind, with the password."""

    entered_sealed: Mapped[str | None]
    entered = EncryptedText()
    """Settings that an admin entered and Microsoft has not confirmed yet; see `pending_connection.py`."""

    organization_id: Mapped[str | None]
    organization_name: Mapped[str | None]
    acts_as: Mapped[str | None]
    """Whose permissions are used in Dynamics 365."""
    connected_by: Mapped[UUID | None]
    """The person who connected; may be deleted."""
    connected_at: Mapped[datetime | None]

    last_success_at: Mapped[datetime | None]
    trouble: Mapped[str | None]
    """The stable name of a problem; see `problems.py`. None if there is none."""
    trouble_code: Mapped[int | None]
    """Microsoft's AADSTS number, if there is one."""
    trouble_since: Mapped[datetime | None]
    notified_at: Mapped[datetime | None]
    """When owners and admins were notified of it."""

    company: Mapped[Company] = relationship()
    entra_app: Mapped[EntraApp] = relationship(lazy="joined", cascade="all")
    tenant: AssociationProxy[str] = association_proxy("entra_app", "tenant")
    client_id: AssociationProxy[str] = association_proxy("entra_app", "client_id")
    sync_state: Mapped["SyncState"] = relationship(back_populates="connection", cascade="all, delete-orphan")

    @property
    def credential(self) -> ClientCredential | None:
        """The application's only credential; None until it was first connected."""
        return self.entra_app.credentials[-1] if self.entra_app and self.entra_app.credentials else None

    @property
    def is_connected(self) -> bool:
        return self.kind in (Kind.DELEGATED, Kind.APPLICATION)

    @property
    def is_legacy(self) -> bool:
        return self.kind == Kind.LEGACY


class SyncState(Base):
    """The progress of a company's contact sync. Committed together with the page it counts."""

    __tablename__ = "crm_sync"
    __table_args__ = (sa.Index("ix_crm_sync_due", "next_at"),)

    connection_id: Mapped[UUID] = mapped_column(sa.ForeignKey("crm_connection.id"), primary_key=True)
    next_at: Mapped[datetime | None]
    """When it continues or begins; None while it needs a person."""
    not_before: Mapped[datetime | None]
    """Dynamics 365 asked to wait until then, so not even “Sync now” starts earlier."""
    worker: Mapped[str | None]
    """The worker that holds the lease until `lease_until`."""
    lease_until: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    """Consecutive failures; the delay grows with them."""
    tries: Mapped[int] = mapped_column(default=0)
    """How often a worker began the next page; after tasks.MOST_TRIES the sync fails."""

    started_at: Mapped[datetime | None]
    """When the current run began; None between two runs."""
    generation: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    """Of the last full run: contacts that still have an earlier one at its end were deleted in Dynamics 365."""
    is_whole: Mapped[bool] = mapped_column(default=False)
    """Whether the current run reads everything instead of changes."""
    link: Mapped[str | None]
    """The next page; None for the first."""
    done: Mapped[int] = mapped_column(default=0)
    """Rows of the current run that were stored."""
    expected: Mapped[int | None]

    changes_lost_at: Mapped[datetime | None]
    """When Dynamics 365 last no longer had our unread changes, so that everything was read again."""
    delta_link: Mapped[str | None]
    """Where to request what changed since the last run."""
    finished_at: Mapped[datetime | None]
    total: Mapped[int | None]
    """The number of contacts at the end of the last run."""

    connection: Mapped[CrmConnection] = relationship(back_populates="sync_state")


class CrmContact(Base):
    """A contact as in Dynamics 365."""

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
        # On SQLite the rows are stored in key order: one B-tree less to write to.
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

    # Compared byte by byte, so that their indexes serve sorting, paging and prefix searches.
    sort_name: Mapped[str] = mapped_column(sa.Text().with_variant(sa.Text(collation="C"), "postgresql"))
    """The folded name; see `people.names.fold`."""
    name_suffix_2: Mapped[str | None] = mapped_column(sa.Text().with_variant(sa.Text(collation="C"), "postgresql"))
    """The folded name from its second word on, so that it is found by that, too; likewise the next two."""
    name_suffix_3: Mapped[str | None] = mapped_column(sa.Text().with_variant(sa.Text(collation="C"), "postgresql"))
    name_suffix_last: Mapped[str | None] = mapped_column(sa.Text().with_variant(sa.Text(collation="C"), "postgresql"))
    """For names of four words and more."""
    folded_email: Mapped[str | None] = mapped_column(sa.Text().with_variant(sa.Text(collation="C"), "postgresql"))

"""Writes for the CRM connection. They flush and record audit entries; the caller's unit of work commits."""

from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa

from app.audit.events.crm import (
    CrmCertificateCreated,
    CrmConnected,
    CrmConnectFailed,
    CrmContactsExported,
    CrmDisconnected,
    CrmFederationCreated,
    CrmProblemFound,
    CrmReauthenticated,
    CrmSyncRequested,
    LegacyCredentialsReplaced,
    LegacyCredentialsStored,
)
from app.audit.log import record
from app.connections.models import new_public_id
from app.core.database import db, insert_if_absent, now
from app.crm import queries
from app.crm.authorization.pending_connection import PendingConnection
from app.crm.models import CrmConnection, CrmContact, Kind, SyncState
from app.crm.problems import ConnectionProblem
from app.entra.dataverse import Organization
from app.entra.token_client import TokenSet
from app.entra_apps.actions import replace_credentials
from app.entra_apps.models import EntraApp

RENEWING = timedelta(seconds=30)
"""Longer than a token request takes."""
EARLY = timedelta(minutes=2)
"""How long before their expiry access tokens are considered expired."""


def store_pending(company_id: UUID, entered: PendingConnection) -> CrmConnection:
    """Stores the settings to connect with; the present connection stays as it is."""
    connection = queries.connection(company_id)
    if connection is None:
        entra_app = EntraApp(company_id=company_id)
        db.session.add(entra_app)
        db.session.flush()
        if not insert_if_absent(CrmConnection(company_id=company_id, entra_app_id=entra_app.id)):
            # Another request was faster; its connection has an application of its own.
            db.session.delete(entra_app)
        made = sa.select(CrmConnection.id).where(CrmConnection.company_id == company_id)
        insert_if_absent(SyncState(connection_id=db.session.scalars(made).one()))
        connection = queries.connection(company_id)
        assert connection is not None
    connection.entered = entered.as_text()
    db.session.flush()
    return connection


def consume_request(connection: CrmConnection) -> bool:
    """Consumes the pending authorization request; returns whether this is the first time."""
    begun = connection.entered_sealed
    claim = (
        sa.update(CrmConnection)
        .where(CrmConnection.id == connection.id, CrmConnection.entered_sealed == begun)
        .values(entered_sealed=None)
        .returning(CrmConnection.id)
    )
    return db.session.execute(claim).first() is not None


def connect(
    connection: CrmConnection,
    entered: PendingConnection,
    granted: TokenSet,
    organization: Organization,
    *,
    actor_id: UUID,
) -> None:
    """Makes the entered settings the connection, after they were verified. A legacy secret is erased."""
    event = CrmReauthenticated if connection.is_connected else CrmConnected
    if connection.is_legacy:
        record(LegacyCredentialsReplaced(company_id=connection.company_id, actor_id=actor_id, subject_id=connection.id))
    elsewhere = (connection.environment, connection.organization_id) != (entered.environment, organization.id)
    for name in ("kind", "tenant", "client_id", "environment"):
        setattr(connection, name, getattr(entered, name))
    replace_credentials(connection.entra_app, entered.credential)
    connection.password = connection.user_name = connection.entered = connection.refresh_token = None
    connection.organization_id, connection.organization_name = organization.id, organization.name
    connection.acts_as = organization.acts_as
    connection.connected_by, connection.connected_at = actor_id, now()
    store_tokens(connection, granted)
    clear_problem(connection)
    request_sync(connection, from_start=elsewhere)
    record(
        event(
            company_id=connection.company_id,
            actor_id=actor_id,
            subject_id=connection.id,
            kind=entered.kind,
            environment=entered.environment,
            organization=organization.name,
        )
    )


def store_tokens(connection: CrmConnection, granted: TokenSet) -> None:
    """Stores new tokens. A rotated refresh token replaces the previous one, which is kept if none came."""
    if granted.refresh_token:
        connection.refresh_token = granted.refresh_token
    connection.access_token = granted.access_token
    connection.access_until = now() + timedelta(seconds=granted.seconds) - EARLY
    connection.renewing_until = None
    db.session.flush()


def claim_renewal(connection: CrmConnection) -> bool:
    """Whether the caller is to request new tokens: of concurrent workers, one gets True."""
    moment = now()
    free = sa.or_(CrmConnection.renewing_until.is_(None), CrmConnection.renewing_until <= moment)
    still_old = CrmConnection.access_token_sealed.is_not_distinct_from(connection.access_token_sealed)
    claim = (
        sa.update(CrmConnection)
        .where(CrmConnection.id == connection.id, free, still_old)
        .values(renewing_until=moment + RENEWING)
        .returning(CrmConnection.id)
    )
    return db.session.execute(claim).first() is not None


def end_renewal(connection: CrmConnection) -> None:
    """Releases the claim, so that waiting workers can try."""
    connection.renewing_until = None
    db.session.flush()


def clear_problem(connection: CrmConnection) -> None:
    connection.trouble = connection.trouble_code = connection.trouble_since = connection.notified_at = None
    connection.renewing_until = None
    db.session.flush()


def record_problem(connection: CrmConnection, trouble: ConnectionProblem, code: int | None) -> bool:
    """Records a problem and returns whether it is new. If it needs a person, there are no retries until it is fixed."""
    is_news = connection.trouble != trouble.name
    connection.renewing_until = None
    if is_news:
        connection.trouble, connection.trouble_code, connection.trouble_since = trouble.name, code, now()
        record(
            CrmProblemFound(company_id=connection.company_id, subject_id=connection.id, reason=trouble.name, code=code)
        )
    if trouble.needs_person:
        connection.access_token = connection.access_until = None
        connection.sync_state.next_at = None
    db.session.flush()
    return is_news


def claim_notification(connection: CrmConnection) -> bool:
    """Whether the caller is to notify owners and admins of the problem; once until it is resolved."""
    claim = (
        sa.update(CrmConnection)
        .where(
            CrmConnection.id == connection.id, CrmConnection.trouble.is_not(None), CrmConnection.notified_at.is_(None)
        )
        .values(notified_at=now())
        .returning(CrmConnection.id)
    )
    return db.session.execute(claim).first() is not None


def record_failed_connect(company_id: UUID, trouble: ConnectionProblem, code: int | None, *, actor_id: UUID) -> None:
    """Records a failed attempt to connect that Microsoft rejected."""
    record(CrmConnectFailed(company_id=company_id, actor_id=actor_id, reason=trouble.name, code=code))


def record_certificate(company_id: UUID, expires: date, *, actor_id: UUID) -> None:
    record(CrmCertificateCreated(company_id=company_id, actor_id=actor_id, expires=expires))


def make_federated(connection: CrmConnection, *, actor_id: UUID) -> None:
    """Switches to a federated credential: Microsoft trusts a key of ours instead of a secret."""
    if connection.federation_id is None:
        connection.federation_id = new_public_id()
    db.session.flush()
    record(CrmFederationCreated(company_id=connection.company_id, actor_id=actor_id, subject_id=connection.id))


def record_export(company_id: UUID, search: str, *, actor_id: UUID) -> None:
    record(CrmContactsExported(company_id=company_id, actor_id=actor_id, search=search or None))


def request_sync(connection: CrmConnection, *, from_start: bool = False, actor_id: UUID | None = None) -> None:
    """Schedules a sync of the contacts now, from the beginning if the organization has changed."""
    sync_state = connection.sync_state
    sync_state.next_at, sync_state.failures, sync_state.tries = now(), 0, 0
    if actor_id:
        record(CrmSyncRequested(company_id=connection.company_id, actor_id=actor_id, subject_id=connection.id))
    if from_start:
        sync_state.delta_link = sync_state.link = sync_state.started_at = sync_state.finished_at = (
            sync_state.expected
        ) = None
        sync_state.worker = sync_state.lease_until = sync_state.not_before = None
        sync_state.done = 0
    db.session.flush()


def store_legacy_credentials(company_id: UUID, *, environment: str, user_name: str, password: str) -> bool:
    """Stores an earlier product's credentials, shown until they are replaced. Returns whether that is new.

    A connected company has nothing to migrate.
    """
    connection = queries.connection(company_id) or store_pending(company_id, PendingConnection())
    if connection.kind is not None:
        return False
    connection.kind, connection.environment, connection.user_name = Kind.LEGACY, environment, user_name
    connection.password = password
    connection.entered = None
    db.session.flush()
    record(LegacyCredentialsStored(company_id=company_id, subject_id=connection.id, environment=environment))
    return True


def disconnect(connection: CrmConnection, *, erase_contacts: bool, actor_id: UUID) -> None:
    """Erases all Dynamics 365 credentials, and on request the synced contacts."""
    company_id = connection.company_id
    if erase_contacts:
        db.session.execute(sa.delete(CrmContact).where(CrmContact.company_id == company_id))
    record(
        CrmDisconnected(
            company_id=company_id, actor_id=actor_id, subject_id=connection.id, contacts_erased=erase_contacts
        )
    )
    db.session.delete(connection)
    db.session.flush()

"""Access tokens for a company's environment: stored while they are valid, and renewed by one worker at a time."""

import time
from uuid import UUID

from flask import current_app

from app.core.database import now, release_connection
from app.core.encryption import DecryptionError
from app.core.unit_of_work import unit_of_work
from app.crm import actions, queries
from app.crm.authorization.pending_connection import PendingConnection
from app.crm.models import CrmConnection, Kind
from app.entra.errors import MicrosoftError, OAuthError, ServiceUnavailable
from app.entra.oauth import Registration
from app.entra.token_client import TokenSet
from app.entra_apps.certificates import Federation
from app.entra_apps.client_credential import client_credential
from app.microsoft_clients import microsoft

WAIT_SECONDS = 15.0
"""Seconds to wait for another worker that is requesting tokens."""
LOOK_AGAIN_SECONDS = 0.1


class NotConnected(Exception):
    """The company is no longer connected, or is deactivated."""


def access_token(connection_id: UUID, refused: str | None = None) -> str:
    """A valid access token; with `refused`, another than that one. Holds no lock during the request to Microsoft.

    Raises NotConnected and entra.errors.MicrosoftError.
    """
    ends = time.monotonic() + WAIT_SECONDS
    while True:
        connection = _connected_or_raise(connection_id)
        held = _held(connection)
        if held is not None and held != refused:
            release_connection()
            return held
        with unit_of_work():
            is_ours = actions.claim_renewal(connection)
        if is_ours:
            return _renew(connection)
        if time.monotonic() > ends:
            raise ServiceUnavailable("another worker is asking for tokens")
        time.sleep(LOOK_AGAIN_SECONDS)


def federation(connection: CrmConnection) -> Federation:
    """What the assertions of its federated credential say."""
    subject = connection.federation_id or ""
    issuer = f"{current_app.config['BASE_URL']}/crm/federation/{subject}"
    return Federation(issuer, subject, microsoft().cloud.exchange_audience)


def registration(settings: CrmConnection | PendingConnection, connection: CrmConnection) -> Registration:
    """The CRM's application as the OAuth client needs it, with these settings, which may not be the connection's yet.

    Raises DecryptionError if the secret was tampered with, or its key is missing.
    """
    credential = settings.credential
    proof = client_credential(credential, federation(connection)) if credential else None
    return Registration(settings.tenant, settings.client_id, proof)


def _held(connection: CrmConnection) -> str | None:
    if connection.access_until is None or connection.access_until <= now():
        return None
    return connection.access_token


def _renew(connection: CrmConnection) -> str:
    used = connection.refresh_token_sealed
    try:
        granted = _ask(connection)
    except (MicrosoftError, DecryptionError):
        with unit_of_work():
            actions.end_renewal(connection)
        raise
    current = _connected_or_raise(connection.id)
    if current.refresh_token_sealed != used:
        # Another person has reconnected meanwhile, so the response to the old token is obsolete.
        return access_token(connection.id)
    with unit_of_work():
        actions.store_tokens(current, granted)
    return granted.access_token


def _ask(connection: CrmConnection) -> TokenSet:
    proof, environment = registration(connection, connection), connection.environment
    refresh_token = connection.refresh_token if connection.kind == Kind.DELEGATED else None
    release_connection()
    if connection.kind == Kind.APPLICATION:
        return microsoft().token_client.for_application(proof, environment)
    if refresh_token is None:
        raise OAuthError("invalid_grant", "there is no refresh token")
    return microsoft().token_client.refresh(proof, refresh_token, environment)


def _connected_or_raise(connection_id: UUID) -> CrmConnection:
    connection = queries.by_id(connection_id)
    if connection is None or not connection.is_connected:
        raise NotConnected
    return connection

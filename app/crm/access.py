"""Access tokens for a company's environment: kept while they are good, and renewed by one worker at a time."""

import time
from uuid import UUID

from flask import current_app

from app.clients import microsoft
from app.connections.certificates import assertion
from app.crm import actions, queries
from app.crm.attempts import Entered
from app.crm.models import CrmConnection, Kind
from app.database import db, now, release_connection
from app.microsoft.delegation import Granted
from app.microsoft.entra import Certificate, Registration, Secret
from app.microsoft.errors import MicrosoftError, Refused, Unreachable
from app.sealing import Unsealable

PATIENCE_SECONDS = 15.0
"""For another worker that is asking for tokens."""
LOOK_AGAIN_SECONDS = 0.1


class Disconnected(Exception):
    """The company has no connection any more, or is switched off."""


def access_token(connection_id: UUID, refused: str | None = None) -> str:
    """A good access token; with `refused` another than that one. Nothing is locked while Microsoft is asked.

    Raises Disconnected and microsoft.errors.MicrosoftError.
    """
    ends = time.monotonic() + PATIENCE_SECONDS
    while True:
        connection = _there(connection_id)
        held = _held(connection)
        if held is not None and held != refused:
            release_connection()
            return held
        if actions.claim_renewal(connection):
            db.session.commit()
            return _renew(connection)
        release_connection()
        if time.monotonic() > ends:
            raise Unreachable("another worker is asking for tokens")
        time.sleep(LOOK_AGAIN_SECONDS)


def federation_issuer(connection: CrmConnection) -> str:
    return f"{current_app.config['BASE_URL']}/crm/federation/{connection.federation_id}"


def registration(settings: CrmConnection | Entered, connection: CrmConnection) -> Registration:
    """What Microsoft knows the CRM's application as; with these settings, which may not be the connection's yet.

    Raises sealing.Unsealable when the secret was tampered with, or its key is gone.
    """
    if settings.is_federated and connection.federation_id and connection.federation_key:
        audience = microsoft().cloud.exchange_audience
        proof = assertion(federation_issuer(connection), connection.federation_id, connection.federation_key, audience)
        return Registration(settings.tenant, settings.client_id, proof)
    secret = settings.secret
    if secret and settings.certificate:
        return Registration(settings.tenant, settings.client_id, Certificate(secret, settings.certificate))
    return Registration(settings.tenant, settings.client_id, Secret(secret) if secret else None)


def _held(connection: CrmConnection) -> str | None:
    if connection.access_until is None or connection.access_until <= now():
        return None
    return connection.access_token


def _renew(connection: CrmConnection) -> str:
    used = connection.refresh_token_sealed
    try:
        granted = _ask(connection)
    except (MicrosoftError, Unsealable):
        actions.end_renewal(connection)
        db.session.commit()
        raise
    current = _there(connection.id)
    if current.refresh_token_sealed != used:
        # Somebody has connected anew meanwhile: what was asked for with the old token is worth less.
        return access_token(connection.id)
    actions.keep_tokens(current, granted)
    db.session.commit()
    return granted.access_token


def _ask(connection: CrmConnection) -> Granted:
    proof, environment = registration(connection, connection), connection.environment
    refresh_token = connection.refresh_token if connection.kind == Kind.DELEGATED else None
    release_connection()
    if connection.kind == Kind.APPLICATION:
        return microsoft().delegation.for_application(proof, environment)
    if refresh_token is None:
        raise Refused("invalid_grant", "there is no refresh token")
    return microsoft().delegation.refresh(proof, refresh_token, environment)


def _there(connection_id: UUID) -> CrmConnection:
    connection = queries.by_id(connection_id)
    if connection is None or not connection.is_connected:
        raise Disconnected
    return connection

"""Connecting: authorization at Microsoft with the entered settings, then a request to Dynamics 365 to verify the
tokens.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import current_app

from app.core.database import release_connection
from app.core.unit_of_work import unit_of_work
from app.crm import actions
from app.crm.authorization.pending_connection import AuthorizationRequest, PendingConnection
from app.crm.authorization.tokens import registration
from app.crm.models import CrmConnection, Kind
from app.entra.token_client import TokenSet
from app.entra_apps.client_credential import NewCredential
from app.entra_apps.models import CredentialKind
from app.microsoft_clients import microsoft

CALLBACK_PATH = "/crm/callback"


@dataclass(frozen=True)
class Outcome:
    """The URL to redirect the browser to; None if the connection is complete."""

    url: str | None


def redirect_uri() -> str:
    base_url: str = current_app.config["BASE_URL"]
    return base_url + CALLBACK_PATH


def begin(company_id: UUID, entered: PendingConnection, *, actor_id: UUID) -> Outcome:
    """Stores the entered settings and continues: to Microsoft, or for an application directly to the verification.

    Raises entra.errors.MicrosoftError.
    """
    with unit_of_work():
        connection = actions.store_pending(company_id, entered.spent())
    if entered.kind == Kind.APPLICATION:
        granted = microsoft().token_client.for_application(registration(entered, connection), entered.environment)
        _prove(connection, entered, granted, actor_id)
        return Outcome(None)
    start = microsoft().token_client.start(registration(entered, connection), redirect_uri(), entered.environment)
    with unit_of_work():
        actions.store_pending(company_id, entered.begun(actor_id, start.state, start.flow))
    return Outcome(start.url)


def finish(
    connection: CrmConnection,
    entered: PendingConnection,
    auth_request: AuthorizationRequest,
    code: str,
    *,
    actor_id: UUID,
) -> None:
    """Redeems the code, once, and verifies the tokens. Raises entra.errors.MicrosoftError."""
    granted = microsoft().token_client.redeem_code(
        registration(entered, connection), auth_request.flow, auth_request.state, code
    )
    _prove(connection, entered, granted, actor_id)


def as_connected(connection: CrmConnection) -> PendingConnection:
    """The connection's present settings, to connect with again."""
    settings = PendingConnection(
        kind=connection.kind or Kind.DELEGATED,
        tenant=connection.tenant,
        client_id=connection.client_id,
        environment=connection.environment,
    )
    credential = connection.credential
    if credential is None or credential.secret is None:
        return settings
    return settings.with_credential(
        NewCredential(CredentialKind(credential.kind), credential.secret, credential.certificate, credential.expires)
    )


def with_secret(entered: PendingConnection, secret: str | None, expires: date | None) -> PendingConnection:
    """The settings with a new secret; a blank one keeps the present one."""
    return entered.with_credential(NewCredential(CredentialKind.SECRET, secret, expires=expires)) if secret else entered


def _prove(connection: CrmConnection, entered: PendingConnection, granted: TokenSet, actor_id: UUID) -> None:
    release_connection()
    organization = microsoft().dataverse.who_am_i(entered.environment, granted.access_token)
    with unit_of_work():
        actions.connect(connection, entered, granted, organization, actor_id=actor_id)

"""Connecting: to Microsoft with what was entered, back with tokens, and to Dynamics 365 to see that they work."""

from dataclasses import dataclass, replace
from uuid import UUID

from flask import current_app

from app.clients import microsoft
from app.crm import actions
from app.crm.access import registration
from app.crm.attempts import Entered, Underway
from app.crm.models import CrmConnection, Kind
from app.database import db, release_connection
from app.microsoft.delegation import Granted

CALLBACK_PATH = "/crm/callback"


@dataclass(frozen=True)
class Outcome:
    """Where to send the browser; None when it is connected already."""

    url: str | None


def redirect_uri() -> str:
    base_url: str = current_app.config["BASE_URL"]
    return base_url + CALLBACK_PATH


def begin(company_id: UUID, entered: Entered, *, actor_id: UUID) -> Outcome:
    """Keeps what was entered, and goes on with it: to Microsoft, or for an application straight to the proof.

    Raises microsoft.errors.MicrosoftError.
    """
    connection = actions.enter(company_id, entered.spent())
    db.session.commit()
    if entered.kind == Kind.APPLICATION:
        granted = microsoft().delegation.for_application(registration(entered, connection), entered.environment)
        _prove(connection, entered, granted, actor_id)
        return Outcome(None)
    start = microsoft().delegation.start(registration(entered, connection), redirect_uri(), entered.environment)
    actions.enter(company_id, entered.begun(actor_id, start.state, start.flow))
    db.session.commit()
    return Outcome(start.url)


def finish(connection: CrmConnection, entered: Entered, underway: Underway, code: str, *, actor_id: UUID) -> None:
    """Redeems the code, once, and proves what came of it. Raises microsoft.errors.MicrosoftError."""
    granted = microsoft().delegation.finish(registration(entered, connection), underway.flow, underway.state, code)
    _prove(connection, entered, granted, actor_id)


def as_connected(connection: CrmConnection) -> Entered:
    """What the connection has, to connect with again."""
    return Entered(
        kind=connection.kind or Kind.DELEGATED,
        tenant=connection.tenant,
        client_id=connection.client_id,
        environment=connection.environment,
        secret=connection.secret,
        certificate=connection.certificate,
        is_federated=connection.is_federated,
        expires=connection.credential_expires.isoformat() if connection.credential_expires else None,
    )


def with_secret(entered: Entered, secret: str | None, expires: str | None) -> Entered:
    """A blank one keeps what there is."""
    return replace(entered, secret=secret, certificate=None, is_federated=False, expires=expires) if secret else entered


def _prove(connection: CrmConnection, entered: Entered, granted: Granted, actor_id: UUID) -> None:
    release_connection()
    organisation = microsoft().dataverse.who_am_i(entered.environment, granted.access_token)
    actions.connect(connection, entered, granted, organisation, actor_id=actor_id)
    db.session.commit()

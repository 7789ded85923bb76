"""The server-side flow: to Microsoft with a transaction, back with a code, to an identity that the ID token proves."""

import time
from dataclasses import dataclass

import structlog
from flask import current_app

from app.connections.actions import note_unreadable, record_accepted, record_rejected
from app.connections.connection_config import ConnectionConfig
from app.connections.notifications import send_credential_rejected, tell_of_undecryptable
from app.connections.registration_spec import federation
from app.core.database import db
from app.core.encryption import DecryptionError
from app.core.unit_of_work import unit_of_work
from app.entra.errors import MicrosoftError
from app.entra.oauth import Registration, TokenAnswer
from app.entra_apps.client_credential import CredentialRecord, client_credential
from app.entra_apps.credential_order import first_accepted
from app.login import errors
from app.login.errors import SignInRefused
from app.login.id_token import VerifiedIdentity, verify
from app.login.transaction import LoginTransaction, Purpose
from app.microsoft_clients import microsoft

log = structlog.get_logger(__name__)


def begin(
    setup: ConnectionConfig,
    *,
    code: str,
    next_path: str,
    prompt: str | None = None,
    person_id: str | None = None,
    login_hint: str | None = None,
    tested_version: int | None = None,
    joins: str | None = None,
    purpose: Purpose = Purpose.SIGN_IN,
) -> tuple[LoginTransaction, str]:
    """Starts a transaction and returns the Microsoft address to redirect to. Raises SignInRefused."""
    try:
        start = microsoft().oauth.start(
            _registration(setup, None),
            current_app.config["BASE_URL"] + setup.web_path,
            prompt=prompt,
            login_hint=login_hint,
        )
    except MicrosoftError as error:
        raise SignInRefused(errors.error_for(error), cause=str(error)) from None
    attempt = LoginTransaction(
        connection_id=str(setup.id),
        code=code,
        state=start.state,
        nonce=start.nonce,
        flow=start.flow,
        next=next_path,
        began_at=int(time.time()),
        person_id=person_id,
        tested_version=tested_version,
        silent=prompt == "none",
        joins=joins,
        purpose=purpose,
    )
    return attempt, start.url


def finish(setup: ConnectionConfig, attempt: LoginTransaction, code: str) -> VerifiedIdentity:
    """Redeems the code and validates the ID token. Sends one request to Microsoft, unless it rejects the credential.

    Raises SignInRefused.
    """
    try:
        answer = _redeem(setup, attempt, code)
    except MicrosoftError as error:
        raise SignInRefused(errors.error_for(error), cause=str(error)) from None
    return verify(setup, answer.id_token, answer.access_token, attempt.nonce, started_at=attempt.began_at)


def _redeem(setup: ConnectionConfig, attempt: LoginTransaction, code: str) -> TokenAnswer:
    """Tries the credentials in order. Raises DecryptionError if none works and this node could not decrypt some."""

    def redeem(credential: CredentialRecord | None) -> TokenAnswer:
        return microsoft().oauth.redeem_code(_registration(setup, credential), attempt.flow, attempt.state, code)

    if not setup.credentials:
        return redeem(None)
    return first_accepted(setup.credentials, redeem, _Marks(setup))


@dataclass(frozen=True)
class _Marks:
    """Records what became of each credential, whatever the outcome of this sign-in. Where a notification failed,
    nothing is recorded: then the next failure is reported again.
    """

    setup: ConnectionConfig

    def accepted(self, credential: CredentialRecord) -> None:
        with unit_of_work():
            record_accepted(self.setup.company_id, credential.id)

    def refused(self, credential: CredentialRecord, code: int) -> None:
        with unit_of_work():
            is_news = record_rejected(self.setup.company_id, self.setup.id, credential.id)
            if is_news and not send_credential_rejected.enqueue_now(credential_id=str(credential.id), code=code):
                db.session.rollback()

    def undecryptable(self, credential: CredentialRecord, error: DecryptionError) -> None:
        """The log names the key each time, since it may be missing on one node of several."""
        log.error("credential_undecryptable", place=error.associated_data, key=error.key, why=str(error))
        with unit_of_work():
            is_news = note_unreadable(self.setup.company_id, self.setup.id, credential.id)
            if is_news and not tell_of_undecryptable.enqueue_now(credential_id=str(credential.id)):
                db.session.rollback()


def _registration(setup: ConnectionConfig, credential: CredentialRecord | None) -> Registration:
    asserted = federation(setup.public_id, current_app.config["BASE_URL"], microsoft().cloud)
    proof = client_credential(credential, asserted) if credential else None
    return Registration(setup.tenant, setup.client_id, proof)

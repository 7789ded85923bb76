"""The redirect flow: to Microsoft with a transaction, back with a code, to an identity that the ID token proves."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from flask import current_app
from werkzeug.datastructures import MultiDict

from app.connections.actions import note_unreadable, record_accepted, record_rejected
from app.connections.connection_config import ConnectionConfig
from app.connections.notifications import send_credential_rejected, tell_of_undecryptable
from app.connections.registration_spec import federation
from app.core.database import db, release_connection
from app.core.encryption import DecryptionError
from app.core.unit_of_work import unit_of_work
from app.entra.errors import MicrosoftError
from app.entra.oauth import Registration, TokenAnswer, refusal_of
from app.entra_apps.client_credential import CredentialRecord, client_credential
from app.entra_apps.credential_order import first_accepted
from app.login import errors, transaction
from app.login.errors import SignInRefused
from app.login.microsoft.identity import VerifiedIdentity, verify
from app.login.transaction import LoginTransaction, Purpose
from app.microsoft_clients import microsoft

log = structlog.get_logger(__name__)
Tokens = TypeVar("Tokens")


def begin(
    connection: ConnectionConfig,
    purpose: Purpose,
    *,
    code: str = "",
    next_path: str,
    prompt: str | None = None,
    login_hint: str | None = None,
    remember: bool = False,
    **context: Any,
) -> str:
    """Starts a transaction, whose cookie this request's response sets; returns the Microsoft address to redirect to.

    `context` is what the purpose needs to continue. Raises SignInRefused.
    """
    release_connection()
    try:
        start = microsoft().oauth.start(
            _registration(connection, None),
            current_app.config["BASE_URL"] + connection.web_path,
            prompt=prompt,
            login_hint=login_hint,
            offline=connection.notices_leavers and purpose == Purpose.SIGN_IN,
        )
    except MicrosoftError as error:
        raise SignInRefused(errors.error_for(error), cause=str(error)) from None
    transaction.keep(
        LoginTransaction(
            purpose=purpose,
            connection_id=str(connection.id),
            code=code,
            state=start.state,
            nonce=start.nonce,
            flow=start.flow,
            next=next_path,
            remember=remember,
            context=context,
        )
    )
    return start.url


@dataclass(frozen=True)
class RedirectAnswer:
    """Microsoft's answer at the redirect URI."""

    transaction: LoginTransaction
    parameters: MultiDict[str, str]

    def identity(self, connection: ConnectionConfig) -> VerifiedIdentity:
        """Redeems the code and validates the ID token. Sends one request to Microsoft, unless it rejects the
        credential.

        Raises SignInRefused.
        """
        code = self._code()
        release_connection()
        try:
            answer = _redeem(connection, self.transaction, code)
        except MicrosoftError as error:
            raise SignInRefused(errors.error_for(error), cause=str(error)) from None
        return verify(
            connection,
            answer.id_token,
            answer.access_token,
            self.transaction.nonce,
            started_at=self.transaction.began_at,
            refresh_token=answer.refresh_token,
        )

    def _code(self) -> str:
        """The only authorization code. Raises SignInRefused, with the directory's error if there is one."""
        if error := self.parameters.get("error"):
            answer = {"error": error, "error_description": self.parameters.get("error_description")}
            raise SignInRefused(errors.error_for(refusal_of(answer)))
        found = self.parameters.getlist("code")
        if len(found) != 1 or not found[0]:
            raise SignInRefused(errors.NO_CODE)
        return found[0]


def _redeem(connection: ConnectionConfig, begun: LoginTransaction, code: str) -> TokenAnswer:
    return with_credential(
        connection,
        lambda registration: microsoft().oauth.redeem_code(registration, begun.flow or {}, begun.state, code),
    )


def with_credential(connection: ConnectionConfig, use: Callable[[Registration], Tokens]) -> Tokens:
    """Tries the credentials in order. Raises DecryptionError if none works and this node could not decrypt some."""
    if not connection.credentials:
        return use(_registration(connection, None))
    return first_accepted(
        connection.credentials, lambda credential: use(_registration(connection, credential)), _Marks(connection)
    )


@dataclass(frozen=True)
class _Marks:
    """Records what became of each credential, whatever the outcome of this sign-in. Where a notification failed,
    nothing is recorded: then the next failure is reported again.
    """

    connection: ConnectionConfig

    def accepted(self, credential: CredentialRecord) -> None:
        with unit_of_work():
            record_accepted(self.connection.company_id, credential.id)

    def refused(self, credential: CredentialRecord, code: int) -> None:
        with unit_of_work():
            is_news = record_rejected(self.connection.company_id, self.connection.id, credential.id)
            if is_news and not send_credential_rejected.enqueue_now(credential_id=str(credential.id), code=code):
                db.session.rollback()

    def undecryptable(self, credential: CredentialRecord, error: DecryptionError) -> None:
        """The log names the key each time, since it may be missing on one node of several."""
        log.error("credential_undecryptable", place=error.associated_data, key=error.key, why=str(error))
        with unit_of_work():
            is_news = note_unreadable(self.connection.company_id, self.connection.id, credential.id)
            if is_news and not tell_of_undecryptable.enqueue_now(credential_id=str(credential.id)):
                db.session.rollback()


def _registration(connection: ConnectionConfig, credential: CredentialRecord | None) -> Registration:
    asserted = federation(connection.public_id, current_app.config["BASE_URL"], microsoft().cloud)
    proof = client_credential(credential, asserted) if credential else None
    return Registration(connection.tenant, connection.client_id, proof)

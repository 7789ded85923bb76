"""The redirect flow: to Microsoft with a transaction, back with a code, to an identity that the ID token proves."""

from dataclasses import dataclass
from typing import Any

import structlog
from flask import current_app
from werkzeug.datastructures import MultiDict

from app.connections.actions import note_unreadable, record_accepted, record_rejected
from app.connections.connection_config import ConnectionConfig, CredentialRecord
from app.connections.notifications import send_credential_rejected, tell_of_undecryptable
from app.core.database import db, release_connection
from app.core.encryption import DecryptionError
from app.core.unit_of_work import unit_of_work
from app.entra.errors import MicrosoftError, OAuthError
from app.entra.oauth import Registration, TokenAnswer, refusal_of
from app.entra_apps.client_credential import client_credential
from app.login import errors, transaction
from app.login.errors import SignInRefused
from app.login.microsoft.identity import VerifiedIdentity, verify
from app.login.transaction import LoginTransaction, Purpose
from app.microsoft_clients import microsoft

log = structlog.get_logger(__name__)

CREDENTIAL_REFUSED = frozenset({7000215, 7000222, 700027, 700211, 700212, 700213})
"""AADSTS numbers that reject the client credential, not the person."""


def begin(
    connection: ConnectionConfig,
    purpose: Purpose,
    *,
    code: str = "",
    next_path: str,
    prompt: str | None = None,
    login_hint: str | None = None,
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
    """Tries the credentials in order: a rejected credential does not use up the code.

    Raises DecryptionError if none works and this node could not decrypt some of them.
    """
    refused: OAuthError | None = None
    undecryptable: DecryptionError | None = None
    for credential in connection.credentials or (None,):
        try:
            registration = _registration(connection, credential)
        except DecryptionError as error:
            undecryptable = error
            if credential is not None:
                _note_undecryptable(credential, connection, error)
            continue
        try:
            answer = microsoft().oauth.redeem_code(registration, begun.flow or {}, begun.state, code)
        except OAuthError as error:
            if credential is None or not CREDENTIAL_REFUSED.intersection(error.codes):
                raise
            refused = error
            _note_refused(credential, connection, next(one for one in error.codes if one in CREDENTIAL_REFUSED))
        else:
            if credential is not None and (credential.refused_at or credential.unreadable_at):
                with unit_of_work():
                    record_accepted(credential.id, connection.company_id)
            return answer
    failure = undecryptable or refused
    assert failure is not None, "the last credential either answers or raises"
    raise failure


def _note_refused(credential: CredentialRecord, connection: ConnectionConfig, code: int) -> None:
    """Recorded whatever the outcome of this sign-in, unless the notification failed: then the next rejection is
    reported again.
    """
    with unit_of_work():
        is_news = record_rejected(credential.id, connection.company_id)
        if is_news and not send_credential_rejected.enqueue_now(credential_id=str(credential.id), code=code):
            db.session.rollback()


def _note_undecryptable(credential: CredentialRecord, connection: ConnectionConfig, error: DecryptionError) -> None:
    """Notified like a rejection. The log names the key each time, since it may be missing on one node of several."""
    log.error("credential_undecryptable", place=error.associated_data, key=error.key, why=str(error))
    with unit_of_work():
        is_news = note_unreadable(credential.id, connection.company_id)
        if is_news and not tell_of_undecryptable.enqueue_now(credential_id=str(credential.id)):
            db.session.rollback()


def _registration(connection: ConnectionConfig, credential: CredentialRecord | None) -> Registration:
    proof = client_credential(credential, connection, current_app.config["BASE_URL"]) if credential else None
    return Registration(connection.tenant, connection.client_id, proof)

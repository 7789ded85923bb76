"""The server-side flow: to Microsoft with a transaction, back with a code, to an identity that the ID token proves."""

import time

import structlog
from flask import current_app

from app.connections.actions import note_unreadable, record_accepted, record_rejected
from app.connections.connection_config import ConnectionConfig, CredentialRecord
from app.connections.notifications import send_credential_rejected, tell_of_undecryptable
from app.core.database import db
from app.core.encryption import DecryptionError
from app.core.unit_of_work import unit_of_work
from app.entra.errors import MicrosoftError, OAuthError
from app.entra.oauth import Registration, TokenAnswer
from app.entra_apps.client_credential import client_credential
from app.login import errors
from app.login.errors import SignInRefused
from app.login.id_token import VerifiedIdentity, verify
from app.login.transaction import LoginTransaction, Purpose
from app.microsoft_clients import microsoft

log = structlog.get_logger(__name__)

CREDENTIAL_REFUSED = frozenset({7000215, 7000222, 700027, 700211, 700212, 700213})
"""AADSTS numbers that reject the client credential, not the person."""


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
    """Tries the credentials in order: a rejected credential does not use up the code.

    Raises DecryptionError if none works and this node could not decrypt some of them.
    """
    refused: OAuthError | None = None
    undecryptable: DecryptionError | None = None
    for credential in setup.credentials or (None,):
        try:
            registration = _registration(setup, credential)
        except DecryptionError as error:
            undecryptable = error
            if credential is not None:
                _note_undecryptable(credential, setup, error)
            continue
        try:
            answer = microsoft().oauth.redeem_code(registration, attempt.flow, attempt.state, code)
        except OAuthError as error:
            if credential is None or not CREDENTIAL_REFUSED.intersection(error.codes):
                raise
            refused = error
            _note_refused(credential, setup, next(one for one in error.codes if one in CREDENTIAL_REFUSED))
        else:
            if credential is not None and (credential.refused_at or credential.unreadable_at):
                with unit_of_work():
                    record_accepted(credential.id, setup.company_id)
            return answer
    failure = undecryptable or refused
    assert failure is not None, "the last credential either answers or raises"
    raise failure


def _note_refused(credential: CredentialRecord, setup: ConnectionConfig, code: int) -> None:
    """Recorded whatever the outcome of this sign-in, unless the notification failed: then the next rejection is
    reported again.
    """
    with unit_of_work():
        is_news = record_rejected(credential.id, setup.company_id)
        if is_news and not send_credential_rejected.enqueue_now(credential_id=str(credential.id), code=code):
            db.session.rollback()


def _note_undecryptable(credential: CredentialRecord, setup: ConnectionConfig, error: DecryptionError) -> None:
    """Notified like a rejection. The log names the key each time, since it may be missing on one node of several."""
    log.error("credential_undecryptable", place=error.associated_data, key=error.key, why=str(error))
    with unit_of_work():
        is_news = note_unreadable(credential.id, setup.company_id)
        if is_news and not tell_of_undecryptable.enqueue_now(credential_id=str(credential.id)):
            db.session.rollback()


def _registration(setup: ConnectionConfig, credential: CredentialRecord | None) -> Registration:
    proof = client_credential(credential, setup, current_app.config["BASE_URL"]) if credential else None
    return Registration(setup.tenant, setup.client_id, proof)

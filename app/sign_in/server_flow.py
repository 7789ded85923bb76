"""The server-side flow: to Microsoft with an attempt, back with a code, to a person whom the token proves."""

import time

from flask import current_app

from app.clients import microsoft
from app.connections.actions import note_accepted, note_refused
from app.connections.credentials import proof_of
from app.connections.letters import tell_of_refusal
from app.connections.snapshots import HeldCredential, Snapshot
from app.database import db
from app.microsoft.entra import Registration, TokenAnswer
from app.microsoft.errors import MicrosoftError, Refused
from app.sign_in import refusals
from app.sign_in.attempts import Attempt, Purpose
from app.sign_in.refusals import SignInRefused
from app.sign_in.verified import Verified, verify

CREDENTIAL_REFUSED = frozenset({7000215, 7000222, 700027, 700211, 700212, 700213})
"""AADSTS numbers that speak against the credential, not against the person."""


def begin(
    setup: Snapshot,
    *,
    code: str,
    next_path: str,
    prompt: str | None = None,
    person_id: str | None = None,
    login_hint: str | None = None,
    tested_version: int | None = None,
    joins: str | None = None,
    purpose: Purpose = Purpose.SIGN_IN,
) -> tuple[Attempt, str]:
    """A fresh attempt, and the address at Microsoft to send the browser to. Raises SignInRefused."""
    try:
        start = microsoft().entra.start(
            _registration(setup, None),
            current_app.config["BASE_URL"] + setup.web_path,
            prompt=prompt,
            login_hint=login_hint,
        )
    except MicrosoftError as error:
        raise SignInRefused(refusals.of(error), cause=str(error)) from None
    attempt = Attempt(
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


def finish(setup: Snapshot, attempt: Attempt, code: str) -> Verified:
    """Redeems the code and validates the ID token. One request goes to Microsoft, unless it refuses the credential.

    Raises SignInRefused.
    """
    try:
        answer = _redeem(setup, attempt, code)
    except MicrosoftError as error:
        raise SignInRefused(refusals.of(error), cause=str(error)) from None
    return verify(setup, answer.id_token, answer.access_token, attempt.nonce, started_at=attempt.began_at)


def _redeem(setup: Snapshot, attempt: Attempt, code: str) -> TokenAnswer:
    """Tries the credentials in turn: refusing one, Microsoft leaves the code as it was."""
    for credential in setup.credentials or (None,):
        try:
            answer = microsoft().entra.finish(_registration(setup, credential), attempt.flow, attempt.state, code)
        except Refused as refused:
            if credential is None or not CREDENTIAL_REFUSED.intersection(refused.codes):
                raise
            _note_refused(credential, setup, next(one for one in refused.codes if one in CREDENTIAL_REFUSED))
            if credential is setup.credentials[-1]:
                raise
        else:
            if credential is not None and credential.refused_at is not None:
                note_accepted(credential.id, setup.company_id)
            return answer
    raise AssertionError("the last credential either answers or raises")


def _note_refused(credential: HeldCredential, setup: Snapshot, code: int) -> None:
    """Kept whatever becomes of this sign-in; unless nobody could be told, for then the next refusal is news again."""
    is_news = note_refused(credential.id, setup.company_id)
    if is_news and not tell_of_refusal.later(credential_id=str(credential.id), code=code):
        db.session.rollback()
    db.session.commit()


def _registration(setup: Snapshot, credential: HeldCredential | None) -> Registration:
    proof = proof_of(credential, setup, current_app.config["BASE_URL"]) if credential else None
    return Registration(setup.tenant, setup.client_id, proof)

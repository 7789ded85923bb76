"""The server-side flow: to Microsoft with an attempt, back with a code, to a person whom the token proves."""

import time

from flask import current_app

from app.clients import microsoft
from app.connections.models import Connection
from app.microsoft.entra import Registration
from app.microsoft.errors import MicrosoftError
from app.sign_in import refusals
from app.sign_in.attempts import Attempt
from app.sign_in.refusals import SignInRefused
from app.sign_in.verified import Verified, verify


def begin(
    connection: Connection,
    *,
    code: str,
    next_path: str,
    prompt: str | None = None,
    person_id: str | None = None,
    login_hint: str | None = None,
) -> tuple[Attempt, str]:
    """A fresh attempt, and the address at Microsoft to send the browser to. Raises SignInRefused."""
    try:
        start = microsoft().entra.start(
            registration(connection),
            current_app.config["BASE_URL"] + connection.web_path,
            prompt=prompt,
            login_hint=login_hint,
        )
    except MicrosoftError as error:
        raise SignInRefused(refusals.of(error), cause=str(error)) from None
    attempt = Attempt(
        connection_id=str(connection.id),
        code=code,
        state=start.state,
        nonce=start.nonce,
        flow=start.flow,
        next=next_path,
        began_at=int(time.time()),
        person_id=person_id,
        silent=prompt == "none",
    )
    return attempt, start.url


def finish(connection: Connection, attempt: Attempt, code: str) -> Verified:
    """Redeems the code and validates the ID token. One request goes to Microsoft. Raises SignInRefused."""
    try:
        answer = microsoft().entra.finish(registration(connection), attempt.flow, attempt.state, code)
    except MicrosoftError as error:
        raise SignInRefused(refusals.of(error), cause=str(error)) from None
    return verify(connection, answer.id_token, answer.access_token, attempt.nonce)


def registration(connection: Connection) -> Registration:
    return Registration(connection.tenant, connection.client_id, connection.client_secret)

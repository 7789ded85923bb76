"""The server-side flow: to Microsoft with an attempt, back with a code, to a person whom the token proves."""

import time
from dataclasses import dataclass

from flask import current_app

from app.clients import microsoft
from app.connections.models import Connection
from app.microsoft.entra import Registration
from app.microsoft.errors import MicrosoftError
from app.microsoft.tokens import Claims, Expected, validate
from app.sign_in import refusals
from app.sign_in.attempts import Attempt
from app.sign_in.refusals import SignInRefused


@dataclass(frozen=True)
class Verified:
    """Who a validated ID token says it is, and the access token that came with it."""

    claims: Claims
    access_token: str | None


def redirect_uri(connection: Connection) -> str:
    """The address that the company registers under the platform Web; built from BASE_URL, whatever the request says."""
    base: str = current_app.config["BASE_URL"]
    return base + connection.redirect_path


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
            registration(connection), redirect_uri(connection), prompt=prompt, login_hint=login_hint
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
    clients = microsoft()
    try:
        answer = clients.entra.finish(registration(connection), attempt.flow, attempt.state, code)
        tenant = connection.tenant
        expected = Expected(
            clients.directory.metadata(tenant).issuer, connection.client_id, tenant=tenant, nonce=attempt.nonce
        )
        claims = validate(
            answer.id_token, expected, lambda kid: clients.directory.signing_key(tenant, kid), time.time()
        )
    except MicrosoftError as error:
        raise SignInRefused(refusals.of(error), cause=str(error)) from None
    return Verified(claims, answer.access_token)


def registration(connection: Connection) -> Registration:
    return Registration(connection.tenant, connection.client_id, connection.client_secret)

"""What Microsoft proves, the same for both flows: an answer to a transaction, and the identity of its ID token."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from werkzeug.datastructures import MultiDict

from app.connections.connection_config import ConnectionConfig
from app.core.database import now
from app.entra.errors import MicrosoftError
from app.entra.id_tokens import Claims, Expected, validate
from app.entra.signed_tokens import CLOCK_SKEW_SECONDS
from app.login import errors
from app.login.errors import SignInRefused
from app.microsoft_clients import microsoft

AUTH_TIME_SKEW_SECONDS = 30
"""How far Microsoft's clock may be behind ours."""


@dataclass(frozen=True)
class VerifiedIdentity:
    """The identity from a validated ID token, and the access token that came with it."""

    claims: Claims
    access_token: str | None
    authenticated_at: datetime | None = None
    """When the person signed in at Microsoft, if the token proves that they did so for this transaction."""
    refresh_token: str | None = field(default=None, repr=False)
    """Only at a connection that notices who leaves."""

    @property
    def auth_time(self) -> datetime:
        """When the person signed in at Microsoft, or now if the ID token doesn't say: `auth_time` is an optional claim
        that has to be registered.
        """
        claimed, moment = self.claims.auth_time, now()
        if claimed is None or not 0 < claimed < moment.timestamp():
            return moment
        return datetime.fromtimestamp(claimed, UTC)


@dataclass(frozen=True)
class Memberships:
    """What a directory says a person is."""

    app_roles: tuple[str, ...]
    """The values of app roles."""
    groups: tuple[str, ...] | None
    """Object ids of groups; None: there are too many for an ID token, and Microsoft Graph didn't answer."""


class Answer(Protocol):
    """Microsoft's answer to a transaction, as either flow receives it."""

    @property
    def parameters(self) -> MultiDict[str, str]:
        """The response's parameters."""
        ...

    def identity(self, connection: ConnectionConfig) -> VerifiedIdentity:
        """The identity that the answer proves at this connection. Raises SignInRefused."""
        ...


def verify(
    connection: ConnectionConfig,
    id_token: object,
    access_token: object,
    nonce: str | None,
    *,
    started_at: int,
    refresh_token: str | None = None,
) -> VerifiedIdentity:
    """Passes the ID token to the validator. `started_at` is when the transaction began, in seconds since 1970. Tokens
    that a refresh token got have no nonce.

    Raises SignInRefused.
    """
    directory, tenant = microsoft().discovery, connection.tenant
    try:
        expected = Expected(directory.metadata(tenant).issuer, connection.client_id, tenant, nonce)
        claims = validate(id_token, expected, lambda kid: directory.signing_key(tenant, kid), time.time())
    except MicrosoftError as error:
        raise SignInRefused(errors.error_for(error), cause=str(error)) from None
    token = access_token if isinstance(access_token, str) and access_token else None
    return VerifiedIdentity(claims, token, _authenticated_at(claims.auth_time, started_at), refresh_token)


def _authenticated_at(auth_time: float | None, started_at: int) -> datetime | None:
    """None if Microsoft may have used a session from before the transaction, without asking the person to sign in.

    What is proven to have happened since the transaction's start, in whole seconds, is dated after it, however far
    behind Microsoft's clock is: an application may ask whether someone authenticated since its request.
    """
    if auth_time is None or not started_at - AUTH_TIME_SKEW_SECONDS <= auth_time <= time.time() + CLOCK_SKEW_SECONDS:
        return None
    return min(datetime.fromtimestamp(max(auth_time, started_at + 1), UTC), now())

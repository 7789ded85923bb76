"""What both flows end with, before anybody is let in."""

import time
from dataclasses import dataclass

from app.clients import microsoft
from app.connections.snapshots import Snapshot
from app.microsoft.errors import MicrosoftError
from app.microsoft.tokens import Claims, Expected, validate
from app.sign_in import refusals
from app.sign_in.refusals import SignInRefused


@dataclass(frozen=True)
class Verified:
    """Who a validated ID token says it is, and the access token that came with it."""

    claims: Claims
    access_token: str | None


def verify(setup: Snapshot, id_token: object, access_token: object, nonce: str) -> Verified:
    """Hands the ID token to the one validator. Raises SignInRefused."""
    directory, tenant = microsoft().directory, setup.tenant
    try:
        expected = Expected(directory.metadata(tenant).issuer, setup.client_id, tenant, nonce)
        claims = validate(id_token, expected, lambda kid: directory.signing_key(tenant, kid), time.time())
    except MicrosoftError as error:
        raise SignInRefused(refusals.of(error), cause=str(error)) from None
    return Verified(claims, access_token if isinstance(access_token, str) and access_token else None)

"""The assertions by which Microsoft Entra's provisioning service proves who it is, without a secret (workload identity
federation).

The service sends one as `client_assertion` to our token endpoint (RFC 7523, section 2.2), signed by the customer's
tenant: https://github.com/AzureAD/SCIMReferenceCode/blob/master/Workload-Identity-Federation-for-SCIM-Provisioning.md
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.entra.errors import InvalidIdToken
from app.entra.signed_tokens import CLOCK_SKEW_SECONDS, LONGEST_CLAIM, Profile, seconds, text, verified_claims

LONGEST_LIFE_SECONDS = 24 * 3600
"""Entra's tokens for applications last 60 to 90 minutes, and up to 24 hours where their revocation is noticed earlier:
https://learn.microsoft.com/entra/identity-platform/access-tokens#token-lifetime
"""


@dataclass(frozen=True)
class ExpectedWorkload:
    """What an admin copied from Entra, and the tenant of their connection. All ids are GUIDs in lower case."""

    issuer: str
    tenant: str
    application: str
    """The application (client) id of the workload identity."""
    subject: str
    """The object id of the service principal that asks for the assertion."""

    @property
    def profile(self) -> Profile:
        """The portal shows the audience as `api://<id>/.default`, Microsoft's example token has `api://<id>`, and
        tokens of version 2.0 have the id alone; each names this one application. The first-party application that asks
        is a constant of Microsoft's which is not documented; the subject is its service principal in this tenant.
        """
        names = (self.application, f"api://{self.application}", f"api://{self.application}/.default")
        return Profile(self.issuer, self.tenant, audiences=frozenset(names), authorized_parties=None)


@dataclass(frozen=True)
class WorkloadAssertion:
    identity: str
    """By which one that was used is recognized: its `uti` or `jti`, or a hash of what is signed."""


def validate(
    token: object, expected: ExpectedWorkload, signing_key: Callable[[str], Any], now: float
) -> WorkloadAssertion:
    """A valid assertion; whether it was used before is the caller's to check.

    `signing_key` maps a key id (kid) to the tenant's public key; `now` is in seconds since 1970.

    Raises InvalidIdToken; exceptions of `signing_key` propagate.
    """
    payload = verified_claims(token, expected.profile, signing_key, now)
    if text(payload, "sub", "subject") != expected.subject:
        raise InvalidIdToken("subject")
    if payload.get("appid", expected.application) != expected.application:
        raise InvalidIdToken("application")
    if "scp" in payload or payload.get("idtyp", "app") != "app":
        # On behalf of a person.
        raise InvalidIdToken("person")
    if seconds(payload, "exp") > now + LONGEST_LIFE_SECONDS + CLOCK_SKEW_SECONDS:
        raise InvalidIdToken("lifetime")
    return WorkloadAssertion(_identity(payload, str(token)))


def _identity(payload: dict[str, Any], token: str) -> str:
    for claim in ("uti", "jti"):
        value = payload.get(claim)
        if isinstance(value, str) and 0 < len(value) <= LONGEST_CLAIM:
            return f"{claim} {value}"
    # Without the signature, which base64 could write in several ways.
    return hashlib.sha256(token.rpartition(".")[0].encode()).hexdigest()

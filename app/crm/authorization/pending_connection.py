"""The settings an admin entered, kept encrypted until Microsoft has confirmed them. Plain values.

The present connection stays as it is meanwhile. The same text holds the state between the authorization request and its
response; it belongs to the person who began, and is consumed by the first response.
"""

import hmac
import json
import time
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from app.core import strict_json
from app.entra_apps.client_credential import NewCredential
from app.entra_apps.models import CredentialKind

LIFE_SECONDS = 600


@dataclass(frozen=True)
class AuthorizationRequest:
    """An authorization request under way at Microsoft."""

    person_id: str
    state: str
    flow: dict[str, Any]
    began_at: int
    """Seconds since 1970."""


@dataclass(frozen=True)
class PendingConnection:
    """The settings to connect with."""

    kind: str = "delegated"
    tenant: str = ""
    client_id: str = ""
    environment: str = ""
    secret: str | None = None
    """The client secret's value; or the private key of the certificate or of the federated credential."""
    certificate: str | None = None
    is_federated: bool = False
    expires: str | None = None
    """The credential's last day, in ISO 8601."""
    auth_request: AuthorizationRequest | None = None

    @property
    def expires_on(self) -> date | None:
        return date.fromisoformat(self.expires) if self.expires else None

    @property
    def credential(self) -> NewCredential | None:
        if not self.secret:
            return None
        kind = CredentialKind.CERTIFICATE if self.certificate else CredentialKind.SECRET
        if self.is_federated:
            kind = CredentialKind.FEDERATED
        return NewCredential(kind, self.secret, self.certificate, self.expires_on)

    def with_credential(self, credential: NewCredential) -> "PendingConnection":
        return replace(
            self,
            secret=credential.secret,
            certificate=credential.certificate,
            is_federated=credential.kind == CredentialKind.FEDERATED,
            expires=credential.expires.isoformat() if credential.expires else None,
        )

    def begun(self, person_id: UUID, state: str, flow: dict[str, Any]) -> "PendingConnection":
        return replace(self, auth_request=AuthorizationRequest(str(person_id), state, flow, int(time.time())))

    def spent(self) -> "PendingConnection":
        return replace(self, auth_request=None)

    def as_text(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))


def read(text: str | None) -> PendingConnection:
    """Parses what `as_text` wrote; empty settings for None."""
    values = strict_json.read_object(text) if text else {}
    auth_request = values.pop("auth_request", None)
    return PendingConnection(**values, auth_request=AuthorizationRequest(**auth_request) if auth_request else None)


class UnknownRequest(Exception):
    """The response belongs to no request of this person; `is_late` if it did but has expired."""

    def __init__(self, *, is_late: bool = False) -> None:
        super().__init__("too late" if is_late else "not begun here")
        self.is_late = is_late


def continued(entered: PendingConnection, person_id: UUID, states: list[str]) -> AuthorizationRequest:
    """The request that a response with these states belongs to. Raises UnknownRequest."""
    found = entered.auth_request
    if found is None or len(states) != 1 or found.person_id != str(person_id):
        raise UnknownRequest
    if not hmac.compare_digest(found.state.encode(), states[0].encode("utf-8", "surrogatepass")):
        raise UnknownRequest
    if time.time() - found.began_at > LIFE_SECONDS:
        raise UnknownRequest(is_late=True)
    return found

"""Client credentials as plain values, and in the form that the OAuth client needs."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from app.entra.oauth import Assertion, Certificate, Secret
from app.entra_apps.certificates import Federation, assertion, new_certificate, new_federation_key
from app.entra_apps.models import ClientCredential, CredentialKind


class Presentable(Protocol):
    """What every form of a credential has. Reading `secret` raises DecryptionError if it can't be decrypted."""

    @property
    def kind(self) -> str: ...
    @property
    def secret(self) -> str | None: ...
    @property
    def certificate(self) -> str | None: ...


@dataclass(frozen=True)
class NewCredential:
    """A credential that is not stored yet."""

    kind: CredentialKind
    secret: str
    certificate: str | None = None
    expires: date | None = None


@dataclass(frozen=True)
class CredentialRecord:
    """A stored credential with its secret still encrypted."""

    id: UUID
    kind: str
    secret_sealed: str | None
    certificate: str | None
    expires: date | None
    refused_at: datetime | None
    unreadable_at: datetime | None

    @property
    def secret(self) -> str | None:
        """Raises DecryptionError."""
        return ClientCredential.secret.decrypted(self)


def generated_certificate(common_name: str) -> NewCredential:
    made = new_certificate(common_name)
    return NewCredential(CredentialKind.CERTIFICATE, made.private_key, made.certificate, made.expires)


def generated_federated() -> NewCredential:
    return NewCredential(CredentialKind.FEDERATED, new_federation_key())


def client_credential(credential: Presentable, federation: Federation) -> Secret | Certificate | Assertion | None:
    """The credential in MSAL's form. `federation` is what the assertions of a federated credential say.

    Raises DecryptionError if the secret was tampered with, or its key is missing.
    """
    secret = credential.secret
    if not secret:
        return None
    if credential.kind == CredentialKind.FEDERATED:
        return assertion(federation, secret)
    if credential.kind == CredentialKind.CERTIFICATE and credential.certificate:
        return Certificate(secret, credential.certificate)
    return Secret(secret)

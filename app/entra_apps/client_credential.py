"""A stored credential in MSAL's format."""

from app.connections.connection_config import ConnectionConfig, CredentialRecord
from app.entra.oauth import Assertion, Certificate, Secret
from app.entra_apps.certificates import assertion, issuer
from app.entra_apps.models import CredentialKind
from app.microsoft_clients import microsoft


def client_credential(
    credential: CredentialRecord, connection: ConnectionConfig, base_url: str
) -> Secret | Certificate | Assertion | None:
    """Raises DecryptionError if the secret was tampered with, or its key is missing."""
    if credential.kind == CredentialKind.FEDERATED:
        key, audience = connection.federation_key, microsoft().cloud.exchange_audience
        return assertion(issuer(base_url, connection.public_id), connection.public_id, key, audience) if key else None
    secret = credential.secret
    if credential.kind == CredentialKind.CERTIFICATE and secret and credential.certificate:
        return Certificate(secret, credential.certificate)
    return Secret(secret) if secret else None

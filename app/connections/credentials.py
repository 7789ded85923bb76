"""How Microsoft wants to see what a connection proves itself with."""

from app.clients import microsoft
from app.connections.certificates import assertion, issuer
from app.connections.models import CredentialKind
from app.connections.snapshots import HeldCredential, Snapshot
from app.microsoft.entra import Assertion, Certificate, Secret


def proof_of(credential: HeldCredential, setup: Snapshot, base_url: str) -> Secret | Certificate | Assertion | None:
    """Raises sealing.Unsealable when the secret was tampered with, or its key is gone."""
    if credential.kind == CredentialKind.FEDERATED:
        key, audience = setup.federation_key, microsoft().cloud.exchange_audience
        return assertion(issuer(base_url, setup.public_id), setup.public_id, key, audience) if key else None
    secret = credential.secret
    if credential.kind == CredentialKind.CERTIFICATE and secret and credential.certificate:
        return Certificate(secret, credential.certificate)
    return Secret(secret) if secret else None

"""Which of a connection's credentials is used, and how Microsoft wants to see it."""

from collections.abc import Iterable
from datetime import date

from app.clients import microsoft
from app.connections.certificates import assertion, issuer
from app.connections.models import Connection, Credential, CredentialKind, Draft
from app.microsoft.entra import Assertion, Certificate, Secret


def in_turn(credentials: Iterable[Credential], today: date) -> list[Credential]:
    """The live credentials in the order in which to try them: the oldest first, so that the next waits beside it.

    One that expired or was refused comes last, should nothing else be left.
    """

    def worn_out(credential: Credential) -> bool:
        return credential.refused_at is not None or (credential.expires is not None and credential.expires < today)

    return sorted((credential for credential in credentials if credential.is_live), key=worn_out)


def under_test(credentials: Iterable[Credential], today: date) -> list[Credential]:
    """What a test sign-in uses: the newest that is not live yet and nothing in its place, else what is live."""
    credentials = list(credentials)
    fresh = [credential for credential in credentials if not credential.is_live]
    return fresh[-1:] or in_turn(credentials, today)


def proof_of(
    credential: Credential, setup: Connection | Draft, base_url: str
) -> Secret | Certificate | Assertion | None:
    """Raises sealing.Unsealable when the secret was tampered with, or its key is gone."""
    if credential.kind == CredentialKind.FEDERATED:
        draft = setup if isinstance(setup, Draft) else setup.draft
        key = draft.federation_key
        return (
            assertion(issuer(base_url, draft.public_id), draft.public_id, key, microsoft().cloud.exchange_audience)
            if key
            else None
        )
    if credential.kind == CredentialKind.CERTIFICATE and credential.secret and credential.certificate:
        return Certificate(credential.secret, credential.certificate)
    return Secret(credential.secret) if credential.secret else None

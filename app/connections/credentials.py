"""Which of a connection's credentials is used, and how Microsoft wants to see it."""

from collections.abc import Iterable
from datetime import date

from app.connections.models import Credential, CredentialKind
from app.microsoft.entra import Assertion, Certificate, Secret


def in_turn(credentials: Iterable[Credential], today: date, *, draft: bool = False) -> list[Credential]:
    """The credentials to try, in this order: the oldest that is good first, so that the next one waits beside it.

    One that expired or was refused comes last, should nothing else be left. For a draft, its own come before the live.
    """
    chosen = [credential for credential in credentials if credential.is_live or draft]

    def turn(credential: Credential) -> tuple[bool, bool]:
        worn_out = credential.refused_at is not None or (credential.expires is not None and credential.expires < today)
        return (draft and credential.is_live, worn_out)

    return sorted(chosen, key=turn)


def proof_of(credential: Credential) -> Secret | Certificate | Assertion | None:
    """Raises sealing.Unsealable when the secret was tampered with, or its key is gone."""
    if credential.kind == CredentialKind.CERTIFICATE and credential.secret and credential.certificate:
        return Certificate(credential.secret, credential.certificate)
    return Secret(credential.secret) if credential.secret else None

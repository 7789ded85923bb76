"""The order in which an application's credentials are tried, and how one takes over from another."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Protocol, TypeVar

from app.core.encryption import DecryptionError
from app.entra import error_codes
from app.entra.errors import OAuthError
from app.entra_apps.client_credential import CredentialRecord

Answer = TypeVar("Answer")


class Marks(Protocol):
    """Records what became of each credential."""

    def accepted(self, credential: CredentialRecord) -> None:
        """A credential marked earlier works again."""

    def refused(self, credential: CredentialRecord, code: int) -> None:
        """Microsoft rejected it with this AADSTS number."""

    def undecryptable(self, credential: CredentialRecord, error: DecryptionError) -> None:
        """This node could not decrypt it."""


def by_preference(credentials: Iterable[CredentialRecord], today: date) -> list[CredentialRecord]:
    """The oldest first, so that its replacement is tried next. Credentials that expired, were rejected or could not be
    decrypted come last.
    """

    def worn_out(credential: CredentialRecord) -> bool:
        is_marked = credential.refused_at is not None or credential.unreadable_at is not None
        return is_marked or (credential.expires is not None and credential.expires < today)

    return sorted(credentials, key=worn_out)


def test_candidates(
    drafted: Sequence[CredentialRecord], active: Iterable[CredentialRecord], today: date
) -> list[CredentialRecord]:
    """What a test sign-in uses: only the newest credential that is not active yet; without one, the active ones."""
    return list(drafted[-1:]) or by_preference(active, today)


def first_accepted(
    credentials: Iterable[CredentialRecord], use: Callable[[CredentialRecord], Answer], marks: Marks
) -> Answer:
    """The answer to the first credential that Microsoft accepts: a rejected credential does not use up a code.

    Raises what `use` raises for any reason but the credential; OAuthError if every credential is rejected, and
    DecryptionError if none works and this node could not decrypt some of them.
    """
    refused: OAuthError | None = None
    undecryptable: DecryptionError | None = None
    for credential in credentials:
        try:
            answer = use(credential)
        except DecryptionError as error:
            undecryptable = error
            marks.undecryptable(credential, error)
        except OAuthError as error:
            code = error_codes.credential_rejection(error.codes)
            if code is None:
                raise
            refused = error
            marks.refused(credential, code)
        else:
            if credential.refused_at or credential.unreadable_at:
                marks.accepted(credential)
            return answer
    failure = undecryptable or refused
    assert failure is not None, "the last credential either answers or raises"
    raise failure

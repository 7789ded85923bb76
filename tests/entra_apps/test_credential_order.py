"""The order in which credentials are tried, and when the next one is used."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.encryption import DecryptionError
from app.entra.errors import OAuthError, ServiceUnavailable
from app.entra_apps import credential_order
from app.entra_apps.client_credential import CredentialRecord
from app.entra_apps.credential_order import by_preference, first_accepted

TODAY = date(2026, 11, 26)
EARLIER = datetime(2026, 11, 1, tzinfo=UTC)
EXPIRED = OAuthError("invalid_client", "", (7000222,))
WRONG = OAuthError("invalid_client", "", (7000215,))
UNDECRYPTABLE = DecryptionError("lost", associated_data="place", key="name")


def credential(**values: Any) -> CredentialRecord:
    blank = dict.fromkeys(CredentialRecord.__dataclass_fields__)
    return CredentialRecord(**{**blank, "id": uuid4(), "kind": "secret", **values})


@dataclass
class Marked:
    """The recorded outcome by credential."""

    of: dict[UUID, Any] = field(default_factory=dict)

    def accepted(self, one: CredentialRecord) -> None:
        self.of[one.id] = "accepted"

    def refused(self, one: CredentialRecord, code: int) -> None:
        self.of[one.id] = code

    def undecryptable(self, one: CredentialRecord, error: DecryptionError) -> None:
        self.of[one.id] = error.key


def responding(*responses: str | Exception) -> Callable[[CredentialRecord], str]:
    """Microsoft's responses, one for each request."""
    left = list(responses)

    def use(_: CredentialRecord) -> str:
        response = left.pop(0)
        if isinstance(response, Exception):
            raise response
        return response

    return use


def test_oldest_credential_comes_first_and_unusable_ones_last() -> None:
    expired = credential(expires=date(2026, 11, 25))
    refused, unreadable = credential(refused_at=EARLIER), credential(unreadable_at=EARLIER)
    old, last_day = credential(), credential(expires=TODAY)
    found = by_preference([expired, refused, old, unreadable, last_day], TODAY)
    assert found == [old, last_day, expired, refused, unreadable]


def test_connection_test_uses_only_newest_credential_of_draft() -> None:
    first, second, active = credential(), credential(), credential()
    assert credential_order.test_candidates([first, second], [active], TODAY) == [second]


def test_connection_test_without_new_credential_uses_active_ones() -> None:
    refused, active = credential(refused_at=EARLIER), credential()
    assert credential_order.test_candidates([], [refused, active], TODAY) == [active, refused]


def test_next_credential_is_used_when_one_is_rejected() -> None:
    first, second, third, marked = credential(), credential(), credential(), Marked()
    assert first_accepted([first, second, third], responding(EXPIRED, WRONG, "tokens"), marked) == "tokens"
    assert marked.of == {first.id: 7000222, second.id: 7000215}


def test_next_credential_is_used_when_one_cannot_be_decrypted() -> None:
    first, second, marked = credential(), credential(), Marked()
    assert first_accepted([first, second], responding(UNDECRYPTABLE, "tokens"), marked) == "tokens"
    assert marked.of == {first.id: "name"}


@pytest.mark.parametrize("mark", ["refused_at", "unreadable_at"])
def test_recovered_credential_is_recorded_as_accepted(mark: str) -> None:
    again, marked = credential(**{mark: EARLIER}), Marked()
    first_accepted([again], responding("tokens"), marked)
    assert marked.of == {again.id: "accepted"}


def test_working_credential_is_not_recorded_again() -> None:
    marked = Marked()
    first_accepted([credential()], responding("tokens"), marked)
    assert marked.of == {}


@pytest.mark.parametrize(
    "reason",
    [
        OAuthError("invalid_grant", "", (54005,)),
        OAuthError("invalid_client", "", (700025,)),
        OAuthError("invalid_client", "", (7000218,)),
        OAuthError("invalid_client", ""),
        ServiceUnavailable("down"),
    ],
    ids=str,
)
def test_other_errors_neither_try_nor_mark_other_credentials(reason: Exception) -> None:
    marked = Marked()
    with pytest.raises(type(reason)) as raised:
        first_accepted([credential(), credential()], responding(reason, "tokens"), marked)
    assert raised.value is reason
    assert marked.of == {}


def test_last_rejection_is_raised_if_all_are_rejected() -> None:
    with pytest.raises(OAuthError) as raised:
        first_accepted([credential(), credential()], responding(EXPIRED, WRONG), Marked())
    assert raised.value is WRONG


def test_decryption_error_takes_precedence_over_rejection() -> None:
    with pytest.raises(DecryptionError):
        first_accepted([credential(), credential()], responding(UNDECRYPTABLE, WRONG), Marked())

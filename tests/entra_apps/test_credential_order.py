"""The order in which credentials are tried, and how one takes over from another."""

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
    """What was recorded, by credential."""

    of: dict[UUID, Any] = field(default_factory=dict)

    def accepted(self, one: CredentialRecord) -> None:
        self.of[one.id] = "accepted"

    def refused(self, one: CredentialRecord, code: int) -> None:
        self.of[one.id] = code

    def undecryptable(self, one: CredentialRecord, error: DecryptionError) -> None:
        self.of[one.id] = error.key


def answering(*answers: str | Exception) -> Callable[[CredentialRecord], str]:
    """Microsoft's answers, one for each request."""
    left = list(answers)

    def use(_: CredentialRecord) -> str:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return use


def test_the_oldest_comes_first_and_what_is_worn_out_last() -> None:
    expired = credential(expires=date(2026, 11, 25))
    refused, unreadable = credential(refused_at=EARLIER), credential(unreadable_at=EARLIER)
    old, last_day = credential(), credential(expires=TODAY)
    found = by_preference([expired, refused, old, unreadable, last_day], TODAY)
    assert found == [old, last_day, expired, refused, unreadable]


def test_a_test_uses_only_the_newest_of_the_draft() -> None:
    first, second, active = credential(), credential(), credential()
    assert credential_order.test_candidates([first, second], [active], TODAY) == [second]


def test_a_test_without_a_new_credential_uses_the_active_ones() -> None:
    refused, active = credential(refused_at=EARLIER), credential()
    assert credential_order.test_candidates([], [refused, active], TODAY) == [active, refused]


def test_the_next_one_takes_over_from_one_that_is_rejected() -> None:
    first, second, third, marked = credential(), credential(), credential(), Marked()
    assert first_accepted([first, second, third], answering(EXPIRED, WRONG, "tokens"), marked) == "tokens"
    assert marked.of == {first.id: 7000222, second.id: 7000215}


def test_the_next_one_takes_over_from_one_that_cannot_be_decrypted() -> None:
    first, second, marked = credential(), credential(), Marked()
    assert first_accepted([first, second], answering(UNDECRYPTABLE, "tokens"), marked) == "tokens"
    assert marked.of == {first.id: "name"}


@pytest.mark.parametrize("mark", ["refused_at", "unreadable_at"])
def test_one_that_works_again_is_recorded(mark: str) -> None:
    again, marked = credential(**{mark: EARLIER}), Marked()
    first_accepted([again], answering("tokens"), marked)
    assert marked.of == {again.id: "accepted"}


def test_one_that_works_as_before_is_not_recorded() -> None:
    marked = Marked()
    first_accepted([credential()], answering("tokens"), marked)
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
def test_no_other_is_tried_or_blamed_for_what_is_not_the_credentials(reason: Exception) -> None:
    marked = Marked()
    with pytest.raises(type(reason)) as raised:
        first_accepted([credential(), credential()], answering(reason, "tokens"), marked)
    assert raised.value is reason
    assert marked.of == {}


def test_if_all_are_rejected_the_last_rejection_is_the_answer() -> None:
    with pytest.raises(OAuthError) as raised:
        first_accepted([credential(), credential()], answering(EXPIRED, WRONG), Marked())
    assert raised.value is WRONG


def test_a_lost_key_counts_more_than_a_rejection() -> None:
    with pytest.raises(DecryptionError):
        first_accepted([credential(), credential()], answering(UNDECRYPTABLE, WRONG), Marked())

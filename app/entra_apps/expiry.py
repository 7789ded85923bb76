"""When credentials end, and what is said about it beforehand. Plain functions over plain values."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from app.http.current import AdminBanner, CredentialStatus

THRESHOLDS = (60, 30, 7, 1)
"""Days before the end at which a warning is given."""
ENDED = 0
"""The warning that comes when a credential has ended: its last day is past."""
HORIZON = timedelta(days=max(THRESHOLDS))


def warning_due(expires: date | None, warned: int | None, today: date) -> int | None:
    """Which warning is to be given, by its threshold; None when none is, or it was given.

    `warned` is the last one that was. After a pause only the newest of those that were missed is due.
    """
    if expires is None:
        return None
    left = (expires - today).days
    stage = ENDED if left < 0 else min((days for days in THRESHOLDS if left <= days), default=None)
    return stage if stage is not None and (warned is None or stage < warned) else None


@dataclass(frozen=True)
class CredentialValidity:
    """A live credential, as far as its end matters."""

    expires: date | None
    refused: date | None
    """When Microsoft refused it."""
    unreadable: date | None = None
    """When a node could not decrypt it."""


def is_valid(term: CredentialValidity, today: date) -> bool:
    return term.refused is None and term.unreadable is None and (term.expires is None or term.expires >= today)


def admin_banner(
    connection_id: UUID, title: str, terms: Collection[CredentialValidity], today: date, *, is_needed: bool = False
) -> AdminBanner | None:
    """What a connection's owners and admins should see to; None while one of its credentials is valid for long.

    `is_needed`: no one can sign in without a credential.
    """
    if not terms:
        return AdminBanner(connection_id, title, CredentialStatus.MISSING, today) if is_needed else None
    good = [term for term in terms if is_valid(term, today)]
    if good:
        last = max(term.expires or date.max for term in good)
        return AdminBanner(connection_id, title, CredentialStatus.ENDS, last) if last - today <= HORIZON else None
    unreadable = [term.unreadable for term in terms if term.unreadable]
    if unreadable:
        return AdminBanner(connection_id, title, CredentialStatus.UNREADABLE, max(unreadable))
    refused = [term.refused for term in terms if term.refused]
    if refused:
        return AdminBanner(connection_id, title, CredentialStatus.REFUSED, max(refused))
    ended = [term.expires for term in terms if term.expires]
    return AdminBanner(connection_id, title, CredentialStatus.ENDED, max(ended)) if ended else None


def banner_as_stored(one: AdminBanner) -> dict[str, str]:
    """A notice as it is stored."""
    return {"id": str(one.connection_id), "title": one.title, "outlook": one.status, "day": one.day.isoformat()}


def successor(others: Iterable[CredentialValidity], expires: date | None, today: date) -> CredentialValidity | None:
    """The credential that takes over from one that ends or was refused: the good one that lasts longest."""
    lasting = [term for term in others if is_valid(term, today) and (term.expires or date.max) > (expires or today)]
    return max(lasting, key=lambda term: term.expires or date.max, default=None)

"""When credentials expire, and the warnings beforehand. Pure functions."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from app.http.current import AdminBanner, CredentialStatus

THRESHOLDS = (60, 30, 7, 1)
"""Days before the expiry at which a warning is sent."""
ENDED = 0
"""The warning that is sent when a credential has expired: its last day is past."""
HORIZON = timedelta(days=max(THRESHOLDS))


def warning_due(expires: date | None, warned: int | None, today: date) -> int | None:
    """The threshold of the warning to send; None if none is due or it was sent.

    `warned` is the last one sent. After a pause only the latest of the missed warnings is due.
    """
    if expires is None:
        return None
    left = (expires - today).days
    stage = ENDED if left < 0 else min((days for days in THRESHOLDS if left <= days), default=None)
    return stage if stage is not None and (warned is None or stage < warned) else None


@dataclass(frozen=True)
class CredentialValidity:
    """The validity of an active credential."""

    expires: date | None
    refused: date | None
    """When Microsoft rejected it."""
    unreadable: date | None = None
    """When a node could not decrypt it."""


def is_valid(term: CredentialValidity, today: date) -> bool:
    return term.refused is None and term.unreadable is None and (term.expires is None or term.expires >= today)


def admin_banner(
    connection_id: UUID, title: str, terms: Collection[CredentialValidity], today: date, *, is_needed: bool = False
) -> AdminBanner | None:
    """The banner for a connection's owners and admins; None if one of its credentials is valid for long enough.

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
    """A banner as it is stored."""
    return {"id": str(one.connection_id), "title": one.title, "outlook": one.status, "day": one.day.isoformat()}


def successor(others: Iterable[CredentialValidity], expires: date | None, today: date) -> CredentialValidity | None:
    """The credential that replaces one that expires or was rejected: the valid one that lasts longest."""
    lasting = [term for term in others if is_valid(term, today) and (term.expires or date.max) > (expires or today)]
    return max(lasting, key=lambda term: term.expires or date.max, default=None)

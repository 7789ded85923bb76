"""What a package further up does with grants: provisioning asks Microsoft about the people of those with offline
access, which outlive their session. Handlers run in the grant's unit of work: they write rows and call no one outside.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

from app.applications.grants.queries import GrantState

OfflineHandler = Callable[[GrantState], None]
RevokedHandler = Callable[[Sequence[UUID]], None]

_offline: dict[OfflineHandler, None] = {}
_revoked: dict[RevokedHandler, None] = {}


def on_offline(handler: OfflineHandler) -> None:
    """From now on called with each new grant with offline access. One that is added again is called once."""
    _offline[handler] = None


def on_revoked(handler: RevokedHandler) -> None:
    """From now on called with the ids of grants that have been revoked. One that is added again is called once."""
    _revoked[handler] = None


def tell_offline(grant: GrantState) -> None:
    for handler in _offline:
        handler(grant)


def tell_revoked(grant_ids: Sequence[UUID]) -> None:
    for handler in _revoked:
        handler(grant_ids)

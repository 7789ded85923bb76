"""What a package further up does with grants: provisioning asks Microsoft about the people of those with offline
access, which outlive their session.
"""

from collections.abc import Sequence
from uuid import UUID

from app.applications.grants.queries import GrantState
from app.core.hooks import Hook

offline_granted: Hook[GrantState] = Hook()
"""Called with each new grant with offline access."""
revoked: Hook[Sequence[UUID]] = Hook()
"""Called with the ids of grants that have been revoked."""

"""A token of ours that comes back."""

from dataclasses import dataclass
from typing import Any

from app.applications.grants import queries
from app.applications.grants.actions import secret_hash
from app.applications.grants.queries import GrantState
from app.applications.provider import tokens
from app.applications.signing_keys.key_ring import InvalidToken


@dataclass(frozen=True)
class PresentedToken:
    grant: GrantState
    payload: dict[str, Any]
    """The claims of an access token; none of a refresh token."""
    is_over: bool = False
    """A refresh token that was used before."""


def find(token: str) -> PresentedToken | None:
    """None if it is no token of ours, or a deleted one."""
    try:
        payload, grant_id = tokens.read_access_token(token)
    except InvalidToken:
        stored = queries.refresh_token(secret_hash(token))
        return PresentedToken(stored.grant, {}, stored.replaced_at is not None) if stored else None
    grant = queries.by_id(grant_id)
    return PresentedToken(grant, payload) if grant else None

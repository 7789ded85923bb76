"""Who signed in. The names are those of the claims."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Person:
    """A person of one company. Identify people by `sub` and companies by `org_id`: names and addresses change."""

    sub: str
    org_id: str
    org_code: str = ""
    org_name: str = ""
    org_role: str = ""
    """In the company: owner, admin or member."""
    roles: tuple[str, ...] = ()
    """In this application."""
    name: str | None = None
    email: str | None = None
    email_verified: bool = False
    title: str | None = None
    picture: str | None = None
    external_id: str | None = None
    auth_time: int | None = None
    """Seconds since 1970."""
    amr: tuple[str, ...] = ()
    sid: str | None = None

    @classmethod
    def from_claims(cls, claims: Mapping[str, Any]) -> "Person":
        """Ignores further claims. Raises ValueError if `sub` or `org_id` is missing."""
        if not claims.get("sub") or not claims.get("org_id"):
            raise ValueError("the token has no sub or no org_id")
        known: dict[str, Any] = {
            field.name: claims[field.name] for field in fields(cls) if claims.get(field.name) is not None
        }
        lists = {name: tuple(value) for name, value in known.items() if isinstance(value, list)}
        return cls(**(known | lists))

    def has_role(self, *wanted: str) -> bool:
        """Whether the person has one of these roles in this application."""
        return not set(wanted).isdisjoint(self.roles)

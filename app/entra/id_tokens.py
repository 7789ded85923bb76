"""The ID token validator, used by every flow.

Requirements: https://learn.microsoft.com/entra/identity-platform/id-tokens#validate-tokens and OpenID Connect Core
section 3.1.3.7. MSAL Python checks none of it since 1.38.
"""

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.entra.errors import InvalidIdToken
from app.entra.signed_tokens import LONGEST_CLAIM, Profile, seconds, text, verified_claims
from app.entra.texts import sanitize

MOST_METHODS = 10
LONGEST_MEMBERSHIP = 256
OVERAGE = ("groups", "roles")
"""The claims for which Entra says where to ask instead, if a token would be too large."""
METHOD_NAME = re.compile(r"[0-9A-Za-z_.-]{1,32}")
IDENTIFIER = re.compile(r"[0-9A-Za-z_.-]{1,64}")


@dataclass(frozen=True)
class Expected:
    """The values that this sign-in's token must have."""

    issuer: str
    client_id: str
    tenant: str
    nonce: str | None
    """None for a token that a refresh token got: it belongs to no browser."""

    @property
    def profile(self) -> Profile:
        application = frozenset((self.client_id,))
        return Profile(self.issuer, self.tenant, audiences=application, authorized_parties=application)


@dataclass(frozen=True)
class Claims:
    """The claims of a validated ID token. Name and address are for display, never for looking up a person."""

    tid: str
    oid: str
    name: str | None
    preferred_username: str | None
    email: str | None
    is_guest: bool
    login_hint: str | None
    auth_time: float | None = None
    """When the person last signed in at Microsoft, in seconds since 1970; an optional claim."""
    amr: tuple[str, ...] = ()
    """The authentication methods that Microsoft asserts (RFC 8176). Entra's v2.0 ID tokens usually have none."""
    sid: str | None = None
    """Microsoft's id of the session; an optional claim, which its front-channel logout repeats."""
    roles: tuple[str, ...] = ()
    """The values of the person's app roles; with `emit_as_roles`, the object ids of their groups instead."""
    groups: tuple[str, ...] = ()
    """The object ids of the person's groups, in lower case, if the registration asks for them."""
    has_more_groups: bool = False
    """The person has more groups than a token can list, so it lists none."""

    @property
    def shown_name(self) -> str:
        return self.name or self.preferred_username or "Unnamed"

    @property
    def shown_email(self) -> str | None:
        """The address, or the user name if it looks like one. A guest's user name doesn't: it is made from another."""
        if self.email:
            return self.email
        user_name = self.preferred_username or ""
        return user_name if "@" in user_name and "#EXT#" not in user_name.upper() else None


def validate(token: object, expected: Expected, signing_key: Callable[[str], Any], now: float) -> Claims:
    """The claims of a valid ID token.

    `signing_key` maps a key id (kid) to the tenant's public key; `now` is in seconds since 1970.

    Raises InvalidIdToken; exceptions of `signing_key` propagate.
    """
    payload = verified_claims(token, expected.profile, signing_key, now)
    if expected.nonce is not None:
        # JSON can contain lone surrogates, which UTF-8 can't encode.
        nonce = text(payload, "nonce", "nonce").encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(nonce, expected.nonce.encode()):
            raise InvalidIdToken("nonce")
    text(payload, "sub", "subject")
    oid = text(payload, "oid", "object_id")
    if not IDENTIFIER.fullmatch(oid):
        raise InvalidIdToken("object_id")
    return Claims(
        tid=expected.tenant,
        oid=oid.lower(),
        name=_optional(payload, "name"),
        preferred_username=_optional(payload, "preferred_username"),
        email=_optional(payload, "email"),
        # acct = 1 marks a guest (optional claim); without it the #EXT# in a guest's user name does.
        is_guest=payload.get("acct") in (1, "1") or "#EXT#" in (_optional(payload, "preferred_username") or "").upper(),
        login_hint=_optional(payload, "login_hint"),
        auth_time=seconds(payload, "auth_time") if "auth_time" in payload else None,
        amr=_methods(payload.get("amr")),
        sid=_optional(payload, "sid"),
        roles=_memberships(payload.get("roles")),
        groups=tuple(group.lower() for group in _memberships(payload.get("groups"))),
        has_more_groups=_has_more_groups(payload),
    )


def _optional(payload: dict[str, Any], claim: str) -> str | None:
    return sanitize(payload.get(claim), LONGEST_CLAIM)


def _methods(value: object) -> tuple[str, ...]:
    """The names of a list of methods; none if the claim is anything else, since nothing depends on it."""
    names = value if isinstance(value, list) else []
    return tuple(name for name in names[:MOST_METHODS] if isinstance(name, str) and METHOD_NAME.fullmatch(name))


def _memberships(value: object) -> tuple[str, ...]:
    """The texts of a list; none if the claim is anything else: a person never gets more than what is understood."""
    names = value if isinstance(value, list) else []
    return tuple(name for name in names if isinstance(name, str) and 0 < len(name) <= LONGEST_MEMBERSHIP)


def _has_more_groups(payload: dict[str, Any]) -> bool:
    """https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference#groups-overage-claim. The endpoint
    that the token names is not used: it may be one that is retired.
    """
    names = payload.get("_claim_names")
    listed = isinstance(names, dict) and any(claim in names for claim in OVERAGE)
    return listed or payload.get("hasgroups") in (True, "true")

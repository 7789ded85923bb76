"""The ID token validator, used by every flow.

Requirements: https://learn.microsoft.com/entra/identity-platform/id-tokens#validate-tokens and OpenID Connect Core
section 3.1.3.7. MSAL Python checks none of it since 1.38.
"""

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.core import compact_jws, strict_json
from app.core.compact_jws import InvalidJws, WrongSignature
from app.core.strict_json import InvalidJson
from app.entra.errors import InvalidIdToken
from app.entra.texts import sanitize

ALGORITHM = "RS256"
LARGEST_TOKEN = 16 * 1024
CLOCK_SKEW_SECONDS = 120
LONGEST_CLAIM = 512

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
    payload = _verified_payload(token, signing_key)
    _check_addressing(payload, expected)
    _check_times(payload, now)
    if expected.nonce is not None:
        # JSON can contain lone surrogates, which UTF-8 can't encode.
        nonce = _text(payload, "nonce", "nonce").encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(nonce, expected.nonce.encode()):
            raise InvalidIdToken("nonce")
    _text(payload, "sub", "subject")
    oid = _text(payload, "oid", "object_id")
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
        auth_time=_seconds(payload, "auth_time") if "auth_time" in payload else None,
        amr=_methods(payload.get("amr")),
        sid=_optional(payload, "sid"),
        roles=_memberships(payload.get("roles")),
        groups=tuple(group.lower() for group in _memberships(payload.get("groups"))),
        has_more_groups=_has_more_groups(payload),
    )


def _verified_payload(token: object, signing_key: Callable[[str], Any]) -> dict[str, Any]:
    if not isinstance(token, str) or not token:
        raise InvalidIdToken("missing")
    if len(token) > LARGEST_TOKEN:
        raise InvalidIdToken("too_large")
    header = _reading(lambda: compact_jws.header_of(token))
    if header.get("alg") != ALGORITHM:
        raise InvalidIdToken("algorithm")
    # `b64` would mean that the payload is not encoded (RFC 7797).
    if {"crit", "b64"} & header.keys() or header.get("typ", "JWT") != "JWT" or not isinstance(header.get("kid"), str):
        raise InvalidIdToken("header")
    key = signing_key(header["kid"])
    return _reading(lambda: strict_json.read_object(compact_jws.verified_content(token, ALGORITHM, key)))


def _check_addressing(payload: dict[str, Any], expected: Expected) -> None:
    if payload.get("ver", "2.0") != "2.0":
        raise InvalidIdToken("version")
    if payload.get("iss") != expected.issuer:
        raise InvalidIdToken("issuer")
    # A list of audiences is refused even if ours is among them: Entra ID never sends one.
    if payload.get("aud") != expected.client_id:
        raise InvalidIdToken("audience")
    if payload.get("azp", expected.client_id) != expected.client_id:
        raise InvalidIdToken("audience")
    if payload.get("tid") != expected.tenant:
        raise InvalidIdToken("tenant")


def _check_times(payload: dict[str, Any], now: float) -> None:
    expires, issued = _seconds(payload, "exp"), _seconds(payload, "iat")
    if expires <= now:
        raise InvalidIdToken("expired")
    if issued > now + CLOCK_SKEW_SECONDS or issued > expires:
        raise InvalidIdToken("issued_in_future")
    if "nbf" in payload and _seconds(payload, "nbf") > now + CLOCK_SKEW_SECONDS:
        raise InvalidIdToken("not_yet_valid")


def _seconds(payload: dict[str, Any], claim: str) -> float:
    value = payload.get(claim)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidIdToken(f"{claim}_missing" if value is None else "malformed")
    return value


def _text(payload: dict[str, Any], claim: str, reason: str) -> str:
    value = payload.get(claim)
    if not isinstance(value, str) or not value or len(value) > LONGEST_CLAIM:
        raise InvalidIdToken(f"{reason}_missing" if value is None else reason)
    return value


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


def _reading(read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return read()
    except WrongSignature:
        raise InvalidIdToken("signature") from None
    except InvalidJws:
        raise InvalidIdToken("malformed") from None
    except InvalidJson as error:
        raise InvalidIdToken("duplicate_key" if error.reason == "duplicate_key" else "malformed") from None

"""The checks that every token of Entra's has to pass, whatever it is for: signature, addressing and times.

What one kind of token needs besides is in `id_tokens.py` (a person signs in) and `workload_assertions.py` (the
provisioning service proves who it is).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.core import compact_jws, strict_json
from app.core.compact_jws import InvalidJws, WrongSignature
from app.core.strict_json import InvalidJson
from app.entra.errors import InvalidIdToken

ALGORITHM = "RS256"
LARGEST_TOKEN = 16 * 1024
CLOCK_SKEW_SECONDS = 120
LONGEST_CLAIM = 512


@dataclass(frozen=True)
class Profile:
    """The values by which one kind of token is told from every other."""

    issuer: str
    tenant: str
    audiences: frozenset[str]
    """The names of the one application that it is for."""
    authorized_parties: frozenset[str] | None
    """The applications that may have asked for it, if it names one in `azp`; None if the subject decides that."""


def verified_claims(token: object, profile: Profile, signing_key: Callable[[str], Any], now: float) -> dict[str, Any]:
    """The claims of a token that is signed by the tenant, of this kind, and valid now.

    `signing_key` maps a key id (kid) to the tenant's public key; `now` is in seconds since 1970.

    Raises InvalidIdToken; exceptions of `signing_key` propagate.
    """
    payload = _verified_payload(token, signing_key)
    _check_addressing(payload, profile)
    _check_times(payload, now)
    return payload


def seconds(payload: dict[str, Any], claim: str) -> float:
    """A time, in seconds since 1970. Raises InvalidIdToken."""
    value = payload.get(claim)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidIdToken(f"{claim}_missing" if value is None else "malformed")
    return value


def text(payload: dict[str, Any], claim: str, reason: str) -> str:
    """A text that must be there. Raises InvalidIdToken, with `reason` for what is no text or too long."""
    value = payload.get(claim)
    if not isinstance(value, str) or not value or len(value) > LONGEST_CLAIM:
        raise InvalidIdToken(f"{reason}_missing" if value is None else reason)
    return value


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


def _check_addressing(payload: dict[str, Any], profile: Profile) -> None:
    if payload.get("ver", "2.0") != "2.0":
        raise InvalidIdToken("version")
    if payload.get("iss") != profile.issuer:
        raise InvalidIdToken("issuer")
    # A list of audiences is refused even if ours is among them: Entra ID never sends one.
    if not _is_one_of(payload.get("aud"), profile.audiences):
        raise InvalidIdToken("audience")
    if profile.authorized_parties and "azp" in payload and not _is_one_of(payload["azp"], profile.authorized_parties):
        raise InvalidIdToken("audience")
    if payload.get("tid") != profile.tenant:
        raise InvalidIdToken("tenant")


def _is_one_of(value: object, accepted: frozenset[str]) -> bool:
    return isinstance(value, str) and value in accepted


def _check_times(payload: dict[str, Any], now: float) -> None:
    expires, issued = seconds(payload, "exp"), seconds(payload, "iat")
    if expires <= now:
        raise InvalidIdToken("expired")
    if issued > now + CLOCK_SKEW_SECONDS or issued > expires:
        raise InvalidIdToken("issued_in_future")
    if "nbf" in payload and seconds(payload, "nbf") > now + CLOCK_SKEW_SECONDS:
        raise InvalidIdToken("not_yet_valid")


def _reading(read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return read()
    except WrongSignature:
        raise InvalidIdToken("signature") from None
    except InvalidJws:
        raise InvalidIdToken("malformed") from None
    except InvalidJson as error:
        raise InvalidIdToken("duplicate_key" if error.reason == "duplicate_key" else "malformed") from None

"""Rules for one-time keys: printed recovery codes, the operator's link, and emailed keys. Pure functions."""

import hashlib
import secrets
from datetime import timedelta
from enum import StrEnum

from app.people.one_time_tokens.models import EmailTokenPurpose
from app.people.typed_codes import in_ascii

CODES = 10
ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"  # pragma: allowlist secret
GROUPS, GROUP = 4, 4
RECOVERY_LINK_LIFE = timedelta(minutes=30)
EMAIL_TOKEN_LIFE = {
    EmailTokenPurpose.CONFIRM: timedelta(days=7),
    EmailTokenPurpose.RESET: timedelta(minutes=30),
    EmailTokenPurpose.JOIN: timedelta(minutes=30),
}
LONGEST = 100
ENDED_KEPT = timedelta(days=90)
"""How long the link of a replaced or revoked key can give the reason."""


class KeyState(StrEnum):
    """What the page behind a link says about its key."""

    GOOD = "good"
    USED = "used"
    EXPIRED = "expired"
    REPLACED = "replaced"
    REVOKED = "revoked"
    OTHER_ACCOUNT = "other_account"
    UNKNOWN = "unknown"
    NOT_HERE = "not_here"
    """This browser has opened no link, or too long ago."""


def new_code() -> str:
    """Four groups of four unambiguous characters; 78 random bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))


def new_link_key() -> str:
    return secrets.token_hex(32)


def key_hash(key: str) -> str:
    """The stored hash of a key, normalized however it was typed. The key has enough random bits for a plain hash."""
    return hashlib.sha256(f"recovery {in_ascii(key)}".encode("utf-8", "surrogatepass")).hexdigest()

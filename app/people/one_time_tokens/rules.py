"""Rules about keys: the codes an owner keeps on paper, the operator's link, and what is mailed. Plain functions."""

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
"""How long the link of a key that was replaced or revoked can say so."""


class KeyState(StrEnum):
    """What the page behind a link says of its key."""

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
    """Four groups of four characters, none of which is mistaken for another; 78 bits of chance."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))


def new_link_key() -> str:
    return secrets.token_hex(32)


def key_hash(key: str) -> str:
    """What is stored of a key, however it was typed. There is chance enough in it for a plain hash."""
    return hashlib.sha256(f"recovery {in_ascii(key)}".encode("utf-8", "surrogatepass")).hexdigest()

"""Passwords: argon2id, in the same time whether or not the account exists.

A keyboard may send “ü” as one character or as “u” and a combining diaeresis. Both are the same password (RFC 8265,
OpaqueString), so every function here normalizes to NFC first.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from app.core.translation import gettext as _

SHORTEST = 12
LONGEST = 128
FEWEST_GUESSES = 10**9
"""A weaker password is close to the lists of common ones; argon2 makes each guess expensive."""
MEASURED = 72
"""Characters that are measured; anything longer gains nothing from repeating the start."""

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    return _hasher.hash(_normalized(password))


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is right; takes as long for an account that has none."""
    # Earlier versions hashed the password as typed, normalized or not.
    return any(_verified(password_hash, typed) for typed in dict.fromkeys((_normalized(password), password)))


def fault(password: str, about: Iterable[str] = ()) -> str | None:
    """Why a password is rejected, in words; None if it is accepted.

    There are no composition rules. Rejected are passwords near the top of the lists used for guessing, also with digits
    appended, letters substituted or repeated, and those built from `about`, the names associated with the person.
    """
    password = _normalized(password)
    if not SHORTEST <= len(password) <= LONGEST:
        return _("Use %(shortest)s–%(longest)s characters.", shortest=SHORTEST, longest=LONGEST)
    if _guesses(password, about) < FEWEST_GUESSES:
        return _("This password is too easy to guess. Try three or four random words.")
    return None


def _normalized(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _verified(password_hash: str | None, typed: str) -> bool:
    try:
        return _hasher.verify(password_hash or _nobodys_hash(), typed) and password_hash is not None
    except (Argon2Error, InvalidHashError):
        return False


def _guesses(password: str, about: Iterable[str]) -> float:
    # Its dictionaries are large, and most processes never set a password.
    from zxcvbn import zxcvbn

    words = [word for text in about for word in re.split(r"[^\w]+", _normalized(text).lower()) if len(word) > 2]
    return float(zxcvbn(password[:MEASURED], user_inputs=words)["guesses"])


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("a password that no one has")

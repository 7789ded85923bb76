"""Codes as people type them: on keyboards of any script, with blanks and hyphens where they like."""

import unicodedata


def in_ascii(typed: str) -> str:
    """Lower-case letters and digits alone. Full-width signs and the digits of every script count as what they mean."""
    plain = unicodedata.normalize("NFKC", typed).lower()
    return "".join(_digit(sign) for sign in plain if sign.isalnum())


def _digit(sign: str) -> str:
    value = unicodedata.decimal(sign, None)
    return sign if value is None else str(value)

"""Normalizes typed codes: from keyboards of any script, with spaces and hyphens anywhere."""

import unicodedata


def in_ascii(typed: str) -> str:
    """Lowercase letters and digits only. Full-width characters and the digits of every script are converted."""
    plain = unicodedata.normalize("NFKC", typed).lower()
    return "".join(_digit(sign) for sign in plain if sign.isalnum())


def _digit(sign: str) -> str:
    value = unicodedata.decimal(sign, None)
    return sign if value is None else str(value)

"""Normalizes names for sorting and searching."""

import unicodedata


def fold(name: str) -> str:
    """A name without case, accents and double spaces."""
    if name.isascii():
        # Pure ASCII needs no decomposition; this is much faster.
        return " ".join(name.lower().split())
    letters = (letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return " ".join("".join(letters).casefold().split())

"""How names are sorted and searched."""

import unicodedata


def fold(name: str) -> str:
    """A name without case, accents and double spaces."""
    if name.isascii():
        # Nothing to take apart, and much quicker.
        return " ".join(name.lower().split())
    letters = (letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return " ".join("".join(letters).casefold().split())

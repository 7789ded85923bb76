"""Texts from outside, as they may be shown and stored."""

import unicodedata

UNFIT = ("Cc", "Cs")
"""Unicode's control characters and lone surrogates: nobody reads them, and databases refuse some."""


def plain(value: object, longest: int) -> str | None:
    """The text without what no database takes; None when nothing is left, or when it is no text."""
    if not isinstance(value, str):
        return None
    if value.isprintable():
        # Nearly always, and much quicker to see.
        return value.strip()[:longest] or None
    fit = "".join(letter for letter in value[: 2 * longest] if unicodedata.category(letter) not in UNFIT)
    return fit.strip()[:longest] or None

"""The keys by which a contact is found. Pure functions."""

from dataclasses import dataclass

from app.core.email_address import normalize_email
from app.people.names import fold

UNNAMED = "Unnamed contact"
LAST_SIGN = "\U0010ffff"
"""Sorts after everything with the same prefix."""


@dataclass(frozen=True)
class SearchKeys:
    """A folded name from its beginning, and from each further word it can be found by."""

    sort_name: str
    name_suffix_2: str | None
    name_suffix_3: str | None
    name_suffix_last: str | None


def search_keys(name: str) -> SearchKeys:
    folded = fold(name)
    words = folded.split(" ")
    if len(words) < 2:
        return SearchKeys(folded, None, None, None)
    third = " ".join(words[2:]) if len(words) > 2 else None
    return SearchKeys(folded, " ".join(words[1:]), third, words[-1] if len(words) > 3 else None)


def fold_email(email: str | None) -> str | None:
    return normalize_email(email) if email else None


def beginning(search: str) -> tuple[str, str]:
    """The lower and upper bound of everything that starts with the search text."""
    start = fold(search)
    return start, start + LAST_SIGN

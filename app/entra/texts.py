"""Cleans text values in Microsoft's responses for display and storage."""

from app.core.text import sanitize_name


def sanitize(value: object, longest: int) -> str | None:
    """The sanitized text; None if it has no visible characters or isn't text."""
    return sanitize_name(value, longest)

"""Texts in Microsoft's answers, as they may be shown and stored."""

from app.text import sanitize_name


def sanitize(value: object, longest: int) -> str | None:
    """The text, cleaned as all texts from outside; None when nothing of it can be seen, or when it is no text."""
    return sanitize_name(value, longest)

"""Values from a directory: kept exactly as they came, except for characters that no page can show."""

from typing import Any
from unicodedata import normalize

from app.core.text import UNFIT


def cleaned(value: Any) -> Any:
    """The JSON value without control characters and direction overrides, in keys as in texts."""
    if isinstance(value, str):
        return value if value.isprintable() else UNFIT.sub("", value)
    if isinstance(value, list):
        return [cleaned(one) for one in value]
    if isinstance(value, dict):
        return {cleaned(key): cleaned(one) for key, one in value.items()}
    return value


def compared(text: str) -> str:
    """The form in which texts without a case are compared and looked up."""
    return normalize("NFC", normalize("NFC", text).casefold())

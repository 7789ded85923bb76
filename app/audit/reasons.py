"""The reasons of failures in words, for lists that an admin reads; the page that the person saw says more."""

from app.audit.catalog import REASONS
from app.core.translation import gettext as _
from app.entra.error_codes import ADVICE


def in_words(name: str) -> str:
    """A reason as the end of a sentence."""
    if number := error_number(name):
        known = ADVICE.get(number)
        first = _(known.admin).split(". ")[0].rstrip(".") if known else _(REASONS["directory_refused"])
        return f"{_within_a_sentence(first)} (AADSTS{number})"
    if name.startswith("id_token_"):
        return _("the ID token was rejected (%(reason)s)", reason=name[9:].replace("_", " "))
    return _(REASONS[name]) if name in REASONS else name.replace("_", " ")


def as_title(name: str) -> str:
    """A reason as the beginning of a line."""
    words = in_words(name)
    return words[:1].upper() + words[1:]


def error_number(name: str) -> int | None:
    """Microsoft's error number, if the reason is one."""
    digits = name.removeprefix("aadsts_")
    return int(digits) if digits != name and digits.isdigit() else None


def _within_a_sentence(text: str) -> str:
    return text if text.startswith("Microsoft") else f"{text[:1].lower()}{text[1:]}"

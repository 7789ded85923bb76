"""A text that a company writes in several languages: one in its default language, and its translations."""

from collections.abc import Mapping
from dataclasses import dataclass

Translations = dict[str, str] | None
"""By the names of the languages; None if there is none."""


@dataclass(frozen=True)
class LocalizedText:
    text: str
    language: str


def by_language(text: str, language: str, translations: Mapping[str, str] | None) -> dict[str, str]:
    """All texts that there are, with that in the default language first."""
    return ({language: text} if text else {}) | dict(translations or {})


def choose(texts: Mapping[str, str], *wanted: str) -> LocalizedText | None:
    """The text in the first wanted language in which there is one; None if there is none."""
    return next((LocalizedText(texts[one], one) for one in wanted if texts.get(one)), None)


def split(texts: Mapping[str, str], language: str) -> tuple[str, Translations]:
    """The text in the default language, empty if there is none, and its translations. The inverse of `by_language`."""
    others = {one: text for one, text in texts.items() if text and one != language}
    return texts.get(language, ""), others or None

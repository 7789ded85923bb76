"""Catalogs are complete: every text has a translation in every language of its readers, with the same values in it."""

import re
from collections import Counter

import pytest
from babel.messages.catalog import Message

from app.core.translation import ENGLISH, FOR_ADMINS, LANGUAGES
from translations import catalogs

VALUE = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")
MARKUP = re.compile(r"</?\w+[^>]*>")
CASES = [(domain, language) for domain in ("people", "admins") for language in catalogs.languages_of(domain)]


def forms(message: Message) -> list[tuple[str, str]]:
    """Each translated form with the English text that it stands for."""
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    texts = [message.string] if isinstance(message.string, str) else list(message.string or ())
    return [(ids[min(number, len(ids) - 1)], text) for number, text in enumerate(texts)]


@pytest.mark.parametrize(("domain", "language"), CASES)
def test_every_text_is_translated(domain: str, language: str) -> None:
    wanted = {message.id for message in catalogs.extracted()[domain] if message.id}
    catalog = {message.id: message for message in catalogs.read(domain, language) if message.id}
    missing = [text for text in wanted if text not in catalog or not all(new for _old, new in forms(catalog[text]))]
    assert missing == [], "run `make translations` and translate what is new"
    assert set(catalog) - wanted == set(), "run `make translations`"


@pytest.mark.parametrize(("domain", "language"), CASES)
def test_values_and_markup_are_kept(domain: str, language: str) -> None:
    for message in catalogs.read(domain, language):
        for old, new in forms(message) if message.id else []:
            kept, wanted = set(VALUE.findall(new)), set(VALUE.findall(old))
            # A plural's form may say “one session” without the number.
            number = set() if isinstance(message.id, str) else {("num", ""), ("count", "")}
            assert kept | number == wanted | number, new
            assert Counter(MARKUP.findall(new)) == Counter(MARKUP.findall(old)), new


@pytest.mark.parametrize(("domain", "language"), CASES)
def test_no_translation_is_a_guess(domain: str, language: str) -> None:
    assert [message.id for message in catalogs.read(domain, language) if message.fuzzy and message.id] == []


def test_languages_of_admins_are_among_all() -> None:
    assert set(FOR_ADMINS) <= set(LANGUAGES)
    assert ENGLISH in FOR_ADMINS

"""Sanitizing of text from outside, and isolation of right-to-left text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.text import isolate, sanitize, sanitize_code, sanitize_lines, sanitize_name, shows_something

DIRECTION_SIGNS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
JOINERS = "\u200c\u200d"
REAL = [
    "Ada Lovelace",
    "Zoë Łukasiewicz",
    "محمد بن سلمان",
    "می\u200cخواهم",
    "שָׁלוֹם כהן",
    "क्\u200dष",
    "👩\u200d💻 Dev",
    "山田 太郎",
    "Ndiaye\u0301",
]


@pytest.mark.parametrize("text", REAL)
def test_real_text_stays_unchanged(text: str) -> None:
    assert sanitize(text) == sanitize_lines(text) == sanitize_name(text) == text


@pytest.mark.parametrize("sign", DIRECTION_SIGNS, ids=ascii)
def test_direction_marks_are_removed(sign: str) -> None:
    text = f"{sign}Ann{sign} gpj.exe{sign}"
    assert sanitize(text) == sanitize_lines(text) == sanitize_code(text) == "Ann gpj.exe"


@given(st.text())
def test_control_characters_and_surrogates_are_removed(text: str) -> None:
    for cleaned in (sanitize(text), sanitize_lines(text).replace("\n", ""), sanitize_code(text)):
        categories = {unicodedata.category(sign) for sign in cleaned}
        assert not categories & {"Cc", "Cs"}
        assert not set(cleaned) & set(DIRECTION_SIGNS)
    assert sanitize(sanitize(text)) == sanitize(text)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Ann\r\nSmith\tJones", "Ann Smith Jones"),
        ("a\u2028b\u2029c", "a b c"),
        ("a\x00b\x85c\ud800", "ab c"),
        ("\u00a0 Ann \u00a0", "Ann"),
        ("An\u200bn\ufeff", "Ann"),
        (None, ""),
        (7, ""),
        (["Ann"], ""),
    ],
)
def test_sanitized_line_is_one_line(given: object, kept: str) -> None:
    assert sanitize(given) == kept


def test_sanitized_line_is_cut_at_maximum_length() -> None:
    assert sanitize("x" * 100_000, 10) == "x" * 10
    assert sanitize("é" * 100_000, 10) == "é" * 10


def test_sanitized_lines_stay_separate() -> None:
    assert sanitize_lines(" a \r\nb\u202e\rc\t d\n\n\ne ") == "a\nb\nc d\n\n\ne"


@pytest.mark.parametrize(
    "name", ["", " ", "\u200b", JOINERS, "\u3164", "\u2800", "\u115f\u1160", "\ufe0f", "\U000e0041"]
)
def test_invisible_name_is_none(name: str) -> None:
    assert sanitize_name(name) is None
    assert not shows_something(name)


def test_invisible_characters_are_removed_from_code() -> None:
    assert sanitize_code("\ufeff a\u200bb\u200dc\u00a0 ") == "abc"


@pytest.mark.parametrize("text", ["Ann", "Zoë", "山田", "", "👩\u200d💻"])
def test_left_to_right_text_is_not_isolated(text: str) -> None:
    assert isolate(text) == text


@pytest.mark.parametrize("text", ["محمد", "שלום (Ann)", "Ann אב", "١٢٣"])
def test_right_to_left_text_is_isolated(text: str) -> None:
    assert isolate(text) == f"\u2068{text}\u2069"
    assert isolate(isolate(text)) == f"\u2068{isolate(text)}\u2069" or isolate(isolate(text)) == isolate(text)


@pytest.mark.parametrize("text", ["\u202eAnn", "Ann\u2069\u202e", "\u2068Ann", "\u2069\u202eAnn\u2068"])
def test_stored_direction_marks_have_no_effect(text: str) -> None:
    assert isolate(text) == "Ann"


def test_sentence_with_isolated_name_keeps_isolation() -> None:
    sentence = f"The invitation of {isolate('محمد')} is revoked."
    assert isolate(sentence) == f"\u2068{sentence}\u2069"

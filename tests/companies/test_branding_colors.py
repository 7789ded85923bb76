"""Accent colors: whichever a company chooses, what is on it and beside it can be read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.companies.branding.colors import (
    DARK,
    LIGHT,
    SHAPE_CONTRAST,
    TEXT_CONTRAST,
    WHITE,
    Scheme,
    contrast,
    is_color,
    nearest,
    normal,
    tones,
)
from app.companies.branding.rules import InvalidAccent, InvalidBranding, dark_accent, parse_accent
from app.companies.branding.stylesheet import stylesheet

COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
SCHEMES = pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#767676", "#ffffff", 4.54),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.01)


@SCHEMES
@settings(deadline=None)
@given(COLORS)
def test_every_text_of_every_accent_color_can_be_read(scheme: Scheme, color: str) -> None:
    accent = nearest(color, scheme.passes)
    found = tones(accent, scheme)
    assert contrast(found.accent, scheme.page) >= SHAPE_CONTRAST
    for text, ground in (
        (found.on_accent, found.accent),
        (found.on_accent, found.hover),
        (found.subtle_text, found.subtle),
        (found.link, scheme.page),
        (found.link, scheme.text_ground),
        (found.link_hover, scheme.text_ground),
    ):
        assert contrast(text, ground) >= TEXT_CONTRAST, (accent, text, ground)


@settings(deadline=None)
@given(COLORS)
def test_style_sheet_has_colors_and_nothing_else(color: str) -> None:
    accent = nearest(color, LIGHT.passes)
    text = stylesheet(accent, dark_accent(accent) or "")
    assert text
    assert text.count("{") == text.count("}") == 3
    assert "url" not in text
    assert "<" not in text


@settings(deadline=None)
@given(COLORS)
def test_color_that_passes_is_kept_and_another_is_offered_its_nearest(color: str) -> None:
    if LIGHT.passes(color):
        assert parse_accent(color) == color
        return
    with pytest.raises(InvalidAccent) as refused:
        parse_accent(color)
    assert parse_accent(refused.value.offered) == refused.value.offered
    assert refused.value.offered in str(refused.value)


def test_nearest_color_keeps_the_hue_and_moves_as_little_as_it_must() -> None:
    found = nearest("#ffcc00", LIGHT.passes)
    red, green, blue = (int(found[place : place + 2], 16) for place in (1, 3, 5))
    assert red > green > blue
    assert SHAPE_CONTRAST <= contrast(found, WHITE) < SHAPE_CONTRAST + 0.1


@pytest.mark.parametrize(
    ("typed", "stored"), [("#1A73E8", "#1a73e8"), ("1a73e8", "#1a73e8"), (" 05c ", "#0055cc"), ("", None)]
)
def test_typed_color_gets_one_form(typed: str, stored: str | None) -> None:
    assert parse_accent(typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "blue",
        "#12345",
        "#1234567",
        "rgb(1,2,3)",
        "#fff;}body{display:none",
        "url(//evil.example)",
        "#１２３４５６",
        "var(--x)",
    ],
)
def test_what_is_no_color_reaches_no_style_sheet(typed: str) -> None:
    assert not is_color(normal(typed))
    with pytest.raises(InvalidBranding):
        parse_accent(typed)
    assert stylesheet(typed, "#ffffff") is None


def test_colors_that_fail_have_no_style_sheet() -> None:
    assert stylesheet("#ffffff", "#ffffff") is None
    assert stylesheet("#000000", "#000000") is None

"""Rules for accent colors, by the contrast of WCAG 2.2. Pure functions of colors as `#rrggbb`."""

import re
from collections.abc import Callable
from dataclasses import dataclass

HEX = re.compile(r"#[0-9a-f]{6}")
SHORT = re.compile(r"[0-9a-f]{3}")
TEXT_CONTRAST = 4.5
"""Of text of normal size (WCAG 1.4.3)."""
SHAPE_CONTRAST = 3.0
"""Of a button with its surroundings (WCAG 1.4.11)."""
STEPS = 512
BLACK, WHITE = "#000000", "#ffffff"

Rgb = tuple[float, float, float]
Passes = Callable[[str], bool]


@dataclass(frozen=True)
class Scheme:
    """The backgrounds of our pages, light or dark (`static/src/styles/_theme.scss`)."""

    page: str
    text_ground: str
    """The background on which text has the least contrast."""
    pole: str
    """What a color is mixed with to become a quiet background."""

    def passes(self, color: str) -> bool:
        """Whether a button of this color can be made out on our pages."""
        return contrast(color, self.page) >= SHAPE_CONTRAST


LIGHT = Scheme(page="#ffffff", text_ground="#f3f1ed", pole="#ffffff")
DARK = Scheme(page="#161a18", text_ground="#212725", pole="#161a18")


@dataclass(frozen=True)
class Tones:
    """What our style sheet needs of an accent color in one scheme."""

    accent: str
    hover: str
    on_accent: str
    """Text on the accent, and on its hover color."""
    link: str
    link_hover: str
    subtle: str
    """A quiet background, with a border and text on it."""
    subtle_border: str
    subtle_text: str


def normal(text: str) -> str:
    """A color as it is stored, of what people type or paste: `0af` becomes `#00aaff`."""
    digits = text.strip().lower().removeprefix("#")
    if SHORT.fullmatch(digits):
        digits = "".join(2 * digit for digit in digits)
    return f"#{digits}"


def is_color(text: str) -> bool:
    return HEX.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colors, from 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color: str) -> float:
    """The relative luminance, from 0 to 1."""
    red, green, blue = _linear(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def nearest(color: str, passes: Passes) -> str:
    """The color of the same hue that is closest in lightness and passes; the color itself if it does. Black or white
    has to pass.
    """
    if passes(color):
        return color
    lightness, a, b = _oklab(color)
    for step in range(1, STEPS + 1):
        for moved in (lightness - step / STEPS, lightness + step / STEPS):
            if 0 <= moved <= 1 and passes(found := _in_gamut(moved, a, b)):
                return found
    return BLACK if passes(BLACK) else WHITE


def tones(accent: str, scheme: Scheme) -> Tones:
    """`accent` passes in the scheme."""
    # Where white fails, black has 21 / 4.5 at least.
    on_accent = WHITE if contrast(WHITE, accent) >= TEXT_CONTRAST else BLACK
    link = nearest(accent, lambda color: contrast(color, scheme.text_ground) >= TEXT_CONTRAST)
    subtle = mix(accent, scheme.pole, 0.12)
    # Away from the text, so that its contrast grows.
    hover = mix(accent, BLACK if on_accent == WHITE else WHITE, 0.82)
    return Tones(
        accent=accent,
        hover=hover,
        on_accent=on_accent,
        link=link,
        link_hover=mix(link, BLACK if scheme is LIGHT else WHITE, 0.82),
        subtle=subtle,
        subtle_border=mix(accent, scheme.pole, 0.3),
        subtle_text=nearest(accent, lambda color: contrast(color, subtle) >= TEXT_CONTRAST),
    )


def mix(one: str, other: str, share: float) -> str:
    """A color of which this share, from 0 to 1, is `one`."""
    pairs = zip(_bytes(one), _bytes(other), strict=True)
    return "#" + "".join(f"{round(share * mine + (1 - share) * theirs):02x}" for mine, theirs in pairs)


def channels(color: str) -> str:
    """The color as `r, g, b`, from 0 to 255, as Bootstrap's variables have it."""
    return ", ".join(str(part) for part in _bytes(color))


def _bytes(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _linear(color: str) -> Rgb:
    parts = (value / 255 for value in _bytes(color))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return red, green, blue


def _oklab(color: str) -> Rgb:
    """Lightness and the two axes of hue of Oklab (https://bottosson.github.io/posts/oklab/), in which an equal distance
    looks equal.
    """
    red, green, blue = _linear(color)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _in_gamut(lightness: float, a: float, b: float) -> str:
    """The most saturated color of this lightness and hue that a screen has, up to the given saturation."""
    low, high = 0.0, 1.0
    if _fits(rgb := _of_oklab(lightness, a, b)):
        return _hex(rgb)
    for _ in range(12):
        middle = (low + high) / 2
        if _fits(_of_oklab(lightness, middle * a, middle * b)):
            low = middle
        else:
            high = middle
    return _hex(_of_oklab(lightness, low * a, low * b))


def _of_oklab(lightness: float, a: float, b: float) -> Rgb:
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _fits(rgb: Rgb) -> bool:
    return all(-0.0005 <= part <= 1.0005 for part in rgb)


def _hex(rgb: Rgb) -> str:
    """Of linear light."""
    parts = (min(1.0, max(0.0, part)) for part in rgb)
    curved = (12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055 for part in parts)
    return "#" + "".join(f"{round(255 * part):02x}" for part in curved)

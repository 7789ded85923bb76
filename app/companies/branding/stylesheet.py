"""The style sheet of an accent color: a pure function of the color in light and in dark mode."""

from functools import lru_cache

from app.companies.branding.colors import (
    DARK,
    LIGHT,
    TEXT_CONTRAST,
    WHITE,
    Tones,
    channels,
    contrast,
    is_color,
    mix,
    nearest,
    tones,
)


@lru_cache(maxsize=256)
def stylesheet(accent: str, accent_dark: str) -> str | None:
    """None unless both are colors that pass on our pages."""
    if not (is_color(accent) and LIGHT.passes(accent) and is_color(accent_dark) and DARK.passes(accent_dark)):
        return None
    light = _variables(tones(accent, LIGHT), panel=accent)
    dark = _variables(tones(accent_dark, DARK), panel=mix(accent_dark, DARK.page, 0.4))
    return f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"


def _variables(found: Tones, *, panel: str) -> str:
    values = {
        "--accent": found.accent,
        "--accent-hover": found.hover,
        "--on-accent": found.on_accent,
        "--check": nearest(found.accent, lambda color: contrast(color, WHITE) >= TEXT_CONTRAST),
        "--panel": panel,
        "--focus-ring": f"{found.accent}47",
        "--bs-primary": found.accent,
        "--bs-link-color": found.link,
        "--bs-link-color-rgb": channels(found.link),
        "--bs-link-hover-color": found.link_hover,
        "--bs-link-hover-color-rgb": channels(found.link_hover),
        "--bs-primary-bg-subtle": found.subtle,
        "--bs-primary-border-subtle": found.subtle_border,
        "--bs-primary-text-emphasis": found.subtle_text,
    }
    return ";".join(f"{name}:{value}" for name, value in values.items())

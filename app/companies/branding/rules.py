"""What a company may set as its branding, for the page and for the companies file. Pure functions."""

import unicodedata
from urllib.parse import urlsplit

from app.companies.branding.colors import DARK, LIGHT, Scheme, is_color, nearest, normal
from app.core.text import gettext_noop as N_
from app.core.text import sanitize_name
from app.core.translation import gettext as _
from app.origins import canonical

LONGEST_NAME = 60
LONGEST_CONTACT = 100
LONGEST_URL = 500
ALPHABETS = ("LATIN", "CYRILLIC", "GREEK")
"""Whose letters look alike."""
NOT_A_COLOR = N_("Enter a color such as #1a73e8.")
INVISIBLE = N_("This name has no visible characters.")
MIXED = N_("Don’t mix letters of different alphabets in one word: they look alike.")
NOT_HTTPS = N_("Enter a full address that begins with https://.")


class InvalidBranding(ValueError):
    """Why a value can't be used, in words."""


class InvalidAccent(InvalidBranding):
    """A color that can't be made out on our pages."""

    def __init__(self, text: str, offered: str) -> None:
        super().__init__(text)
        self.offered = offered
        """The nearest one that can."""


def parse_name(text: str) -> str | None:
    """The name as shown; None for the company's own. Raises InvalidBranding."""
    if not text:
        return None
    name = sanitize_name(text)
    if name is None:
        raise InvalidBranding(_(INVISIBLE))
    if len(name) > LONGEST_NAME:
        raise InvalidBranding(_("Use %(number)s characters or fewer.", number=LONGEST_NAME))
    if any(_mixes_alphabets(word) for word in name.split()):
        raise InvalidBranding(_(MIXED))
    return name


def parse_accent(text: str, scheme: Scheme = LIGHT) -> str | None:
    """The color; None if the text is empty. Raises InvalidBranding, or InvalidAccent with one that can be used."""
    if not text.strip():
        return None
    color = normal(text)
    if not is_color(color):
        raise InvalidBranding(_(NOT_A_COLOR))
    if not scheme.passes(color):
        offered = nearest(color, scheme.passes)
        words = (
            _("This color is hard to see in dark mode. Use %(color)s, the closest one that isn’t.", color=offered)
            if scheme is DARK
            else _(
                "This color is hard to see on a light page. Use %(color)s, the closest one that isn’t.", color=offered
            )
        )
        raise InvalidAccent(words, offered)
    return color


def dark_accent(accent: str | None) -> str | None:
    """The accent color in dark mode, unless another one is chosen."""
    return nearest(accent, DARK.passes) if accent else None


def parse_contact(text: str) -> str | None:
    """The support contact; None if the text is empty. Raises InvalidBranding."""
    contact = sanitize_name(text)
    if contact and len(contact) > LONGEST_CONTACT:
        raise InvalidBranding(_("Use %(number)s characters or fewer.", number=LONGEST_CONTACT))
    return parse_url(contact) if contact and contact.lower().startswith(("http:", "https:")) else contact


def parse_url(text: str) -> str | None:
    """An https address; None if the text is empty. Raises InvalidBranding."""
    if not text:
        return None
    try:
        parts = urlsplit(text)
        is_https = canonical(f"{parts.scheme}://{parts.netloc}").startswith("https://")
    except ValueError:
        is_https = False
    if not (is_https and text.isprintable() and " " not in text and len(text) <= LONGEST_URL):
        raise InvalidBranding(_(NOT_HTTPS))
    return parts.geturl()


def _mixes_alphabets(word: str) -> bool:
    names = [unicodedata.name(letter, "") for letter in word if letter.isalpha()]
    return sum(any(name.startswith(alphabet) for name in names) for alphabet in ALPHABETS) > 1

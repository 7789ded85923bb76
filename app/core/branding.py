"""How a company looks to its people: a value that pages and emails show, without a database."""

import re
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from app.core.email_address import wire_email

PHONE = re.compile(r"\+?[0-9(][0-9 ()./-]{3,}[0-9]")


class Background(StrEnum):
    """What is beside the form of a login page on a wide screen."""

    DRAWING = "drawing"
    """Portico's own."""
    PLAIN = "plain"
    """The accent color."""
    IMAGE = "image"


class Ground(StrEnum):
    """The backgrounds on which a logo can be made out."""

    ANY = "any"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Branding:
    """What a company has set; everything has a fallback."""

    display_name: str | None = None
    """None: the company's name. `shown_name` is what to show."""
    logo_hash: str | None = None
    """The hash of a PNG of at most 400 x 120 pixels, meant to be shown at half of that."""
    logo_width: int = 0
    logo_height: int = 0
    """In CSS pixels, half of the image's own."""
    logo_ground: Ground = Ground.ANY
    icon_hash: str | None = None
    """The hash of a square PNG of 128 pixels."""
    background: Background = Background.DRAWING
    background_hash: str | None = None
    """The hash of a WebP image, also while another background is chosen."""
    accent: str | None = None
    """`#rrggbb` in lower case; None for Portico's own. It has a contrast of 3 with the light background."""
    accent_dark: str | None = None
    """The same for dark mode; set whenever `accent` is."""
    support_contact: str | None = None
    """An email address, a phone number, an https address or a line of text."""
    legal_url: str | None = None
    privacy_url: str | None = None

    def shown_name(self, company_name: str) -> str:
        return self.display_name or company_name

    @property
    def support_href(self) -> str | None:
        """The link of the support contact; None for a text that can't be one."""
        return _href(self.support_contact or "")

    @property
    def stored(self) -> dict[str, Any]:
        """The values that differ from the defaults, JSON-serializable."""
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name)) != one.default}

    @classmethod
    def of_stored(cls, values: dict[str, Any]) -> "Branding":
        read = {**values}
        for name, kind in (("logo_ground", Ground), ("background", Background)):
            if name in read:
                read[name] = kind(read[name])
        return cls(**read)


@lru_cache(maxsize=1000)
def _href(contact: str) -> str | None:
    """Kept, since each login page shows it, and parsing an address takes about 60 µs."""
    if "@" in contact and (email := wire_email(contact)):
        return f"mailto:{quote(email, safe='@')}"
    if PHONE.fullmatch(contact):
        return "tel:" + re.sub(r"[^0-9+]", "", contact)
    return contact if contact.startswith("https://") else None


PORTICO = Branding()
"""The looks of a company that has set nothing."""

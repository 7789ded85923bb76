"""A company's images as they arrive. What encodes them is apart, since Pillow is large."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from app.core.branding import Ground
from app.core.text import gettext_noop as N_

LARGEST_BYTES = 4 * 1024 * 1024
UNREADABLE = N_("We can’t read this file. Choose a PNG, JPEG or WebP of up to 24 megapixels.")
SVG = N_("SVG files can contain scripts, so we don’t accept them. Export the image as PNG.")
TOO_LARGE = N_("Choose a file of up to 4 MB.")
EMPTY = N_("This image is empty.")
TOO_NARROW = N_("This logo is too long and thin. It can be up to 12 times as long as it is high.")


class ImageKind(StrEnum):
    LOGO = "logo"
    ICON = "icon"
    BACKGROUND = "background"


@dataclass(frozen=True)
class EncodedImage:
    hash: str
    content: bytes
    mime_type: str
    width: int
    """In the unit in which it is shown: for a logo, CSS pixels."""
    height: int
    ground: Ground = Ground.ANY


class ImageFault(ValueError):
    """Why a file can't be used, as a text to translate."""


def encode(content: bytes, kind: ImageKind) -> EncodedImage:
    """The image with nothing but its pixels. Raises ImageFault."""
    if not content:
        raise ImageFault(EMPTY)
    if len(content) > LARGEST_BYTES:
        raise ImageFault(TOO_LARGE)
    # Pillow is large, and only new images need it.
    from app.companies.branding.image_encoder import encode as encode_pixels

    encoded = encode_pixels(content, kind)
    if encoded is None:
        raise ImageFault(SVG if _is_svg(content) else UNREADABLE)
    return encoded


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _is_svg(content: bytes) -> bool:
    beginning = content[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return beginning.startswith(b"<") and b"<svg" in beginning

"""Avatars: every picture is decoded and re-encoded, so that only pixels survive; initials are the fallback."""

import hashlib
import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps

SIZE = 96
"""Pixels, width and height."""
LARGEST_BYTES = 4 * 1024 * 1024
LARGEST_PIXELS = 24_000_000
QUALITY = 82
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
MIME_TYPE = "image/webp"
NEUTRAL = "#f3f1ed"
"""The background behind an avatar on every page (`--sunken`), and behind transparent parts of a picture."""
RENDERING = b"2"
"""Change this whenever the same source bytes render differently, so that cached pictures are replaced."""

# White text on each of these has a contrast of at least 4.5.
TONES = ("#3b5bdb", "#1971c2", "#0b7285", "#087f5b", "#257a37", "#a04e00", "#c92a2a", "#a61e4d", "#862e9c", "#5f3dc4")


@dataclass(frozen=True)
class Picture:
    hash: str
    content: bytes


def reencode(content: bytes | None) -> Picture | None:
    """The picture as WebP of 96 x 96 pixels; None if the bytes are not in a supported format."""
    if not content or len(content) > LARGEST_BYTES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                if image.width * image.height > LARGEST_PIXELS:
                    return None
                fitted = ImageOps.fit(_pixels(image), (SIZE, SIZE), Image.Resampling.LANCZOS)
    except Exception:
        # Decoders process untrusted input and fail in more ways than they document.
        return None
    out = io.BytesIO()
    _flat(fitted).save(out, "WEBP", quality=QUALITY, method=4)
    return Picture(hashlib.sha256(out.getvalue()).hexdigest(), out.getvalue())


def source_hash(content: bytes) -> str:
    """A hash of the source bytes and the rendering version."""
    return hashlib.sha256(RENDERING + content).hexdigest()


def _pixels(image: Image.Image) -> Image.Image:
    """Upright, in RGB with eight bits per channel, and transparency if there is any."""
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode.startswith("I"):
        # 16-bit grey: Pillow clips the values at 255 instead of scaling them.
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _flat(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, NEUTRAL)
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def initials(name: str) -> str:
    """One or two letters of the name."""
    words = [word for word in name.split() if word[0].isalnum()]
    if not words:
        return "?"
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else "")
    return letters.upper()


def tone(name: str) -> str:
    """A background color that is always the same for the same name."""
    return TONES[hashlib.sha256(name.encode()).digest()[0] % len(TONES)]


def version(avatar_hash: str | None, name: str) -> str:
    """Changes with the picture. It is part of the URL, so that browsers can cache it indefinitely."""
    return avatar_hash[:16] if avatar_hash else hashlib.sha256(f"initials {name}".encode()).hexdigest()[:16]

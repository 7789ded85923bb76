"""Avatars: every picture is decoded and re-encoded, so that only pixels survive; initials are the fallback."""

import hashlib
from dataclasses import dataclass

SIZE = 96
"""Pixels, width and height."""
LARGEST_BYTES = 4 * 1024 * 1024
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
    # Pillow is large, and only new pictures need it.
    from app.people.avatar_encoder import encode

    encoded = encode(content)
    return Picture(hashlib.sha256(encoded).hexdigest(), encoded) if encoded else None


def source_hash(content: bytes) -> str:
    """A hash of the source bytes and the rendering version."""
    return hashlib.sha256(RENDERING + content).hexdigest()


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

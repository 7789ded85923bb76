"""Re-encodes a company's images: a logo and an icon as PNG, which all email programs show, and a background."""

import io

from PIL import Image, ImageOps

from app.companies.branding.images import EMPTY, TOO_NARROW, EncodedImage, ImageFault, ImageKind, sha256
from app.core.branding import Ground
from app.core.image_decoder import decode

FORMATS = ("JPEG", "PNG", "WEBP")
LOGO_SIZE = (400, 120)
ICON_SIZE = 128
BACKGROUND_BYTES = 150_000
BACKGROUND_TRIES = ((1600, 72), (1600, 50), (1200, 40), (800, 30), (400, 20))
"""Longest side and quality, until it is small enough; even noise is, at last."""
MOST_PNG_BYTES = 22_000
"""So that a login page with a logo stays below 100 kB."""
PALETTES = (256, 64, 16, 4)
"""The numbers of colors that a larger PNG gets, until it is small enough; even noise is, at last."""
LONGEST_RATIO = 12
VISIBLE_ALPHA = 64
DARK_INK, LIGHT_INK = 96, 200
"""Gray values from 0 to 255: what is darker can't be made out on a dark page, what is lighter not on a light one."""
FEW = 0.08
"""The share of a logo's visible pixels that may be lost."""


def encode(content: bytes, kind: ImageKind) -> EncodedImage | None:
    """None if the bytes are not in a supported format. Raises ImageFault for an image that can't be used."""
    image = decode(content, FORMATS)
    if image is None:
        return None
    if kind is ImageKind.BACKGROUND:
        return _background(image)
    trimmed = _trimmed(image)
    return _icon(trimmed) if kind is ImageKind.ICON else _logo(trimmed)


def _trimmed(image: Image.Image) -> Image.Image:
    """Without transparent margins, so that a logo starts where the text below it does."""
    if image.mode != "RGBA":
        return image
    box = image.getchannel("A").getbbox()
    if box is None:
        raise ImageFault(EMPTY)
    return image.crop(box)


def _logo(image: Image.Image) -> EncodedImage:
    if max(image.width / image.height, image.height / image.width) > LONGEST_RATIO:
        raise ImageFault(TOO_NARROW)
    image.thumbnail(LOGO_SIZE, Image.Resampling.LANCZOS)
    content = _png(image)
    return EncodedImage(
        sha256(content),
        content,
        "image/png",
        width=max(1, image.width // 2),
        height=max(1, image.height // 2),
        ground=_ground(image),
    )


def _icon(image: Image.Image) -> EncodedImage:
    """What isn't square is padded."""
    image = ImageOps.contain(image.convert("RGBA"), (ICON_SIZE, ICON_SIZE), Image.Resampling.LANCZOS)
    square = Image.new("RGBA", (ICON_SIZE, ICON_SIZE), (0, 0, 0, 0))
    square.paste(image, ((ICON_SIZE - image.width) // 2, (ICON_SIZE - image.height) // 2))
    content = _png(square)
    return EncodedImage(sha256(content), content, "image/png", width=ICON_SIZE, height=ICON_SIZE)


def _background(image: Image.Image) -> EncodedImage:
    image = image.convert("RGB")
    content = b""
    for size, quality in BACKGROUND_TRIES:
        image.thumbnail((size, size), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        image.save(out, "WEBP", quality=quality, method=4)
        content = out.getvalue()
        if len(content) <= BACKGROUND_BYTES:
            break
    return EncodedImage(sha256(content), content, "image/webp", width=image.width, height=image.height)


def _png(image: Image.Image) -> bytes:
    content = _saved(image)
    for colors in PALETTES:
        if len(content) <= MOST_PNG_BYTES:
            break
        content = _saved(image.quantize(colors, Image.Quantize.FASTOCTREE))
    return content


def _saved(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _ground(image: Image.Image) -> Ground:
    """On which backgrounds the logo can be made out: a dark one on transparent ground is lost in dark mode."""
    if image.mode != "RGBA":
        return Ground.ANY
    alpha = image.getchannel("A").point(lambda value: 255 if value >= VISIBLE_ALPHA else 0)
    shades = image.convert("L").histogram(alpha)
    visible = sum(shades) or 1
    if sum(shades[:DARK_INK]) / visible > FEW:
        return Ground.LIGHT
    return Ground.DARK if sum(shades[LIGHT_INK:]) / visible > FEW else Ground.ANY

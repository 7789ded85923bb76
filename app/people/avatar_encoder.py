"""Decodes and re-encodes pictures, so that only pixels survive."""

import io

from PIL import Image, ImageOps

from app.core.image_decoder import decode
from app.people.avatars import NEUTRAL, SIZE

QUALITY = 82
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")


def encode(content: bytes) -> bytes | None:
    """The picture as WebP of 96 x 96 pixels; None if the bytes are not in a supported format."""
    image = decode(content, FORMATS)
    if image is None:
        return None
    out = io.BytesIO()
    fitted = ImageOps.fit(image, (SIZE, SIZE), Image.Resampling.LANCZOS)
    _flat(fitted).save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()


def _flat(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, NEUTRAL)
    ground.paste(image, mask=image.getchannel("A"))
    return ground

"""Decodes pictures and encodes them anew, so that only pixels survive."""

import io
import warnings

from PIL import Image, ImageOps

from app.people.avatars import NEUTRAL, SIZE

LARGEST_PIXELS = 24_000_000
QUALITY = 82
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")


def encode(content: bytes) -> bytes | None:
    """The picture as WebP of 96 x 96 pixels; None if the bytes are not in a supported format."""
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
    return out.getvalue()


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

"""Decodes images from outside. Re-encoded, they are nothing but their pixels."""

import io
import warnings

from PIL import Image, ImageOps

LARGEST_PIXELS = 24_000_000


def decode(content: bytes, formats: tuple[str, ...]) -> Image.Image | None:
    """The image's first frame, upright, as RGB, or as RGBA if it has transparency; None if the bytes are in none of
    the formats, which are Pillow's names, or are an image of more than `LARGEST_PIXELS`.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=formats) as image:
                if image.width * image.height > LARGEST_PIXELS:
                    return None
                return _pixels(image)
    except Exception:
        # Decoders process untrusted input and fail in more ways than they document.
        return None


def _pixels(image: Image.Image) -> Image.Image:
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode.startswith("I"):
        # 16-bit grey: Pillow clips the values at 255 instead of scaling them.
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")

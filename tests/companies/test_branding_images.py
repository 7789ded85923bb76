"""A company's images: any input becomes pixels of a bounded size, or is refused with the reason."""

import base64
import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from app.companies.branding.images import (
    EMPTY,
    LARGEST_BYTES,
    TOO_LARGE,
    TOO_NARROW,
    UNREADABLE,
    EncodedImage,
    ImageFault,
    ImageKind,
    encode,
)
from app.core.branding import Ground
from tests.people.test_avatars import photo_bytes, png_that_claims, saved

SCRIPT = b"<script>alert(1)</script>"
KINDS = pytest.mark.parametrize("kind", ImageKind)
LARGEST = {ImageKind.LOGO: 22_000, ImageKind.ICON: 22_000, ImageKind.BACKGROUND: 150_000}


def opened(encoded: EncodedImage) -> Image.Image:
    return Image.open(io.BytesIO(encoded.content))


def noise(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    """An image that can't be compressed."""
    return Image.merge(mode, [Image.effect_noise(size, 200) for _ in mode])


def wordmark(color: str) -> bytes:
    """A logo on transparency."""
    image = Image.new("RGBA", (300, 90), (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((20, 30, 280, 60), fill=color)
    return saved(image, "PNG")


@KINDS
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_image_of_each_format_becomes_pixels(kind: ImageKind, form: str) -> None:
    encoded = encode(photo_bytes(form, (500, 200)), kind)
    assert opened(encoded).format == ("WEBP" if kind is ImageKind.BACKGROUND else "PNG")
    assert encoded.mime_type == f"image/{opened(encoded).format}".lower()


@KINDS
def test_largest_noise_stays_small(kind: ImageKind) -> None:
    encoded = encode(saved(noise((1700, 1000)), "JPEG", quality=60), kind)
    assert len(encoded.content) <= LARGEST[kind]


@KINDS
def test_transparent_noise_stays_small(kind: ImageKind) -> None:
    assert len(encode(saved(noise((500, 300), "RGBA"), "PNG"), kind).content) <= LARGEST[kind]


@KINDS
@pytest.mark.parametrize("size", [(1, 1), (3, 2), (400, 120), (2400, 900)], ids=str)
def test_sizes_are_bounded_and_never_zero(kind: ImageKind, size: tuple[int, int]) -> None:
    encoded = encode(photo_bytes(size=size), kind)
    width, height = opened(encoded).size
    most = {ImageKind.LOGO: (400, 120), ImageKind.ICON: (128, 128), ImageKind.BACKGROUND: (1600, 1600)}[kind]
    assert 0 < width <= most[0]
    assert 0 < height <= most[1]
    assert encoded.width > 0
    assert encoded.height > 0


SVGS = {
    "plain": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "with a script": b"<?xml version='1.0'?>\n<!-- a -->\n<svg onload='alert(1)'><script>alert(1)</script></svg>",
    "after a byte order mark": b"\xef\xbb\xbf \n<SVG></SVG>",
}


@KINDS
@pytest.mark.parametrize("content", SVGS.values(), ids=SVGS)
def test_svg_is_refused_with_the_reason(kind: ImageKind, content: bytes) -> None:
    with pytest.raises(ImageFault, match="SVG"):
        encode(content, kind)


REFUSED = {
    "nothing": (b"", EMPTY),
    "HTML": (b"<html>" + SCRIPT, UNREADABLE),
    "HTML that claims to be a GIF": (b"GIF89a/*" + SCRIPT, UNREADABLE),
    "GIF": (photo_bytes("GIF"), UNREADABLE),
    "a truncated image": (saved(noise((200, 200)), "PNG")[:2000], UNREADABLE),
    "a bomb": (png_that_claims(30_000, 30_000), UNREADABLE),
    "just over the pixels": (png_that_claims(6_001, 4_000), UNREADABLE),
    "compressed SVG": (zlib.compress(SVGS["plain"]), UNREADABLE),
    "more than 4 MB": (b"\x89PNG" + bytes(LARGEST_BYTES), TOO_LARGE),
    "nothing visible": (saved(Image.new("RGBA", (200, 60), (9, 9, 9, 0)), "PNG"), EMPTY),
    "a line": (photo_bytes(size=(1000, 20)), TOO_NARROW),
}


@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_logo_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(ImageFault) as refused:
        encode(content, ImageKind.LOGO)
    assert str(refused.value) == reason


@KINDS
@given(st.binary(max_size=400))
def test_random_bytes_are_refused(kind: ImageKind, content: bytes) -> None:
    with pytest.raises(ImageFault):
        encode(content, kind)


@KINDS
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_nothing_but_pixels_survives(kind: ImageKind, form: str) -> None:
    """A polyglot: an image for a decoder, a page for a browser that guesses."""
    exif = Image.Exif()
    exif[0x010E] = SCRIPT.decode()
    content = saved(noise((60, 60)), form, exif=exif) + SCRIPT
    assert SCRIPT in content
    encoded = encode(content, kind)
    assert b"script" not in encoded.content
    assert opened(encoded).getexif() == {}


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_animation_becomes_its_first_frame(form: str) -> None:
    frames = [Image.new("RGB", (80, 80), color) for color in ("red", "blue", "green")]
    out = io.BytesIO()
    frames[0].save(out, form, save_all=True, append_images=frames[1:], duration=100)
    image = opened(encode(out.getvalue(), ImageKind.ICON))
    assert getattr(image, "n_frames", 1) == 1
    red, _, blue, *_ = image.convert("RGBA").getpixel((64, 64))  # type: ignore[misc]
    assert red > 200 > 100 > blue


def test_transparent_margins_are_cut_off() -> None:
    encoded = encode(wordmark("#888888"), ImageKind.LOGO)
    assert (encoded.width, encoded.height) == (130, 15)


def test_icon_is_square() -> None:
    image = opened(encode(photo_bytes(size=(300, 100)), ImageKind.ICON)).convert("RGBA")
    assert image.size == (128, 128)
    assert image.getpixel((64, 5)) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("content", "ground"),
    [
        (wordmark("#101010"), Ground.LIGHT),
        (wordmark("#ffffff"), Ground.DARK),
        (wordmark("#d0562a"), Ground.ANY),
        (photo_bytes(), Ground.ANY),
    ],
    ids=["black ink", "white ink", "orange ink", "no transparency"],
)
def test_logo_says_on_which_pages_it_can_be_made_out(content: bytes, ground: Ground) -> None:
    assert encode(content, ImageKind.LOGO).ground is ground


def test_encoding_what_was_encoded_changes_nothing() -> None:
    """The form posts it again when another field has to be corrected."""
    for kind in (ImageKind.LOGO, ImageKind.ICON):
        once = encode(wordmark("#d0562a"), kind)
        assert encode(base64.b64decode(base64.b64encode(once.content)), kind).hash == once.hash

"""Photos and initials: any input becomes reencoded pixels or nothing."""

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageColor

from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.entra.graph import Profile
from app.people import actions, avatar_encoder, avatars, queries
from app.people.avatars import LARGEST_BYTES, NEUTRAL, reencode
from tests.cast import BOB, Cast


def photo_bytes(form: str = "PNG", size: tuple[int, int] = (120, 60), mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 1).save(out, form, **options)
    return out.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A few bytes that decompress to any size."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1"])
@pytest.mark.parametrize("size", [(96, 96), (1, 1), (1, 500), (648, 648)], ids=str)
def test_photo_of_any_kind_becomes_webp_of_one_size(mode: str, size: tuple[int, int]) -> None:
    made = reencode(photo_bytes(size=size, mode=mode))
    assert made
    image = Image.open(io.BytesIO(made.content))
    assert (image.format, image.size) == ("WEBP", (96, 96))


def pixel_color(content: bytes, at: tuple[int, int] = (48, 48)) -> tuple[int, ...]:
    """A pixel of the reencoded photo."""
    made = reencode(content)
    assert made
    pixel = Image.open(io.BytesIO(made.content)).convert("RGB").getpixel(at)
    assert isinstance(pixel, tuple)
    return pixel


def close(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Compares with a tolerance, because WebP is lossy."""
    return all(abs(a - b) <= 6 for a, b in zip(one, other, strict=True))


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def half_clear(mode: str) -> Image.Image:
    """Transparent on the left, green on the right; the transparent pixels are black."""
    image = Image.new("RGBA", (96, 96), (0, 0, 0, 0))
    image.paste((0, 160, 0, 255), (48, 0, 96, 96))
    if mode == "P":
        image = image.quantize(4)
    return image if mode in ("RGBA", "P") else image.convert(mode)


@pytest.mark.parametrize(
    ("form", "mode"), [("PNG", "RGBA"), ("PNG", "LA"), ("PNG", "P"), ("GIF", "RGBA"), ("WEBP", "RGBA")]
)
def test_transparent_areas_get_the_neutral_color(form: str, mode: str) -> None:
    content = saved(half_clear(mode), form, **({"lossless": True} if form == "WEBP" else {}))
    assert close(pixel_color(content, (10, 48)), ImageColor.getrgb(NEUTRAL))
    assert close(pixel_color(content, (85, 48)), (94, 94, 94) if mode == "LA" else (0, 160, 0))


def test_transparent_palette_or_gray_color_gets_the_neutral_color() -> None:
    for content in (
        saved(Image.new("P", (96, 96), 0), "PNG", transparency=0),
        saved(Image.new("P", (96, 96), 0), "PNG", transparency=b"\0\xff"),
        saved(Image.new("L", (96, 96), 7), "PNG", transparency=7),
        saved(Image.new("RGB", (96, 96), (1, 2, 3)), "PNG", transparency=(1, 2, 3)),
    ):
        assert close(pixel_color(content), ImageColor.getrgb(NEUTRAL))


@pytest.mark.parametrize("shade", [0, 64, 128, 255])
def test_sixteen_bit_gray_is_scaled(shade: int) -> None:
    content = saved(Image.new("I;16", (96, 96), shade * 257), "PNG")
    assert close(pixel_color(content), (shade, shade, shade))


def test_cmyk_photo_keeps_its_colors() -> None:
    content = saved(Image.new("RGB", (96, 96), (200, 30, 40)).convert("CMYK"), "JPEG", quality=95)
    assert close(pixel_color(content), (200, 30, 40))


@pytest.mark.parametrize(("orientation", "red_at"), [(1, (48, 10)), (3, (48, 85)), (6, (85, 48)), (8, (10, 48))])
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_photo_is_rotated_by_its_exif_orientation(form: str, orientation: int, red_at: tuple[int, int]) -> None:
    image = Image.new("RGB", (96, 96), (250, 250, 250))
    image.paste((200, 0, 0), (0, 0, 96, 24))
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert close(pixel_color(saved(image, form, exif=exif), red_at), (200, 0, 0))


def test_stored_photo_is_reencoded_when_rendering_changes(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = saved(half_clear("RGBA"), "PNG")
    cast.bob()
    with cast.app.app_context(), unit_of_work():
        person = cast.person(BOB)
        seen = []
        for rendering, ground in ((b"1", "#000"), (b"2", NEUTRAL)):
            monkeypatch.setattr(avatars, "RENDERING", rendering)
            monkeypatch.setattr(avatar_encoder, "NEUTRAL", ground)
            before = queries.profile_sync_states([(person.company_id, person.id)])[person.company_id, person.id]
            read = Profile(BOB.oid, "Bob", None, None, photo, photo_is_known=True)
            actions.apply_profiles([actions.ReadProfile(person.company_id, person.id, read, before)])
            db.session.refresh(person)
            seen.append(person.avatar_hash)
        db.session.rollback()
    assert len(set(seen)) == 2


def test_same_photo_has_same_hash() -> None:
    one, two = reencode(photo_bytes()), reencode(photo_bytes())
    assert one
    assert one == two


def test_only_pixels_survive() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home: 48.2, 16.3"
    exif[0x0112] = 6
    made = reencode(photo_bytes("JPEG", exif=exif) + b"<script>alert(1)</script>")
    assert made
    assert b"home" not in made.content
    assert b"script" not in made.content
    assert not Image.open(io.BytesIO(made.content)).getexif()


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html></html>",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n",
        b"BM" + b"\x00" * 60,
        b"RIFF\x00\x00\x00\x00WEBP",
        photo_bytes("TIFF"),
        photo_bytes("ICO"),
        photo_bytes("PDF"),
        photo_bytes()[:60],
        b"x" * (LARGEST_BYTES + 1),
        png_that_claims(5000, 5000),
        png_that_claims(10_000, 10_000),
        png_that_claims(60_000, 60_000),
        png_that_claims(2**31 - 1, 2**31 - 1),
        png_that_claims(0, 0),
    ],
    ids=lambda content: repr(content)[:24],
)
def test_unsupported_image_is_none(content: bytes | None) -> None:
    assert reencode(content) is None


CHANGES = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)))


@given(st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "WEBP"]), CHANGES)
def test_corrupted_photo_is_a_photo_or_none(form: str, changes: list[tuple[int, int]]) -> None:
    content = bytearray(photo_bytes(form, (8, 8)))
    for place, value in changes:
        content[place % len(content)] = value
    made = reencode(bytes(content))
    assert made is None or made.content[:4] == b"RIFF"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Adaeze Okonkwo", "AO"),
        ("Björn", "B"),
        ("Ana Maria de la Cruz", "AC"),
        ("émile zola", "ÉZ"),
        ("张伟", "张"),
        ("(Ada) Lovelace", "L"),
        ("<script>", "?"),
        ("", "?"),
        ("  ", "?"),
        ("ß x", "SSX"),
    ],
)
def test_initials_are_derived_from_name(name: str, letters: str) -> None:
    assert avatars.initials(name) == letters


@given(st.text())
def test_any_name_has_initials_and_a_stable_tone(name: str) -> None:
    assert avatars.initials(name)
    encodable = name.encode("utf-8", "ignore").decode()
    assert avatars.tone(encodable) == avatars.tone(encodable)
    assert avatars.tone(encodable) in avatars.TONES


def _luminance(tone: str) -> float:
    parts = [int(tone[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("tone", avatars.TONES)
def test_white_initials_are_readable_on_every_tone(tone: str) -> None:
    assert 1.05 / (_luminance(tone) + 0.05) >= 4.5


def test_version_changes_with_photo_or_name() -> None:
    versions = {avatars.version(None, "A"), avatars.version(None, "B"), avatars.version("ab" * 32, "A")}
    assert len(versions) == 3


def test_same_photo_is_decoded_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[int] = []

    def note(content: bytes | None) -> object:
        decoded.append(len(content or b""))
        return reencode(content)

    monkeypatch.setattr(actions, "reencode", note)
    photo, other = photo_bytes("JPEG"), photo_bytes("PNG", size=(50, 70))
    cast.bob()
    with cast.app.app_context(), unit_of_work():
        person = cast.person(BOB)
        decoded.clear()
        for given in (photo, photo, other, photo, None, photo):
            read = Profile(BOB.oid, "Bob", None, None, given, photo_is_known=True)
            actions.apply_profile(person.company_id, person.id, read)
            db.session.refresh(person)
            assert (person.avatar_hash is None) == (given is None)
        db.session.rollback()
    assert decoded == [len(photo), len(other)]

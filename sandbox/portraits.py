"""Drawn portraits of fictional people: friendly, flat, and always the same for the same person."""

import hashlib
import io
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from sandbox.model import Person
from sandbox.portrait_shapes import (
    BACKGROUNDS,
    BEHIND,
    CURLS,
    CURLS_BEHIND,
    HAIRS,
    HAIRSTYLES,
    OVER,
    SHAPES,
    SKINS,
    TOPS,
    Point,
    Shape,
)

FRAME = (6, 2.5, 94, 90.5)  # the cropped area: left, top, right, bottom
SMOOTHING = 3  # drawn at this multiple of the size, for smooth edges
SIZE_ON_PAGES = 96
INK = "#2B2430"
COVERED_EARS = ("hijab", "bob", "long")


def look(person: Person) -> dict[str, Any]:
    """The features of a person: those set in the directory, the others derived from the oid."""
    dice = iter(hashlib.sha256(person.oid.encode()).digest())
    skin, hair_color, top, background, hair = (next(dice) for _ in range(5))
    return {
        "skin": skin % len(SKINS),
        "hair_color": hair_color % (len(HAIRS) - 1),
        "top": top % len(TOPS),
        "background": background % len(BACKGROUNDS),
        "hair": HAIRSTYLES[hair % len(HAIRSTYLES)],
        "glasses": next(dice) % 3 == 0,
        **({"glasses": False} | person.portrait if person.portrait else {}),
    }


@lru_cache(maxsize=512)
def _jpeg(features: tuple[tuple[str, Any], ...], size: int) -> bytes:
    portrait = _Portrait(dict(features), scale=size * SMOOTHING / (FRAME[2] - FRAME[0]))
    portrait.draw()
    left, top, right, bottom = (value * portrait.scale for value in FRAME)
    image = portrait.image.resize((size, size), Image.Resampling.LANCZOS, box=(left, top, right, bottom))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90, optimize=True)
    return out.getvalue()


def jpeg(person: Person, size: int) -> bytes:
    """The person's portrait as a square JPEG of `size` pixels."""
    return _jpeg(tuple(sorted(look(person).items())), size)


def _smooth(points: Shape, steps: int = 12) -> list[Point]:
    """A closed Catmull-Rom curve through the points."""
    curve: list[Point] = []
    count = len(points)
    for i in range(count):
        p0, p1, p2, p3 = (points[(i + k) % count] for k in (-1, 0, 1, 2))
        for step in range(steps):
            t = step / steps
            curve.append((_between(p0[0], p1[0], p2[0], p3[0], t), _between(p0[1], p1[1], p2[1], p3[1], t)))
    return curve


def _between(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3)


class _Portrait:
    """A drawing, from back to front."""

    def __init__(self, features: dict[str, Any], scale: float) -> None:
        self.features = features
        self.scale = scale  # pixels per unit of the shapes
        self.style = str(features["hair"])
        self.skin, self.shade, self.blush = SKINS[features["skin"]]
        self.hair, self.light = HAIRS[features["hair_color"]]
        self.top, self.fold = TOPS[features["top"]]
        side = int(self.scale * 100)
        self.image = Image.new("RGB", (side, side))
        self.pen = ImageDraw.Draw(self.image)

    def draw(self) -> None:
        """Draws all layers."""
        self._background()
        self._behind()
        self._body()
        self._head()
        self._face()
        self._over()
        self._extras()

    def _shape(self, shape: Shape, color: str) -> None:
        self.pen.polygon([(x * self.scale, y * self.scale) for x, y in _smooth(shape)], fill=color)

    def _disc(self, x: float, y: float, rx: float, ry: float, color: str) -> None:
        self.pen.ellipse(
            [(x - rx) * self.scale, (y - ry) * self.scale, (x + rx) * self.scale, (y + ry) * self.scale], fill=color
        )

    def _arc(self, box: tuple[float, float, float, float], start: int, end: int, color: str, width: float) -> None:
        """A stroke with round ends; `box` is left, top, right, bottom of its ellipse."""
        left, top, right, bottom = (value * self.scale for value in box)
        self.pen.arc([left, top, right, bottom], start, end, fill=color, width=int(width * self.scale))

    def _soft(self, shapes: Iterable[tuple[float, float, float, float]], color: str, opacity: float) -> None:
        """Blurred discs, for blush and shadows."""
        side = self.image.width // 8  # a blur needs few pixels
        unit = self.scale / 8
        mask = Image.new("L", (side, side))
        pen = ImageDraw.Draw(mask)
        for x, y, rx, ry in shapes:
            box = [(x - rx) * unit, (y - ry) * unit, (x + rx) * unit, (y + ry) * unit]
            pen.ellipse(box, fill=int(255 * opacity))
        mask = mask.filter(ImageFilter.GaussianBlur(unit * 1.2)).resize(self.image.size, Image.Resampling.BICUBIC)
        self.image.paste(color, mask=mask)

    def _background(self) -> None:
        above, below, disc = BACKGROUNDS[self.features["background"]]
        ramp = Image.linear_gradient("L").resize(self.image.size)
        self.image.paste(above, (0, 0, *self.image.size))
        self.image.paste(below, mask=ramp)
        self._disc(50, 47, 39, 39, disc)

    def _behind(self) -> None:
        if self.style in BEHIND:
            self._shape(BEHIND[self.style], self.top if self.style == "hijab" else self.hair)
        if self.style == "bun":
            self._disc(47.5, 11, 2.6, 1.6, self.light)
        if self.style == "curly":
            for x, y, radius in CURLS_BEHIND:
                self._disc(x, y, radius, radius, self.hair)

    def _body(self) -> None:
        covered = self.style == "hijab"  # the top's color is the scarf's; the garment gets another
        garment = TOPS[(self.features["top"] + 5) % len(TOPS)][0] if covered else self.top
        self._shape(SHAPES["body"], garment)
        if not covered:
            self._disc(50, 75, 11.4, 8.2, self.fold)
            self._shape(SHAPES["neck"], self.skin)
            self._soft([(50, 64.5, 6, 4.6)], self.shade, 0.9)
        else:
            self._shape(SHAPES["scarf"], self.fold)

    def _head(self) -> None:
        for x in () if self.style in COVERED_EARS else (34.6, 65.4):
            self._disc(x, 45.5, 3.1, 4.2, self.skin)
            self._disc(x, 45.8, 1.5, 2.3, self.shade)
        self._shape(SHAPES["head"], self.skin)
        self._soft([(40, 52.6, 3.4, 2.4), (60, 52.6, 3.4, 2.4)], self.blush, 0.5)
        if self.features.get("beard"):
            self._shape(SHAPES["beard"], self.hair)

    def _face(self) -> None:
        dark = INK if self.features["hair_color"] in (3, 4, 5) else HAIRS[self.features["hair_color"]][0]
        brow = self.hair if self.features["hair_color"] != 5 else "#A8A4A1"
        for x in (43, 57):
            self._disc(x, 44.6, 1.75, 2.15, dark)
            self._disc(x + 0.6, 43.9, 0.55, 0.6, "#FFFFFF")
            self._arc((x - 3.4, 38.6, x + 3.4, 44.6), 215, 325, brow, 1.0)
        self._arc((48, 46.6, 52, 51.6), 35, 145, self.shade, 0.9)
        self.pen.chord(
            [44.4 * self.scale, 49.8 * self.scale, 55.6 * self.scale, 59 * self.scale], 18, 162, fill="#8C2F3A"
        )
        self.pen.chord(
            [45.6 * self.scale, 51.2 * self.scale, 54.4 * self.scale, 56.9 * self.scale], 12, 168, fill="#FFFFFF"
        )

    def _over(self) -> None:
        if self.style == "hijab":
            self._hijab()
        if self.style in OVER:
            self._shape(OVER[self.style], self.hair)
        if self.style == "curly":
            for x, y, radius in CURLS:
                self._disc(x, y, radius, radius, self.hair)
            for x, y, radius in CURLS[2:9:2]:
                reach = radius * 0.6
                self._arc((x - reach, y - reach, x + reach, y + reach), 180, 290, self.light, 0.7)
        if self.style in ("short", "side", "long", "bob", "bun"):
            self._arc((38, 20.4, 62, 40), 215, 262, self.light, 1.1)

    def _hijab(self) -> None:
        mask, hole = (Image.new("L", self.image.size) for _ in range(2))
        for target, name in ((mask, "hijab"), (hole, "hijab_opening")):
            ImageDraw.Draw(target).polygon(
                [(x * self.scale, y * self.scale) for x, y in _smooth(SHAPES[name])], fill=255
            )
        self.image.paste(self.top, mask=ImageChops.subtract(mask, hole))
        self._arc((33, 22, 67, 66), 95, 150, self.fold, 0.9)
        self._arc((36, 56, 74, 84), 150, 215, self.fold, 0.9)

    def _extras(self) -> None:
        if self.features.get("freckles"):
            for x, y in ((40, 50), (42, 51.6), (38.8, 52), (60, 50), (58, 51.6), (61.2, 52)):
                self._disc(x, y, 0.45, 0.45, self.shade)
        if self.features.get("earrings"):
            for x in (34.2, 65.8):
                self._disc(x, 51.6, 1.3, 1.3, "#F0C24B")
        if self.features.get("glasses"):
            for x in (43, 57):
                self._arc((x - 5, 39.8, x + 5, 49.8), 0, 360, INK, 0.8)
            self._arc((47.2, 42.4, 52.8, 46), 200, 340, INK, 0.8)
            self.pen.line(
                [(38.1 * self.scale, 44 * self.scale), (35 * self.scale, 43.2 * self.scale)],
                fill=INK,
                width=int(0.8 * self.scale),
            )
            self.pen.line(
                [(61.9 * self.scale, 44 * self.scale), (65 * self.scale, 43.2 * self.scale)],
                fill=INK,
                width=int(0.8 * self.scale),
            )

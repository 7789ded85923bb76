"""The shapes and colors that portraits are made of: portraits.toml, read once."""

import tomllib
from pathlib import Path

Point = tuple[float, float]
Shape = tuple[Point, ...]
_DATA = tomllib.loads(Path(__file__).with_name("portraits.toml").read_text())


def _shapes(table: str) -> dict[str, Shape]:
    return {name: tuple((x, y) for x, y in points) for name, points in _DATA[table].items()}


SKINS: list[tuple[str, str, str]] = _DATA["colors"]["skins"]
HAIRS: list[tuple[str, str]] = _DATA["colors"]["hairs"]
TOPS: list[tuple[str, str]] = _DATA["colors"]["tops"]
BACKGROUNDS: list[tuple[str, str, str]] = _DATA["colors"]["backgrounds"]
SHAPES = _shapes("shapes")
BEHIND = _shapes("behind")
OVER = _shapes("over")
CURLS: list[tuple[float, float, float]] = _DATA["curls"]["over"]
CURLS_BEHIND: list[tuple[float, float, float]] = _DATA["curls"]["behind"]
HAIRSTYLES = ("short", "side", "fade", "long", "bob", "bun", "afro", "curly", "hijab", "bald")

"""The one cleaner of texts from outside, and how such a text stands among words of ours.

Real right-to-left text stays whole, and so do the joiners that Persian, Indic scripts and emoji need. What orders text
on the screen (https://www.unicode.org/reports/tr9/) is set here alone: `isolate`.
"""

import re
import unicodedata

DIRECTION_SIGNS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
ZERO_WIDTH = "\u00ad\u200b\u2060-\u2064\ufeff"
"""Blanks that nobody sees; the joiners U+200C and U+200D are none of them."""
# Cc but for blanks, Cs, and the above.
UNFIT = re.compile(f"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff{DIRECTION_SIGNS}{ZERO_WIDTH}]")
BLANKS = re.compile(r"[^\S\n]+")
# Unicode's Default_Ignorable_Code_Point, blanks, and the letters that are drawn as blanks.
INVISIBLE = re.compile(
    "[\\s\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f"
    "\u205f-\u206f\u2800\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]*"
)
# What makes a text, or a part of it, run from right to left; and the signs that do it to what follows.
TURNS = re.compile(
    f"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff{DIRECTION_SIGNS}]"
)
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
WRAPPED = re.compile(f"(?:[^{DIRECTION_SIGNS}]|\u2068[^{DIRECTION_SIGNS}]*\u2069)*")


def sanitize(value: object, longest: int | None = None) -> str:
    """A line of text as it may be stored and shown; empty for what is no text."""
    if not isinstance(value, str):
        return ""
    if value.isprintable():
        # Nearly always, and much quicker to see.
        return " ".join(value.split())[:longest].rstrip()
    kept = value if longest is None else value[: 4 * longest]
    return " ".join(UNFIT.sub("", kept).split())[:longest].rstrip()


def sanitize_lines(value: object, longest: int | None = None) -> str:
    """The same for several lines, which stay lines."""
    if not isinstance(value, str):
        return ""
    lines = value.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n")
    return "\n".join(BLANKS.sub(" ", UNFIT.sub("", line)).strip() for line in lines.split("\n")).strip()[:longest]


def sanitize_code(value: object) -> str:
    """What people copy and nobody reads aloud (an id, a secret, an address): without anything that can't be seen."""
    if not isinstance(value, str):
        return ""
    if value.isascii() and value.isprintable():
        return value.strip()
    kept = (sign for sign in value if unicodedata.category(sign) not in ("Cf", "Cc", "Cs"))
    return "".join(kept).replace("\u00a0", " ").strip()


def sanitize_name(value: object, longest: int | None = None) -> str | None:
    """A name, as `sanitize` has it; None when nothing of it can be seen, so that something else is shown instead."""
    name = sanitize(value, longest)
    return name if shows_something(name) else None


def shows_something(text: str) -> bool:
    return INVISIBLE.fullmatch(text) is None


def isolate(text: str) -> str:
    """The text for a place among others: one that runs from right to left turns nothing around it."""
    if text.isascii() or not TURNS.search(text):
        return text
    if not WRAPPED.fullmatch(text):
        # Of before they were taken out on the way in, or of another's making.
        text = re.sub(f"[{DIRECTION_SIGNS}]", "", text)
    return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}" if TURNS.search(text) else text

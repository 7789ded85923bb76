"""Cleans text from outside, isolates such text in sentences of ours, and marks ours for translation.

Right-to-left text is preserved, and so are the joiners that Persian, Indic scripts and emoji need. Text direction
(https://www.unicode.org/reports/tr9/) is only set here: `isolate`.
"""

import re
import unicodedata

DIRECTION_SIGNS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
ZERO_WIDTH = "\u00ad\u200b\u2060-\u2064\ufeff"
"""Invisible spaces; the joiners U+200C and U+200D are not among them."""
# Cc except whitespace, Cs, and the above.
UNFIT = re.compile(f"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff{DIRECTION_SIGNS}{ZERO_WIDTH}]")
BLANKS = re.compile(r"[^\S\n]+")
# Unicode's Default_Ignorable_Code_Point, whitespace, and letters that are drawn as blanks.
INVISIBLE = re.compile(
    "[\\s\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f"
    "\u205f-\u206f\u2800\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]*"
)
# Characters that make a text, or a part of it, run from right to left, including control characters.
TURNS = re.compile(
    f"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff{DIRECTION_SIGNS}]"
)
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
WRAPPED = re.compile(f"(?:[^{DIRECTION_SIGNS}]|\u2068[^{DIRECTION_SIGNS}]*\u2069)*")


def gettext_noop(text: str) -> str:
    """Marks a text of a constant for translation, under the name `N_`; what shows it calls gettext."""
    return text


def sanitize(value: object, longest: int | None = None) -> str:
    """A line of text, cleaned for storage and display; empty if the value is not text."""
    if not isinstance(value, str):
        return ""
    if value.isprintable():
        # The common case, which is much faster.
        return " ".join(value.split())[:longest].rstrip()
    kept = value if longest is None else value[: 4 * longest]
    return " ".join(UNFIT.sub("", kept).split())[:longest].rstrip()


def sanitize_lines(value: object, longest: int | None = None) -> str:
    """The same for several lines; line breaks stay."""
    if not isinstance(value, str):
        return ""
    lines = value.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n")
    return "\n".join(BLANKS.sub(" ", UNFIT.sub("", line)).strip() for line in lines.split("\n")).strip()[:longest]


def sanitize_code(value: object) -> str:
    """Text that people copy (an id, a secret, an address), without invisible characters."""
    if not isinstance(value, str):
        return ""
    if value.isascii() and value.isprintable():
        return value.strip()
    kept = (sign for sign in value if unicodedata.category(sign) not in ("Cf", "Cc", "Cs"))
    return "".join(kept).replace("\u00a0", " ").strip()


def sanitize_name(value: object, longest: int | None = None) -> str | None:
    """A sanitized name; None if it has no visible characters, so that a fallback is shown."""
    name = sanitize(value, longest)
    return name if shows_something(name) else None


def shows_something(text: str) -> bool:
    return INVISIBLE.fullmatch(text) is None


def isolate(text: str) -> str:
    """Isolates right-to-left text, so that the surrounding text keeps its direction."""
    if text.isascii() or not TURNS.search(text):
        return text
    if not WRAPPED.fullmatch(text):
        # From before they were removed on input, or from another source.
        text = re.sub(f"[{DIRECTION_SIGNS}]", "", text)
    return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}" if TURNS.search(text) else text

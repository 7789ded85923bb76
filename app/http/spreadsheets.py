"""The only writer of CSV files, which people open in spreadsheet programs: every cell is quoted, and none is computed.

A text is treated as a formula if it begins with one of a few characters; spaces and invisible characters before it are
ignored, and full-width and other wide forms count, too. Where a program separates cells by semicolons, quotes don't
protect a file separated by commas, so each part of a cell counts as a cell.
"""

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

SIGNS = "=+\\-@" + "＝＋－＠" + "﹦﹢﹣﹫" + "⁼⁺⁻₌₊₋" + "−"
BLANKS = (
    "\\s\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff"
    "\ufff9-\ufffb"
)
FORMULA = re.compile(rf"(\A|[;\n\r])(?=[{BLANKS}]*[{SIGNS}])")
PHONE = re.compile(r"\+[0-9][0-9 ]*", re.ASCII)
"""If computed, it is the same number."""
CONTROLS = ("\t", "\r", "\n")
"""At the start of a cell some programs drop them, and others continue with the next cell."""


def harmless(text: str) -> str:
    """The text, changed so that a spreadsheet shows it instead of computing it."""
    if PHONE.fullmatch(text):
        return text
    guarded = FORMULA.sub(r"\1'", text)
    return f"'{guarded}" if guarded.startswith(CONTROLS) else guarded


def csv_text(rows: Iterable[Iterable[Any]]) -> str:
    """These rows as a CSV file, or as a part of one."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    return "" if value is None else harmless(str(value))

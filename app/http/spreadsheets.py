"""The one writer of CSV files, which spreadsheet programs open: every cell is quoted, and none is computed.

A text is a formula to them when it begins with one of some signs; blanks and invisible characters before it don't
count, and full-width and other wide forms of the signs do. Where a program separates cells by semicolons, quotes don't
hold a file together that is separated by commas, so that each stretch of a cell counts as a cell.
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
"""Computed it is the same number."""
CONTROLS = ("\t", "\r", "\n")
"""At the beginning of a cell some programs drop them, and others go on with the next cell."""


def harmless(text: str) -> str:
    """A text that they would compute is shown instead."""
    if PHONE.fullmatch(text):
        return text
    guarded = FORMULA.sub(r"\1'", text)
    return f"'{guarded}" if guarded.startswith(CONTROLS) else guarded


def csv_text(rows: Iterable[Iterable[Any]]) -> str:
    """These rows as a CSV file, or a piece of one."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    return "" if value is None else harmless(str(value))

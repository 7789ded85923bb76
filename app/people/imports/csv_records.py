"""Splits CSV text into records. Pure functions.

A record is not a line: a quoted cell may contain line breaks. An error in a record affects only that record, and
reading continues after it. The csv module can't do this: its limit on cell size applies to the whole process, and it
doesn't report where in the text a record ends.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.core.text import gettext_noop as N_

LONGEST_CELL = 131_072
MOST_COLUMNS = 1_000
SEPARATORS = (",", ";", "\t", "|")
SUBSTITUTE = "\x1a"
"""Replaces NUL, which databases don't accept (U+001A means "substitute")."""
MOST_RESCANNED = 64 * 1024 * 1024
"""How many characters of a file may be read again after broken quotes; without a limit a hostile file would
take days.
"""

QUOTE_FAULT = N_(
    "A quotation mark in this row isn’t closed, or text follows the closing one. Inside a cell, write a quotation mark "
    "twice."
)
CELL_FAULT = N_("A cell in this row is longer than 131,072 characters.")
COLUMNS_FAULT = N_("This row has more than 1,000 cells.")
SUBSTITUTE_FAULT = N_("This row contains a character that isn’t text (NUL).")
GIVEN_UP = N_(
    "A quotation mark in this row isn’t closed. Too many rows have this problem, so the rows after this one "
    "were not read."
)
STOPS = {sign: re.compile(f"[{re.escape(sign)}\n]") for sign in SEPARATORS}


@dataclass(frozen=True)
class CsvRecord:
    """A record, or what is wrong with it."""

    number: int
    """The number of its first line, counted like an editor does."""
    ends_at: int
    """Where the next record begins, in characters."""
    last_number: int
    """The number of its last line."""
    cells: list[str] = field(default_factory=list)
    fault: str = ""
    rescanned: int = 0
    """Characters of the file read again so far, including this record."""

    @property
    def is_blank(self) -> bool:
        return not self.fault and not any(cell.strip() for cell in self.cells)


def records(content: str, sign: str, offset: int = 0, number: int = 0, rescanned: int = 0) -> Iterator[CsvRecord]:
    """The records from `offset` on, after line `number`; `rescanned` is the value from the previous record."""
    while offset < len(content):
        record = _record(content, sign, offset, number + 1, rescanned)
        offset, number, rescanned = record.ends_at, record.last_number, record.rescanned
        yield record


def estimated_number(content: str, offset: int) -> int:
    """The number of nonblank records from `offset` on: exact for a valid file, computed in one pass for any."""
    # A line break inside quotes ends no record.
    found = re.compile(r'(?:[^"\n]++|"[^"]*+(?:"|\Z))++').finditer(content, offset)
    return sum(1 for one in found if one[0].strip(' "\n,;\t|'))


def _record(content: str, sign: str, start: int, number: int, rescanned: int) -> CsvRecord:
    end_of_line = _end_of_line(content, start)
    first_quote = content.find('"', start, end_of_line)
    if first_quote < 0:
        return _plain_record(content[start:end_of_line].removesuffix("\n"), sign, end_of_line, number, rescanned)
    cells, ends_at, is_sound = _quoted_cells(content, sign, start)
    if is_sound:
        last_number = number + content.count("\n", start, ends_at - 1)
        return CsvRecord(number, ends_at, last_number, cells, _fault_of(cells), rescanned)
    # The end of the record is unknown, so what follows its first line is read as if the quote were not there.
    rescanned += ends_at - start
    if rescanned > MOST_RESCANNED:
        last_number = number + content.count("\n", start)
        return CsvRecord(number, len(content), last_number, fault=GIVEN_UP, rescanned=rescanned)
    return CsvRecord(number, end_of_line, number, fault=QUOTE_FAULT, rescanned=rescanned)


def _plain_record(line: str, sign: str, ends_at: int, number: int, rescanned: int) -> CsvRecord:
    """The common case: a line without a quotation mark."""
    # One more than is accepted, so that a million cells are not created only to be counted.
    cells = line.split(sign, MOST_COLUMNS)
    return CsvRecord(number, ends_at, number, cells, _fault_of(cells), rescanned)


def _quoted_cells(content: str, sign: str, start: int) -> tuple[list[str], int, bool]:
    """The cells of the record at `start`, where it ends or breaks off, and whether it is valid."""
    cells: list[str] = []
    position, stop = start, STOPS[sign]
    while True:
        if content.startswith('"', position):
            closing = _closing_quote(content, position + 1)
            cell, position = content[position + 1 : closing].replace('""', '"'), closing + 1
            if position < len(content) and content[position] not in (sign, "\n"):
                return cells, position, False
            if closing == len(content):
                return cells, closing, False
        else:
            found = stop.search(content, position)
            end = found.start() if found else len(content)
            cell, position = content[position:end], end
        if len(cells) <= MOST_COLUMNS:
            cells.append(cell)
        if position >= len(content) or content[position] == "\n":
            return cells, min(position + 1, len(content)), True
        position += 1


def _closing_quote(content: str, position: int) -> int:
    """The position of the cell's closing quotation mark; the end of the text if there is none."""
    while True:
        found = content.find('"', position)
        if found < 0:
            return len(content)
        if not content.startswith('"', found + 1):
            return found
        position = found + 2


def _fault_of(cells: list[str]) -> str:
    if len(cells) > MOST_COLUMNS and any(cells[MOST_COLUMNS:]):
        return COLUMNS_FAULT
    if any(len(cell) > LONGEST_CELL for cell in cells):
        return CELL_FAULT
    if any(SUBSTITUTE in cell for cell in cells):
        return SUBSTITUTE_FAULT
    return ""


def _end_of_line(content: str, offset: int) -> int:
    end = content.find("\n", offset)
    return len(content) if end < 0 else end + 1

"""Contacts as CSV. Plain functions over plain values."""

import csv
import io
from collections.abc import Iterable, Iterator

from app.crm.queries import Listed
from app.web.spreadsheets import harmless

HEAD = ("Full name", "Job title", "Email address", "Phone", "Company", "Modified")
BYTE_ORDER_MARK = "\ufeff"
"""Without it spreadsheet programs take UTF-8 for something else."""
LINES_AT_ONCE = 500


def lines(contacts: Iterable[Listed]) -> Iterator[str]:
    """The file, some lines at a time."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    text.write(BYTE_ORDER_MARK)
    writer.writerow(HEAD)
    for number, one in enumerate(contacts, start=1):
        modified = one.modified_at.isoformat() if one.modified_at else None
        cells = (one.full_name, one.job_title, one.email, one.phone, one.company_name, modified)
        writer.writerow([_harmless(cell or "") for cell in cells])
        if number % LINES_AT_ONCE == 0:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def _harmless(cell: str) -> str:
    """As it may stand in the file; a phone number stays one."""
    is_number = cell[:1] == "+" and cell[1:].replace(" ", "").isdecimal()
    return cell if is_number else harmless(cell)

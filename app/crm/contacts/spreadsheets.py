"""Contacts as CSV. Pure functions."""

from collections.abc import Iterable, Iterator
from itertools import islice

from app.crm.queries import ContactRow
from app.http.spreadsheets import csv_text

HEAD = ("Full name", "Job title", "Email address", "Phone", "Company", "Modified")
BYTE_ORDER_MARK = "\ufeff"
"""Without it spreadsheet programs don't recognize UTF-8."""
LINES_AT_ONCE = 500


def lines(contacts: Iterable[ContactRow]) -> Iterator[str]:
    """The file, a few lines at a time."""
    yield BYTE_ORDER_MARK + csv_text([HEAD])
    left = iter(contacts)
    while some := list(islice(left, LINES_AT_ONCE)):
        yield csv_text(_cells(one) for one in some)


def _cells(one: ContactRow) -> tuple[str | None, ...]:
    modified = one.modified_at.isoformat() if one.modified_at else None
    return one.full_name, one.job_title, one.email, one.phone, one.company_name, modified

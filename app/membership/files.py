"""What a CSV file of people says. Plain functions over plain values."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from app.email_address import InvalidEmail, parse_email
from app.people.models import Role
from app.text import sanitize_name

LONGEST_NAME = 100
HEADINGS = {
    "email": ("email", "e-mail", "email address", "mail", "user principal name", "userprincipalname"),
    "name": ("name", "full name", "display name", "displayname"),
    "role": ("role",),
    "object_id": ("object id", "object_id", "objectid", "id"),
}
"""What a column may be called; Entra ID's own export of users is read as it is."""


@dataclass(frozen=True)
class Wanted:
    """Somebody to be added, as given."""

    email: str
    name: str
    role: Role = Role.MEMBER
    object_id: str | None = None
    """Microsoft's id of the person: then the identity itself is invited, and needs no link."""


class LineFault(Exception):
    """Why a line adds nobody; the message says what to mend."""


class FileFault(Exception):
    """Why a file can't be read at all."""


@dataclass(frozen=True)
class Portion:
    """Some lines of a file."""

    lines: list[tuple[int, dict[str, str]]]
    """The lines' numbers, as an editor counts them, with their cells by our names for the columns."""
    ends_at: int
    """Where the next portion begins, in characters."""
    last_number: int
    """The number of the last line that was looked at."""


def columns_of(content: str) -> tuple[dict[int, str], str]:
    """Our names for a file's columns, by position; and the sign that separates them. Raises FileFault."""
    heading = content.split("\n", 1)[0]
    sign = max(",;\t", key=heading.count)
    cells = next(csv.reader([heading.strip("\r")], delimiter=sign), [])
    columns: dict[int, str] = {}
    for position, cell in enumerate(cells):
        plain = cell.strip().lower().lstrip("\ufeff")
        for name, aliases in HEADINGS.items():
            if plain in aliases and name not in columns.values():
                columns[position] = name
    if "email" not in columns.values():
        raise FileFault("The first line must name the columns; one of them must be “Email”.")
    return columns, sign


def number_of_lines(content: str) -> int:
    """How many lines below the heading hold somebody."""
    return sum(1 for line in content.split("\n")[1:] if line.strip(" \r,;\t"))


def portion(content: str, offset: int, number: int, size: int) -> Portion:
    """The next lines of a file from `offset` on, at most `size` of them, after line `number`. A person is a line."""
    columns, sign = columns_of(content)
    lines: list[tuple[int, dict[str, str]]] = []
    if offset == 0:
        offset = _end_of_line(content, 0)
    for raw, ends_at in _lines(content, offset):
        number, offset = number + 1, ends_at
        if raw.strip(" \r,;\t"):
            cells = next(csv.reader(io.StringIO(raw), delimiter=sign), [])
            named = {columns[position]: cell.strip() for position, cell in enumerate(cells) if position in columns}
            lines.append((number, named))
        if len(lines) == size:
            break
    return Portion(lines, offset, number)


def wanted(cells: dict[str, str]) -> Wanted:
    """Who a line adds. Raises LineFault."""
    try:
        email = parse_email(cells.get("email"))
    except InvalidEmail as error:
        raise LineFault(str(error)) from None
    role = cells.get("role", "").lower() or Role.MEMBER
    if role not in (Role.MEMBER, Role.ADMIN):
        raise LineFault("The role must be member or admin; owners are made one by one.")
    object_id = cells.get("object_id") or None
    if object_id and not _is_guid(object_id):
        raise LineFault("The object ID looks like 1b4e28ba-2fa1-41d2-883f-0016d3cca427; leave it empty otherwise.")
    name = sanitize_name(cells.get("name"), LONGEST_NAME) or email.partition("@")[0]
    return Wanted(email, name, Role(role), object_id.lower() if object_id else None)


def _lines(content: str, offset: int) -> Iterator[tuple[str, int]]:
    while offset < len(content):
        end = _end_of_line(content, offset)
        yield content[offset:end].rstrip("\n"), end
        offset = end


def _end_of_line(content: str, offset: int) -> int:
    end = content.find("\n", offset)
    return len(content) if end < 0 else end + 1


def _is_guid(text: str) -> bool:
    try:
        return bool(UUID(text)) and len(text) == 36
    except ValueError:
        return False

"""Parses a CSV file of people. Pure functions."""

import re
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from app.core.email_address import InvalidEmail, parse_email
from app.core.text import gettext_noop as N_
from app.core.text import sanitize_name
from app.people.imports import csv_records
from app.people.imports.csv_records import CsvRecord
from app.people.models import Role

LONGEST_NAME = 100
HEADINGS = {
    "email": ("email", "emailaddress", "mail"),
    "principal_name": ("userprincipalname", "upn", "username"),
    "name": ("name", "fullname", "displayname"),
    "given_name": ("givenname", "firstname"),
    "surname": ("surname", "lastname"),
    "role": ("role",),
    "object_id": ("objectid", "id"),
    "external_id": ("externalid",),
}
"""Accepted column names, without spaces, hyphens and underscores: those of user lists as Microsoft Entra, the Microsoft
365 admin center and PowerShell export them.
"""
EXTERNAL_ID = re.compile(r"[\x21-\x7e]{1,100}")
PROPERTY = re.compile(r"\[(\w+)\]")
"""Entra's bulk templates put the property after the label: `User name [userPrincipalName] Required`."""
GUEST_MARK = "#ext#"
"""Part of a guest's user principal name, which looks like an email address but isn't one."""


@dataclass(frozen=True)
class NewPerson:
    """A person to be added, as given in the file."""

    email: str
    name: str
    role: Role = Role.MEMBER
    object_id: str | None = None
    """Microsoft's object ID of the person; with it the identity itself is added and needs no invitation link."""
    external_id: str | None = None
    """The person's ID in another system of the company, for its applications."""


class RowError(Exception):
    """Why a row adds no one; the message says what to fix."""


class FileError(Exception):
    """Why a file can't be read at all."""


@dataclass(frozen=True)
class Batch:
    """A number of records of a file."""

    lines: list[tuple[int, dict[str, str]]]
    """The cells of each record by our column names, with the number of its first line, counted like an editor does."""
    ends_at: int
    """Where the next batch begins, in characters; always the start of a record."""
    last_number: int
    """The number of the last line read."""
    faults: list[tuple[int, str]] = field(default_factory=list)
    """The records that can't be read, and why."""
    rescanned: int = 0
    """See `csv_records`."""


@dataclass(frozen=True)
class Heading:
    """The header record of a file, with what programs put before it."""

    columns: dict[int, str]
    """Our column names by position."""
    width: int
    sign: str
    ends_at: int
    last_number: int


def as_text(raw: bytes) -> str:
    """Decodes an uploaded file and normalizes its line breaks. Raises FileError."""
    if not raw:
        raise FileError(N_("Choose a CSV file."))
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise FileError(N_("This isn’t a CSV file but a workbook. In Excel, save it as “CSV UTF-8”."))
    try:
        text = raw.decode(_encoding(raw))
    except UnicodeDecodeError:
        raise FileError(N_("The file isn’t UTF-8. In Excel, save it as “CSV UTF-8”.")) from None
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", csv_records.SUBSTITUTE)


def heading_of(content: str) -> Heading:
    """The header of a file. Raises FileError."""
    sign, offset, number = _announced_separator(content)
    if sign is None:
        end = content.find("\n", offset)
        line = content[offset : len(content) if end < 0 else end]
        sign = max(csv_records.SEPARATORS, key=re.sub(r'"[^"]*+"', "", line).count)
    first = next(csv_records.records(content, sign, offset, number), CsvRecord(1, 0, 1))
    if first.cells[:1] == ["version:v1.0"]:
        first = next(csv_records.records(content, sign, first.ends_at, first.last_number), first)
    if first.fault:
        raise FileError(_in_the_heading(first.fault))
    columns: dict[int, str] = {}
    for position, cell in enumerate(first.cells):
        for name, aliases in HEADINGS.items():
            if _plain(cell) in aliases and name not in columns.values():
                columns[position] = name
    if not {"email", "principal_name"} & set(columns.values()):
        raise FileError(N_("The first row must contain column names, including “Email”."))
    return Heading(columns, len(first.cells), sign, first.ends_at, first.last_number)


def columns_of(content: str) -> tuple[dict[int, str], str]:
    """Our column names by position, and the separator. Raises FileError."""
    heading = heading_of(content)
    return heading.columns, heading.sign


def number_of_rows(content: str) -> int:
    """The number of nonblank records below the header; an estimate if quotes are broken. Raises FileError."""
    return csv_records.estimated_number(content, heading_of(content).ends_at)


def read_batch(content: str, offset: int, number: int, size: int, rescanned: int = 0) -> Batch:
    """The next records of a file from `offset` on, at most `size` of them, after line `number`. Records that can't be
    read count, too.
    """
    heading = heading_of(content)
    if offset < heading.ends_at:
        offset, number = heading.ends_at, heading.last_number
    lines: list[tuple[int, dict[str, str]]] = []
    faults: list[tuple[int, str]] = []
    for record in csv_records.records(content, heading.sign, offset, number, rescanned):
        offset, number, rescanned = record.ends_at, record.last_number, record.rescanned
        if fault := record.fault or _shifted(record, heading):
            faults.append((record.number, fault))
        elif not record.is_blank:
            named = {heading.columns[at]: cell.strip() for at, cell in enumerate(record.cells) if at in heading.columns}
            lines.append((record.number, named))
        if len(lines) + len(faults) == size:
            break
    return Batch(lines, offset, number, faults, rescanned)


def address(cells: dict[str, str]) -> str:
    """The email address of a row: its mail, or its user principal name if there is none."""
    return cells.get("email") or cells.get("principal_name", "")


def full_name(cells: dict[str, str]) -> str:
    """The name of a row: its display name, or first and last name; empty if it has neither."""
    given = cells.get("name") or f"{cells.get('given_name', '')} {cells.get('surname', '')}"
    return sanitize_name(given, LONGEST_NAME) or ""


def parse_row(cells: dict[str, str]) -> NewPerson:
    """The person a row adds. Raises RowError."""
    given = address(cells)
    if GUEST_MARK in given.lower():
        raise RowError(
            N_(
                "This guest has no email address here: a name with #EXT# isn’t one. Add the address in the column "
                "“mail”."
            )
        )
    try:
        email = parse_email(given)
    except InvalidEmail as error:
        raise RowError(str(error)) from None
    role = cells.get("role", "").lower() or Role.MEMBER
    if role not in (Role.MEMBER, Role.ADMIN):
        raise RowError(N_("Role must be “member” or “admin”. Make owners individually."))
    object_id = cells.get("object_id") or None
    if object_id and not _is_guid(object_id):
        raise RowError(N_("Enter an object ID like 1b4e28ba-2fa1-41d2-883f-0016d3cca427, or leave it empty."))
    external_id = cells.get("external_id") or None
    if external_id and not EXTERNAL_ID.fullmatch(external_id):
        raise RowError(
            N_("Enter an external ID of up to 100 letters, digits and characters such as - _ . : @ or leave it empty.")
        )
    name = full_name(cells) or email.partition("@")[0]
    return NewPerson(email, name, Role(role), object_id.lower() if object_id else None, external_id)


def _encoding(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    # Without a byte order mark, UTF-16 is recognized by the zero byte in each of the header's characters.
    first = raw[:64]
    for encoding, zeros, letters in (("utf-16-le", first[1::2], first[::2]), ("utf-16-be", first[::2], first[1::2])):
        if len(first) > 3 and not any(zeros) and all(letters):
            return encoding
    return "utf-8-sig"


def _announced_separator(content: str) -> tuple[str | None, int, int]:
    """Excel's `sep=;` line before the header; also returns where the header begins and how many lines precede it."""
    found = re.match(r'"?sep=([^\n])"?[,;\t|"]*(?:\n|\Z)', content, re.IGNORECASE)
    if found is None:
        return None, 0, 0
    if found[1] not in csv_records.SEPARATORS:
        raise FileError(N_("The first row announces a separator that can’t be used. Separate cells by commas."))
    return found[1], found.end(), 1


def _plain(heading: str) -> str:
    found = PROPERTY.search(heading)
    return re.sub(r"[\s_\ufeff-]", "", found[1] if found else heading).lower()


def _in_the_heading(fault: str) -> str:
    words = {
        csv_records.CELL_FAULT: N_("A column’s name is longer than 131,072 characters."),
        csv_records.COLUMNS_FAULT: N_("The file has more than 1,000 columns."),
        csv_records.SUBSTITUTE_FAULT: N_("This isn’t a CSV file."),
    }
    return words.get(fault, N_("A quotation mark in the first row isn’t closed."))


def _shifted(record: CsvRecord, heading: Heading) -> str:
    """Detects an extra comma, which shifts every following cell, for example into the role column."""
    if any(cell.strip() for cell in islice(record.cells, heading.width, None)):
        return N_(
            "This row has more cells than the first row has column names. Put quotes around a cell that contains "
            "a comma."
        )
    return ""


def _is_guid(text: str) -> bool:
    try:
        return bool(UUID(text)) and len(text) == 36
    except ValueError:
        return False

"""A CSV file consists of records, not lines; an invalid record loses only that record."""

import time
import tracemalloc

import pytest

from app.people.imports import csv_parser
from app.people.imports.csv_parser import Batch, FileError, columns_of, number_of_rows, read_batch
from app.people.models import Role

LONG = "x" * 300_000


def read(content: str, size: int = 500) -> list[Batch]:
    """Reads the whole file in batches, each starting where the previous one ended."""
    offset, line, rescanned, parts = 0, 1, 0, []
    while offset < len(content):
        part = read_batch(content, offset, line, size, rescanned)
        assert part.ends_at > offset
        parts.append(part)
        offset, line, rescanned = part.ends_at, part.last_number, part.rescanned
    return parts


def rows(content: str, size: int = 500) -> list[tuple[int, dict[str, str]]]:
    return [row for part in read(content, size) for row in part.lines]


def faults(content: str, size: int = 500) -> list[tuple[int, str]]:
    return [fault for part in read(content, size) for fault in part.faults]


def test_line_break_in_a_quoted_name_is_part_of_the_name() -> None:
    content = 'email,name,role\nann.lf@x.example,"Ann\nSmith",admin\nbob@x.example,Bob,member\n'
    (ann_line, ann), (bob_line, bob) = rows(content)
    assert (ann_line, bob_line) == (2, 4), "as an editor counts lines"
    assert csv_parser.parse_row(ann).name == "Ann Smith"
    assert csv_parser.parse_row(ann).role == Role.ADMIN
    assert csv_parser.parse_row(bob).role == Role.MEMBER
    assert number_of_rows(content) == 2


@pytest.mark.parametrize("size", [1, 2, 3])
def test_batch_never_ends_inside_a_record(size: int) -> None:
    content = "email,name\n" + "".join(f'p{number}@x.example,"P\n\n{number}, ""Q"""\n' for number in range(5))
    assert rows(content, size) == [
        (2 + 3 * number, {"email": f"p{number}@x.example", "name": f'P\n\n{number}, "Q"'}) for number in range(5)
    ]
    for part in read(content, size):
        assert part.ends_at == len(content) or content[part.ends_at :].startswith("p")


def test_oversized_cell_loses_only_its_row() -> None:
    content = f'email,name,notes\nann@x.example,Ann,{LONG}\nbob@x.example,"{LONG}\n{LONG}",x\ncat@x.example,Cat,\n'
    assert [cells["email"] for _, cells in rows(content)] == ["cat@x.example"]
    assert [number for number, _ in faults(content)] == [2, 3]
    assert all("131,072 characters" in words for _, words in faults(content))


def test_unclosed_quote_loses_only_its_row() -> None:
    rest = "".join(f"p{number}@x.example,P\n" for number in range(20_000))
    content = f'email,name\nann@x.example,Ann\nbob@x.example,"Bob\n{rest}'
    assert len(rows(content)) == 20_001
    ((number, words),) = faults(content)
    assert number == 3
    assert "quotation mark" in words


def test_quote_closed_in_another_row_does_not_merge_two_people() -> None:
    content = 'email,name,role\nann@x.example,"Ann,member\nbob@x.example,"Bob, B",admin\ncat@x.example,Cat,member\n'
    assert [cells["email"] for _, cells in rows(content)] == ["bob@x.example", "cat@x.example"]
    assert [number for number, _ in faults(content)] == [2]


def test_file_of_broken_quotes_is_read_in_limited_time() -> None:
    """Each line opens a quote up to the end of the file: reading again from each would take days."""
    content = "email,name\n" + 'x","\n' * 200_000 + "x"
    began = time.process_time()
    found = faults(content)
    assert time.process_time() - began < 60
    assert "were not read" in found[-1][1]
    assert len(found) < 200


def test_million_columns_are_reported() -> None:
    content = f"email,name\nann@x.example,Ann{',' * 1_000_000}\nbob@x.example,Bob\n"
    assert [cells["email"] for _, cells in rows(content)] == ["bob@x.example"]
    assert "1,000 cells" in faults(content)[0][1]
    with pytest.raises(FileError, match="1,000 columns"):
        columns_of(f"email{',' * 1_000_000}\nann@x.example\n")


def test_oversized_or_unclosed_header_is_a_file_error() -> None:
    with pytest.raises(FileError, match="131,072 characters"):
        columns_of(f"email,{LONG}\nann@x.example,x\n")
    with pytest.raises(FileError, match="quotation mark"):
        columns_of('email,"name\nann@x.example,x\n')


def test_more_cells_than_columns_are_an_error() -> None:
    content = "email,name,role\nann@x.example,Smith,admin,member\nbob@x.example,Bob,member,,\n"
    assert [cells["email"] for _, cells in rows(content)] == ["bob@x.example"]
    assert "more cells than" in faults(content)[0][1]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_separator_declared_by_excel_is_used(sign: str) -> None:
    others = " ".join(one for one in ",;|" if one != sign)
    content = f"sep={sign}\nemail{sign}name\nann@x.example{sign}Ann {others}\n"
    assert rows(content) == [(3, {"email": "ann@x.example", "name": f"Ann {others}"})]
    assert number_of_rows(content) == 1


def test_invalid_separator_is_a_file_error() -> None:
    with pytest.raises(FileError, match="separat"):
        columns_of("sep=x\nemailxname\n")


def test_null_character_loses_only_its_row() -> None:
    content = csv_parser.as_text(b"email,name\nann@x.example,A\0nn\nbob@x.example,Bob\n")
    assert [cells["email"] for _, cells in rows(content)] == ["bob@x.example"]
    assert "isn’t text" in faults(content)[0][1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_like_utf_8(encoding: str) -> None:
    raw = "email,name\r\nann@x.example,Änn\r\n".encode(encoding)
    assert rows(csv_parser.as_text(raw)) == [(2, {"email": "ann@x.example", "name": "Änn"})]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "Choose a CSV file"),
        (b"email\n\xff\xfe", "UTF-8"),
        (b"\xff\xfee", "UTF-8"),
        (b"PK\x03\x04\0\0", "isn’t a CSV file"),
        (b"em\0ail\nann@x.example", "isn’t a CSV file"),
    ],
)
def test_file_that_is_not_text_is_rejected_with_a_reason(raw: bytes, words: str) -> None:
    with pytest.raises(FileError, match=words):
        columns_of(csv_parser.as_text(raw))


def test_hundred_thousand_rows_are_read_in_bounded_memory() -> None:
    content = "email,name\n" + "".join(f'p{number}@x.example,"Person\n{number}"\n' for number in range(100_000))
    tracemalloc.start()
    offset, line, found = 0, 1, 0
    while offset < len(content):
        part = read_batch(content, offset, line, 500)
        offset, line, found = part.ends_at, part.last_number, found + len(part.lines)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == 100_000
    assert most < 2_000_000
    assert number_of_rows(content) == 100_000


ENTRA = "userPrincipalName,displayName,surname,mail,givenName,id,userType,jobTitle"


def people_in(content: str) -> list[csv_parser.NewPerson]:
    return [csv_parser.parse_row(cells) for _, cells in rows(content)]


def test_entra_export_prefers_mail_over_user_principal_name() -> None:
    content = (
        f"{ENTRA}\n"
        "ann.upn@contoso.example,Ann Seven,Seven,ann.seven@mail.example,Ann,,Member,\n"
        "bob@contoso.example,Bob,,,,,Member,\n"
        "guest_fabrikam.example#EXT#@contoso.onmicrosoft.example,Gus,,gus@fabrikam.example,,,Guest,\n"
    )
    assert [one.email for one in people_in(content)] == [
        "ann.seven@mail.example",
        "bob@contoso.example",
        "gus@fabrikam.example",
    ]


@pytest.mark.parametrize("heading", ["userPrincipalName", "mail", "email"])
@pytest.mark.parametrize("mark", ["#EXT#", "#ext#"])
def test_guests_user_principal_name_is_never_an_address(heading: str, mark: str) -> None:
    ((_, cells),) = rows(f"{heading},displayName\ngus_fabrikam.example{mark}@contoso.onmicrosoft.example,Gus\n")
    with pytest.raises(csv_parser.RowError, match="guest"):
        csv_parser.parse_row(cells)


@pytest.mark.parametrize(
    "heading",
    [
        "userPrincipalName,displayName,surname,mail,givenName,objectId",
        "User principal name,Display name,Last name,Email,First name,Object Id",
        "version:v1.0\nUser name [userPrincipalName] Required,Name [displayName] Required,Last name [surname],Mail,"
        "First name [givenName],Object ID [objectId] Required",
        "UserPrincipalName;DisplayName;Surname;Mail;GivenName;Id",
        '"UserPrincipalName","DisplayName","Surname","Mail","GivenName","Id"',
    ],
)
def test_every_microsoft_header_for_a_user_list_is_recognized(heading: str) -> None:
    sign = ";" if ";" in heading else ","
    object_id = "c0000001-0000-4000-8000-000000000001"
    row = sign.join(["ann@contoso.example", "", "Seven", "ann@mail.example", "Ann", object_id])
    (ann,) = people_in(f"{heading}\n{row}\n")
    assert ann == csv_parser.NewPerson("ann@mail.example", "Ann Seven", Role.MEMBER, object_id)

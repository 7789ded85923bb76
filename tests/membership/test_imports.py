"""CSV files: read in portions, with a report, going on where a worker has died."""

import io
import time
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from app.database import db
from app.membership import importing
from app.membership.files import FileFault, columns_of, number_of_lines, portion
from app.membership.models import Import
from app.people.models import Person
from tests import directory as seed
from tests.accounts import person
from tests.cast import BOB, Cast
from tests.observing import history
from tests.post_office import PostOffice, work
from tests.visitor import Visitor

FILE = """Email,Name,Role
anna@contoso.example,Anna A,member
bert@contoso.example,"B, Bert",admin

owner@contoso.example,Here Already,member
nobody,Nobody,member
king@contoso.example,King,owner
anna@contoso.example,Anna again,member
clara@contoso.example,,
"""


def add(visitor: Visitor, content: str | bytes, **fields: Any) -> str:
    data = {"csrf_token": visitor.csrf("/people/import"), "method": "any", **fields}
    raw = content if isinstance(content, bytes) else content.encode()
    answer = visitor.post("/people/import", data={**data, "file": (io.BytesIO(raw), "people.csv")})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def names(app: Flask) -> set[str]:
    with app.app_context():
        return set(db.session.scalars(sa.select(Person.name)))


def test_every_line_adds_somebody_or_says_why_not(cast: Cast) -> None:
    alice = cast.alice()
    page = add(alice, FILE)
    assert "being read" in alice.get(page).text
    assert alice.get(f"{page}/progress").json == {"done": 0, "total": 7, "finished": False}
    work(cast.app)
    assert alice.get(f"{page}/progress").json == {"done": 7, "total": 7, "finished": True}
    assert {"Anna A", "B, Bert", "clara"} <= names(cast.app)
    assert person(cast.app, "bert@contoso.example").role == "admin"
    report = alice.get(f"{page}/report")
    assert report.text.splitlines() == [
        "line,email,outcome,reason",
        "5,owner@contoso.example,present,Somebody with this address is here already.",
        "6,nobody,refused,This is no email address.",
        "7,king@contoso.example,refused,The role must be member or admin; owners are made one by one.",
        "8,anna@contoso.example,present,Somebody with this address is here already.",
    ]
    assert "3 added" in alice.get(page).text
    assert history(cast.app, "import.finished")[0].detail == {"file": "people.csv", "added": 3, "lines": 7}


def test_the_same_file_again_adds_nobody(cast: Cast) -> None:
    alice = cast.alice()
    add(alice, FILE)
    work(cast.app)
    page = add(alice, FILE)
    work(cast.app)
    assert "0 added" in alice.get(page).text


def test_an_invited_identity_needs_no_link(cast: Cast) -> None:
    alice = cast.alice()
    import re

    (connection,) = set(re.findall(r'<option value="([0-9a-f-]{36})"', alice.get("/people/import").text))
    add(alice, f"userPrincipalName;displayName;id\nbob@contoso.example;Bob By File;{BOB.oid}\n", method=connection)
    work(cast.app)
    bob = cast.visitor()
    assert bob.sign_in_as(BOB, "contoso", cast.directory).status_code == 303
    assert person(cast.app, "bob@contoso.example").oid == BOB.oid
    assert person(cast.app, "bob@contoso.example").tid == seed.CONTOSO


def test_each_is_sent_an_invitation_if_that_is_wanted(cast: Cast, post_office: PostOffice) -> None:
    add(cast.alice(), FILE, sends_mail="y")
    while work(cast.app):
        pass
    assert sorted(post_office.readers) == ["anna@contoso.example", "bert@contoso.example", "clara@contoso.example"]
    assert all("/invitation?key=" in text for text in post_office.texts())


def test_another_worker_goes_on_where_one_died(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "PORTION", 100)
    lines = "".join(f"p{number}@contoso.example,Person {number}\n" for number in range(450))
    add(cast.alice(), f"email,name\n{lines}")
    real, portions = importing._read_portion, []

    def die_in_the_third(*args: Any) -> None:
        portions.append(1)
        if len(portions) == 3:
            raise SystemExit
        real(*args)

    with monkeypatch.context() as dying:
        dying.setattr(importing, "_read_portion", die_in_the_third)
        with pytest.raises(SystemExit):
            work(cast.app)
    with cast.app.app_context():
        db.session.rollback()
        assert db.session.scalars(sa.select(Import.done)).one() == 200
        importing.take_up_abandoned()
    assert work(cast.app) == 0, "the dead worker's hold still lasts"
    with time_machine.travel(time.time() + importing.HOLD.total_seconds() + 1), cast.app.app_context():
        importing.take_up_abandoned()
        work(cast.app)
        found = db.session.scalars(sa.select(Import)).one()
        assert (found.done, found.added, found.content) == (450, 450, None)
        assert found.finished_at


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Choose a CSV file"),
        (b"name\nAnna", "must be “Email”"),
        (b"email\n\xff\xfe", "not UTF-8"),
        (b"email\na\0b", "no CSV"),
    ],
)
def test_a_file_that_cant_be_read_is_refused_at_once(cast: Cast, content: bytes, words: str) -> None:
    alice = cast.alice()
    data = {"csrf_token": alice.csrf("/people/import"), "method": "any", "file": (io.BytesIO(content), "x.csv")}
    answer = alice.post("/people/import", data=data)
    assert answer.status_code == 422
    assert words in answer.text


def test_a_formula_in_the_report_is_text(cast: Cast) -> None:
    alice = cast.alice()
    page = add(alice, "email,name\n=cmd|'/c calc'!A1\n,Nobody\n")
    work(cast.app)
    report = alice.get(f"{page}/report").text
    assert "'=cmd" in report
    assert "3,,refused," in report, "where there is no address, none is shown"


def test_a_file_is_read_in_portions_that_meet() -> None:
    content = "email\n" + "".join(f"p{number}@x.example\n" for number in range(10)) + "\n\nlast@x.example"
    assert number_of_lines(content) == 11
    offset, line, found = 0, 1, []
    while offset < len(content):
        part = portion(content, offset, line, 4)
        found += part.lines
        offset, line = part.ends_at, part.last_number
    assert [number for number, _ in found] == [*range(2, 12), 14]
    assert found[-1][1] == {"email": "last@x.example"}


def test_columns_are_known_by_the_names_that_entra_exports_give_them() -> None:
    assert columns_of('"userPrincipalName","displayName","id"\n')[0] == {0: "email", 1: "name", 2: "object_id"}
    with pytest.raises(FileFault):
        columns_of("a,b\n")

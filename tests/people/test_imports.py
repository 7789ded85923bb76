"""CSV imports: read in batches, with a report, resumed after a worker has died."""

import io
import re
import time
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from app.connections.models import Connection
from app.core.database import db
from app.people.imports import import_job
from app.people.imports.csv_parser import FileError, columns_of, number_of_rows, read_batch
from app.people.imports.models import Import
from app.people.models import Person
from tests import directory as seed
from tests.accounts import person
from tests.assertions import audit_entries
from tests.browser import Browser
from tests.cast import BOB, Cast
from tests.mail_server import LocalMailServer
from tests.tasks import run_tasks

FILE = """Email,Name,Role
anna@contoso.example,Anna A,member
bert@contoso.example,"B, Bert",admin

owner@contoso.example,Here Already,member
no address,No Address,member
king@contoso.example,King,owner
anna@contoso.example,Anna again,member
clara@contoso.example,,
"""


def add(browser: Browser, content: str | bytes, **fields: Any) -> str:
    data = {"csrf_token": browser.csrf("/people/import"), "method": "any", **fields}
    raw = content if isinstance(content, bytes) else content.encode()
    response = browser.post("/people/import", data={**data, "file": (io.BytesIO(raw), "people.csv")})
    assert response.status_code == 303, response.text
    return response.headers["Location"]


def names(app: Flask) -> set[str]:
    with app.app_context():
        return set(db.session.scalars(sa.select(Person.name)))


def test_every_row_adds_someone_or_says_why_not(cast: Cast) -> None:
    alice = cast.alice()
    page = add(alice, FILE)
    assert "Importing…" in alice.get(page).text
    assert alice.get(f"{page}/progress").json == {"done": 0, "total": 7, "finished": False}
    run_tasks(cast.app)
    assert alice.get(f"{page}/progress").json == {"done": 7, "total": 7, "finished": True}
    assert {"Anna A", "B, Bert", "clara"} <= names(cast.app)
    assert person(cast.app, "bert@contoso.example").role == "admin"
    report = alice.get(f"{page}/report")
    assert report.text.splitlines() == [
        '"row","email","name","role","object id","external id","outcome","reason"',
        '"5","owner@contoso.example","Here Already","member","","","present","This email already exists."',
        '"6","no address","No Address","member","","","refused",'
        '"Enter a valid email address. It needs an @ sign, as in name@contoso.com."',
        '"7","king@contoso.example","King","owner","","","refused",'
        '"Role must be “member” or “admin”. Make owners individually."',
        '"8","anna@contoso.example","Anna again","member","","","present","This email already exists."',
    ]
    assert "3 people imported" in alice.get(page).text
    assert audit_entries(cast.app, "import.report_downloaded")[0].detail == {"file": "people.csv", "lines": 4}
    assert audit_entries(cast.app, "import.finished")[0].detail == {"file": "people.csv", "added": 3, "lines": 7}


def test_corrected_report_can_be_imported_again(cast: Cast) -> None:
    alice = cast.alice()
    page = add(alice, f"mail,displayName,role,id\nnina@,Nina Ö,admin,{BOB.oid}\nmax@müller.example,Max,member,\n")
    run_tasks(cast.app)
    assert person(cast.app, "MAX@xn--mller-kva.example").sign_in_email == "max@müller.example"
    report = alice.get(f"{page}/report").text
    (connection,) = set(re.findall(r'<option value="([0-9a-f-]{36})"', alice.get("/people/import").text))
    add(alice, report.replace('"nina@"', '"nina@contoso.example"'), method=connection)
    run_tasks(cast.app)
    nina = person(cast.app, "nina@contoso.example")
    assert (nina.name, nina.role, nina.oid) == ("Nina Ö", "admin", BOB.oid)


@pytest.mark.parametrize("email", ["a@b", "=cmd|calc@x", "=1+1@contoso.example"])
def test_invalid_address_adds_no_one_and_says_why(cast: Cast, email: str) -> None:
    alice = cast.alice()
    page = add(alice, f"email,name\n{email},Ann\n")
    run_tasks(cast.app)
    assert "Enter a valid email address." in alice.get(f"{page}/report").text


def test_same_file_again_adds_no_one(cast: Cast) -> None:
    alice = cast.alice()
    add(alice, FILE)
    run_tasks(cast.app)
    page = add(alice, FILE)
    run_tasks(cast.app)
    assert "0 people imported" in alice.get(page).text


def test_imported_identity_signs_in_without_link(cast: Cast) -> None:
    alice = cast.alice()
    (connection,) = set(re.findall(r'<option value="([0-9a-f-]{36})"', alice.get("/people/import").text))
    add(alice, f"userPrincipalName;displayName;id\nbob@contoso.example;Bob By File;{BOB.oid}\n", method=connection)
    run_tasks(cast.app)
    bob = cast.browser()
    assert bob.sign_in_as(BOB, "contoso", cast.directory).status_code == 303
    assert person(cast.app, "bob@contoso.example").oid == BOB.oid
    assert person(cast.app, "bob@contoso.example").tid == seed.CONTOSO


def test_invitations_are_sent_if_chosen(cast: Cast, mail_server: LocalMailServer) -> None:
    add(cast.alice(), FILE, sends_mail="y")
    while run_tasks(cast.app):
        pass
    assert sorted(mail_server.recipients) == ["anna@contoso.example", "bert@contoso.example", "clara@contoso.example"]
    links = [re.search(r"/invitation\?key=\w+", text) for text in mail_server.texts()]
    assert all(link and cast.browser().get(link[0], follow_redirects=True).status_code == 200 for link in links)


def test_another_worker_resumes_an_interrupted_import(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_job, "BATCH", 100)
    lines = "".join(f"p{number}@contoso.example,Person {number}\n" for number in range(450))
    add(cast.alice(), f"email,name\n{lines}")
    real, batches = import_job._import_batch, []

    def die_in_third_batch(*args: Any) -> None:
        batches.append(1)
        if len(batches) == 3:
            raise SystemExit
        real(*args)

    with monkeypatch.context() as dying:
        dying.setattr(import_job, "_import_batch", die_in_third_batch)
        with pytest.raises(SystemExit):
            run_tasks(cast.app)
    with cast.app.app_context():
        db.session.rollback()
        assert db.session.scalars(sa.select(Import.done)).one() == 200
        import_job.requeue_stalled()
    assert run_tasks(cast.app) == 0, "the dead worker's lease hasn't expired"
    with time_machine.travel(time.time() + import_job.LEASE.total_seconds() + 1), cast.app.app_context():
        import_job.requeue_stalled()
        run_tasks(cast.app)
        found = db.session.scalars(sa.select(Import)).one()
        assert (found.done, found.added, found.content) == (450, 450, None)
        assert found.finished_at


def open_import() -> Import:
    return db.session.scalars(sa.select(Import).execution_options(populate_existing=True)).one()


@pytest.mark.parametrize("error", [RuntimeError, SystemExit], ids=["exception", "worker exits"])
def test_import_that_keeps_failing_stops_after_5_tries_with_a_reason(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    monkeypatch.setattr(import_job, "BATCH", 2)
    alice = cast.alice()
    page = add(alice, "email,name\n" + "".join(f"p{number}@x.example,P{number}\n" for number in range(6)))
    real, tries = import_job._import_batch, []

    def fail_from_second_batch(found: Import, *rest: Any) -> None:
        if found.done == 2:
            tries.append(1)
            raise error
        real(found, *rest)

    monkeypatch.setattr(import_job, "_import_batch", fail_from_second_batch)
    started = time.time()
    for minute in range(16):
        with time_machine.travel(started + 60 * minute), cast.app.app_context():
            with suppress(SystemExit):
                run_tasks(cast.app)
            db.session.rollback()
            import_job.requeue_stalled()
    with cast.app.app_context():
        found = open_import()
        assert (len(tries), found.done, found.added, found.content) == (5, 2, 2, None)
        assert found.finished_at
    shown = alice.get(page).text
    assert "The import stopped at row 3." in shown
    assert "2 people imported" in shown
    assert alice.get(f"{page}/progress").json == {"done": 2, "total": 6, "finished": True}
    assert audit_entries(cast.app, "import.failed")[0].detail == {
        "file": "people.csv",
        "added": 2,
        "lines": 6,
        "last_line": 3,
    }
    assert "then it failed after row 3" in alice.get("/audit").text.replace("</strong>", "").replace("<strong>", "")


def test_temporary_failures_are_retried_and_the_count_resets(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_job, "BATCH", 1)
    add(cast.alice(), "email,name\n" + "".join(f"p{number}@x.example,P{number}\n" for number in range(4)))
    real, tries = import_job._import_batch, []

    def fail_four_times_of_five(*args: Any) -> None:
        tries.append(1)
        if len(tries) % 5:
            raise RuntimeError
        real(*args)

    monkeypatch.setattr(import_job, "_import_batch", fail_four_times_of_five)
    for _ in range(20):
        run_tasks(cast.app)
        with cast.app.app_context():
            import_job.requeue_stalled()
    with cast.app.app_context():
        assert (open_import().done, open_import().has_failed) == (4, False)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Choose a CSV file"),
        (b"name\nAnna", "including “Email”"),
        (b"email\n\xff\xfe", "isn’t UTF-8"),
        (b"em\0ail\nab", "isn’t a CSV"),
    ],
)
def test_unreadable_file_is_rejected_immediately(cast: Cast, content: bytes, words: str) -> None:
    alice = cast.alice()
    data = {"csrf_token": alice.csrf("/people/import"), "method": "any", "file": (io.BytesIO(content), "x.csv")}
    response = alice.post("/people/import", data=data)
    assert response.status_code == 422
    assert words in response.text


def test_object_id_belongs_to_tenant_of_chosen_connection(cast: Cast) -> None:
    with cast.app.app_context():
        connection_id = db.session.scalars(sa.select(Connection.id).where(Connection.tenant == seed.CONTOSO)).one()
    object_id = str(uuid4())
    add(cast.alice(), f"Email,Object ID\nanna@contoso.example,{object_id}\n", method=str(connection_id))
    run_tasks(cast.app)
    anna = person(cast.app, "anna@contoso.example")
    assert (anna.tid, anna.oid) == (seed.CONTOSO, object_id)
    assert (anna.sign_in_method, anna.method_connection_id) == ("connection", connection_id)


def test_formula_in_the_report_is_escaped(cast: Cast) -> None:
    alice = cast.alice()
    page = add(alice, "email,name\n=cmd|'/c calc'!A1\n,No Address\n")
    run_tasks(cast.app)
    report = alice.get(f"{page}/report").text
    assert "'=cmd" in report
    assert '"3","","No Address","","","","refused",' in report, "a missing address is shown empty"


def test_line_break_in_a_name_creates_no_second_person_and_no_admin(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_job, "BATCH", 1)
    alice = cast.alice()
    page = add(
        alice, 'email,name,role\r\nann.lf@x.example,"Ann\r\nSmith",admin\r\nbob.lf@x.example,"Bob\r\nRay",member\r\n'
    )
    run_tasks(cast.app)
    assert alice.get(f"{page}/progress").json == {"done": 2, "total": 2, "finished": True}
    assert (person(cast.app, "ann.lf@x.example").name, person(cast.app, "ann.lf@x.example").role) == (
        "Ann Smith",
        "admin",
    )
    assert (person(cast.app, "bob.lf@x.example").name, person(cast.app, "bob.lf@x.example").role) == (
        "Bob Ray",
        "member",
    )


def test_guest_in_entra_export_is_added_by_mail_not_by_principal_name(cast: Cast) -> None:
    alice = cast.alice()
    page = add(
        alice,
        "userPrincipalName,displayName,surname,mail,givenName\n"
        "gus_fabrikam.example#EXT#@contoso.onmicrosoft.example,Gus Guest,Guest,gus@fabrikam.example,Gus\n"
        "nomail_fabrikam.example#EXT#@contoso.onmicrosoft.example,No Mail,Mail,,No\n",
    )
    run_tasks(cast.app)
    assert person(cast.app, "gus@fabrikam.example").name == "Gus Guest"
    with cast.app.app_context():
        emails = db.session.scalars(sa.select(Person.sign_in_email).where(Person.sign_in_email.is_not(None)))
        assert not [one for one in emails if "#ext#" in str(one)]
    assert "guest" in alice.get(page).text


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (f"ann@x.example,{'x' * 300_000}", "131,072 characters"),
        (f'ann@x.example,"{"x" * 300_000}"', "131,072 characters"),
        ('ann@x.example,"Ann', "quotation mark"),
        (f"ann@x.example,Ann{',' * 200_000}", "1,000 cells"),
        ("ann@x.example,A\0nn", "isn’t text"),
    ],
)
def test_invalid_row_is_reported_and_others_are_imported(cast: Cast, row: str, words: str) -> None:
    alice = cast.alice()
    page = add(alice, f"email,name\nbefore@x.example,Before\n{row}\nafter@x.example,After\n")
    run_tasks(cast.app)
    assert {"Before", "After"} <= names(cast.app)
    shown = alice.get(page).text
    assert "2 people imported" in shown
    assert words in shown
    assert words in alice.get(f"{page}/report").text
    assert alice.get(f"{page}/progress").json == {"done": 3, "total": 3, "finished": True}


@pytest.mark.parametrize("heading", [f"email,{'x' * 300_000}", f"email{',' * 200_000}", 'email,"name', "sep=x\nemail"])
def test_unreadable_header_is_rejected_with_a_reason(cast: Cast, heading: str) -> None:
    alice = cast.alice()
    data = {"csrf_token": alice.csrf("/people/import"), "method": "any"}
    raw = io.BytesIO(f"{heading}\nann@x.example,Ann\n".encode())
    response = alice.post("/people/import", data={**data, "file": (raw, "x.csv")})
    assert response.status_code == 422
    assert "form-error" in response.text


def test_excel_file_is_read_as_saved(cast: Cast) -> None:
    alice = cast.alice()
    page = add(alice, "sep=;\r\nEmail;Name\r\nann@x.example;Änn\r\n".encode("utf-16"))
    run_tasks(cast.app)
    assert alice.get(f"{page}/progress").json == {"done": 1, "total": 1, "finished": True}
    assert person(cast.app, "ann@x.example").name == "Änn"


def test_batches_cover_the_file_without_gaps() -> None:
    content = "email\n" + "".join(f"p{number}@x.example\n" for number in range(10)) + "\n\nlast@x.example"
    assert number_of_rows(content) == 11
    offset, line, found = 0, 1, []
    while offset < len(content):
        part = read_batch(content, offset, line, 4)
        found += part.lines
        offset, line = part.ends_at, part.last_number
    assert [number for number, _ in found] == [*range(2, 12), 14]
    assert found[-1][1] == {"email": "last@x.example"}


def test_columns_of_entra_exports_are_recognized() -> None:
    assert columns_of('"userPrincipalName","displayName","id"\n')[0] == {
        0: "principal_name",
        1: "name",
        2: "object_id",
    }
    with pytest.raises(FileError):
        columns_of("a,b\n")

"""The audit log page: access, sentences, filters, paging and downloads."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import UUID

import pytest
import sqlalchemy as sa

from app.audit.closing import close_open_entries
from app.audit.log import record
from app.audit.models import AuditEntry
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.overview.audit_log.queries import BATCH, PAGE_SIZE
from app.people import actions
from app.people.models import Person
from tests.assertions import audit_entries, queries
from tests.browser import Browser
from tests.cast import ALICE, BOB, Cast
from tests.directory import CONTOSO
from tests.events import PigeonFlew

TAG = re.compile(r"<[^>]+>")
SENTENCE = re.compile(r'class="audit-log-words">(.*?)</span>', re.DOTALL)
NEXT_PAGE = {direction: re.compile(rf'href="(/audit\?[^"]*\b{direction}=[^"]+)"') for direction in ("newer", "older")}


def sentences(page: str) -> list[str]:
    return [unescape(TAG.sub("", one)) for one in SENTENCE.findall(page)]


def company_of(cast: Cast) -> UUID:
    found = db.session.scalar(sa.select(Person.company_id).where(Person.tid == CONTOSO).limit(1))
    assert found
    return found


def record_entries(cast: Cast, number: int) -> None:
    """Records this many entries without an actor."""
    with cast.app.app_context(), unit_of_work():
        for count in range(number):
            record(PigeonFlew(company_id=company_of(cast), code=f"{count:04}"))


def at(cast: Cast, moment: datetime, event: str) -> None:
    """Adds an entry of another day; its ID contains its time."""
    with cast.app.app_context(), unit_of_work():
        some_id = UUID(int=int(moment.timestamp() * 1000) << 80 | 7 << 76 | 8 << 60 | 1)
        db.session.add(AuditEntry(id=some_id, created_at=moment, company_id=company_of(cast), event=event, detail={}))


def next_page(browser: Browser, page: str, direction: str) -> str | None:
    found = NEXT_PAGE[direction].search(page)
    return browser.get(unescape(found[1])).text if found else None


def test_admin_sees_who_did_what_from_where(cast: Cast) -> None:
    alice = cast.alice()
    cast.bob()
    page = alice.get("/audit").text
    shown = sentences(page)
    assert (
        "Björn Ek signed in for the first time, with Contoso staff" in " ".join(shown)
        or "for the first time" in shown[0]
    )
    assert "System created the company Contoso (code contoso)" in shown
    assert "127.0.0.1" in page
    assert re.search(r'<time datetime="[^"]+">\d+ \w{3} \d{4}, \d\d:\d\d UTC</time>', page)


def test_outsider_sees_nothing_of_contoso(cast: Cast) -> None:
    cast.alice()
    record_entries(cast, 3)
    outsider = cast.charlie()
    person = cast.person_id(ALICE)
    for path in ("/audit", "/audit/entries.jsonl", "/audit/entries.csv"):
        assert "Contoso" not in outsider.get(path).text
        assert "Adaeze" not in outsider.get(f"{path}?person={person}").text
    assert sentences(outsider.get("/audit?group=connections").text) == [
        sentence for sentence in sentences(outsider.get("/audit").text) if "connection" in sentence
    ]


def test_page_needs_the_same_queries_for_any_number_of_entries(cast: Cast) -> None:
    alice = cast.alice()
    with queries(cast.app) as few:
        alice.get("/audit")
    cast.bob()
    record_entries(cast, PAGE_SIZE - 10)
    with queries(cast.app) as many:
        alice.get("/audit")
    assert len(few) == len(many) == 3, "the session, the entries, the names"


def test_paging_to_the_end_and_back_shows_every_entry(cast: Cast) -> None:
    alice = cast.alice()
    record_entries(cast, 3 * PAGE_SIZE)
    page: str | None = alice.get("/audit").text
    pages = []
    while page:
        pages.append(sentences(page))
        last, page = page, next_page(alice, page, "older")
    everything = [one for shown in pages for one in shown]
    assert len(everything) == len(audit_entries(cast.app)) - len(
        audit_entries(cast.app, "company.made")
    ) + 1 - _fabrikams(cast)
    assert [len(shown) for shown in pages[:-1]] == [PAGE_SIZE] * (len(pages) - 1)
    back, page = [sentences(last)], next_page(alice, last, "newer")
    while page:
        back.insert(0, sentences(page))
        page = next_page(alice, page, "newer")
    assert [one for shown in back for one in shown][-len(everything) :] == everything


def _fabrikams(cast: Cast) -> int:
    with cast.app.app_context():
        ours = company_of(cast)
    return len([one for one in audit_entries(cast.app) if one.company_id != ours and one.event != "company.made"])


@pytest.mark.parametrize("query", ["older=x", "newer=x", "group=x", "from=x&to=2026-99-99", "reference=%3Cscript%3E"])
def test_invalid_filters_are_ignored(cast: Cast, query: str) -> None:
    assert cast.alice().get(f"/audit?{query}").status_code == 200


def test_group_shows_only_its_events(cast: Cast) -> None:
    alice = cast.alice()
    record_entries(cast, 2)
    groups = {
        "sign-ins": "signed in",
        "people": "was added",
        "connections": "connection Contoso staff",
        "company": "System created the company Contoso",
    }
    for group, words in groups.items():
        shown = sentences(alice.get(f"/audit?group={group}").text)
        assert any(words in one for one in shown), group
        assert not any(other in one for one in shown for name, other in groups.items() if name != group), group
    assert len(sentences(alice.get("/audit").text)) > sum(
        len(sentences(alice.get(f"/audit?group={group}").text)) for group in groups
    )


def test_person_filter_shows_all_their_entries(cast: Cast) -> None:
    alice = cast.alice()
    cast.bob()
    with cast.app.app_context():
        name, bob_id = cast.person(BOB).name, cast.person(BOB).id
    by_name = alice.get("/audit", query_string={"person": name}).text
    assert sentences(by_name) == sentences(alice.get(f"/audit?person={bob_id}").text)
    assert len(sentences(by_name)) == 2
    assert all(name in one for one in sentences(by_name))
    assert "No results for" in alice.get("/audit?person=no+match+at+all").text
    assert len(sentences(alice.get(f"/audit?person={bob_id}&group=people").text)) == 1


def test_ambiguous_name_offers_a_choice(cast: Cast) -> None:
    alice = cast.alice()
    with cast.app.app_context(), unit_of_work():
        for number in range(12):
            actions.make(company_of(cast), email=f"x{number}@a.example", name="Sam Same", role="member", password=None)
    page = alice.get("/audit?person=sam&group=people").text
    assert sentences(page) == []
    assert "Keep typing to narrow down" in page
    choice = re.search(r'href="(/audit\?[^"]*person=[0-9a-f-]{36})">Sam Same', page)
    assert choice
    assert sentences(alice.get(unescape(choice[1])).text) == ["System added Sam Same with the role member"]


def test_days_run_from_midnight_to_midnight(cast: Cast) -> None:
    alice = cast.alice()
    noon = datetime(2026, 3, 14, 12, tzinfo=UTC)
    for hours, event in ((-13, "a.before"), (-12, "a.first"), (11.9999, "a.last"), (12, "a.after")):
        at(cast, noon + timedelta(hours=hours), event)
    assert sentences(alice.get("/audit?from=2026-03-14&to=2026-03-14").text) == ["A last", "A first"]
    assert sentences(alice.get("/audit?to=2026-03-13").text) == ["A before"]
    assert "A after" in sentences(alice.get("/audit?from=2026-03-15").text)


def test_reference_finds_its_entry(cast: Cast) -> None:
    alice = cast.alice()
    response = cast.browser().get(f"/auth/{cast.contoso_connection}/callback?state=a&code=b")
    reference = re.search(r"PRT-\w{8}", response.text)
    assert reference
    page = alice.get(f"/audit?reference={reference[0].lower()}").text
    assert sentences(page) == ["Sign-in failed: expired or different browser"]
    assert "No matching events" in alice.get("/audit?reference=PRT-22222222").text


def test_markup_in_a_name_is_escaped(cast: Cast) -> None:
    alice = cast.alice()
    with cast.app.app_context(), unit_of_work():
        cast.person(ALICE).name = "<script>alert(1)</script> " + "W" * 200
    page = alice.get("/audit").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_csv_download_contains_filtered_entries(cast: Cast) -> None:
    alice = cast.alice()
    with cast.app.app_context(), unit_of_work():
        cast.person(ALICE).name = "=HYPERLINK(1)"
    response = alice.get("/audit/entries.csv?group=sign-ins")
    assert response.mimetype == "text/csv"
    assert re.search(
        r'attachment; filename="portico-history-\d{4}-\d\d-\d\d.csv"', response.headers["Content-Disposition"]
    )
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert [row["event"] for row in rows] == ["sign_in.admitted"]
    assert rows[0]["actor"] == "'=HYPERLINK(1)"
    assert rows[0]["what"].startswith("'=HYPERLINK(1) signed in")
    assert rows[0]["ip_address"] == "127.0.0.1"


def read(browser: Browser, query: str) -> list[str]:
    """The sentences in a download, except for those about downloads."""
    rows = csv.DictReader(io.StringIO(browser.get(f"/audit/entries.csv?{query}").text))
    as_csv = [row["what"] for row in rows if row["event"] != "history.downloaded"]
    lines = [json.loads(line) for line in browser.get(f"/audit/entries.jsonl?{query}").text.splitlines()]
    assert [line["what"] for line in lines if line["event"] != "history.downloaded"] == as_csv
    return as_csv


@pytest.mark.parametrize(
    "query",
    [
        "person=odd22",
        "person=no+match+at+all",
        "person=olivia",
        "person=a",
        "person=a&group=people",
        "person=olivia&from=2026-01-01",
        "person=11111111-1111-4111-8111-111111111111",
        "group=people",
        "group=x",
        "reference=PRT-22222222",
        "to=2026-01-01",
        "",
    ],
)
def test_download_contains_exactly_what_the_page_shows(cast: Cast, query: str) -> None:
    alice = cast.alice()
    cast.bob()
    with cast.app.app_context(), unit_of_work():
        for name in ("Odd22 One", "Odd22 Two"):
            actions.make(company_of(cast), email=f"{name[-3:]}@a.example", name=name, role="member", password=None)
    shown = [one for one in sentences(alice.get(f"/audit?{query}").text) if "downloaded" not in one]
    assert read(alice, query) == shown[::-1]


def test_download_entry_records_its_filters(cast: Cast) -> None:
    alice = cast.alice()
    alice.get("/audit/entries.csv?person=odd22&from=2026-01-02")
    alice.get("/audit/entries.csv")
    narrow, whole = audit_entries(cast.app, "history.downloaded")
    assert narrow.detail["filters"] == {"person": "odd22", "from": "2026-01-02"}
    assert whole.detail["filters"] == {}
    complete_text, filtered_text = sentences(alice.get("/audit?group=security").text)
    assert filtered_text.endswith("downloaded part of the audit log: person odd22, from 2026-01-02")
    assert complete_text.endswith("downloaded the audit log")


def test_download_of_several_batches_is_complete_and_in_order(cast: Cast) -> None:
    alice = cast.alice()
    record_entries(cast, 2 * BATCH)
    with cast.app.app_context():
        close_open_entries()
    with queries(cast.app) as sent:
        response = alice.get("/audit/entries.jsonl")
        *lines, last = [json.loads(line) for line in response.text.splitlines()]
    assert [line["number"] for line in lines] == list(range(1, len(lines) + 1))
    assert len(lines) > 2 * BATCH
    assert [line["previous_hash"] for line in lines[1:]] == [line["hash"] for line in lines[:-1]]
    assert (last["event"], last["number"]) == ("history.downloaded", None), "the download itself is recorded too"
    assert len(sent) < 18


def test_download_is_streamed(cast: Cast) -> None:
    alice = cast.alice()
    record_entries(cast, BATCH)
    response = alice.get("/audit/entries.jsonl", buffered=False)
    pieces = iter(response.response)
    assert next(pieces)
    response.close()

"""The company's people: search, paging, limited to the company's own people."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from app.connections.models import Connection
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.people import actions
from app.people.invitations.models import Invitation
from app.people.models import Person
from app.people.people_list.filters import State
from app.people.people_list.queries import PAGE_SIZE
from tests.accounts import account, imported
from tests.assertions import queries
from tests.browser import Browser
from tests.cast import ALICE, BOB, CHARLIE, Cast

NAMES = ("Zoë Ångström", "JOSÉ Núñez", "O'Brien 100%_\\x", "Ana Maria de la Cruz", "李小龍", "Straße Weiß")
SHOWN = re.compile(r'class="stretched-link"[^>]*>([^<]*)<')
LINK = {
    "after": re.compile(r'href="(/people\?[^"]*\bafter=[^"]+)" rel="next"'),
    "before": re.compile(r'href="(/people\?[^"]*\bbefore=[^"]+)" rel="prev"'),
}


def company_of(cast: Cast) -> UUID:
    with cast.app.app_context():
        return cast.person(ALICE).company_id


def connection_id(cast: Cast) -> UUID:
    company_id = company_of(cast)
    with cast.app.app_context():
        return db.session.scalars(sa.select(Connection.id).where(Connection.company_id == company_id)).one()


def fill(cast: Cast, *names: str) -> None:
    company_id = company_of(cast)
    with cast.app.app_context(), unit_of_work():
        for number, name in enumerate(names):
            actions.make(
                company_id, email=f"Person{number}@example.com".lower(), name=name, role="member", password=None
            )


BADGE = r'<span class="badge[^"]*">([^<]*)</span>'


def shown(page: str) -> list[str]:
    from html import unescape

    return [unescape(name) for name in SHOWN.findall(page)]


def next_page(browser: Browser, page: str, direction: str) -> str | None:
    from html import unescape

    found = LINK[direction].search(page)
    return browser.get(unescape(found[1])).text if found else None


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("zoe", "Zoë Ångström"),
        ("ZOË", "Zoë Ångström"),
        ("angstrom", "Zoë Ångström"),
        ("Ångs", "Zoë Ångström"),
        ("jose  nunez", "JOSÉ Núñez"),
        ("100%", "O'Brien 100%_\\x"),
        ("cruz", "Ana Maria de la Cruz"),
        ("李", "李小龍"),
        ("strasse weiss", "Straße Weiß"),
        ("PERSON3@", "Ana Maria de la Cruz"),
    ],
)
def test_people_are_found_regardless_of_case_and_accents(cast: Cast, search: str, found: str) -> None:
    browser = cast.alice()
    fill(cast, *NAMES)
    assert shown(browser.get("/people", query_string={"q": search}).text) == [found]


@pytest.mark.parametrize("search", ["%", "_", "\\", "'", "x' OR 1=1 --", "no match", "<script>", "\ufffd", "a" * 500])
def test_search_without_matches_shows_no_one(cast: Cast, search: str) -> None:
    browser = cast.alice()
    response = browser.get("/people", query_string={"q": search})
    assert response.status_code == 200
    assert shown(response.text) == []
    assert "<script>" not in response.text


def test_address_with_capitals_is_found(cast: Cast) -> None:
    cast.directory.person(BOB.tid, BOB.oid, mail="Bjorn.Capital@Contoso.example")
    cast.bob()
    browser = cast.alice()
    assert len(shown(browser.get("/people?q=bjorn.capital@contoso").text)) == 1


def test_paging_forward_and_back_shows_everyone_once(cast: Cast) -> None:
    browser = cast.alice()
    fill(cast, *[f"Person {number:03} {'äöü'[number % 3]}" for number in range(8 * PAGE_SIZE)])
    page: str | None = browser.get("/people").text
    pages = []
    while page:
        pages.append(shown(page))
        last, page = page, next_page(browser, page, "after")
    everyone = [name for names in pages for name in names]
    assert len(everyone) == len(set(everyone)) == 8 * PAGE_SIZE + 2, "these, Alice, and the owner in the companies file"
    back, page = [shown(last)], next_page(browser, last, "before")
    while page:
        back.insert(0, shown(page))
        page = next_page(browser, page, "before")
    assert [name for names in back for name in names][-len(everyone) :] == everyone
    assert all(len(names) == PAGE_SIZE for names in pages[:-1])


def test_people_of_the_same_name_are_all_listed(cast: Cast) -> None:
    browser = cast.alice()
    fill(cast, *["Same Name"] * (2 * PAGE_SIZE + 3))
    page: str | None = browser.get("/people?q=same").text
    number = 0
    while page:
        number += len(shown(page))
        page = next_page(browser, page, "after")
    assert number == 2 * PAGE_SIZE + 3


def people_in_every_state(cast: Cast) -> dict[str, str]:
    """Adds people in each state; returns their badges by name. Alice and Olivia are active."""
    imported(cast.app, "nora@contoso.example", "Nora New")
    imported(cast.app, "ines@contoso.example", "Ines Invited", invited=True)
    late = imported(cast.app, "late@contoso.example", "Late Larry", invited=True)
    gone = account(cast.app, company_of(cast), "gone@contoso.example", "Gone Gail", role="admin")
    with cast.app.app_context(), unit_of_work():
        db.session.get_one(Person, gone.id).is_active = False
        invitation = db.session.scalars(sa.select(Invitation).where(Invitation.person_id == late.id)).one()
        invitation.expires_at = now() - timedelta(seconds=1)
    return {
        "Nora New": "Not invited",
        "Ines Invited": "Invited",
        "Late Larry": "Invitation expired",
        "Gone Gail": "Deactivated",
    }


def test_each_state_is_shown_and_can_be_filtered(cast: Cast) -> None:
    alice = cast.alice()
    states = people_in_every_state(cast)
    page = alice.get("/people").text
    rows = re.split(r"<tr>", page)
    for name, state in states.items():
        (row,) = (row for row in rows if name in row)
        assert re.findall(BADGE, row)[0] == state
        their_page = re.search(r'href="(/people/[^"]+)"', row)
        assert their_page
        assert state in re.findall(BADGE, alice.get(their_page[1]).text)
    found = {state: shown(alice.get(f"/people?state={state}").text) for state in State}
    assert found == {
        "active": ["Adaeze Okonkwo", "Olivia Owner"],
        "not_invited": ["Nora New"],
        "invited": ["Ines Invited", "Late Larry"],
        "deactivated": ["Gone Gail"],
    }


def test_filters_sort_order_and_total_combine_and_stay_in_the_url(cast: Cast) -> None:
    alice = cast.alice()
    people_in_every_state(cast)
    page = alice.get("/people").text
    assert ">6 people<" in page
    page = alice.get("/people?role=owner").text
    assert ">2 people<" in page
    assert shown(page) == ["Adaeze Okonkwo", "Olivia Owner"]
    page = alice.get("/people?role=owner&sort=-name&method=any&q=a").text
    assert shown(page) == ["Adaeze Okonkwo"]
    for name, value in (("role", "owner"), ("sort", "-name"), ("method", "any")):
        assert f'<option selected value="{value}">' in page
        assert f'<input type="hidden" name="{name}" value="{value}">' in page
    assert '<input type="hidden" name="q" value="a">' in page
    assert 'href="/people?q=a&amp;role=owner&amp;method=any&amp;sort=name"' in page
    assert shown(alice.get(f"/people?method={connection_id(cast)}").text) == []


@pytest.mark.parametrize(
    ("sort", "first", "last"),
    [
        ("name", "Adaeze Okonkwo", "Olivia Owner"),
        ("-name", "Olivia Owner", "Adaeze Okonkwo"),
        ("email", "Adaeze Okonkwo", "No Address"),
        ("-email", "No Address", "Adaeze Okonkwo"),
        ("role", "Adaeze Okonkwo", "Nora New"),
        ("-role", "Nora New", "Adaeze Okonkwo"),
        ("-last_sign_in", "Adaeze Okonkwo", None),
        ("last_sign_in", None, "Adaeze Okonkwo"),
    ],
)
def test_paging_follows_the_chosen_sort_order(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, sort: str, first: str | None, last: str | None
) -> None:
    monkeypatch.setattr("app.people.people_list.queries.PAGE_SIZE", 2)
    alice = cast.alice()
    people_in_every_state(cast)
    nameless = imported(cast.app, "x@contoso.example", "No Address")
    with cast.app.app_context(), unit_of_work():
        db.session.get_one(Person, nameless.id).email = None
    page: str | None = alice.get(f"/people?sort={sort}").text
    pages: list[str] = []
    while page:
        pages += shown(page)
        end, page = page, next_page(alice, page, "after")
    assert len(pages) == len(set(pages)) == 7
    assert first in (None, pages[0])
    assert last in (None, pages[-1])
    back, page = shown(end), next_page(alice, end, "before")
    while page:
        back = shown(page) + back
        page = next_page(alice, page, "before")
    assert back == pages


@pytest.mark.parametrize(
    "query",
    ["role=god", "state=x", "method=x", "method=' OR 1=1", "sort=id", "sort=", "sort=-last_sign_in&after=never~x"],
)
def test_unknown_filter_is_ignored(cast: Cast, query: str) -> None:
    alice = cast.alice()
    assert len(shown(alice.get(f"/people?{query}").text)) == 2


def test_cursor_without_time_zone_is_ignored(cast: Cast) -> None:
    alice = cast.alice()
    cursor = f"2026-01-01T00:00:00~{UUID(int=1)}"
    assert len(shown(alice.get("/people", query_string={"sort": "last_sign_in", "after": cursor}).text)) == 2


def test_members_can_search_and_sort_but_not_filter_by_admin_fields(cast: Cast) -> None:
    cast.alice()
    account(cast.app, company_of(cast), "paula@contoso.example", "Paula Password")
    bob = cast.bob()
    page = bob.get("/people?method=password&state=invited&role=owner&sort=-name").text
    assert shown(page) == ["Paula Password", "Olivia Owner", "Björn Lindqvist", "Adaeze Okonkwo"]
    assert 'name="method"' not in page
    assert 'name="person"' not in page
    assert shown(bob.get("/people?q=ssword").text) == ["Paula Password"]


def test_empty_list_says_what_to_do(cast: Cast) -> None:
    alice = cast.alice()
    page = alice.get("/people?q=xyzzy&role=owner").text
    assert "No results for “xyzzy”" in page
    assert 'href="/people?role=owner">Clear search</a>' in page
    page = alice.get("/people?state=invited").text
    assert "No one matches these filters" in page
    assert 'href="/people">Show everyone</a>' in page


def test_people_are_counted_up_to_a_limit(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.people.people_list.queries.MOST_FOUND", 3)
    monkeypatch.setattr("app.people.people_list.queries.MOST_COUNTED", 4)
    alice = cast.alice()
    fill(cast, *[f"Person {number}" for number in range(3)])
    assert ">4+ people<" in alice.get("/people").text
    assert ">3 people<" in alice.get("/people?q=person").text
    imported(cast.app, "more@contoso.example", "Person More")
    assert ">3+ people<" in alice.get("/people?q=person").text


@pytest.mark.parametrize("cursor", ["x", "~", "a~b", "~~~", "é~x", "a" * 3000])
def test_invalid_cursor_shows_first_page(cast: Cast, cursor: str) -> None:
    browser = cast.alice()
    first = shown(browser.get("/people").text)
    assert len(first) > 1
    for direction in ("after", "before"):
        assert shown(browser.get("/people", query_string={direction: cursor}).text) == first


def test_outsider_sees_no_one_of_contoso(cast: Cast) -> None:
    cast.alice()
    cast.bob()
    outsider = cast.charlie()
    assert shown(outsider.get("/people").text) != []
    assert not {"Adaeze Okonkwo"} & set(shown(outsider.get("/people").text))
    assert shown(outsider.get("/people?q=adaeze").text) == []


@pytest.mark.parametrize("path", ["/people/{id}", "/people/{id}/avatar"])
def test_person_of_another_company_looks_like_a_missing_person(cast: Cast, path: str) -> None:
    cast.alice()
    outsider = cast.charlie()
    theirs = outsider.get(path.format(id=cast.person_id(ALICE)))
    missing = outsider.get(path.format(id=UUID(int=7)))
    assert theirs.status_code == missing.status_code == 404
    strip = re.compile(r'nonce="[^"]+"|name="csrf_token" value="[^"]+"')
    assert strip.sub("", theirs.text) == strip.sub("", missing.text)
    assert outsider.get(path.format(id=cast.person_id(CHARLIE))).status_code == 200


@pytest.mark.parametrize("path", ["/people/x", "/people/1", "/people/%00", "/people/../account"])
def test_invalid_person_url_is_not_found(cast: Cast, path: str) -> None:
    assert cast.alice().get(path).status_code in (400, 404)


def test_versioned_avatar_url_is_cached_as_immutable(cast: Cast) -> None:
    browser = cast.alice()
    address = re.search(r'src="(/people/[^"]+/avatar\?v=[^"]+)"', browser.get("/account").text)
    assert address
    response = browser.get(address[1])
    assert "immutable" in response.headers["Cache-Control"]
    assert "private" in response.headers["Cache-Control"]
    with queries(cast.app) as sent:
        again = browser.get(address[1], headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
    assert again.headers["Cache-Control"] == response.headers["Cache-Control"]
    assert again.headers["ETag"] == response.headers["ETag"]
    assert len(sent) == 1, "the session alone: the picture is not read"
    assert cast.browser().get(address[1], headers={"If-None-Match": response.headers["ETag"]}).status_code == 302
    assert "immutable" not in browser.get(address[1].partition("?")[0]).headers["Cache-Control"]


@pytest.mark.parametrize(
    ("named", "known"),
    [("0" * 16, f'"{"f" * 16}"'), ("0" * 16, "*"), ('a"b', 'a"b')],
    ids=["other", "any", "quote"],
)
def test_avatar_is_read_unless_the_browser_has_the_version_that_the_url_names(
    cast: Cast, named: str, known: str
) -> None:
    browser = cast.alice()
    path = f"/people/{cast.person_id(ALICE)}/avatar"
    version = browser.get(path).headers["ETag"]
    assert browser.get(path, query_string={"v": named}, headers={"If-None-Match": known}).headers["ETag"] == version


def test_avatar_needs_the_session_and_one_query(cast: Cast) -> None:
    browser, person_id = cast.alice(), cast.person_id(ALICE)
    with queries(cast.app) as sent:
        assert browser.get(f"/people/{person_id}/avatar").status_code == 200
    assert len(sent) == 2

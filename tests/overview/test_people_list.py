"""The company's people: search, paging, and only the company's own."""

import re
from uuid import UUID

import pytest
import sqlalchemy as sa

from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people import actions
from app.people.models import Person
from app.people.queries import PAGE_SIZE
from tests.browser import Browser
from tests.cast import ALICE, BOB, CHARLIE, Cast

NAMES = ("Zoë Ångström", "JOSÉ Núñez", "O'Brien 100%_\\x", "Ana Maria de la Cruz", "李小龍", "Straße Weiß")
SHOWN = re.compile(r'class="stretched-link"[^>]*>([^<]*)<')
LINK = {way: re.compile(rf'href="(/people\?[^"]*\b{way}=[^"]+)"') for way in ("after", "before")}


def company_of(cast: Cast) -> UUID:
    found = db.session.scalar(sa.select(Person.company_id).where(Person.oid == ALICE.oid))
    assert found
    return found


def fill(cast: Cast, *names: str) -> None:
    with cast.app.app_context(), unit_of_work():
        company_id = company_of(cast)
        for number, name in enumerate(names):
            actions.make(
                company_id, email=f"Person{number}@example.com".lower(), name=name, role="member", password=None
            )


def shown(page: str) -> list[str]:
    from html import unescape

    return [unescape(name) for name in SHOWN.findall(page)]


def turn(browser: Browser, page: str, way: str) -> str | None:
    from html import unescape

    found = LINK[way].search(page)
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
def test_people_are_found_without_regard_to_case_and_accents(cast: Cast, search: str, found: str) -> None:
    browser = cast.alice()
    fill(cast, *NAMES)
    assert shown(browser.get("/people", query_string={"q": search}).text) == [found]


@pytest.mark.parametrize("search", ["%", "_", "\\", "'", "x' OR 1=1 --", "nobody", "<script>", "\ufffd", "a" * 500])
def test_a_search_for_nobody_finds_nobody(cast: Cast, search: str) -> None:
    browser = cast.alice()
    response = browser.get("/people", query_string={"q": search})
    assert response.status_code == 200
    assert shown(response.text) == []
    assert "<script>" not in response.text


def test_an_address_with_capitals_is_found(cast: Cast) -> None:
    cast.directory.person(BOB.tid, BOB.oid, mail="Bjorn.Capital@Contoso.example")
    cast.bob()
    browser = cast.alice()
    assert len(shown(browser.get("/people?q=bjorn.capital@contoso").text)) == 1


def test_a_few_hundred_people_are_turned_to_the_end_and_back(cast: Cast) -> None:
    browser = cast.alice()
    fill(cast, *[f"Person {number:03} {'äöü'[number % 3]}" for number in range(8 * PAGE_SIZE)])
    page: str | None = browser.get("/people").text
    forth = []
    while page:
        forth.append(shown(page))
        last, page = page, turn(browser, page, "after")
    everybody = [name for names in forth for name in names]
    assert len(everybody) == len(set(everybody)) == 8 * PAGE_SIZE + 2, "those, Alice, and the owner of the file"
    back, page = [shown(last)], turn(browser, last, "before")
    while page:
        back.insert(0, shown(page))
        page = turn(browser, page, "before")
    assert [name for names in back for name in names][-len(everybody) :] == everybody
    assert all(len(names) == PAGE_SIZE for names in forth[:-1])


def test_people_of_the_same_name_are_all_there(cast: Cast) -> None:
    browser = cast.alice()
    fill(cast, *["Same Name"] * (2 * PAGE_SIZE + 3))
    page: str | None = browser.get("/people?q=same").text
    number = 0
    while page:
        number += len(shown(page))
        page = turn(browser, page, "after")
    assert number == 2 * PAGE_SIZE + 3


@pytest.mark.parametrize("cursor", ["x", "~", "a~b", "~~~", "é~x", "a" * 3000])
def test_a_cursor_that_makes_no_sense_shows_the_first_page(cast: Cast, cursor: str) -> None:
    browser = cast.alice()
    first = shown(browser.get("/people").text)
    assert len(first) > 1
    for way in ("after", "before"):
        assert shown(browser.get("/people", query_string={way: cursor}).text) == first


def test_charlie_sees_nobody_of_contosos(cast: Cast) -> None:
    cast.alice()
    cast.bob()
    outsider = cast.charlie()
    assert shown(outsider.get("/people").text) != []
    assert not {"Adaeze Okonkwo"} & set(shown(outsider.get("/people").text))
    assert shown(outsider.get("/people?q=adaeze").text) == []


@pytest.mark.parametrize("path", ["/people/{id}", "/people/{id}/avatar"])
def test_a_person_of_another_company_is_not_there_just_like_nobody(cast: Cast, path: str) -> None:
    cast.alice()
    outsider = cast.charlie()
    theirs = outsider.get(path.format(id=cast.person_id(ALICE)))
    nobodys = outsider.get(path.format(id=UUID(int=7)))
    assert theirs.status_code == nobodys.status_code == 404
    strip = re.compile(r'nonce="[^"]+"|name="csrf_token" value="[^"]+"')
    assert strip.sub("", theirs.text) == strip.sub("", nobodys.text)
    assert outsider.get(path.format(id=cast.person_id(CHARLIE))).status_code == 200


@pytest.mark.parametrize("path", ["/people/x", "/people/1", "/people/%00", "/people/../account"])
def test_an_address_of_no_person_is_not_there(cast: Cast, path: str) -> None:
    assert cast.alice().get(path).status_code in (400, 404)


def test_a_picture_is_kept_for_good_at_its_versioned_address(cast: Cast) -> None:
    browser = cast.alice()
    address = re.search(r'src="(/people/[^"]+/avatar\?v=[^"]+)"', browser.get("/account").text)
    assert address
    response = browser.get(address[1])
    assert "immutable" in response.headers["Cache-Control"]
    assert "private" in response.headers["Cache-Control"]
    again = browser.get(address[1], headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
    assert "immutable" not in browser.get(address[1].partition("?")[0]).headers["Cache-Control"]

"""Searching for people: in the middle of names and addresses, in one company, through an index on both databases."""

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import downgrade, upgrade

from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people import actions, search
from app.people.models import Person
from app.people.people_list.filters import PeopleFilter
from app.people.people_list.queries import count, page
from tests.accounts import account, company_of
from tests.assertions import queries
from tests.cast import Cast
from tests.statistics import forget_statistics

MIGRATION = import_module("app.migrations.versions.0002_people_search")


def company(cast: Cast) -> UUID:
    found = company_of(cast.app)
    assert isinstance(found, UUID)
    return found


def names(company_id: UUID, text: str, **wanted: Any) -> list[str]:
    return [person.name for person in page(company_id, PeopleFilter(search=text), **wanted).people]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ngstr", "Zoë Ångström"),
        ("ÖM", "Ömer Şahin"),
        ("GSTRÖM", "Zoë Ångström"),
        ("example.org", "Li Wu"),
        ("wu", "Li Wu"),
        ("w@X", "Li Wu"),
        ("müller.ex", "Mia Müller"),
        ("小龍", "李小龍"),
        ("李小龍", "李小龍"),
        ('say "hi"', 'Say "Hi" OR Not'),
        ("O'Bri", "O'Brien 100%_\\x"),
        ("0%_\\", "O'Brien 100%_\\x"),
        ("NEAR(", "NEAR(a b) AND company : x*"),
    ],
)
def test_text_is_found_in_the_middle_of_a_name_or_address(cast: Cast, text: str, found: str) -> None:
    people = {
        "Zoë Ångström": "z@contoso.example",
        "Ömer Şahin": "o@contoso.example",
        "Li Wu": "l.w@x.example.org",
        "Mia Müller": "m@müller.example",
        "李小龍": "b@contoso.example",
        'Say "Hi" OR Not': "s@contoso.example",
        "O'Brien 100%_\\x": "x@contoso.example",
        "NEAR(a b) AND company : x*": "n@contoso.example",
    }
    for name, email in people.items():
        account(cast.app, company(cast), email, name)
    with cast.app.app_context():
        # No index finds two characters in the middle of a word.
        assert names(company(cast), text) == ([] if text == "小龍" else [found])


@pytest.mark.parametrize(
    "text", ["%", "__", "zebra", '"', '""', "* OR *", "\u0301", "x' OR 1=1 --", "(", "sort_name : a"]
)
def test_index_syntax_is_treated_as_text(cast: Cast, text: str) -> None:
    account(cast.app, company(cast), "ada@contoso.example", "Ada Abel")
    with cast.app.app_context():
        assert names(company(cast), text) == []
        assert count(company(cast), PeopleFilter(search=text)) == (0, False)


def test_frequent_and_rare_texts_find_the_same_people_in_order(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(8):
        account(cast.app, company(cast), f"ada{number}@contoso.example", f"Ada {number % 3} Abel {number}")
    account(cast.app, company(cast), "b@contoso.example", "Bea")
    with cast.app.app_context():
        for text in ("abel", "ad", "a", "contoso"):
            for sort in ("name", "-name", "email", "role", "-last_sign_in"):
                rare = names(company(cast), text, sort=sort)
                with monkeypatch.context() as patched:
                    patched.setattr(search, "FEW", 3)
                    assert names(company(cast), text, sort=sort) == rare
                    assert count(company(cast), PeopleFilter(search=text)) == (len(rare), False)
                assert len(rare) >= 8


def test_people_of_another_company_are_not_found(cast: Cast) -> None:
    cast.charlie()
    account(cast.app, company(cast), "ada@contoso.example", "Ada Abel")
    with cast.app.app_context():
        theirs = db.session.scalars(sa.select(Person.company_id).where(Person.company_id != company(cast))).first()
        assert theirs
        assert names(theirs, "abel") == []
        assert names(company(cast), "abel") == ["Ada Abel"]


def test_index_follows_new_name_new_address_and_deletion(cast: Cast) -> None:
    made = account(cast.app, company(cast), "ada@contoso.example", "Ada Abel")
    with cast.app.app_context():
        with unit_of_work():
            person = db.session.get_one(Person, made.id)
            actions.change(person, password=None, name="Ada Baker", role="member")
            person.email = "ada@tailspin.example"
        assert (names(company(cast), "abel"), names(company(cast), "bake")) == ([], ["Ada Baker"])
        assert (names(company(cast), "ada@cont"), names(company(cast), "tailspin")) == ([], ["Ada Baker"])
        with unit_of_work():
            actions.delete(db.session.get_one(Person, made.id), keep_name=True, actor_id=made.id)
        assert names(company(cast), "bake") == []
        with unit_of_work():
            db.session.delete(db.session.get_one(Person, made.id))
        if db.engine.dialect.name == "sqlite":
            assert _numbered() == db.session.scalar(sa.select(sa.func.count(Person.id)))


def test_people_older_than_the_migration_are_found(cast: Cast) -> None:
    account(cast.app, company(cast), "ada@contoso.example", "Ada Abel")
    with cast.app.app_context():
        company_id = company(cast)
        db.session.remove()
        downgrade(revision="0001")
        try:
            assert "person_search" not in sa.inspect(db.engine).get_table_names()
        finally:
            upgrade()
        assert names(company_id, "abel") == ["Ada Abel"]


def test_vacuum_keeps_full_text_index_in_sync(cast: Cast) -> None:
    """VACUUM may renumber rows of a table without an integer primary key."""
    with cast.app.app_context():
        if db.engine.dialect.name != "sqlite":
            pytest.skip("SQLite's index alone refers to numbers of rows")
    made = [account(cast.app, company(cast), f"p{n}@contoso.example", f"Person {n}xyz") for n in range(3)]
    with cast.app.app_context():
        with unit_of_work():
            db.session.delete(db.session.get_one(Person, made[0].id))
        db.session.remove()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM")
        assert [names(company(cast), f"{n}xyz") for n in range(3)] == [[], ["Person 1xyz"], ["Person 2xyz"]]
        with unit_of_work():
            db.session.connection().exec_driver_sql(
                "INSERT INTO person_search (person_search, rank) VALUES ('integrity-check', 0)"
            )


@pytest.fixture
def plans(cast: Cast) -> Iterator[dict[str, list[str]]]:
    """The query plan of each statement of a search without matches, in a large company."""
    with cast.app.app_context():
        company_id = company(cast)
        with unit_of_work():
            columns = {"role": "member", "is_active": True, "email_is_confirmed": True, "sign_in_method": "any"}
            db.session.execute(
                sa.insert(Person),
                [
                    {**vars(Person(company_id=company_id, name=str(n), sort_name=f"member {n:04}", **columns))}
                    | {"email": f"m{n}@contoso.example", "is_guest": False}
                    for n in range(3000)
                ],
            )
        sqlite = db.engine.dialect.name == "sqlite"
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE" if sqlite else "VACUUM (ANALYZE) person")
        sent: list[tuple[str, Any]] = []

        def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
            sent.append((statement, values))

        sa.event.listen(db.engine, "before_cursor_execute", note)
        try:
            for text in ("zebrafish", "zq", "q"):
                assert names(company_id, text) == []
        finally:
            sa.event.remove(db.engine, "before_cursor_execute", note)
        explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
        with db.engine.connect() as connection:
            if not sqlite:
                # PostgreSQL scans small tables, unless sequential scans are disabled.
                connection.execution_options(isolation_level="READ COMMITTED")
                connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            found = {
                f"{statement} {values}": [
                    str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {statement}", values)
                ]
                for statement, values in sent
            }
        forget_statistics()
        yield found


def test_search_without_matches_uses_only_indexes_by_company(plans: dict[str, list[str]]) -> None:
    assert len(plans) == 5, "a text of two characters uses two indexes; the page without IDs is the same for all"
    text = "\n".join(line for plan in plans.values() for line in plan)
    if "SEARCH" in text:
        assert not re.search(r"SCAN (?!person_search VIRTUAL TABLE INDEX \d+:M|CONSTANT|\(subquery)", text), text
        assert len(re.findall(r"SCAN person_search VIRTUAL TABLE INDEX \d+:M", text)) == 2
        assert re.findall(r"SEARCH person USING .*", text)
        assert not re.findall(r"SEARCH person USING (?!.*\((company_id|id)=\?)", text), text
    else:
        assert "Seq Scan" not in text, text
        found = re.findall(r"Bitmap Index Scan on (\w+)[^\n]*\n\s*Index Cond: ([^\n]*)", text)
        assert sum(index == "ix_person_company_search" for index, _ in found) == 3, text
        assert all("company_id = " in condition for _, condition in found), text
        assert "ix_person_company_sort" in [index for index, _ in found], text


def test_user_without_extension_rights_sees_what_to_do(app: Flask) -> None:
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            pytest.skip("PostgreSQL alone has extensions")
        url = db.engine.url
        with db.engine.connect() as connection:
            connection.exec_driver_sql("DROP ROLE IF EXISTS portico_poor")
            connection.exec_driver_sql("CREATE ROLE portico_poor LOGIN")
            connection.exec_driver_sql("DROP DATABASE IF EXISTS portico_poor")
            connection.exec_driver_sql("CREATE DATABASE portico_poor")
    engine = sa.create_engine(url.set(username="portico_poor", database="portico_poor"))
    with engine.connect() as connection, pytest.raises(RuntimeError) as refused:
        MIGRATION.create_extensions(connection)
    engine.dispose()
    assert "permission denied" in str(refused.value)
    assert "CREATE EXTENSION pg_trgm;" in str(refused.value)
    assert "flask db upgrade" in str(refused.value)


def test_outdated_sqlite_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MIGRATION, "OLDEST_SQLITE", (99,))
    with pytest.raises(RuntimeError, match=r"Use a Python with SQLite 3\.34"):
        MIGRATION.create_full_text_index()


def _numbered() -> int:
    return int(db.session.scalar(sa.text("SELECT count(*) FROM person_search_key")) or 0)


def test_search_needs_two_queries(cast: Cast) -> None:
    with cast.app.app_context():
        company_id = company(cast)
        with queries(cast.app) as sent:
            names(company_id, "zebra")
    assert len(sent) == 2

"""Migrations: up, down and up again, after which the models match the database."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import check, downgrade, upgrade
from uuid_utils.compat import uuid7

from app.core.database import MIGRATIONS, Base, db, encryptor

REMOVES = {
    "0002": "The collation of person.email changes, on which no earlier query depends.",
    "0005": "The chain of the audit log moves to a table of its own before the first release.",
    "0017": "Two columns of the CRM connection get American spelling before the first release.",
}
"""Migrations that remove what earlier code uses, each with the reason why no running node needs it."""


def tables() -> set[str]:
    """Without the tables that SQLite's full-text index consists of."""
    found = set(sa.inspect(db.engine).get_table_names()) - {"alembic_version"}
    return {name for name in found if not name.startswith("person_search")}


def test_tables_are_created_dropped_and_created_again(app: Flask) -> None:
    with app.app_context():
        assert tables() == set(Base.metadata.tables)
        db.session.remove()
        downgrade(revision="base")
        try:
            assert tables() == set()
        finally:
            upgrade()
        assert tables() == set(Base.metadata.tables)


def test_models_need_nothing_beyond_the_migrations(app: Flask) -> None:
    with app.app_context():
        check()


def test_migrations_keep_what_the_previous_code_needs(app: Flask) -> None:
    """While a migration is applied, and until the last node is restarted, the old code uses the new schema."""
    revisions = [one.revision for one in ScriptDirectory(MIGRATIONS).walk_revisions()][::-1]
    with app.app_context():
        db.session.remove()
        downgrade(revision=revisions[0])
        try:
            before = columns()
            for revision in revisions[1:]:
                upgrade(revision=revision)
                after = columns()
                if revision not in REMOVES:
                    assert incompatible_changes(before, after) == [], revision
                before = after
        finally:
            upgrade()


def columns() -> dict[str, dict[str, Any]]:
    """The current schema: each table's columns by name."""
    inspector = sa.inspect(db.engine)
    found = inspector.get_multi_columns()
    return {table: {one["name"]: one for one in of_table} for (_, table), of_table in found.items()}


def incompatible_changes(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> list[str]:
    """Schema changes on which code for the previous schema would fail."""
    faults = [f"{table} is gone" for table in before.keys() - after.keys()]
    for table in before.keys() & after.keys():
        old, new = before[table], after[table]
        faults += [f"{table}.{name} is gone" for name in old.keys() - new.keys()]
        for name in old.keys() & new.keys():
            if str(old[name]["type"]) != str(new[name]["type"]):
                faults.append(f"{table}.{name} has another type")
            if old[name]["nullable"] and not new[name]["nullable"]:
                faults.append(f"{table}.{name} is now needed")
            if old[name]["default"] and not new[name]["default"]:
                faults.append(f"{table}.{name} has no default any more")
        faults += [
            f"{table}.{name} is new, needed and without a default"
            for name in new.keys() - old.keys()
            if not new[name]["nullable"] and new[name]["default"] is None
        ]
    return sorted(faults)


def test_incompatible_schema_changes_are_detected() -> None:
    def column(kind: str, *, nullable: bool = True, default: str | None = None) -> dict[str, Any]:
        return {"type": kind, "nullable": nullable, "default": default}

    before = {"a": {"w": column("TEXT"), "x": column("TEXT"), "y": column("TEXT"), "z": column("TEXT")}, "b": {}}
    after = {
        "a": {
            "x": column("INTEGER"),
            "y": column("TEXT", nullable=False),
            "z": column("TEXT"),
            "new": column("TEXT", nullable=False),
            "fine": column("TEXT", nullable=False, default="''"),
        },
        "c": {"id": column("UUID", nullable=False)},
    }
    assert incompatible_changes(before, after) == [
        "a.new is new, needed and without a default",
        "a.w is gone",
        "a.x has another type",
        "a.y is now needed",
        "b is gone",
    ]


def test_foreign_keys_are_enforced_by_the_database(app: Flask) -> None:
    with app.app_context():
        # A connection of its own: SQLite's PRAGMA foreign_key_list answers from what a connection remembers.
        inspector = sa.inspect(sa.create_engine(db.engine.url, poolclass=sa.NullPool))
        for name, table in Base.metadata.tables.items():
            made = {tuple(key["constrained_columns"]) for key in inspector.get_foreign_keys(name)}
            assert made == {tuple(key.column_keys) for key in table.foreign_key_constraints}, name


def old_credential(draft_id: UUID, secret: str, *, is_live: bool = True) -> dict[str, Any]:
    number = uuid7()
    encrypted = encryptor().encrypt(secret, f"credential.secret:{number}")
    values = {"id": number, "draft_id": draft_id, "is_live": is_live, "kind": "secret", "secret_sealed": encrypted}
    return {**values, "created_at": datetime(2026, 1, 1, tzinfo=UTC)}

"""Migrations: up, down and up again, and then the models and the database agree."""

import sqlalchemy as sa
from flask import Flask
from flask_migrate import check, downgrade, upgrade

from app.database import Base, db


def tables() -> set[str]:
    return set(sa.inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_every_table_is_made_and_taken_away_and_made_again(app: Flask) -> None:
    with app.app_context():
        assert tables() == set(Base.metadata.tables)
        db.session.remove()
        downgrade(revision="base")
        try:
            assert tables() == set()
        finally:
            upgrade()
        assert tables() == set(Base.metadata.tables)


def test_the_models_ask_for_nothing_that_the_migrations_do_not_make(app: Flask) -> None:
    with app.app_context():
        check()


def test_times_and_keys_are_held_by_the_database_itself(app: Flask) -> None:
    with app.app_context():
        inspector = sa.inspect(db.engine)
        for name, table in Base.metadata.tables.items():
            made = {tuple(key["constrained_columns"]) for key in inspector.get_foreign_keys(name)}
            assert made == {tuple(key.column_keys) for key in table.foreign_key_constraints}, name

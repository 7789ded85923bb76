"""How Alembic reaches the application's database and models."""

from typing import Any

from alembic import context
from flask import current_app

from app.database import UtcTime, db


def plain_types(kind: str, item: object, _context: object) -> str | bool:
    """Migrations stand alone: they name no type of the application's."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcTime) else False


OPTIONS: dict[str, Any] = {
    "target_metadata": db.metadata,
    "compare_type": True,
    "render_as_batch": True,
    "render_item": plain_types,
}


def run() -> None:
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            # SQLite changes a table by making it anew, and would take what refers to the old one for orphans. It heeds
            # this between transactions only.
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.commit()
        # A migration is whole or not there: one killed half way is run again.
        context.configure(connection=connection, transaction_per_migration=True, **OPTIONS)
        with context.begin_transaction():
            context.run_migrations()


run()

"""Rows that many tests start with: copied once and restored with one statement per table."""

from dataclasses import dataclass
from typing import Any

from app.core.database import Base, db
from app.core.session import transactional
from tests.audit_triggers import triggers_dropped

SCHEMA = "snapshot"
"""PostgreSQL stores the copy itself, in a schema that migrations ignore."""
WITHOUT_TRIGGERS = "SET LOCAL session_replication_role = replica"


@dataclass(frozen=True)
class Snapshot:
    """The tables that had rows; on SQLite with their rows, as the driver returns them."""

    rows: dict[str, list[Any]]

    @classmethod
    def take(cls) -> "Snapshot":
        tables = [table.name for table in Base.metadata.sorted_tables]
        with transactional(db.engine).begin() as connection:
            run = connection.exec_driver_sql
            rows = {name: list(run(f'SELECT * FROM "{name}"').cursor.fetchall()) for name in tables}  # noqa: S608
            filled = {name: found for name, found in rows.items() if found}
            if connection.dialect.name == "postgresql":
                run(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}")
                for name in filled:
                    run(f'CREATE TABLE {SCHEMA}."{name}" AS TABLE "{name}"')
        return cls(filled)

    def restore(self) -> None:
        """Restores the rows into an empty database."""
        with transactional(db.engine).begin() as connection:
            if connection.dialect.name == "postgresql":
                copies = [f'INSERT INTO "{name}" SELECT * FROM {SCHEMA}."{name}"' for name in self.rows]  # noqa: S608
                connection.exec_driver_sql("; ".join((WITHOUT_TRIGGERS, *copies)))
                return
            with triggers_dropped(connection.exec_driver_sql):
                for name, rows in self.rows.items():
                    places = ", ".join("?" * len(rows[0]))
                    connection.exec_driver_sql(f'INSERT INTO "{name}" VALUES ({places})', rows)  # noqa: S608


def delete_all_rows() -> None:
    deletions = [f'DELETE FROM "{table.name}"' for table in reversed(Base.metadata.sorted_tables)]  # noqa: S608
    with transactional(db.engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("; ".join((WITHOUT_TRIGGERS, *deletions)))
            return
        with triggers_dropped(connection.exec_driver_sql):
            for deletion in deletions:
                connection.exec_driver_sql(deletion)

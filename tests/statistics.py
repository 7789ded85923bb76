"""Statistics by which databases plan their queries."""

from app.core.database import db


def forget_statistics() -> None:
    """Tests share SQLite's file, and with statistics of large tables it would scan them later, when they are small."""
    if db.engine.dialect.name == "sqlite":
        db.session.remove()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("DROP TABLE IF EXISTS sqlite_stat1")
        # Open connections keep statistics that they have read.
        db.engine.dispose()

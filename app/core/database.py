"""The database handle, the base model, and the column types that every domain uses."""

import select
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, overload
from uuid import UUID

import sqlalchemy as sa
from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Mapped, mapped_column
from sqlalchemy.pool import ConnectionPoolEntry
from uuid_utils.compat import uuid7
from werkzeug.local import LocalProxy

from app.core.encryption import Encryptor
from app.core.session import OutsideUnitOfWork, Session
from app.settings import INSTANCE, ROOT, Settings, SettingsError

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcTime(sa.types.TypeDecorator[datetime]):
    """An aware datetime in UTC, on databases with and without time zones."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {datetime: UtcTime(), str: sa.Text()}


class Row(Base):
    """A row with an id generated in Python, so that it is known before the row is written.

    Ids are UUIDv7: they can't be guessed, and new ones are adjacent in an index.
    """

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-2)
    created_at: Mapped[datetime] = mapped_column(sort_order=-1)

    def __init__(self, **values: Any) -> None:
        # The id comes first: an encrypted attribute is bound to it.
        super().__init__(**{"id": uuid7(), "created_at": now(), **values})


def min_uuid7(moment: datetime) -> UUID:
    """The smallest id generated from this moment on: UUIDv7 starts with the milliseconds since 1970 (RFC 9562)."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


class EncryptedText:
    """An attribute kept encrypted in the column `<name>_sealed`, bound to its row and column.

    Reading raises DecryptionError if the text was moved or changed, or its key is missing.
    """

    def __set_name__(self, owner: type[Row], name: str) -> None:
        self.column = f"{name}_sealed"
        self.associated_data = f"{owner.__tablename__}.{name}"

    if TYPE_CHECKING:

        @overload
        def __get__(self, row: None, owner: Any = None) -> "EncryptedText": ...
        @overload
        def __get__(self, row: object, owner: Any = None) -> str | None: ...
        def __get__(self, row: Any, owner: Any = None) -> Any: ...
    else:

        def __get__(self, row, owner=None):
            return self if row is None else self.decrypted(row)

    def decrypted(self, row: Any) -> str | None:
        """Decrypts the value of the row, or of an object with the same attribute names."""
        sealed = getattr(row, self.column)
        return None if sealed is None else encryptor().decrypt(sealed, f"{self.associated_data}:{row.id}")

    def encrypted(self, row_id: UUID, text: str) -> str:
        """The column's value, for a statement that updates a row without loading it."""
        return encryptor().encrypt(text, f"{self.associated_data}:{row_id}")

    def __set__(self, row: Row, text: str | None) -> None:
        setattr(row, self.column, None if text is None else self.encrypted(row.id, text))


def encrypted_columns() -> list[sa.Column[Any]]:
    """Every column of an EncryptedText attribute, sorted by name."""
    found = [
        mapper.columns[held.column]
        for mapper in Base.registry.mappers
        for held in vars(mapper.class_).values()
        if isinstance(held, EncryptedText)
    ]
    return sorted(found, key=str)


# Loaded attributes stay readable after a commit without another query.
db = SQLAlchemy(metadata=Base.metadata, session_options={"class_": Session, "expire_on_commit": False})
MIGRATIONS = str(ROOT / "app" / "migrations")


def init_app(app: Flask, settings: Settings) -> None:
    if not settings.database_url.get_secret_value():
        # On a fresh machine the folder of the default is missing. If it can't be created, `check_writable` says so.
        with suppress(OSError):
            INSTANCE.mkdir(exist_ok=True)
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(settings)
    app.extensions["encryptor"] = Encryptor([key.get_secret_value() for key in settings.encryption_keys])
    db.init_app(app)
    with app.app_context():
        if settings.database.startswith("sqlite"):
            sa.event.listen(db.engine, "connect", _prepare_sqlite)
        else:
            sa.event.listen(db.engine, "checkout", _replace_closed)


def init_migrations(app: Flask, settings: Settings) -> None:
    """What `flask db` needs, made when it asks: it imports Alembic and Mako, which nothing else needs."""

    def made() -> Any:
        from flask_migrate import Migrate

        # Replaces the proxy.
        Migrate(app, db, MIGRATIONS, render_as_batch=settings.database.startswith("sqlite"))
        return app.extensions["migrate"]

    app.extensions["migrate"] = LocalProxy(made)


def _engine_options(settings: Settings) -> dict[str, Any]:
    if settings.database.startswith("sqlite"):
        # Reads begin no transaction; the first write takes the write lock at once and waits for it, so that a read
        # followed by a write can't fail halfway because of a concurrent write.
        return {"connect_args": {"isolation_level": "IMMEDIATE", "timeout": 15}}
    from app.core.postgresql_cursor import PlainCursor

    return {
        "pool_size": 8,
        "max_overflow": 8,
        "pool_timeout": 5,
        "pool_recycle": 1800,
        "pool_use_lifo": True,
        # Outside of a unit of work each statement sees what is committed anyway, and BEGIN and ROLLBACK would be two of
        # three round trips. A unit uses the engine of `transactional()`.
        "isolation_level": "AUTOCOMMIT",
        "skip_autocommit_rollback": True,
        "connect_args": {
            "connect_timeout": 3,
            "options": "-c timezone=UTC",
            "cursor_factory": PlainCursor,
            # A lost machine is noticed within ten seconds instead of at TCP's timeout.
            "keepalives_idle": 4,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
        },
    }


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    # Takes effect on a new file. A sign-in changes fifteen pages, whatever their size, and writes each as a whole.
    connection.execute("PRAGMA page_size=1024")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")
    # At most 32 MB: with SQLite's default of 2 MB, concurrent queries read indexes from the file again and again.
    connection.execute("PRAGMA cache_size=-32768")
    # Let 32 MB of changes accumulate before a checkpoint.
    connection.execute("PRAGMA wal_autocheckpoint=8000")


def _replace_closed(connection: Any, _entry: ConnectionPoolEntry, _proxy: Any) -> None:
    """Has the pool replace a connection that the server closed while it was idle, in a restart for example. An idle
    connection has nothing to read unless it was closed; looking costs no round trip, as a ping would.
    """
    idle = select.poll()
    idle.register(connection.fileno(), select.POLLIN)
    if idle.poll(0):
        raise sa.exc.DisconnectionError("the server closed an idle connection")


def check_writable(app: Flask) -> None:
    """Ends the boot with SettingsError if the database is read-only.

    A database that doesn't answer or is still empty doesn't prevent the start.
    """
    with app.app_context():
        if fault := _read_only_fault():
            raise SettingsError(f"Portico can’t start:\nDATABASE_URL: {fault}")


def _read_only_fault() -> str | None:
    try:
        with db.engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                # On a read-only file SQLite begins a transaction but refuses its first write.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                connection.exec_driver_sql("CREATE TABLE may_write (probe INTEGER)")
                connection.rollback()
                return None
            may_write = connection.exec_driver_sql(POSTGRESQL_MAY_WRITE).scalar()
    except (sa.exc.OperationalError, sqlite3.OperationalError) as error:
        said = str(getattr(error, "orig", error))
        is_closed = "readonly" in said or "unable to open" in said
        told = "this user can’t write to the database file; create its folder, or allow the user to write to both"
        return told if is_closed else None
    except sa.exc.SQLAlchemyError:
        return None
    return None if may_write else "this user can only read the database, or the server is read-only"


POSTGRESQL_MAY_WRITE = """
    SELECT current_setting('transaction_read_only') = 'off'
    AND CASE WHEN to_regclass('session') IS NULL THEN true ELSE has_table_privilege('session', 'INSERT') END
"""


def encryptor() -> Encryptor:
    """The application's encryptor."""
    held: Encryptor = current_app.extensions["encryptor"]
    return held


def now() -> datetime:
    return datetime.now(UTC)


def current_session() -> Session:
    """The session of this application context; created if there is none."""
    session = db.session()
    assert isinstance(session, Session)
    return session


def read(query: sa.Select[*tuple[Any, ...]], values: Mapping[str, Any]) -> Sequence[Any]:
    """The rows of a query that was made once, with a value for each of its parameters. Outside of a unit of work it
    does without a session, which takes longer than the rest of a short query; but a connection that the session holds
    is used, since requests that wait for a second one could take all of the pool.
    """
    session = current_session() if db.session.registry.has() else None
    if session and session.unit:
        return execute_in_unit(query, values).all()
    if session and session.in_transaction():
        return session.connection().execute(query, values).all()
    with db.engine.connect() as connection:
        return connection.execute(query, values).all()


def execute_in_unit(
    statement: sa.Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]]
) -> sa.CursorResult[Any]:
    """Executes a statement on tables that was made once, in the transaction of the unit of work, for one or several
    sets of values, without what the session does for objects, which takes as long again. Raises OutsideUnitOfWork.
    """
    session = current_session()
    if not session.unit:
        raise OutsideUnitOfWork
    session.flush()
    return session.connection().execute(statement, values)


def release_connection() -> None:
    """Returns the connection of a transaction that only read, so that none is held during a slow external request."""
    if db.session.registry.has():
        current_session().release()


def one_of(column: InstrumentedAttribute[Any], ids: Collection[UUID]) -> sa.ColumnElement[bool]:
    """Whether the column's value is among many ids. On PostgreSQL they are one parameter: with a parameter each, it
    plans for average values after a few executions, and compares all ids with every row of a group that is large.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        return column == sa.any_(sa.literal(list(ids), postgresql.ARRAY(sa.Uuid)))
    return column.in_(ids)


def dialect_insert(table: Any) -> Any:
    """The INSERT of the session's database, which has ON CONFLICT; PostgreSQL and SQLite each have a class for it."""
    inserts: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
    return inserts[db.session.get_bind().dialect.name](table)


def insert_if_absent(row: Base) -> bool:
    """Inserts the row unless a unique constraint is violated; returns whether it was inserted."""
    return bool(insert_absent([row]))


def insert_absent(rows: Sequence[Base]) -> set[Any]:
    """Inserts those rows, all of one model, that violate no unique constraint; returns their primary keys.

    One statement, safe for concurrent use. The objects themselves are not attached to the session.
    """
    if not rows:
        return set()
    model = type(rows[0])
    values = [{name: value for name, value in vars(row).items() if not name.startswith("_")} for row in rows]
    (key,) = sa.inspect(model).primary_key
    # Passed as parameters, so that the statement is compiled once for any number of rows.
    return set(db.session.scalars(dialect_insert(model.__table__).on_conflict_do_nothing().returning(key), values))


def apply_changes(row: Base, values: dict[str, Any]) -> dict[str, list[Any]]:
    """Sets the attributes that differ; returns their old and new values, JSON-serializable, by name."""
    changed = {}
    for name, value in values.items():
        old = getattr(row, name)
        if old != value:
            setattr(row, name, value)
            changed[name] = [
                plain if isinstance(plain, str | int | dict | None) else str(plain) for plain in (old, value)
            ]
    return changed

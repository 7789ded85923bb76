"""Statements that go to PostgreSQL's driver themselves, for what nearly every request or sign-in asks."""

from collections.abc import Sequence
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.rows import namedtuple_row

from app.database import begin_to_write, db


class Statement:
    """A statement that nearly every request or sign-in makes, without what SQLAlchemy does around each execution: that
    takes longer than PostgreSQL's answer (docs/performance.md).

    It is compiled once and goes to the driver itself. Values are given under their names; rows are named tuples of what
    the driver makes of the columns. All three ways raise sqlalchemy.exc.OperationalError.
    """

    def __init__(self, statement: Any, *, first: Any = None) -> None:
        """`first` is another write that goes before it; PostgreSQL gets both as one."""
        self._statement = statement
        self._first = first
        self._compiled: Compiled | None = None

    def ask(self, **values: Any) -> Sequence[Any]:
        """All rows, apart from the session: of what is committed. A write is committed by itself."""
        engine = db.engine
        if engine.dialect.name == "postgresql":
            compiled = self._for(engine.dialect)
            connection: Any = None
            try:
                connection = engine.raw_connection()
                return compiled.rows(connection.cursor(), values)
            except psycopg.OperationalError as error:
                # Asked again the usual way, which knows what to do about connections that are gone.
                if connection is not None:
                    connection.invalidate(error)
            finally:
                if connection is not None:
                    connection.close()
        with engine.begin() as usual:
            return self._the_usual_way(usual, values)

    def run(self, **values: Any) -> Sequence[Any]:
        """All rows, in the session's transaction and after what the session has pending."""
        db.session.flush()
        connection = db.session.connection()
        if connection.dialect.name != "postgresql":
            return self._the_usual_way(connection, values)
        compiled = self._for(connection.dialect)
        cursor = connection.connection.cursor()
        try:
            begin_to_write(connection, cursor, compiled.text)
            return compiled.rows(cursor, values)
        except psycopg.OperationalError as error:
            if cursor.connection.closed:
                connection.invalidate(error)
            raise sa.exc.OperationalError(compiled.text, None, error, hide_parameters=True) from error

    def settle(self, **values: Any) -> Sequence[Any]:
        """All rows, as the last of the session's transaction, which is committed. Where none is under way that is one
        round trip instead of three."""
        if not db.session().in_transaction():
            return self.ask(**values)
        rows = self.run(**values)
        db.session.commit()
        return rows

    def _for(self, dialect: sa.Dialect) -> "Compiled":
        if self._compiled is None:
            whole = self._statement if self._first is None else self._statement.add_cte(self._first.cte("first"))
            self._compiled = Compiled(whole, dialect)
        return self._compiled

    def _the_usual_way(self, connection: sa.Connection, values: dict[str, Any]) -> Sequence[Any]:
        if self._first is not None:
            connection.execute(self._first, _of(self._first, values))
            values = _of(self._statement, values)
        result = connection.execute(self._statement, values)
        return result.all() if result.returns_rows else ()


class Compiled:
    """A statement as PostgreSQL gets it."""

    def __init__(self, statement: Any, dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text = str(compiled)
        processors = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()
        }
        self._processors = {name: process for name, process in processors.items() if process}
        self._fixed = self._processed(compiled.params)
        self._row: Any = None
        """Makes the named tuples. The driver would look for it at each answer."""

    def rows(self, cursor: Any, values: dict[str, Any]) -> Sequence[Any]:
        cursor.execute(self.text, {**self._fixed, **self._processed(values)})
        if not cursor.pgresult.nfields:
            return ()
        if self._row is None:
            self._row = namedtuple_row(cursor)
        return [self._row(row) for row in cursor.fetchall()]

    def _processed(self, values: dict[str, Any]) -> dict[str, Any]:
        return {
            name: self._processors[name](value) if name in self._processors else value for name, value in values.items()
        }


def _of(statement: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Those of the values that a statement names."""
    return {name: values[name] for name in statement.compile().params if name in values}

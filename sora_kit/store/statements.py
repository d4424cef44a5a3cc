"""Statements that are made once, and transactions that run them cheaply.

SQLAlchemy writes our SQL, for SQLite and PostgreSQL alike. Carrying a statement out through it costs
ten times what SQLite itself needs, and a gateway carries out dozens for each job. So a statement that
never changes is made a `Prepared`: SQLAlchemy compiles it at its first use, and from then on
`Transaction.run` gives its text straight to SQLite's driver. On PostgreSQL, where the round trip is what
costs, and for every statement that is put together when it is needed (`Transaction.execute`), it is
SQLAlchemy that runs it. Both may be mixed in one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVarTuple, overload

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.selectable import TypedReturnsRows

from sora_kit.store.plain_json import from_json, to_json

__all__ = ("Prepared", "Rows", "Transaction", "any_of")

DIALECT = sqlite.dialect(paramstyle="named", json_serializer=to_json, json_deserializer=from_json)

Process = Callable[[Any], Any]
Columns = TypeVarTuple("Columns")


@dataclass(slots=True)
class Rows:
    """What a prepared statement did."""

    count: int
    """Rows that it wrote; of a question it says nothing."""

    found: list[dict[str, Any]]
    """Rows that it read or returned, by column."""

    def one(self) -> dict[str, Any] | None:
        """The first row, None where there is none."""
        return self.found[0] if self.found else None

    def value(self) -> Any:
        """The first value of the first row, None where there is none."""
        return next(iter(self.found[0].values())) if self.found else None


class Prepared:
    """A statement that is compiled once.

    Args:
        statement: What changes from call to call is a ``sa.bindparam`` in it; an insert takes the
            columns that are given with its first call, so give all of them always.
    """

    def __init__(self, statement: sa.Select[Any] | sa.Insert | sa.Update | sa.Delete) -> None:
        self.statement = statement
        self.text = ""
        self.given: dict[str, Any] = {}
        self.binders: dict[str, Process] = {}
        self.keys: list[str] = []
        self.readers: list[tuple[str, Process]] = []

    def compile(self, parameters: Mapping[str, Any]) -> None:
        """Make text and converters, once."""
        keys = list(parameters) if isinstance(self.statement, sa.Insert) else None
        compiled = self.statement.compile(dialect=DIALECT, column_keys=keys)
        binders: dict[str, Process] = {}
        given: dict[str, Any] = {}
        for bind, name in compiled.bind_names.items():
            process = bind.type.dialect_impl(DIALECT).bind_processor(DIALECT)
            if process is not None:
                binders[name] = process
            if not bind.required and bind.value is not None:
                given[name] = process(bind.value) if process else bind.value
        if compiled.literal_execute_params or compiled.post_compile_params:
            raise ValueError("a list in a prepared statement: its length would be part of the text")
        told = self.statement.exported_columns if tells(self.statement) else ()
        read = [
            (str(one.key), one.type.dialect_impl(DIALECT).result_processor(DIALECT, None)) for one in told
        ]
        self.binders, self.given = binders, given
        self.keys = [key for key, _ in read]
        self.readers = [(key, process) for key, process in read if process is not None]
        self.text = str(compiled)  # last: other threads go by it

    def run(self, driver: sqlite3.Connection, parameters: Mapping[str, Any]) -> Rows:
        """Carry it out on SQLite."""
        if not self.text:
            self.compile(parameters)
        values = {**self.given, **parameters}
        for name, process in self.binders.items():
            if name in parameters:
                values[name] = process(parameters[name])
        cursor = driver.execute(self.text, values)
        if not self.keys:
            return Rows(cursor.rowcount, [])
        found = [dict(zip(self.keys, row, strict=True)) for row in cursor.fetchall()]
        for name, read in self.readers:
            for row in found:
                row[name] = read(row[name])
        return Rows(cursor.rowcount, found)


class Transaction:
    """One transaction; `sora_kit.store.database.Database` begins and ends it.

    Args:
        driver: SQLite's own connection, None on PostgreSQL.
        usual: Gives SQLAlchemy's connection of the same transaction.
        writes: Whether it may write.
    """

    def __init__(
        self, driver: sqlite3.Connection | None, usual: Callable[[], sa.Connection], *, writes: bool
    ) -> None:
        self.driver = driver
        self.usual = usual
        self.writes = writes

    def run(self, prepared: Prepared, parameters: Mapping[str, Any]) -> Rows:
        """Carry out a statement that was made before.

        Raises:
            DBAPIError: As SQLAlchemy has them; an `IntegrityError` is one.
        """
        if self.driver is None:
            result = self.usual().execute(prepared.statement, parameters)
            found = [dict(row) for row in result.mappings()] if result.returns_rows else []
            return Rows(result.rowcount, found)
        try:
            return prepared.run(self.driver, parameters)
        except sqlite3.Error as error:
            raise DBAPIError.instance(prepared.text, None, error, sqlite3.Error) from error

    @overload
    def execute(
        self, statement: TypedReturnsRows[*Columns], parameters: Any = None, **options: Any
    ) -> sa.CursorResult[*Columns]: ...

    @overload
    def execute(
        self, statement: sa.Executable, parameters: Any = None, **options: Any
    ) -> sa.CursorResult[*tuple[Any, ...]]: ...

    def execute(self, statement: sa.Executable, parameters: Any = None, **options: Any) -> Any:
        """Carry out a statement that is made for this call."""
        return self.usual().execute(statement, parameters, **options)


def any_of(column: sa.Column[Any], values: Iterable[str]) -> sa.ColumnElement[bool]:
    """Whether a column has one of a few values: an ``IN`` for prepared statements."""
    return sa.or_(*(column == value for value in sorted(values)))


def tells(statement: sa.Select[Any] | sa.Insert | sa.Update | sa.Delete) -> bool:
    """Whether it answers with rows."""
    return isinstance(statement, sa.Select) or bool(statement._returning)  # noqa: SLF001 (no public way)

"""One database, opened by any number of processes.

SQLite runs in WAL mode, so that readers never wait, and every writing transaction takes the write
lock at its start (``BEGIN IMMEDIATE``): a transaction that read first and wanted to write later
could fail half-way under concurrency. `Database.write` and `Database.read` are the only two ways in,
and the only place where a driver's error becomes one of ours.
"""

from __future__ import annotations

import functools
import sqlite3
import threading
from types import TracebackType
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.pool import PoolProxiedConnection

from sora_kit.errors import (
    WorkspaceError,
    WorkspaceFull,
    WorkspaceTooNew,
    WorkspaceUnreachable,
    WorkspaceUnreadable,
)
from sora_kit.store.plain_json import from_json, to_json
from sora_kit.store.statements import Transaction

__all__ = ("SCHEMA", "Database")

SCHEMA = "0006"
"""Newest migration in ``migrations/versions`` that this version knows; a test compares the two."""

BUSY_SECONDS = 20.0
"""How long a writer waits for another process's transaction before it gives up."""


class Database:
    """The tables of one workspace.

    Args:
        url: ``sqlite:///…/studio.sqlite`` or ``postgresql+psycopg://…``.

    Raises:
        WorkspaceTooNew: A newer sora_kit wrote it; nothing was changed.
        WorkspaceUnreadable: It is damaged, or may not be read or written.
        WorkspaceFull: No space is left to create it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.sqlite = url.startswith("sqlite")
        self.here = threading.local()
        """``open``: the writing transaction of this thread."""
        self.free: list[PoolProxiedConnection] = []
        """Connections to SQLite that wait for the next transaction: a pool of SQLAlchemy's costs more than
        the transaction itself."""
        options: dict[str, Any] = {"pool_pre_ping": True}
        if self.sqlite:
            options = {"poolclass": sa.NullPool, "connect_args": {"timeout": BUSY_SECONDS}}
        self.engine = sa.create_engine(url, json_serializer=to_json, json_deserializer=from_json, **options)
        if self.sqlite:
            sa.event.listen(self.engine, "connect", prepare_sqlite)
        try:
            self.upgrade()
        except DBAPIError as error:
            raise explain(error, url) from error

    def write(self) -> Scope:
        """One writing transaction; commits at the end, rolls back on an error."""
        return Scope(self, writes=True)

    def read(self) -> Scope:
        """One consistent reading transaction that takes no lock."""
        return Scope(self, writes=False)

    def take(self) -> PoolProxiedConnection:
        """A connection to SQLite that nobody else uses until it is given back."""
        try:
            return self.free.pop()
        except IndexError:
            return self.engine.raw_connection()

    def give(self, connection: PoolProxiedConnection) -> None:
        """Give a connection back, with no transaction open on it."""
        self.free.append(connection)

    def close(self) -> None:
        """Close the connections that nobody uses. The object may still be used; it reconnects."""
        while self.free:
            self.free.pop().close()
        self.engine.dispose()

    def upgrade(self) -> None:
        """Create the tables or bring older ones up to `SCHEMA`."""
        found = self.schema()
        if found == SCHEMA:
            return
        if found is not None and found > SCHEMA:
            raise WorkspaceTooNew(
                "This workspace was written by a newer sora_kit",
                why=f"Its tables are at version {found}, and this version knows up to {SCHEMA}",
                fix="Upgrade with `pip install -U sora-kit`, or open another one. Nothing was changed",
            )
        from sora_kit.store.migrations import migrate

        with self.write() as transaction:
            migrate(transaction.usual(), SCHEMA)

    def schema(self) -> str | None:
        """Version of the tables in the file, None for an empty one."""
        with self.read() as transaction:
            if not sa.inspect(transaction.usual()).has_table("alembic_version"):
                return None
            value = transaction.execute(sa.text("select version_num from alembic_version")).scalar()
        return str(value) if value is not None else None

    def translated(self, error: BaseException) -> WorkspaceError | None:
        """The error of ours for a driver's; a broken promise of uniqueness is for who made the promise."""
        if isinstance(error, DBAPIError):
            return None if isinstance(error, IntegrityError) else explain(error, self.url)
        if isinstance(error, sqlite3.Error):  # of what SQLAlchemy had no hand in
            return explain(DBAPIError("", None, error), self.url)
        return None


class Scope:
    """The block of one transaction, which `Database.write` and `Database.read` give.

    A block inside a writing block of the same thread is part of that transaction, so that what several
    repositories write can be written at once. Nothing inside a block may await.
    """

    __slots__ = ("connection", "database", "inner", "writes")

    def __init__(self, database: Database, *, writes: bool) -> None:
        self.database = database
        self.writes = writes
        self.inner = False
        self.connection: PoolProxiedConnection | sa.Connection | None = None

    def __enter__(self) -> Transaction:
        database = self.database
        outer: Transaction | None = getattr(database.here, "open", None)
        if outer is not None:
            self.inner = True
            return outer
        try:
            transaction = self.begun()
        except BaseException as error:
            self.ended(commit=False)
            if (ours := database.translated(error)) is not None:
                raise ours from error
            raise
        if self.writes:
            database.here.open = transaction
        return transaction

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.inner:
            return
        if self.writes:
            self.database.here.open = None
        try:
            self.ended(commit=error is None)
        except (DBAPIError, sqlite3.Error) as late:
            if error is None:
                if (ours := self.database.translated(late)) is None:
                    raise
                raise ours from late
        if error is not None and (ours := self.database.translated(error)) is not None:
            raise ours from error

    def begun(self) -> Transaction:
        """Begin it."""
        if not self.database.sqlite:
            usual = self.connection = self.database.engine.connect()
            return Transaction(None, lambda: usual, writes=self.writes)
        engine, pooled = self.database.engine, self.database.take()
        self.connection = pooled
        driver = cast("sqlite3.Connection", pooled.driver_connection)
        driver.execute("begin immediate" if self.writes else "begin")
        return Transaction(driver, functools.cache(lambda: sa.Connection(engine, pooled)), writes=self.writes)

    def ended(self, *, commit: bool) -> None:
        """End it, and give the connection back."""
        connection, self.connection = self.connection, None
        if isinstance(connection, sa.Connection):
            with connection:  # rolls back what was not committed
                if commit:
                    connection.commit()
        elif connection is not None:
            driver = cast("sqlite3.Connection | None", connection.driver_connection)
            if driver is None:  # SQLAlchemy gave it up
                if commit:
                    why = "It was interrupted in the middle of a statement"
                    raise WorkspaceError("Nothing was written", why=why, fix="Do it again")
                return
            try:
                if commit:
                    driver.execute("commit")
                if driver.in_transaction:
                    driver.execute("rollback")
            except BaseException:
                connection.close()  # who knows what is open on it
                raise
            self.database.give(connection)


def prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    """Settings of each new SQLite connection."""
    connection.isolation_level = None  # `Scope` starts transactions, not the driver
    cursor = connection.cursor()
    cursor.execute("pragma journal_mode = wal")
    cursor.execute("pragma synchronous = normal")  # a commit survives the process; WAL needs no more
    cursor.execute("pragma foreign_keys = on")
    cursor.close()


def explain(error: DBAPIError, url: str) -> WorkspaceError:
    """The error of ours for a driver's error."""
    place = sa.make_url(url)
    where = place.database if url.startswith("sqlite") else place.render_as_string(hide_password=True)
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_FULL or "No space left" in str(error.orig):
        return WorkspaceFull(
            "There is no space left for the workspace",
            why=f"The disk that holds {where} is full",
            fix="Free some space, or open another workspace. What was saved before is safe",
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return WorkspaceUnreachable(
            "The workspace is busy",
            why=f"Another process has been writing to {where} for more than {BUSY_SECONDS:.0f} s",
            fix="Try again; if it stays so, look for a stuck process with `sora-kit doctor`",
        )
    passing = not url.startswith("sqlite") and isinstance(error, OperationalError)
    return (WorkspaceUnreachable if passing else WorkspaceUnreadable)(
        "The workspace's database cannot be used",
        why=f"{where} answered: {error.orig}",
        fix="Check that the folder exists and may be written, or open another workspace",
    )

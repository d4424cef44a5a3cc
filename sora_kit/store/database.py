"""One database, opened by any number of processes.

SQLite runs in WAL mode, so that readers never wait, and every writing transaction takes the write
lock at its start (``BEGIN IMMEDIATE``): a transaction that read first and wanted to write later
could fail half-way under concurrency. `Database.write` and `Database.read` are the only two ways in,
and the only place where a driver's error becomes one of ours.
"""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from sora_kit.errors import (
    WorkspaceError,
    WorkspaceFull,
    WorkspaceTooNew,
    WorkspaceUnreachable,
    WorkspaceUnreadable,
)
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
        options: dict[str, Any] = {"connect_args": {"timeout": BUSY_SECONDS}} if self.sqlite else {}
        self.engine = sa.create_engine(url, pool_pre_ping=not self.sqlite, **options)
        if self.sqlite:
            sa.event.listen(self.engine, "connect", prepare_sqlite)
        with self.translated():
            self.upgrade()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """One writing transaction; commits at the end, rolls back on an error."""
        with self.translated(), self.begun(writes=True) as transaction:
            yield transaction

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One consistent reading transaction that takes no lock."""
        with self.translated(), self.begun(writes=False) as transaction:
            yield transaction

    @contextmanager
    def begun(self, *, writes: bool) -> Iterator[Transaction]:
        """A transaction on a connection of the pool."""
        if not self.sqlite:
            with self.engine.connect() as connection:
                yield Transaction(None, lambda: connection, writes=writes)
                connection.commit()
            return
        pooled = self.engine.raw_connection()
        driver = cast("sqlite3.Connection", pooled.driver_connection)
        usual = functools.cache(lambda: sa.Connection(self.engine, pooled))
        try:
            driver.execute("begin immediate" if writes else "begin")
            yield Transaction(driver, usual, writes=writes)
            driver.execute("commit")
        finally:
            pooled.close()  # rolls back what was not committed

    def close(self) -> None:
        """Close pooled connections. The object may still be used; it reconnects."""
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

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn a driver's error into one that says what to do."""
        try:
            yield
        except IntegrityError:
            raise  # a broken promise of uniqueness is for the repository that made it
        except DBAPIError as error:
            raise explain(error, self.url) from error
        except sqlite3.Error as error:  # of what SQLAlchemy had no hand in
            raise explain(DBAPIError("", None, error), self.url) from error


def prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    """Settings of each new SQLite connection."""
    connection.isolation_level = None  # `Database.begun` starts transactions, not the driver
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

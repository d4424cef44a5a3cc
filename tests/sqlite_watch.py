"""What a workspace asks of SQLite, as SQLite itself hears it: statements with their values in them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from sqlalchemy.pool import PoolProxiedConnection

from sora_kit.store.database import Database


@contextmanager
def watched(database: Database) -> Iterator[list[str]]:
    """All statements from now on, ``begin`` and ``commit`` among them."""
    heard: list[str] = []
    watching = True

    def note(statement: str) -> None:
        if watching:
            heard.append(statement)

    take = database.take

    def taken() -> PoolProxiedConnection:
        connection = take()
        cast("sqlite3.Connection", connection.driver_connection).set_trace_callback(note)
        return connection

    database.take = taken  # type: ignore[method-assign]
    try:
        yield heard
    finally:
        watching = False
        database.take = take  # type: ignore[method-assign]

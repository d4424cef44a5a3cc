"""What a workspace asks of SQLite, as SQLite itself hears it: statements with their values in them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from sora_kit.store.database import Database


@contextmanager
def watched(database: Database) -> Iterator[list[str]]:
    """All statements from now on, ``begin`` and ``commit`` among them."""
    heard: list[str] = []
    watching = True

    def note(statement: str) -> None:
        if watching:
            heard.append(statement)

    def listen(driver: sqlite3.Connection, *_: Any) -> None:
        driver.set_trace_callback(note)

    sa.event.listen(database.engine, "checkout", listen)
    try:
        yield heard
    finally:
        watching = False
        sa.event.remove(database.engine, "checkout", listen)

"""The log of API requests: who asked what, and how it ended. Never a body, never a secret."""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa

from sora_kit.store.database import Database
from sora_kit.store.tables import request_log

__all__ = ("RequestLog",)

KEEP = 10_000
"""Rows kept; older ones are removed now and then."""


class RequestLog:
    """The request log of a workspace."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(self, **row: Any) -> None:
        """Write one row; the fields are those of the table, ``time`` is now."""
        with self.database.write() as connection:
            done = connection.execute(sa.insert(request_log).values(time=time.time(), **row))
            number = done.inserted_primary_key[0] if done.inserted_primary_key else 0
            if number % 500 == 0:
                connection.execute(sa.delete(request_log).where(request_log.c.id <= number - KEEP))

    def latest(self, limit: int = 1000) -> list[dict[str, Any]]:
        """Rows, newest first."""
        query = sa.select(request_log).order_by(request_log.c.id.desc()).limit(limit)
        with self.database.read() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

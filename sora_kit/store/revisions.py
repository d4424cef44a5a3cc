"""Whether a job has changed, in a few microseconds.

Clients that wait for a video ask for it again and again, and mostly nothing is new. Reading a whole row
through SQLAlchemy costs fifteen times what SQLite takes to find one number, so that one question goes to
the driver, over a connection of its own. Every change of a job, and of what it made, counts up its
``revision``: as long as that is the same, so is everything that was made from the row.
"""

from __future__ import annotations

import sqlite3
import threading

import sqlalchemy as sa

from sora_kit.store.database import Database

__all__ = ("Revisions",)

ASK = "select revision from job where id = ?"


class Revisions:
    """The revisions of a workspace's jobs. Safe from any thread, and made for one.

    Args:
        database: Of the workspace. Only SQLite is asked; to a server the way is what costs.
    """

    def __init__(self, database: Database) -> None:
        self.path = sa.make_url(database.url).database if database.sqlite else None
        self.lock = threading.Lock()
        self.connection: sqlite3.Connection | None = None

    def of(self, job_id: str) -> int | None:
        """The revision of a job. None if it cannot be told so, or there is no such job: ask properly."""
        if self.path is None:
            return None
        with self.lock:
            try:
                if self.connection is None:
                    self.connection = sqlite3.connect(
                        self.path, timeout=0, isolation_level=None, check_same_thread=False
                    )
                row = self.connection.execute(ASK, (job_id,)).fetchone()
            except sqlite3.Error:
                return None  # whoever asks properly gets an error that says what to do
        return int(row[0]) if row is not None else None

    def close(self) -> None:
        """Close the connection; the next question opens another."""
        with self.lock:
            if self.connection is not None:
                self.connection.close()
                self.connection = None

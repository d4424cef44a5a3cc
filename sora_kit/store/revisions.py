"""Whether a job has changed, and where a clip lies, in a few microseconds.

Clients that wait for a video ask for it again and again, and mostly nothing is new. Reading a whole row
through SQLAlchemy costs fifteen times what SQLite takes to find one number, so that question goes to the
driver, over a connection of its own. Every change of a job, and of what it made, counts up its
``revision``: as long as that is the same, so is everything that was made from the row. Players ask for a
clip piece by piece, and each time the clip's row is looked at in the same way.
"""

from __future__ import annotations

import sqlite3
import threading
from typing import Any, NamedTuple

import sqlalchemy as sa

from sora_kit.store.database import Database

__all__ = ("Lying", "Revisions")

JOB = "select revision from job where id = ?"
CLIP = "select sha256, ext, mime, poster_sha256 from clip where token = ?"


class Lying(NamedTuple):
    """The files of a clip."""

    sha256: str
    ext: str
    mime: str
    poster_sha256: str


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
        row = self.ask(JOB, job_id)
        return int(row[0]) if row is not None else None

    def clip(self, token: str) -> Lying | None:
        """Where the clip of a media address lies; None as for `of`."""
        row = self.ask(CLIP, token)
        return Lying(*row) if row is not None else None

    def ask(self, question: str, about: str) -> tuple[Any, ...] | None:
        """One row, None if there is none or it cannot be told."""
        if self.path is None:
            return None
        with self.lock:
            try:
                if self.connection is None:
                    self.connection = sqlite3.connect(
                        self.path, timeout=0, isolation_level=None, check_same_thread=False
                    )
                found: tuple[Any, ...] | None = self.connection.execute(question, (about,)).fetchone()
            except sqlite3.Error:
                return None  # whoever asks properly gets an error that says what to do
        return found

    def close(self) -> None:
        """Close the connection; the next question opens another."""
        with self.lock:
            if self.connection is not None:
                self.connection.close()
                self.connection = None

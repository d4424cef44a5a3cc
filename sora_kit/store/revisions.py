"""Whether a job has changed, and where a clip lies, in a few microseconds.

Clients that wait for a video ask for it again and again, and mostly nothing is new. Reading a whole row
through SQLAlchemy costs fifteen times what SQLite takes to find one number, so that question goes to the
driver, over a connection of its own. Every change of a job, and of what it made, counts up its
``revision``: as long as that is the same, so is everything that was made from the row. Players ask for a
clip piece by piece, and each time the clip's row is looked at in the same way.

Even that is most of what an answer costs, as each statement lets other threads go first. So all requests
that one turn of the event loop finds together share one question, whether any connection of any process
has committed anything (SQLite's ``data_version``); if none has, what was found before still holds.
"""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any, NamedTuple

import sqlalchemy as sa

from sora_kit.store.database import Database

__all__ = ("Lying", "Revisions")

NEWS = "pragma data_version"
JOB = "select revision from job where id = ?"
CLIP = "select sha256, ext, mime, poster_sha256 from clip where token = ?"

KEPT = 4096
"""Rows that are remembered."""


class Lying(NamedTuple):
    """The files of a clip."""

    sha256: str
    ext: str
    mime: str
    poster_sha256: str


class Revisions:
    """The revisions of a workspace's jobs, for one event loop.

    Args:
        database: Of the workspace. Only SQLite is asked; to a server the way is what costs.
    """

    def __init__(self, database: Database) -> None:
        self.path = sa.make_url(database.url).database if database.sqlite else None
        self.connection: sqlite3.Connection | None = None
        self.version: tuple[Any, ...] | None = None
        self.rows: dict[tuple[str, str], tuple[Any, ...] | None] = {}
        """What was found since `version` was news."""
        self.current = False
        """Whether this turn of the loop has asked for news."""

    def of(self, job_id: str) -> int | None:
        """The revision of a job. None if it cannot be told so, or there is no such job: ask properly."""
        row = self.row(JOB, job_id)
        return int(row[0]) if row is not None else None

    def clip(self, token: str) -> Lying | None:
        """Where the clip of a media address lies; None as for `of`."""
        row = self.row(CLIP, token)
        return Lying(*row) if row is not None else None

    def row(self, question: str, about: str) -> tuple[Any, ...] | None:
        """One row, None if there is none or it cannot be told."""
        if self.path is None:
            return None
        try:
            if not self.current:
                self.look()
            key = (question, about)
            if key not in self.rows:
                self.rows[key] = self.ask(question, about)
            return self.rows[key]
        except sqlite3.Error:
            return None  # whoever asks properly gets an error that says what to do

    def look(self) -> None:
        """Forget what was found if anything has been committed since."""
        version = self.ask(NEWS)
        if version != self.version or len(self.rows) > KEPT:
            self.version = version
            self.rows.clear()
        self.current = True
        asyncio.get_running_loop().call_soon(self.turn)

    def turn(self) -> None:
        """The next turn of the loop has come."""
        self.current = False

    def ask(self, question: str, *about: str) -> tuple[Any, ...] | None:
        """Ask SQLite.

        Raises:
            sqlite3.Error: It cannot be told.
        """
        if self.connection is None:
            self.connection = sqlite3.connect(
                f"{self.path}", timeout=0, isolation_level=None, check_same_thread=False
            )
        found: tuple[Any, ...] | None = self.connection.execute(question, about).fetchone()
        return found

    def close(self) -> None:
        """Close the connection; the next question opens another."""
        if self.connection is not None:
            self.connection.close()
        self.connection = self.version = None
        self.rows.clear()

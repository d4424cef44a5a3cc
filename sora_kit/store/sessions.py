"""Admin sessions: short-lived tokens in place of the password.

What is stored of a session is an HMAC of the password under the token. The token has 256 random bits, so
the stored text helps nobody to guess the password; and another password ends all sessions, because none of
them is found under it any more. They stand in the workspace, so a session opened at one server holds at all
servers of the workspace, and one that is ended is ended everywhere at once.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time

import sqlalchemy as sa

from sora_kit.store.database import Database
from sora_kit.store.tables import session

__all__ = ("LIFE", "PREFIX", "Sessions")

LIFE = 3600.0
"""Seconds that a session lasts."""

PREFIX = "sess-sora-"


class Sessions:
    """The admin sessions of a workspace."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def open(self, password: str) -> tuple[str, float]:
        """A new session's token, and when it ends (Unix seconds). Whoever calls has checked the password."""
        token, now = PREFIX + secrets.token_urlsafe(32), time.time()
        with self.database.write() as connection:
            connection.execute(sa.delete(session).where(session.c.expires <= now))
            row = {"mark": mark_of(token, password), "created": now, "expires": now + LIFE}
            connection.execute(sa.insert(session).values(row))
        return token, now + LIFE

    def holds(self, token: str, password: str) -> bool:
        """Whether a token is that of a session under this password."""
        if not token.startswith(PREFIX) or not password:
            return False
        which = session.c.mark == mark_of(token, password)
        with self.database.read() as connection:
            found = connection.execute(sa.select(session.c.expires).where(which)).scalar_one_or_none()
        return found is not None and found > time.time()

    def end(self, token: str, password: str) -> bool:
        """End a session; False if it had ended."""
        with self.database.write() as connection:
            which = session.c.mark == mark_of(token, password)
            return bool(connection.execute(sa.delete(session).where(which)).rowcount)


def mark_of(token: str, password: str) -> str:
    """What is stored of a session."""
    return hmac.new(token.encode(), password.encode(), hashlib.sha256).hexdigest()

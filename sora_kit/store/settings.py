"""Settings of a workspace: a few named JSON values."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sora_kit.store.database import Database
from sora_kit.store.tables import setting

__all__ = ("Settings",)


class Settings:
    """Named JSON values that every opener of the workspace sees."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def get(self, name: str, default: Any = None) -> Any:
        """A value, or ``default`` when it was never set."""
        with self.database.read() as connection:
            row = connection.execute(sa.select(setting.c.value).where(setting.c.name == name)).one_or_none()
        return default if row is None else row.value

    def set(self, name: str, value: Any) -> None:
        """Set a value (JSON types); the last writer wins."""
        with self.database.write() as connection:
            changed = connection.execute(sa.update(setting).where(setting.c.name == name).values(value=value))
            if not changed.rowcount:
                connection.execute(sa.insert(setting).values(name=name, value=value))

    def remove(self, name: str) -> None:
        """Forget a value; whoever asks gets the default again."""
        with self.database.write() as connection:
            connection.execute(sa.delete(setting).where(setting.c.name == name))

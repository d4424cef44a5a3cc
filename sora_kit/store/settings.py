"""Settings of a workspace: a few named JSON values."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

import sqlalchemy as sa

from sora_kit.errors import InvalidInput
from sora_kit.store.database import Database
from sora_kit.store.statements import Prepared
from sora_kit.store.tables import setting

__all__ = ("Settings", "above_zero")

T = TypeVar("T")

ONE = Prepared(sa.select(setting.c.value).where(setting.c.name == sa.bindparam("which")))


class Settings:
    """Named JSON values that every opener of the workspace sees."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def get(self, name: str, default: Any = None) -> Any:
        """A value, or ``default`` when it was never set."""
        with self.database.read() as connection:
            row = connection.run(ONE, {"which": name}).one()
        return default if row is None else row["value"]

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

    def limits(self, room: str, kind: type[T]) -> T:
        """A dataclass of limits, each as its setting ``room.field`` says, or with its default.

        Raises:
            InvalidInput: One of them is not a positive number.
        """
        usual, found = kind(), {}
        for one in fields(kind):  # type: ignore[arg-type]  # a dataclass, which `type[T]` cannot say
            name = f"{room}.{one.name}"
            if (value := self.get(name)) is not None:
                found[one.name] = above_zero(name, value, getattr(usual, one.name))
        return kind(**found)


def above_zero(name: str, value: Any, default: float | None) -> Any:
    """A limit, if it is one: a number above 0, and a whole one where the default is.

    Raises:
        InvalidInput: It is none.
    """
    whole = isinstance(default, int)
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or not value > 0:
        raise InvalidInput(
            f"The setting {name} is {str(value)[:60]!r}",
            why=f"It is a {'whole ' if whole else ''}number above 0",
            fix=f"Set it again, or remove it to use {default}",
            param=name,
        )
    return value

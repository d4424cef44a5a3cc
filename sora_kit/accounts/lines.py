"""Waiting in line, across processes.

Each step that waits for a slot has a row: which line it stands in and which runner waits for it. Steps
sort by the time when their job was asked for, so the oldest row of a line is first. Rows of runners that
are gone count for nothing, until another runner takes the step over and writes its own name into it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from sora_kit.accounts.rows import Rows
from sora_kit.backends.hosted import Need
from sora_kit.store.runners import STALE_SECONDS
from sora_kit.store.statements import Prepared
from sora_kit.store.tables import runner, waiting

__all__ = ("Lines",)

LONGEST = 120
"""Characters of a line's name."""


def standing(insert: Any) -> Prepared:
    """The statement that stands in a line."""
    row = insert(waiting)
    place = {"line": row.excluded.line, "runner": row.excluded.runner}
    return Prepared(row.on_conflict_do_update(index_elements=["step"], set_=place))


def sorted_step(*, sqlite: bool) -> sa.ColumnElement[str]:
    """Steps in the order of their bytes, which PostgreSQL must be told."""
    return waiting.c.step if sqlite else waiting.c.step.collate("C")


def older(*, sqlite: bool) -> Prepared:
    """Whether an older step than ``:step`` of a live runner waits in a line."""
    found = sa.exists().where(
        waiting.c.line == sa.bindparam("line"),
        sorted_step(sqlite=sqlite) < sa.bindparam("step"),
        waiting.c.runner == runner.c.id,
        runner.c.seen > sa.bindparam("alive"),
    )
    return Prepared(sa.select(found))


STAND = {True: standing(sqlite_insert), False: standing(postgresql_insert)}
OLDER = {kind: older(sqlite=kind) for kind in (True, False)}
"""By whether the database is SQLite."""
LEAVE = Prepared(sa.delete(waiting).where(waiting.c.step == sa.bindparam("step")))


class Lines(Rows):
    """Lines of waiting steps; part of `sora_kit.accounts.Accounts`."""

    @staticmethod
    def step_line(need: Need) -> str:
        """The line of those who wait for the same."""
        line = f"{need.backend}/{need.feature}/{need.plan}/{need.account}"
        return line if len(line) <= LONGEST else hashlib.sha256(line.encode()).hexdigest()

    def wait(self, step: str, line: str, runner: str) -> None:
        """Stand in a line, or take a place in it over from another runner."""
        with self.database.write() as connection:
            connection.run(STAND[self.database.sqlite], {"step": step, "line": line, "runner": runner})

    def leave(self, steps: Collection[str]) -> None:
        """Leave the line; those who do not stand in one are ignored."""
        with self.database.write() as connection:
            for step in steps:
                connection.run(LEAVE, {"step": step})

    def first(self, line: str, step: str) -> bool:
        """Whether no older step of a live runner waits in that line."""
        asked = {"line": line, "step": step, "alive": time.time() - STALE_SECONDS}
        with self.database.read() as connection:
            return not connection.run(OLDER[self.database.sqlite], asked).value()

    def places(self, runner: str) -> dict[str, int]:
        """Places, from 1, of all steps that a runner waits for; one query."""
        line, order = waiting.c.line, sorted_step(sqlite=self.database.sqlite)
        place = sa.func.row_number().over(partition_by=line, order_by=order).label("place")
        live = sa.or_(waiting.c.runner == runner, waiting.c.runner.in_(live_runners()))
        all_of_them = sa.select(waiting.c.step, waiting.c.runner, place).where(live).subquery()
        query = sa.select(all_of_them.c.step, all_of_them.c.place).where(all_of_them.c.runner == runner)
        with self.database.read() as connection:
            return {row.step: row.place for row in connection.execute(query)}


def alive() -> sa.ColumnElement[bool]:
    """Whether a runner was seen lately."""
    return runner.c.seen > time.time() - STALE_SECONDS


def live_runners() -> sa.Select[tuple[str]]:
    """Ids of runners that were seen lately."""
    return sa.select(runner.c.id).where(alive())

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
from sqlalchemy.dialects import postgresql, sqlite

from sora_kit.accounts.rows import Rows
from sora_kit.backends.hosted import Need
from sora_kit.store.runners import STALE_SECONDS
from sora_kit.store.tables import runner, waiting

__all__ = ("Lines",)

LONGEST = 120
"""Characters of a line's name."""


class Lines(Rows):
    """Lines of waiting steps; part of `sora_kit.accounts.Accounts`."""

    @staticmethod
    def step_line(need: Need) -> str:
        """The line of those who wait for the same."""
        line = f"{need.backend}/{need.feature}/{need.plan}/{need.account}"
        return line if len(line) <= LONGEST else hashlib.sha256(line.encode()).hexdigest()

    def wait(self, step: str, line: str, runner: str) -> None:
        """Stand in a line, or take a place in it over from another runner."""
        insert = (sqlite if self.database.sqlite else postgresql).insert(waiting)
        row: Any = insert.values(step=step, line=line, runner=runner)
        place = {"line": line, "runner": runner}
        with self.database.write() as connection:
            connection.execute(row.on_conflict_do_update(index_elements=["step"], set_=place))

    def leave(self, steps: Collection[str]) -> None:
        """Leave the line; those who do not stand in one are ignored."""
        with self.database.write() as connection:
            connection.execute(sa.delete(waiting).where(waiting.c.step.in_(list(steps))))

    def first(self, line: str, step: str) -> bool:
        """Whether no older step of a live runner waits in that line."""
        older = sa.exists().where(
            waiting.c.line == line, self.sorted_step() < step, waiting.c.runner == runner.c.id, alive()
        )
        with self.database.read() as connection:
            return not connection.execute(sa.select(older)).scalar_one()

    def places(self, runner: str) -> dict[str, int]:
        """Places, from 1, of all steps that a runner waits for; one query."""
        line, order = waiting.c.line, self.sorted_step()
        place = sa.func.row_number().over(partition_by=line, order_by=order).label("place")
        live = sa.or_(waiting.c.runner == runner, waiting.c.runner.in_(live_runners()))
        all_of_them = sa.select(waiting.c.step, waiting.c.runner, place).where(live).subquery()
        query = sa.select(all_of_them.c.step, all_of_them.c.place).where(all_of_them.c.runner == runner)
        with self.database.read() as connection:
            return {row.step: row.place for row in connection.execute(query)}

    def sorted_step(self) -> sa.ColumnElement[str]:
        """Steps in the order of their bytes, which PostgreSQL must be told."""
        return waiting.c.step if self.database.sqlite else waiting.c.step.collate("C")


def alive() -> sa.ColumnElement[bool]:
    """Whether a runner was seen lately."""
    return runner.c.seen > time.time() - STALE_SECONDS


def live_runners() -> sa.Select[tuple[str]]:
    """Ids of runners that were seen lately."""
    return sa.select(runner.c.id).where(alive())

"""`Jobs`: the history, every job as a row of a table, newest first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import traitlets

from sora_kit.panels.assets import script, sheet
from sora_kit.panels.feed import Feed, Item
from sora_kit.panels.tiles import row

if TYPE_CHECKING:
    from sora_kit import Studio
    from sora_kit.store.jobs import JobRecord

__all__ = ("Jobs",)

WINDOW = 50
"""Rows per load."""


class Jobs(Feed):
    """The history.

    Args:
        studio: The open workspace.
        window: How many jobs are loaded at a time.
    """

    _esm = script("history")
    _css = sheet("history")

    count = traitlets.Int(0)
    """Number of jobs in the workspace."""

    def __init__(self, studio: Studio, *, window: int = WINDOW) -> None:
        self.window = window
        self._last: str | None = None
        super().__init__(studio)

    def load(self) -> None:
        """The newest jobs."""
        self.do_more()

    def take(self, records: Iterable[JobRecord]) -> None:
        """Show what records say now, and count anew when there is a new one."""
        known = len(self.held)
        super().take(records)
        if len(self.held) != known:
            self.count = sum(self.studio.jobs_table.counts().values())

    def do_more(self) -> None:
        """The next window."""
        records = self.studio.records(limit=self.window, before=self._last)
        self.take(records)
        self._last = records[-1].id if records else self._last
        self.more = len(records) == self.window

    def item(self, record: JobRecord) -> Item:
        """A row."""
        return row(record)

"""`Jobs`: everything that was asked for in the workspace, by whomever, newest first.

A row can be cancelled or asked for again; a job that waits for a decision asks its question in its
row; each row opens to its details: who tried it, when, and what came of it. All of it is read from the
workspace, so a page that is loaded again shows the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import traitlets

from sora_kit.panels.assets import script, sheet
from sora_kit.panels.codelines import of_jobs
from sora_kit.panels.draft import Draft
from sora_kit.panels.feed import Feed, Item
from sora_kit.panels.tiles import details, row

if TYPE_CHECKING:
    from sora_kit import Studio
    from sora_kit.store.jobs import JobRecord

__all__ = ("Jobs",)

WINDOW = 50
"""Rows per load."""

_GOING = frozenset({"queued", "running", "needs_you"})
FILTERS = {
    "all": None,
    "going": _GOING,
    "needs_you": frozenset({"needs_you"}),
    "ended": frozenset({"failed", "cancelled"}),
}
"""Name of a filter → the states that it shows."""


class Jobs(Feed):
    """The list of jobs.

    Args:
        studio: The open workspace.
        draft: Where an improved prompt goes; without one it can only be read.
        window: How many jobs are loaded at a time.
    """

    _esm = script("history")
    _css = sheet("history", "segments")

    code = traitlets.Unicode(of_jobs(None)).tag(sync=True)
    """What is shown, as Python."""
    count = traitlets.Int(0)
    """Number of jobs in the workspace."""
    counts = traitlets.Dict().tag(sync=True)
    """Filter → how many jobs it shows."""

    def __init__(self, studio: Studio, *, draft: Draft | None = None, window: int = WINDOW) -> None:
        self.draft = draft
        self.window = window
        self.states: frozenset[str] | None = None
        self._last: str | None = None
        super().__init__(studio)

    def load(self) -> None:
        """All that goes on, however long ago it began, and the newest jobs."""
        self.take(self.studio.records(limit=1000, states=_GOING, owner=self.whose))
        self.do_more()

    def take(self, records: Iterable[JobRecord]) -> None:
        """Show what records say now, and count anew when one began or ended."""
        before = {id: item["state"] for id, item in self.held.items()}  # noqa: A001
        super().take(records)
        if before != {id: item["state"] for id, item in self.held.items()}:  # noqa: A001
            self._count()

    def do_more(self) -> None:
        """The next window."""
        records = self.studio.records(
            limit=self.window, before=self._last, states=self.states, owner=self.whose
        )
        self.take(records)
        self._last = records[-1].id if records else self._last
        self.more = len(records) == self.window

    def do_filter(self, show: str) -> None:
        """Show only some: ``all``, ``going``, ``needs_you`` or ``ended`` (without a result)."""
        with self.turn:
            self.states = FILTERS[show]
            self.code = of_jobs(self.states)
            self._last, self.held = None, {}
            self.load()
            self.do_hello()

    def do_details(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Send how a job went."""
        record = self.studio.record(id)
        place = next((one for one in self.studio.runners() if one.id == record.runner), None)
        where = f"process {place.pid} on {place.host}" if place and not record.done else ""
        self.send({"details": details(record, self.studio.attempts(id), where)})

    def do_use(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Put an improved prompt into the draft."""
        if self.draft is not None and self.held[id]["usable"]:
            self.draft.start(self.held[id]["text"])

    def item(self, record: JobRecord) -> Item | None:
        """A row; None for a job that the filter leaves out."""
        if self.states is not None and record.state not in self.states:
            return None
        return row(record) | {"usable": record.kind == "enhance" and bool(record.text and self.draft)}

    def _count(self) -> None:
        states = self.studio.jobs_table.counts(self.whose)
        self.count = sum(states.values())
        self.counts = {
            name: sum(number for state, number in states.items() if wanted is None or state in wanted)
            for name, wanted in FILTERS.items()
        }

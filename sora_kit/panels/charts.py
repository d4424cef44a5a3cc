"""`Charts`: what happened over time, drawn.

The drawing is that of ``studio.log().sora.plot()``, made here when the page asks for it and something
has changed; the page takes it as it is. It is made of our own tags, in which everything is escaped.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import traitlets

from sora_kit.notebook.numbers import KINDS, chart
from sora_kit.notebook.plot import css, figure
from sora_kit.panels.assets import script, sheet
from sora_kit.panels.codelines import of_chart
from sora_kit.panels.panel import Panel
from sora_kit.panels.requests import PERIODS

if TYPE_CHECKING:
    import pandas as pd

    from sora_kit.studio import Studio

__all__ = ("Charts",)

MOST = 10_000
"""Rows that a chart is made of at most, the newest."""

LABELS = {
    "requests": "Requests",
    "waiting": "Waiting",
    "outcomes": "Outcomes",
    "accounts": "Accounts",
    "clips": "Clips",
    "cost": "Cost",
}


class Charts(Panel):
    """The charts of a workspace.

    Args:
        studio: The open workspace.
    """

    _esm = script("charts")
    _css = sheet("server", "segments") + css()

    kinds: traitlets.List[Any] = traitlets.List([{"id": kind, "label": LABELS[kind]} for kind in KINDS]).tag(
        sync=True
    )

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        super().__init__()

    def do_draw(self, who: str, kind: str = "requests", period: str = "day", seen: str = "") -> None:
        """Send a chart, unless nothing has happened since the one that was seen.

        Args:
            who: The view that asks.
            kind: One of `sora_kit.notebook.numbers.KINDS`.
            period: One of `PERIODS`.
            seen: The mark of the chart that it shows.
        """
        mark = f"{kind} {period} {self._newest()}"
        if mark == seen:
            self.send({"to": who, "same": True})
            return
        drawn = str(figure(chart(self.table(kind, period), kind)))
        self.send({"to": who, "mark": mark, "figure": drawn, "code": of_chart(kind, PERIODS.get(period))})

    def table(self, kind: str, period: str) -> pd.DataFrame:
        """The rows of a chart."""
        from sora_kit.store.dataframe import log_frame

        length = PERIODS.get(period)
        since = time.time() - length if length else None
        if kind not in ("clips", "cost"):
            return log_frame(self.studio.requests.latest(MOST, since=since, bodies=False))
        frame = self.studio.jobs(MOST) if kind == "cost" else self.studio.results(MOST)
        if since is None:
            return frame
        age = (
            frame["created"].astype("int64")
            if frame.empty
            else frame["created"].map(lambda at: at.timestamp())
        )
        return frame[age >= since]

    def _newest(self) -> str:
        """Changes when the chart may have: the last row's id, and the state of jobs."""
        rows = self.studio.requests.latest(1, bodies=False)
        return f"{rows[0]['id'] if rows else 0} {sorted(self.studio.jobs_table.counts().items())}"

"""`Requests`: the request log as it grows, newest first, with filters; a row opens to its details.

The page asks and the panel answers: every two seconds while it is looked at, and not at all while it is
hidden, so nobody needs to be told that a page has gone. An answer names the view that asked, since one
widget may be shown twice with different filters. Bodies are read for one row at a time; the log has
masked them when it wrote them.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import traitlets

from sora_kit.errors import NotFound
from sora_kit.panels.assets import script, sheet
from sora_kit.panels.codelines import of_log
from sora_kit.panels.panel import Panel

if TYPE_CHECKING:
    from sora_kit.studio import Studio

__all__ = ("PERIODS", "Requests")

WINDOW = 20
"""Rows that are shown at first, and with each press of "Load more"."""

MOST = 1000
"""Rows on a page at most."""

PERIODS: dict[str, float | None] = {"hour": 3600.0, "day": 86_400.0, "week": 604_800.0, "all": None}
"""Name of a period → its seconds."""

SHOWN = ("id", "method", "path", "status", "error", "key", "client", "model", "job", "account", "ms")


class Requests(Panel):
    """The request log.

    Args:
        studio: The open workspace.
    """

    _esm = script("requests")
    _css = sheet("server", "segments")

    window = traitlets.Int(WINDOW).tag(sync=True)

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        super().__init__()

    def do_look(
        self,
        who: str,
        seen: int | None = None,
        count: int = WINDOW,
        status: int | None = None,
        owner: str = "",
        period: str = "all",
        search: str = "",
    ) -> None:
        """Send the newest rows, unless the newest one is the one that was seen.

        Args:
            who: The view that asks.
            seen: Id of the newest row that it shows; None sends them in any case.
            count: How many rows it wants.
            status: 2, 4 or 5 for all statuses of that hundred.
            owner: Only requests of that key, by name.
            period: One of `PERIODS`.
            search: Only rows with this text.
        """
        length = PERIODS.get(period)
        asked: dict[str, Any] = {
            "since": time.time() - length if length else None,
            "status": status,
            "owner": owner or None,
            "search": search.strip(),
            "bodies": False,
        }
        if seen is not None:
            newest = self.studio.requests.latest(1, **asked)
            if (newest[0]["id"] if newest else 0) == seen:
                self.send({"to": who, "same": True})
                return
        count = max(1, min(int(count), MOST))
        rows = self.studio.requests.latest(count + 1, **asked)
        self.send(
            {
                "to": who,
                "rows": [shown(row) for row in rows[:count]],
                "more": len(rows) > count and count < MOST,
                "owners": self._owners(),
                "code": of_log(status=status, owner=owner, search=search.strip(), seconds=length),
            }
        )

    def do_open(self, who: str, id: int) -> None:  # noqa: A002 (the page's word)
        """Send everything about one request.

        Raises:
            NotFound: The log has forgotten it meanwhile.
        """
        row = next(iter(self.studio.requests.latest(1, before=int(id) + 1)), None)
        if row is None or row["id"] != id:
            raise NotFound("This request is no longer in the log", why="Old rows are removed", param="id")
        self.send({"to": who, "details": shown(row) | self._details(row)})

    def _details(self, row: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {
            "asked": row["asked"],
            "answered": row["answered"],
            "stages": [{"name": name, "seconds": seconds} for name, seconds in row["timings"].items()],
            "state": "",
            "fault": None,
            "attempts": [],
        }
        if not row["job"]:
            return found
        try:
            record = self.studio.record(row["job"])
        except NotFound:
            return found | {"state": "not in this workspace"}
        attempts = [
            {"account": one.label, "outcome": one.outcome, "why": one.why, "at": one.time}
            for one in self.studio.attempts(record.id)
        ]
        return found | {"state": record.state, "fault": record.error, "attempts": attempts}

    def _owners(self) -> list[str]:
        """Whose requests there may be."""
        return [*(one.name for one in self.studio.keys.list()), "key_environment", "admin"]


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """What the page gets of a row; ``at`` in Unix seconds."""
    return {name: row[name] for name in SHOWN} | {"at": row["time"]}

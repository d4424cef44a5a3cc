"""`Feed`: a list of jobs on a page that follows the workspace, whoever works in it.

One watch of the studio tells every change of every job, also those of other pages and programs. The
watch calls on the studio's loop, which must never wait for a database or a server to start, so the
records go to one thread of the feed; there each becomes an item (plain JSON) and one small message
to the page. Only the last record of a job counts: those that pile up meanwhile are skipped.

Items are kept in a plain dict. The trait ``items`` is computed from it when a page connects and is
never set, so a change costs one message of its own size and not the whole list.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import traitlets

from sora_kit.errors import NotFound
from sora_kit.panels.panel import Panel

if TYPE_CHECKING:
    from sora_kit import Studio
    from sora_kit.store.jobs import JobRecord

__all__ = ("Feed", "Item")

_log = logging.getLogger(__name__)

Item = dict[str, Any]
"""What the page shows of one job; ``id`` is its key and ``at`` (Unix s) its place."""


def _current(_: object, feed: Feed) -> list[Item]:
    return list(feed.held.values())


class Feed(Panel):
    """Base of the gallery and the history.

    Args:
        studio: The open workspace.
    """

    items = traitlets.Any().tag(sync=True, to_json=_current)
    more = traitlets.Bool(False).tag(sync=True)
    """Whether there are older ones."""

    def __init__(self, studio: Studio, **traits: Any) -> None:
        self.studio = studio
        self.held: dict[str, Item] = {}
        self._news: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._latest: dict[str, JobRecord] = {}
        self.turn = threading.RLock()
        """Held while the list changes: by the page's messages, or by the feed's own thread."""
        super().__init__(**traits)
        self._leave = studio.watch(self._heard)  # before the first look, so that no change falls between
        self.load()
        threading.Thread(target=self._follow, daemon=True, name="sora-kit-feed").start()

    # -- what a list of its own kind fills in

    def load(self) -> None:
        """Take in the first items."""
        raise NotImplementedError

    def item(self, record: JobRecord) -> Item | None:
        """What to show of a job; None shows nothing (and takes away what is shown)."""
        raise NotImplementedError

    # -- the page's messages

    def do_hello(self) -> None:
        """A page has connected: tell it everything, once."""
        self.send({"all": list(self.held.values())})

    def do_cancel(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Stop a job."""
        self.studio.job(id).cancel()

    def do_again(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Start a job again, as a new one."""
        self.studio.retry(id)

    def do_resume(self, id: str, again: bool = False) -> None:  # noqa: A002 (the page's word)
        """Answer a job that waits for a decision; ``again`` orders it anew, which may buy it twice."""
        self.studio.job(id).resume(again=again)

    # -- changes

    def put(self, items: Iterable[Item]) -> None:
        """Show items, new or changed, with one message."""
        with self.turn:
            news = [item for item in items if self.held.get(item["id"]) != item]
            if news:
                self.held = {**self.held, **{item["id"]: item for item in news}}
                self.send({"put": news})

    def drop(self, id: str) -> None:  # noqa: A002 (the item's key)
        """Take an item away."""
        with self.turn:
            if id in self.held:
                self.held = {key: item for key, item in self.held.items() if key != id}
                self.send({"drop": [id]})

    def take(self, records: Iterable[JobRecord]) -> None:
        """Show what records say now."""
        with self.turn:  # what is shown may hang on a filter, which must not change in between
            shown: list[Item] = []
            for record in records:
                if not self.mine_to_see(record):
                    continue
                item = self.item(record)
                if item is None:
                    self.drop(record.id)
                else:
                    shown.append(item)
            self.put(shown)

    @property
    def whose(self) -> str | None:
        """Whose jobs are shown; None for all."""
        return self.studio.owner or None

    def mine_to_see(self, record: JobRecord) -> bool:
        """Whether a job belongs on this page."""
        return self.whose in (None, record.owner)

    def close(self) -> None:
        """Stop following."""
        if hasattr(self, "_leave"):
            self._leave()
            self._news.put(None)
        super().close()

    def _heard(self, record: JobRecord) -> None:
        """On the studio's loop: note it and return."""
        self._latest[record.id] = record
        self._news.put(record.id)

    def _follow(self) -> None:
        """The feed's thread; ends with the panel."""
        while (job_id := self._news.get()) is not None:
            record = self._latest.pop(job_id, None)  # None: an earlier turn took the newest already
            if record is None:
                continue
            try:
                self.take([record])
            except NotFound:
                self.drop(job_id)  # deleted meanwhile
            except Exception:  # one bad record must not end the list
                _log.exception("could not show %s", job_id)

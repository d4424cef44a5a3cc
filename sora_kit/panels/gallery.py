"""`Results`: everything that was made or is being made, as tiles, newest first.

A running job is a tile in its final place and becomes its result there. Older results come in
windows. Media never pass through the kernel's connection: a tile has the addresses of the poster and
the video on the workspace's server.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import traitlets

from sora_kit.errors import NotFound, SoraKitError
from sora_kit.notebook.urls import media_url
from sora_kit.panels.assets import inline, script, sheet
from sora_kit.panels.draft import EXAMPLES, Draft
from sora_kit.panels.feed import Feed, Item
from sora_kit.panels.tiles import tile

if TYPE_CHECKING:
    from sora_kit import Studio
    from sora_kit.store.clips import Clip
    from sora_kit.store.jobs import JobRecord

__all__ = ("Results",)

_log = logging.getLogger(__name__)

WINDOW = 24
"""Tiles per load."""

_RECENT = 3600.0
"""Seconds for which an old failure is still shown when a page opens. History keeps all of them."""


class Results(Feed):
    """The gallery.

    Args:
        studio: The open workspace.
        draft: Where Remix and the examples go; without one these start nothing.
        window: How many results are loaded at a time.
    """

    _esm = script("gallery")
    _css = sheet("gallery")

    examples: traitlets.List[Any] = traitlets.List(list(EXAMPLES)).tag(sync=True)
    count = traitlets.Int(0)
    """Number of results in the workspace."""

    def __init__(self, studio: Studio, *, draft: Draft | None = None, window: int = WINDOW) -> None:
        self.draft = draft
        self.window = window
        self.search = ""
        self._last: str | None = None
        self._sketched: set[str] = set()
        super().__init__(studio)

    def load(self) -> None:
        """Jobs that are not done, fresh failures, and the newest results."""
        fresh = time.time() - _RECENT
        self.take(
            record
            for record in self.studio.records(limit=100)
            if record.text or not record.done or (record.state != "completed" and record.updated > fresh)
        )
        self.do_more()

    def do_more(self) -> None:
        """The next window of results."""
        clips = self.studio.clips(limit=self.window, before=self._last, search=self.search)
        self.put(self._tile_of(clip, self.studio.record(clip.job)) for clip in clips)
        self._last = clips[-1].id if clips else self._last
        self.more = len(clips) == self.window
        self.count = self.studio.count_clips()

    def do_search(self, text: str) -> None:
        """Show only results whose prompt has ``text``; empty shows all again."""
        self.search, self._last, self.held = text.strip(), None, {}
        if self.search:
            self.do_more()
        else:
            self.load()
        self.do_hello()

    def item(self, record: JobRecord) -> Item | None:
        """A tile; None when its results were deleted."""
        if self.search and self.search.lower() not in record.prompt.lower():
            return None
        if (
            record.state == "running"
            and record.kind in ("video", "remix")
            and record.id not in self._sketched
        ):
            self._sketched.add(record.id)
            self.studio.loop.submit(self._sketch(record))
        if record.state != "completed" or record.text:
            return tile(record)
        for clip_id in record.clips:
            try:
                clip = self.studio.clip(clip_id)
            except NotFound:
                continue
            self.count = self.studio.count_clips()
            return self._tile_of(clip, record)
        return None

    async def _sketch(self, record: JobRecord) -> None:
        """Draw the first frame for the tile of a running job, on the studio's loop and in its pool."""
        try:
            drawn = await self.studio.thumbnail(record.request)
        except SoraKitError:
            _log.info("no first frame for %s", record.id, exc_info=True)
            return
        if self.held.get(record.id, {}).get("state") in ("queued", "running"):
            self.send({"backdrop": [record.id, inline(drawn)]})

    def _tile_of(self, clip: Clip, record: JobRecord) -> Item:
        return tile(record, clip, media_url(self.studio, clip), media_url(self.studio, clip, "poster"))

    # -- what a tile can be asked

    def do_refresh(self, id: str) -> None:  # noqa: A002 (the page's word)
        """A picture or video did not load: its server may have moved, or it was deleted elsewhere."""
        try:
            self.take([self.studio.record(id)])
        except NotFound:
            self.drop(id)

    def do_remix(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Put the clip into the prompt, to be changed."""
        self._to_draft(lambda draft: draft.remix(self.held[id]["clip"]))

    def do_use(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Put the words into the prompt: those of a failed job, or an improved prompt."""
        item = self.held[id]
        self.do_example(item["text"] or item["typed"])

    def do_example(self, text: str) -> None:
        """Put a prompt into the draft."""
        self._to_draft(lambda draft: draft.start(text))

    def do_delete(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Delete the result and its files."""
        self.studio.delete(self.held[id]["clip"])
        self.drop(id)
        self.count = self.studio.count_clips()

    def do_dismiss(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Take a failed or cancelled tile off this page. History keeps the job."""
        self.drop(id)

    def do_again(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Start it again; the new tile takes the place of the one that failed."""
        super().do_again(id)
        self.drop(id)

    def _to_draft(self, change: Callable[[Draft], Any]) -> None:
        if self.draft is not None:
            change(self.draft)

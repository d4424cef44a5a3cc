"""`Results`: everything that was made or is being made, as tiles, newest first.

A running job is a tile in its final place and becomes its result there. Older results come in
windows, as the page nears its end, so that ten thousand of them open as fast as ten. Media never pass
through the kernel's connection: a tile has the addresses of the poster and the video on the
workspace's server.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import traitlets

from sora_kit.errors import InvalidInput, NotFound, SoraKitError
from sora_kit.notebook.cards import compare
from sora_kit.panels.assets import inline, script, sheet
from sora_kit.panels.codelines import of_comparison, of_results
from sora_kit.panels.draft import EXAMPLES, Draft
from sora_kit.panels.feed import Feed, Item
from sora_kit.panels.reaching import MOST_BYTES, shown
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
"""Seconds for which an old failure is still shown when a page opens. The list of jobs keeps all of them."""


class Results(Feed):
    """The gallery.

    Args:
        studio: The open workspace.
        draft: Where Remix, Extend and the examples go; without one these start nothing.
        window: How many results are loaded at a time.
    """

    _esm = script("gallery")
    _css = sheet("gallery", "menu")

    examples: traitlets.List[Any] = traitlets.List(list(EXAMPLES)).tag(sync=True)
    tags: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """Tags in use, the most used first."""
    code = traitlets.Unicode(of_results()).tag(sync=True)
    """What is shown, as Python."""
    count = traitlets.Int(0)
    """Number of results in the workspace."""

    def __init__(self, studio: Studio, *, draft: Draft | None = None, window: int = WINDOW) -> None:
        self.draft = draft
        self.window = window
        self.search = ""
        self.tag = ""
        self.favourite = False
        self._last: str | None = None
        self._sketched: set[str] = set()
        super().__init__(studio)

    @property
    def filtered(self) -> bool:
        """Whether only some results are shown."""
        return bool(self.search or self.tag or self.favourite)

    def load(self) -> None:
        """Jobs that are not done, fresh failures, and the newest results."""
        fresh = time.time() - _RECENT
        self.take(
            record
            for record in self.studio.records(limit=100, owner=self.whose)
            if not record.done or (record.state != "completed" and record.updated > fresh)
        )
        self.do_more()

    def do_more(self) -> None:
        """The next window of results."""
        clips = self.studio.clips(
            limit=self.window, before=self._last, search=self.search, favourite=self.favourite, tag=self.tag,
            owner=self.whose,
        )  # fmt: skip
        jobs = {record.id: record for record in self.studio.jobs_table.some([clip.job for clip in clips])}
        self.put(self._tile_of(clip, jobs[clip.job]) for clip in clips if clip.job in jobs)
        self._last = clips[-1].id if clips else self._last
        self.more = len(clips) == self.window
        self._count()

    def do_filter(self, search: str = "", tag: str = "", favourite: bool = False) -> None:
        """Show only some results: with a text in their prompt or tags, with a tag, with a star."""
        with self.turn:
            self.search, self.tag, self.favourite = search.strip(), tag, favourite
            self._last, self.held = None, {}
            self.code = of_results(search=self.search, tag=tag, favourite=favourite)
            if self.filtered:
                self.do_more()
            else:
                self.load()
            self.do_hello()

    def item(self, record: JobRecord) -> Item | None:
        """A tile; None when its results were deleted, or for what is not to be seen here."""
        if record.kind in ("character", "enhance"):
            return None
        if record.state != "completed":
            return None if self.filtered else self._tile_of_job(record)
        for clip_id in record.clips:
            try:
                clip = self.studio.clip(clip_id)
            except NotFound:
                continue
            if record.id not in self.held or self.held[record.id]["state"] != "completed":
                self._count()
            return self._tile_of(clip, record) if self._wanted(clip) else None
        self._count()
        return None

    def _wanted(self, clip: Clip) -> bool:
        """Whether a clip passes the filter."""
        words = self.search.lower()
        return (
            (not self.favourite or clip.favourite)
            and (not self.tag or self.tag in clip.tags)
            and (words in clip.prompt.lower() or any(words in tag for tag in clip.tags))
        )

    def _count(self) -> None:
        self.count = self.studio.count_clips(self.whose)
        self.tags = list(self.studio.clips_table.tags(self.whose))

    def _tile_of_job(self, record: JobRecord) -> Item:
        drawn = record.kind in ("video", "remix") and record.id not in self._sketched
        if record.state == "running" and drawn:
            self._sketched.add(record.id)
            self.studio.loop.submit(self._sketch(record))
        return tile(record)

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
        return tile(record, clip, **shown(self.studio, clip))

    # -- what a tile can be asked

    def do_refresh(self, id: str) -> None:  # noqa: A002 (the page's word)
        """A picture or video did not load: its server may have moved, or it was deleted elsewhere."""
        try:
            self.take([self.studio.record(id)])
        except NotFound:
            self.drop(id)

    def do_send(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Send a clip that the page cannot load by its address.

        Raises:
            InvalidInput: It is too large for the notebook's channel.
        """
        clip = self.studio.clip(self.held[id]["clip"])
        if clip.bytes > MOST_BYTES:
            raise InvalidInput(
                "This page cannot reach the clip, and it is too large to be sent",
                fix=f"Save a copy: studio.clip({clip.id!r}).save('clip.{clip.ext}')",
                param="id",
            )
        self.apart(lambda: self.send({"media": id, "type": clip.mime}, buffers=[clip.read()]), "media")

    def do_remix(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Put the clip into the prompt, to be changed."""
        self._to_draft(lambda draft: draft.remix(self.held[id]["clip"]))

    def do_extend(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Put the clip into the prompt, to be continued."""
        self._to_draft(lambda draft: draft.extend(self.held[id]["clip"]))

    def do_use(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Put the words of a failed job into the prompt."""
        self.do_example(self.held[id]["typed"])

    def do_example(self, text: str) -> None:
        """Put a prompt into the draft."""
        self._to_draft(lambda draft: draft.start(text))

    def do_star(self, id: str, on: bool) -> None:  # noqa: A002 (the page's word)
        """Give a result a star, or take it back."""
        self.studio.mark(self.held[id]["clip"], favourite=on)
        self.do_refresh(id)

    def do_tag(self, id: str, tags: Sequence[str]) -> None:  # noqa: A002 (the page's word)
        """File a result under these tags and no others."""
        self.studio.mark(self.held[id]["clip"], tags=list(tags))
        self.do_refresh(id)
        self._count()

    def do_same(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Make it once more with the same seed."""
        self.studio.retry(id, same_seed=True)

    def do_once_more(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Make it once more with a new seed, whatever it was asked for with."""
        self.studio.submit(self.studio.record(id).request.with_(seed=None))

    def do_delete(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Delete the result and its files."""
        self.studio.delete(self.held[id]["clip"])
        self.drop(id)
        self._count()

    def do_dismiss(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Take a failed or cancelled tile off this page. The list of jobs keeps it."""
        self.drop(id)

    def do_again(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Start it again; the new tile takes the place of the one that failed."""
        super().do_again(id)
        self.drop(id)

    def do_compare(self, ids: Sequence[str]) -> None:
        """Send two to four results side by side, with what tells them apart, as `DataFrame.sora.compare`.

        Raises:
            InvalidInput: There are fewer or more, or one is gone.
        """
        clips = [self.studio.clip(self.held[id]["clip"]) for id in ids if id in self.held]  # noqa: A001
        if not compare.FEWEST <= len(clips) <= compare.MOST:
            raise InvalidInput("Choose two, three or four results to compare", param="id")
        differ = compare.differing(clips)
        told = [{"caption": compare.caption(clip, differ)} for clip in clips]
        jobs = {record.id: record for record in self.studio.jobs_table.some([clip.job for clip in clips])}
        sides = [self._tile_of(clip, jobs[clip.job]) for clip in clips]
        seconds = max(clip.seconds for clip in clips)
        shape = {clip.width / clip.height for clip in clips}
        self.send(
            {
                "compare": [item | more for item, more in zip(sides, told, strict=True)],
                "seconds": seconds,
                "shape": shape.pop() if len(shape) == 1 else 16 / 9,  # one height for all
                "sync": str(compare.script()),
                "code": of_comparison([clip.id for clip in clips]),
            }
        )

    def _to_draft(self, change: Callable[[Draft], Any]) -> None:
        if self.draft is not None:
            change(self.draft)

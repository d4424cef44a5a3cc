"""Looking: jobs, clips, tables, news and addresses of an open workspace."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sora_kit.errors import NotFound
from sora_kit.language import Request
from sora_kit.language.tags import find_characters
from sora_kit.planning.wording import characters_as_words
from sora_kit.store import Attempt, Attempts, Character, Clip, JobRecord
from sora_kit.studio.opened import Opened, as_coroutine
from sora_kit.studio.sources import roles_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ("Looking",)


class Looking(Opened):
    """The reading half of a studio."""

    def record(self, job_id: str) -> JobRecord:
        """A job's row as it is now."""
        return self.jobs_table.get(job_id)

    def records(
        self,
        *,
        limit: int = 100,
        before: str | None = None,
        states: Collection[str] | None = None,
        owner: str | None = None,
    ) -> list[JobRecord]:
        """Jobs, newest first; ``before`` continues behind that id."""
        return self.jobs_table.latest(limit=limit, before=before, states=states, owner=owner)

    def clip(self, clip_id: str) -> Clip:
        """A clip, by its id or its job's."""
        return self.clips_table.get(clip_id)

    def clips(
        self,
        *,
        limit: int = 50,
        before: str | None = None,
        search: str = "",
        favourite: bool = False,
        tag: str = "",
        kind: str = "",
        owner: str | None = None,
    ) -> list[Clip]:
        """Clips, newest first.

        Args:
            limit: How many at most.
            before: Continue behind this id.
            search: Only those whose prompt or a tag of theirs has this text, in any case.
            favourite: Only those with a star.
            tag: Only those with this tag.
            kind: Only videos (``video``) or only pictures (``image``).
            owner: Only those of jobs of this owner; see `records`.
        """
        return self.clips_table.latest(
            limit=limit, before=before, search=search, favourite=favourite, tag=tag, kind=kind, owner=owner
        )

    def count_clips(self, owner: str | None = None) -> int:
        """How many clips there are; of one owner's jobs if one is given."""
        return self.clips_table.count(owner)

    def character_of(self, job_id: str) -> Character:
        """The character that a job made.

        Raises:
            NotFound: It made none, or the character was removed.
        """
        if found := self.characters_table.of_job(job_id):
            return found
        raise NotFound(f"The character of {job_id} was removed", fix="Make it again", param="id")

    def mark(
        self, clip: str | Clip, *, favourite: bool | None = None, tags: Iterable[str] | None = None
    ) -> Clip:
        """Star a clip, or file it under tags. Both stand in `results` and everybody sees them.

        Args:
            clip: The clip or its id.
            favourite: Whether it has a star; None leaves that as it is.
            tags: All its tags, in place of those it has; None leaves them as they are. They are kept in
                lower case, at most 40 characters each.

        Returns:
            The clip as it is now.

        Raises:
            InvalidInput: Something is no tag.
            NotFound: No such clip here.
        """
        if isinstance(tags, str):
            raise TypeError("tags is a list of words, such as ['campaign']")
        clip_id = clip.id if isinstance(clip, Clip) else self.clip(clip).id
        marked = self.clips_table.mark(clip_id, favourite=favourite, tags=tags)
        self.tell_changed(marked.job)
        return marked

    async def thumbnail(
        self, request: Request, *, width: int = 192, height: int = 108, shot: int = 0
    ) -> bytes:
        """A quick drawn JPEG of a request or one of its shots, on the loop; takes a fraction of a second.

        Characters are drawn as what they look like.
        """
        named = request.with_(characters=find_characters(request.prompt, *(s.text for s in request.shots)))
        roles = roles_of(named, self.characters_table)
        drawn, _ = characters_as_words(named, "animatic", roles, has_characters=False)
        with self.workspace.media.folder_for_work("still") as folder:
            order = {"order": "still", "request": drawn.to_json(), "width": width, "height": height}
            done = await self.pool.run(order | {"style": request.style, "shot": shot, "folder": str(folder)})
            return Path(done["path"]).read_bytes()

    def delete(self, clip: str | Clip) -> None:
        """Remove a clip and its files."""
        gone = clip if isinstance(clip, Clip) else self.clip(clip)
        self.clips_table.remove(gone)
        self.tell_changed(gone.job)

    def tell_changed(self, job_id: str) -> None:
        """Tell followers in this process of a job whose row changed; others read it by themselves."""
        for record in self.jobs_table.some([job_id]):
            self.loop.loop.call_soon_threadsafe(self.hub.publish, record)

    def results(self, limit: int = 10_000) -> pd.DataFrame:
        """All clips as a DataFrame, newest first; ``.sora.preview()`` shows them."""
        import sora_kit.notebook.accessor  # noqa: F401  # registers DataFrame.sora
        from sora_kit.store.dataframe import clips_frame

        return clips_frame(self.clips(limit=limit), self.media_base())

    def jobs(self, limit: int = 10_000) -> pd.DataFrame:
        """All jobs as a DataFrame, newest first; ``cost`` is the estimate in dollars, once it was paid."""
        import sora_kit.notebook.accessor  # noqa: F401  # registers DataFrame.sora
        from sora_kit.store.dataframe import jobs_frame

        return jobs_frame(self.records(limit=limit))

    def log(self, limit: int = 10_000) -> pd.DataFrame:
        """API requests as a DataFrame, newest first.

        Columns: ``id``, ``time`` (UTC), ``method``, ``path``, ``status``, ``error`` (the failure's code),
        ``key`` (name of the API key), ``client`` (address), ``model``, ``job``, ``account`` (that served
        it), ``ms`` (of the request), the seconds of its job's stages ``waiting``, ``submitting``,
        ``making``, ``fetching`` and ``storing`` (NaN where it had none), and the bodies ``asked`` and
        ``answered``, masked, without media and cut. ``.sora.plot()`` draws it.
        """
        import sora_kit.notebook.accessor  # noqa: F401  # registers DataFrame.sora
        from sora_kit.store.dataframe import log_frame

        return log_frame(self.requests.latest(limit))

    def attempts(self, job_id: str) -> list[Attempt]:
        """Which accounts tried which steps of a job, oldest first, and what came of it."""
        return Attempts(self.workspace.database).of(job_id)

    def follow(self, job_id: str | None = None) -> AsyncIterator[JobRecord]:
        """Snapshots of one job until it ends, or of all jobs for ever. On the loop only."""
        return self.hub.follow(job_id)

    def watch(self, callback: Callable[[JobRecord], None], job_id: str | None = None) -> Callable[[], None]:
        """As `follow`, from any thread: ``callback`` is called on the loop's thread.

        Whatever changes after this has returned is told, so read the present state then.

        Returns:
            A function that ends it. Nothing is told of a closed studio.

        Raises:
            NotFound: No such job.
            StudioClosed: This process was forked from the one that opened the studio.
        """
        if self.closed:
            return lambda: None
        self.must_be_open()
        begin = partial(self.hub.watch, callback, job_id)
        watcher = begin() if self.loop.inside() else self.loop.run(as_coroutine(begin))

        def leave() -> None:
            if watcher is not None:
                self.loop.loop.call_soon_threadsafe(watcher.cancel)

        return leave

    def media_base(self) -> str | None:
        """Address of a server of this workspace, or None while nobody serves it."""
        if public := os.environ.get("SORA_KIT_PUBLIC_URL"):
            return public
        if self.server is not None and self.server.running:
            return self.server.url
        return next((one.url for one in self.runners() if one.url), None)

    def media_url(self, clip: Clip, what: str = "video") -> str | None:
        """Address of a clip's file or ``poster``, or None while nobody serves the workspace."""
        return clip.address(self.media_base(), what)

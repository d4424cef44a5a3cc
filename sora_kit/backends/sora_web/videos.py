"""Videos: starting tasks, the list of running ones, and drafts.

A running task is in the list of pending ones; a finished one is a *draft*. In between it may be in
neither. Drafts are listed newest first, so a busy account's result may lie beyond the first page:
`Videos.drafts` reads on until it has seen what it looks for.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sora_kit.backends.base import InvalidRequest
from sora_kit.backends.sora_web.account import Quota, read_quota
from sora_kit.backends.sora_web.answers import at, items, moment, number, text, whole
from sora_kit.backends.sora_web.calling import Caller
from sora_kit.backends.sora_web.errors import broken
from sora_kit.backends.sora_web.recall import NOTHING, Told, read_told
from sora_kit.backends.sora_web.site import segment
from sora_kit.backends.sora_web.wire import Order

__all__ = ("Created", "Draft", "Drafts", "Pending", "Videos", "read_draft", "read_pending")

PAGE = 15
"""Drafts that the wire's own pages ask for."""

LONGER = (60, 240, 960)
"""Longer pages, for lists without a cursor."""

MOST_PAGES = 50


@dataclass(frozen=True, slots=True)
class Created:
    """A task that was started."""

    task: str
    quota: Quota | None
    """What is left now, if the answer told it."""


@dataclass(frozen=True, slots=True)
class Pending:
    """One running task."""

    task: str
    progress: float | None
    """As on the wire; meant to be 0 to 1."""

    status: str
    reason: str
    """Why it failed, on deployments that tell it here."""

    created_at: float | None = None
    """Unix seconds by the deployment's clock, or None if it is not told."""

    told: Told = NOTHING


@dataclass(frozen=True, slots=True)
class Draft:
    """One finished task."""

    generation: str
    task: str
    kind: str
    """``sora_draft``, ``sora_content_violation``, ``sora_error`` or a word unknown today."""

    reason: str
    """Why policy refused it."""

    error: str
    """Why it failed."""

    url: str
    downloadable_url: str
    width: int
    height: int
    seconds: float
    created_at: float | None
    """Unix seconds by the deployment's clock, or None if it is not told."""

    told: Told = NOTHING
    post: str = ""
    """The post that shows it, where that is told."""

    post_text: str = ""


@dataclass(frozen=True, slots=True)
class Drafts:
    """What was read of the list."""

    items: tuple[Draft, ...]
    complete: bool
    """Everything looked for was found, or the list was read to its end or to the given age."""


class Videos:
    """Calls about videos."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def create(self, order: Order) -> Created:
        """Start a video, remix, storyboard or extension; see `wire.video_order`.

        Raises:
            BackendError: Any of the typed failures. A `TransportFailed` or `UpstreamBroken` whose
                ``sent`` is true may hide a task that was started.
        """
        data = await self._caller.post(order.path, order.body, write=True)
        if not (task := text(data, "id")):
            raise broken("It names no task")
        return Created(task, read_quota(data))

    async def pending(self) -> tuple[Pending, ...]:
        """All running tasks of the account.

        Raises:
            BackendError: Any of the typed failures.
        """
        data = await self._caller.get("/nf/pending/v2")
        if not isinstance(data, list):
            raise broken("The list of running tasks is none")
        return tuple(read_pending(item) for item in items(data))

    async def draft(self, generation: str) -> Draft | None:
        """One draft, or None if there is none, or the deployment does not tell single ones.

        Raises:
            BackendError: Any of the typed failures.
        """
        try:
            data = await self._caller.get(f"/project_y/profile/drafts/v2/{segment(generation)}")
        except InvalidRequest:
            return None
        found = read_draft(data)
        return found if found.generation == generation else None

    async def drafts(
        self,
        tasks: Collection[str] = (),
        *,
        generations: Collection[str] = (),
        since: float | None = None,
    ) -> Drafts:
        """Drafts, newest first, page by page until enough was seen.

        Args:
            tasks: Ids of tasks to look for.
            generations: Ids of drafts to look for. Without any id and without ``since`` the first
                page is all.
            since: Unix seconds by the deployment's clock; older drafts are not looked for.

        Raises:
            BackendError: Any of the typed failures.
        """
        reading = _Reading(set(tasks), set(generations), since)
        path = "/project_y/profile/drafts"
        page, cursor = await self._page(path, PAGE, "")
        reading.add(page)
        if not (tasks or generations or since is not None):
            return Drafts(tuple(reading.found.values()), complete=len(page) < PAGE and not cursor)
        if not cursor and len(page) >= PAGE and not reading.done():
            # The plain list has no cursor. Ask for more of it; if that is capped, there may be the
            # newer list, which has one.
            whole = False
            for limit in LONGER:
                try:
                    page, cursor = await self._page(path, limit, "")
                except InvalidRequest:  # a longer page than this deployment gives
                    break
                grown = reading.add(page)
                whole = grown and PAGE <= len(page) < limit
                if reading.done() or cursor or not grown or len(page) < limit:
                    break
            if not reading.done() and not cursor and len(page) >= PAGE:
                path = "/project_y/profile/drafts/v2"
                try:
                    page, cursor = await self._page(path, PAGE, "")
                except InvalidRequest:  # this deployment does not have it
                    return reading.result(ended=whole)
                reading.add(page)
        seen = set[str]()
        while cursor and not reading.done() and cursor not in seen and len(seen) < MOST_PAGES:
            seen.add(cursor)
            page, cursor = await self._page(path, PAGE, cursor)
            reading.add(page)
        return reading.result(ended=not cursor)

    async def _page(self, path: str, limit: int, cursor: str) -> tuple[list[Draft], str]:
        params: dict[str, str | int] = {"limit": limit}
        if cursor:
            params["cursor"] = cursor
        data = await self._caller.get(path, params)
        if not isinstance(at(data, "items"), list):
            raise broken("The list of drafts is missing")
        return [read_draft(item) for item in items(data, "items")], text(data, "cursor")


class _Reading:
    """Drafts seen so far, and what is still looked for."""

    def __init__(self, tasks: set[str], generations: set[str], since: float | None) -> None:
        self.found: dict[tuple[str, str], Draft] = {}
        self._tasks = tasks
        self._generations = generations
        self._wanted = bool(tasks or generations)
        self._since = since
        self._old = False

    def add(self, page: list[Draft]) -> bool:
        """Take a page in; whether anything on it is new."""
        before = len(self.found)
        for draft in page:
            self.found.setdefault((draft.generation, draft.task), draft)
            self._tasks.discard(draft.task)
            self._generations.discard(draft.generation)
        times = [draft.created_at for draft in page if draft.created_at is not None]
        if self._since is not None and times and min(times) < self._since:
            self._old = True
        return len(self.found) > before

    def done(self) -> bool:
        """Nothing that is looked for can come any more."""
        return self._old or (self._wanted and not (self._tasks or self._generations))

    def result(self, *, ended: bool) -> Drafts:
        return Drafts(tuple(self.found.values()), complete=self.done() or ended)


def read_pending(item: Any) -> Pending:
    """One item of the list of running tasks; never raises."""
    return Pending(
        task=text(item, "id"),
        progress=number(item, "progress_pct"),
        status=text(item, "status").lower(),
        reason=text(item, "failure_reason"),
        created_at=moment(item, "created_at"),
        told=read_told(item),
    )


def read_draft(item: Any) -> Draft:
    """One item of the list of drafts; never raises."""
    return Draft(
        generation=text(item, "id") or text(item, "generation_id"),
        task=text(item, "task_id"),
        kind=text(item, "kind").lower(),
        reason=text(item, "reason_str") or text(item, "markdown_reason_str"),
        error=text(item, "error_reason"),
        url=text(item, "url"),
        downloadable_url=text(item, "downloadable_url"),
        width=max(whole(item, "width") or 0, 0),
        height=max(whole(item, "height") or 0, 0),
        seconds=max(number(item, "duration_s") or 0.0, 0.0),
        created_at=moment(item, "created_at"),
        told=read_told(item),
        post=text(item, "post", "id"),
        post_text=text(item, "post", "text"),
    )

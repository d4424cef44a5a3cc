"""Pictures: uploading a reference, starting a task, and the list that tells how tasks stand."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from sora_kit.backends.sora_web.answers import at, items, moment, number, text
from sora_kit.backends.sora_web.calling import Caller, File
from sora_kit.backends.sora_web.errors import broken
from sora_kit.backends.sora_web.recall import NOTHING, Told, read_told, shape
from sora_kit.backends.sora_web.wire import Order

__all__ = ("ImageTask", "Images", "read_image_task")

MOST_PAGES = 25


@dataclass(frozen=True, slots=True)
class ImageTask:
    """One picture task as its list shows it."""

    id: str
    status: str
    """``queued``, ``processing``, ``succeeded``, ``failed`` or a word unknown today."""

    progress: float | None
    """As on the wire; meant to be 0 to 1."""

    urls: tuple[str, ...]
    generations: tuple[str, ...]
    """Ids of the pictures, next to `urls`; an id may be empty."""

    error: str
    created_at: float | None
    """Unix seconds by the deployment's clock, or None if it is not told."""

    told: Told = NOTHING


class Images:
    """Calls about pictures."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def upload(self, file: File) -> str:
        """Upload a reference picture, as it is.

        Returns:
            Its media id, for request bodies.

        Raises:
            BackendError: Any of the typed failures.
            OSError: The file cannot be read.
        """
        data = await self._caller.upload("/uploads", file, {"file_name": file.name})
        return _id(data)

    async def create(self, order: Order) -> str:
        """Start a picture task; see `sora_kit.backends.sora_web.wire.image_order`.

        Returns:
            The task's id.

        Raises:
            BackendError: Any of the typed failures.
        """
        return _id(await self._caller.post(order.path, order.body, write=True))

    async def recent(
        self, tasks: Collection[str] = (), *, since: float | None = None, limit: int = 20
    ) -> tuple[ImageTask, ...]:
        """Picture tasks, newest first, page by page until enough was seen.

        Args:
            tasks: Ids to look for; without any, the first page is all.
            since: Unix seconds by the deployment's clock; older tasks are not looked for. Given alone, all
                younger ones are read.
            limit: Tasks on one page.

        Raises:
            BackendError: Any of the typed failures.
        """
        found: dict[str, ImageTask] = {}
        before = ""
        for _ in range(MOST_PAGES):
            params: dict[str, str | int] = {"limit": limit}
            if before:
                params["before"] = before
            data = await self._caller.get("/v2/recent_tasks", params)
            if not isinstance(at(data, "task_responses"), list):
                raise broken("The list of tasks is missing")
            page = [read_image_task(item) for item in items(data, "task_responses")]
            fresh = [task for task in page if task.id and task.id not in found]
            found |= {task.id: task for task in fresh}
            old = since is not None and any(t.created_at is not None and t.created_at < since for t in page)
            # A list that does not say whether it goes on may do so if its page is full.
            more = at(data, "has_more")
            enough = found.keys() >= set(tasks) and (tasks or since is None)
            if enough or old or not fresh or (len(page) < limit and more is not True):
                break
            if more is False:
                break
            before = text(data, "last_id") or page[-1].id
        return tuple(found.values())


def read_image_task(item: Any) -> ImageTask:
    """One item of the list; never raises."""
    made = [made for made in items(item, "generations") if text(made, "url")]
    return ImageTask(
        id=text(item, "id"),
        status=text(item, "status").lower(),
        progress=number(item, "progress_pct"),
        urls=tuple(text(one, "url") for one in made),
        generations=tuple(text(one, "id") for one in made),
        error=text(item, "error_message") or text(item, "failure_reason"),
        created_at=moment(item, "created_at"),
        told=replace(read_told(item), orientation=shape(item)),
    )


def _id(data: Any) -> str:
    if not (name := text(data, "id")):
        raise broken("It names no id")
    return name

"""Following tasks: running videos, drafts, pictures.

A cursor names the last item that was seen, so drafts that appear meanwhile shift nothing.
"""

from __future__ import annotations

from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from sora_kit.standins.sora_web.call import Call
from sora_kit.standins.sora_web.refusals import invalid
from sora_kit.standins.sora_web.views import draft, image, pending
from sora_kit.standins.sora_web.work import Task

__all__ = ("ROUTES",)

MOST = 100
"""Items of one page."""


@get("/backend/nf/pending/v2", name="pending")
async def list_pending(call: NamedDependency[Call]) -> list[dict[str, Any]]:
    """Videos that are queued or running. One that is missing has ended."""
    now = call.now
    return [pending(task, now) for task in call.account.running(now) for _ in range(call.times)]


@get("/backend/project_y/profile/drafts", name="drafts")
async def drafts(call: NamedDependency[Call], limit: FromQuery[int] = 15) -> dict[str, Any]:
    """Videos that ended, newest first. This form has no cursor: what is behind ``limit`` stays unseen."""
    return {"items": _drafts(call, limit, None)["items"]}


@get("/backend/project_y/profile/drafts/v2", name="drafts_v2")
async def drafts_v2(
    call: NamedDependency[Call], limit: FromQuery[int] = 15, cursor: FromQuery[str | None] = None
) -> dict[str, Any]:
    """The same in its later form, with a cursor."""
    return _drafts(call, limit, cursor)


@get("/backend/project_y/profile/drafts/v2/{generation_id:str}", name="draft_get")
async def draft_get(call: NamedDependency[Call], generation_id: FromPath[str]) -> dict[str, Any]:
    """One draft."""
    task = call.world.draft(call.account, generation_id)
    return _draft(call, task)


@get("/backend/v2/recent_tasks", name="recent_tasks")
async def recent_tasks(
    call: NamedDependency[Call], limit: FromQuery[int] = 20, before: FromQuery[str | None] = None
) -> dict[str, Any]:
    """Pictures, newest first: running, done and failed ones."""
    page, more = _page(call.account.images(), limit, before, lambda task: task.id, "before")
    shown = [image(task, call.world.files, call.now, call.skew) for task in page]
    return {
        "task_responses": [item for item in shown for _ in range(call.times)],
        "has_more": more,
        "last_id": page[-1].id if page else None,
    }


def _drafts(call: Call, limit: int, cursor: str | None) -> dict[str, Any]:
    now = call.now
    page, more = _page(call.account.drafts(now), limit, cursor, lambda task: task.generation, "cursor")
    shown = [_draft(call, task) for task in page]
    return {
        "items": [item for item in shown for _ in range(call.times)],
        "cursor": page[-1].generation if more else None,
    }


def _draft(call: Call, task: Task) -> dict[str, Any]:
    return draft(task, call.world.files, call.now, call.skew, call.world.posted(task))


def _page(tasks: list[Task], limit: int, after: str | None, key: Any, param: str) -> tuple[list[Task], bool]:
    """A page of ``limit`` behind the item named ``after``, and whether there are more."""
    if not 1 <= limit <= MOST:
        raise invalid("limit", f"limit must be 1 to {MOST}")
    start = 0
    if after is not None:
        places = [place for place, task in enumerate(tasks) if key(task) == after]
        if not places:
            raise invalid(param, f"{param} is unknown")
        start = places[0] + 1
    return tasks[start : start + limit], start + limit < len(tasks)


ROUTES = (list_pending, drafts, drafts_v2, draft_get, recent_tasks)

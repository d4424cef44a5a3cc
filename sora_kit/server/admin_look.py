"""``/admin/log`` and ``/admin/stats``: what happened."""

from __future__ import annotations

import math
import time
from dataclasses import asdict
from typing import Annotated, Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from sora_kit.accounts.search import totals
from sora_kit.errors import InvalidInput
from sora_kit.server.video_object import job_id
from sora_kit.studio import Studio

__all__ = ("HANDLERS",)

DAY = 86_400.0


@get("/log", summary="Read the request log")
async def read_log(
    studio: NamedDependency[Studio],
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
    after: FromQuery[int | None] = None,
    since: FromQuery[float | None] = None,
    status: Annotated[int | None, QueryParameter(ge=1, le=599)] = None,
    owner: FromQuery[str | None] = None,
    job: FromQuery[str | None] = None,
    search: FromQuery[str] = "",
) -> dict[str, Any]:
    """A page of requests, newest first; go on with ``after`` = the page's ``last_id``.

    ``since`` is in Unix seconds, ``status`` a status or its first figure, ``owner`` the id or name of a key,
    ``search`` a part of path, model, failure, job or address.
    """
    if since is not None and not math.isfinite(since):
        raise InvalidInput("since is not a time", fix="Send Unix seconds", param="since")
    rows = studio.requests.latest(
        limit + 1,
        before=after,
        since=since,
        status=status,
        owner=owner,
        job_id=job_id(job) if job else None,
        search=search[:200],
    )
    data = rows[:limit]
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": len(rows) > limit,
    }


@get("/stats", summary="Count what happened")
async def read_stats(studio: NamedDependency[Studio]) -> dict[str, Any]:
    """Jobs and accounts by state, clips, keys, processes, and the requests of the last 24 hours."""
    states: dict[str, int] = {}
    for account in studio.accounts.list():
        state = account.state if account.enabled else "disabled"
        states[state] = states.get(state, 0) + 1
    keys = studio.keys.list()
    used = studio.keys.usage([key.id for key in keys])
    return {
        "object": "stats",
        "jobs": studio.jobs_table.counts(),
        "clips": studio.count_clips(),
        "accounts": states,
        "pool": asdict(totals(studio.accounts)),
        "keys": [
            {"id": key.id, "name": key.name, "state": key.state, "usage": asdict(used[key.id])}
            for key in keys
        ],
        "spent_today": sum(one.spent for one in used.values()),
        "runners": [asdict(one) for one in studio.runners()],
        "requests": studio.requests.counts(time.time() - DAY),
    }


HANDLERS = (read_log, read_stats)

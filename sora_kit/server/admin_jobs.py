"""``/admin/jobs``: the jobs of all, whoever asked for them."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Annotated, Any, get_args

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from sora_kit.errors import InvalidInput
from sora_kit.server.admin_accounts import InState
from sora_kit.server.video_object import job_id
from sora_kit.server.visible import forget
from sora_kit.store import JobRecord, State
from sora_kit.store.jobsearch import JobFilter, find_jobs
from sora_kit.store.masking import mask_json
from sora_kit.store.requests import durations, moments
from sora_kit.studio import Studio

__all__ = ("HANDLERS",)

STATES = get_args(State)
NAMES = ("id", "kind", "state", "stage", "progress", "place", "prompt", "model", "style", "backend", "owner",
         "account", "clips", "parent", "error", "created", "started", "finished")  # fmt: skip


class Retry(msgspec.Struct, forbid_unknown_fields=True):
    """How to ask again."""

    same_seed: Annotated[bool, Meta(description="The same picture again, where the backend can")] = False


class Resume(msgspec.Struct, forbid_unknown_fields=True):
    """What was decided."""

    again: Annotated[
        bool,
        Meta(
            description="False: ask the backend once more what became of the order. "
            "True: give that order up and make it anew, which may buy it twice"
        ),
    ] = False


@get("/jobs", summary="List the jobs")
async def list_jobs(
    studio: NamedDependency[Studio],
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
    after: FromQuery[str | None] = None,
    condition: InState = "",
    owner: FromQuery[str] = "",
    kind: FromQuery[str] = "",
    model: FromQuery[str] = "",
    backend: FromQuery[str] = "",
    account: FromQuery[str] = "",
    since: FromQuery[float | None] = None,
    search: FromQuery[str] = "",
) -> dict[str, Any]:
    """A page of jobs, newest first; go on with ``after`` = the page's ``last_id``.

    ``state`` is one or several with commas between them, ``owner`` the id or name of a key or ``local``,
    ``since`` in Unix seconds, ``search`` a part of the prompt or id.
    """
    states = [word for word in condition.replace(",", " ").split() if word]
    if unknown := [word for word in states if word not in STATES]:
        raise InvalidInput(
            f"{unknown[0][:40]!r} is no state", fix=f"Send some of {', '.join(STATES)}", param="state"
        )
    if since is not None and not 0 <= since < 1e11:
        raise InvalidInput("since is not a time", fix="Send Unix seconds", param="since")
    wanted = JobFilter(states, owner, kind, model, backend, account, since, search[:200])
    found, more = find_jobs(
        studio.workspace.database, wanted, after=job_id(after) if after else None, limit=limit
    )
    data = [mask_json(shown(record)) for record in found]
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": more,
    }


@get("/jobs/{job:str}", summary="Look at one job")
async def read_job(studio: NamedDependency[Studio], job: FromPath[str]) -> dict[str, Any]:
    """A job with its attempts, its accounts' events meanwhile, its stages and the requests about it."""
    record = studio.record(job_id(job))
    attempts = studio.attempts(record.id)
    end = (record.finished or time.time()) + 1
    events = [
        asdict(event)
        for name in dict.fromkeys(one.account for one in attempts if one.account)
        for event in studio.accounts.events(name)
        if record.created <= event.time <= end
    ]
    found = shown(record) | {"timings": record.timings, "plan": record.plan, "text": record.text}
    found["seconds"] = durations(moments(record.timings, record.created, record.started, record.finished))
    found["attempts"] = [asdict(one) for one in attempts]
    found["events"] = sorted(events, key=lambda event: float(event["time"]))
    found["requests"] = studio.requests.latest(100, job_id=record.id)
    masked: dict[str, Any] = mask_json(found)  # what a backend or a client wrote may quote anything
    return masked


@post("/jobs/{job:str}/cancel", status_code=200, summary="Cancel a job")
async def cancel_job(studio: NamedDependency[Studio], job: FromPath[str]) -> dict[str, Any]:
    """Stop a job, wherever it runs; ``done`` is false when it had ended."""
    return answered(studio, job, done=studio.cancel(job_id(job)))


@post("/jobs/{job:str}/retry", status_code=200, summary="Ask for a job again")
async def retry_job(
    studio: NamedDependency[Studio], job: FromPath[str], data: JSONBody[Retry | None] = None
) -> dict[str, Any]:
    """Start a new job from the request of an earlier one, however that ended; the answer is the new one.

    It belongs to whoever runs the server, so it takes nothing from the limits of the key that asked first.
    """
    new = studio.retry(job_id(job), same_seed=data.same_seed if data else False)
    return answered(studio, new.id, done=True)


@post("/jobs/{job:str}/resume", status_code=200, summary="Decide for a job that waits for it")
async def resume_job(
    studio: NamedDependency[Studio], job: FromPath[str], data: JSONBody[Resume | None] = None
) -> dict[str, Any]:
    """Go on with a job in the state ``needs_you``; ``done`` is false when it does not wait (any more)."""
    return answered(studio, job, done=studio.resume(job_id(job), again=data.again if data else False))


@delete("/jobs/{job:str}", status_code=200, summary="Delete a job")
async def delete_job(studio: NamedDependency[Studio], job: FromPath[str]) -> dict[str, Any]:
    """Cancel a job if it runs, and delete it with its results."""
    record = studio.record(job_id(job))
    await forget(studio, record)
    return {"id": record.id, "object": "job.deleted", "deleted": True}


def shown(record: JobRecord) -> dict[str, Any]:
    """A job as it is now."""
    found: dict[str, Any] = {name: getattr(record, name) for name in NAMES}
    found["clips"] = list(record.clips)
    found["dollars"] = float(record.plan.get("estimate", {}).get("dollars", 0.0))
    return found | {"object": "job"}


def answered(studio: Studio, job: str, *, done: bool) -> dict[str, Any]:
    """A job after something was done with it."""
    found: dict[str, Any] = mask_json(shown(studio.record(job_id(job))))
    return found | {"done": done}


HANDLERS = (list_jobs, read_job, cancel_job, retry_job, resume_job, delete_job)

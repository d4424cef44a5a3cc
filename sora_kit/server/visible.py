"""What a caller may see, and the questions that all handlers ask of a request.

A key sees the jobs that were made with it and those made at the machine itself (owner ``""``: a cell,
a panel, the command), not those of other keys. What it may not see answers as if it were not there, so
ids cannot be probed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from litestar import Request

from sora_kit.errors import InvalidInput, NotFound, ServerError
from sora_kit.server.trace import trace_of
from sora_kit.server.video_object import VIDEO_KINDS, clip_of, job_id
from sora_kit.server.waiting import settled
from sora_kit.store.pages import page_of_jobs

if TYPE_CHECKING:
    from sora_kit.store import Character, JobRecord
    from sora_kit.studio import Studio

__all__ = (
    "Wire",
    "forget",
    "idempotency_key",
    "owner_of",
    "page_of",
    "record_of",
    "seen_characters",
    "source_of",
    "visible",
)

Wire = Request[Any, Any, Any]
"""A request, as handlers see it."""

LONGEST_KEY = 255
CANCEL_SECONDS = 10.0


def owner_of(request: Wire) -> str:
    """Id of the key that asks."""
    return trace_of(request.scope).owner


def idempotency_key(request: Wire) -> str | None:
    """The ``Idempotency-Key`` header; the same key of the same owner gets the same job.

    Raises:
        InvalidInput: It is longer than can be kept.
    """
    key = request.headers.get("idempotency-key", "").strip()
    if len(key) > LONGEST_KEY:
        raise InvalidInput(
            "The Idempotency-Key is too long",
            fix=f"Send at most {LONGEST_KEY} characters, for example a UUID",
            param="Idempotency-Key",
        )
    return key or None


def record_of(studio: Studio, request: Wire, wire_id: str, *, param: str = "video_id") -> JobRecord:
    """The job behind the id of a video, or of its clip.

    Raises:
        NotFound: There is none, it was deleted, it is no video, or it belongs to another key.
    """
    missing = NotFound(
        f"There is no video {wire_id[:80]!r}",
        why="It was deleted, or this key may not see it",
        fix="List them with GET /v1/videos",
        param=param,
    )
    try:
        record = studio.record(studio.clip(wire_id).job if wire_id.startswith("clip_") else job_id(wire_id))
    except NotFound:
        raise missing from None
    if not visible(studio, record, owner_of(request)):
        raise missing
    trace = trace_of(request.scope)
    trace.job, trace.model = record.id, record.model
    return record


def source_of(studio: Studio, request: Wire, wanted: str, param: str) -> str | None:
    """The clip that a request builds on: ``video_…`` becomes its clip, other ids stay as they are.

    Raises:
        NotFound: There is no such video, or it has no result.
    """
    wanted = wanted.strip()
    if not wanted.startswith(("video_", "job_", "clip_")):
        return wanted or None  # an id of Sora's, or a link; the language room reads it
    clip = clip_of(studio, record_of(studio, request, wanted, param=param))
    if clip is None:
        raise NotFound(
            f"{wanted[:80]} has no result yet",
            fix="Wait until it is completed",
            param=param,
            code="video_not_ready",
        )
    return clip.id


def page_of(
    studio: Studio,
    owner: str,
    kinds: Collection[str],
    *,
    after: str | None,
    limit: int,
    ascending: bool,
) -> tuple[list[JobRecord], bool]:
    """One page of jobs and whether more follow; see `sora_kit.store.pages.page_of_jobs`.

    Args:
        studio: Where they are.
        owner: Who asks.
        kinds: Kinds of job that belong to the list.
        after: Id of the job before the page.
        limit: Most jobs on the page.
        ascending: Oldest first.
    """
    ids, more = page_of_jobs(
        studio.workspace.database, owner, kinds, after=after, limit=limit, ascending=ascending
    )
    found = {record.id: record for record in studio.jobs_table.some(ids)}
    return [found[one] for one in ids if one in found], more


def seen_characters(studio: Studio, owner: str, characters: Collection[Character]) -> list[Character]:
    """Those of some characters that a caller may see, in their order."""
    jobs = studio.jobs_table.some({one.job for one in characters})
    hidden = {record.id for record in jobs if record.owner not in ("", owner)}
    return [one for one in characters if one.job not in hidden]


async def forget(studio: Studio, record: JobRecord) -> None:
    """Cancel a job if it runs, then delete its row and its results.

    Raises:
        ServerError: The process that runs it does not react.
    """
    if not record.done:
        studio.job(record.id).cancel()
        try:
            async with asyncio.timeout(CANCEL_SECONDS):
                record = await settled(studio, record.id, asyncio.Event())
        except TimeoutError as error:
            raise ServerError(
                "The video could not be deleted yet",
                why="It is being cancelled, and the process that makes it has not answered",
                fix="Try again in a while",
            ) from error
    for clip in record.clips:
        try:
            studio.delete(clip)
        except NotFound:
            continue
    studio.jobs_table.remove([record.id])


def visible(studio: Studio, record: JobRecord, owner: str, kinds: Collection[str] = VIDEO_KINDS) -> bool:
    """Whether a caller may see a job, and there is something to be seen."""
    if record.kind not in kinds or record.owner not in ("", owner):
        return False
    return record.state != "completed" or clip_of(studio, record) is not None

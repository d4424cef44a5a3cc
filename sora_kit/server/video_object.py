"""A job as OpenAI's video object.

The id is the job's with another prefix, so one id serves from create to delete and nothing has to be
stored for it. OpenAI's SDK takes every status but ``queued`` and ``in_progress`` as the end, so only
its four words are ever sent:

| job | video |
|---|---|
| queued | queued |
| running | in_progress |
| needs_you | in_progress (see below) |
| queued again, after a decision or a crash | in_progress |
| completed | completed |
| failed | failed |
| cancelled | failed, ``error.code`` = ``cancelled`` |

A job that needs a person may have been bought: calling it failed would make its client buy it again, so
it stays in progress and ``stage`` says what it waits for.

All 13 keys of the specification are always there; ours come after them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sora_kit.errors import NotFound
from sora_kit.server.addresses import media_url, poster_url
from sora_kit.server.envelope import explain_job

if TYPE_CHECKING:
    from pathlib import Path

    from sora_kit.store import Clip, JobRecord
    from sora_kit.studio import Studio

__all__ = ("VIDEO_KINDS", "clip_of", "job_id", "poll_after", "status_of", "video_id", "video_object")

VIDEO_KINDS = frozenset({"video", "remix", "extend"})
"""Kinds of job that are videos on the wire."""

_STATUS = {"queued": "queued", "completed": "completed", "failed": "failed", "cancelled": "failed"}


def video_id(job: str) -> str:
    """The wire's name of a job."""
    return "video_" + job.removeprefix("job_")


def job_id(wire: str) -> str:
    """The job behind an id of the wire. ``job_…`` itself is understood too."""
    return "job_" + wire.removeprefix("video_").removeprefix("job_")


def clip_of(studio: Studio, record: JobRecord) -> Clip | None:
    """The result of a job, or None if it has none (yet, or no more)."""
    if not record.clips:
        return None
    try:
        return studio.clip(record.clips[0])
    except NotFound:
        return None


def poll_after(record: JobRecord) -> int:
    """Milliseconds until it is worth asking again: about fifty questions in the time that it takes."""
    if record.state == "needs_you":
        return 10_000
    estimate = record.plan.get("estimate") or {}
    usual = 20 * float(estimate.get("seconds") or 0.0)
    return round(min(max(usual, 2000.0 if record.state == "queued" else 1000.0), 5000.0))


def video_object(studio: Studio, record: JobRecord, base: str) -> dict[str, Any]:
    """The object for any state of the job.

    Args:
        studio: Where the job's clips are.
        record: The job.
        base: Address before ``/media``, see `sora_kit.server.addresses`.
    """
    clip = clip_of(studio, record)
    completed = record.state == "completed"
    seconds = clip.seconds if clip and clip.seconds else _planned_seconds(studio, record)
    width, height = (clip.width, clip.height) if clip else (record.request.width, record.request.height)
    return {
        "id": video_id(record.id),
        "object": "video",
        "model": record.model,
        "status": status_of(record),
        # 100 means that the content can be fetched, so nothing else rounds up to it
        "progress": 100 if completed else min(99, int(record.progress)),
        "created_at": int(record.created),
        "completed_at": int(record.finished) if completed and record.finished else None,
        "expires_at": None,
        "prompt": record.prompt,
        "size": f"{width}x{height}",
        "seconds": f"{round(seconds, 3):g}",
        "remixed_from_video_id": _parent(studio, record),
        "error": _error(record),
        # ours
        "kind": record.kind,
        "backend": record.backend,
        "preview": clip.preview if clip else None,
        "stage": record.stage,
        "queue_position": record.place,
        "notes": [_note(note) for note in record.plan.get("notes", ())],
        "style": record.style,
        "seed": record.seed,
        "url": media_url(base, clip) if clip else None,
        "thumbnail_url": poster_url(base, clip) if clip else None,
    }


def status_of(record: JobRecord) -> str:
    """One of the four words; what was begun once is never ``queued`` again."""
    if record.state == "queued" and (record.started or record.progress >= 1):
        return "in_progress"
    return _STATUS.get(record.state, "in_progress")


def _planned_seconds(studio: Studio, record: JobRecord) -> float:
    """The length that the video will have: an extension's is that of both parts."""
    asked = record.request
    if asked.kind != "extend":
        return asked.seconds
    if record.parent:
        try:
            return asked.seconds + studio.clip(record.parent).seconds
        except NotFound:
            return asked.seconds
    try:
        return asked.seconds + _length(
            studio.workspace.media.find(asked.video.sha256) if asked.video else None
        )
    except NotFound:
        return asked.seconds


@lru_cache(maxsize=256)
def _length(path: Path | None) -> float:
    """Seconds of a stored clip, 0 for none."""
    if path is None:
        return 0.0
    from sora_kit.media.probe import probe

    return probe(path).seconds


def _note(note: dict[str, Any]) -> str:
    """A note of the plan as one sentence, with what it is about."""
    about = note.get("text") or ""
    return f"{about}: {note['message']}" if about else str(note["message"])


def _parent(studio: Studio, record: JobRecord) -> str | None:
    if record.kind != "remix" or not record.parent:
        return None
    try:
        return video_id(studio.clip(record.parent).job)
    except NotFound:
        return record.parent


def _error(record: JobRecord) -> dict[str, Any] | None:
    if record.state not in ("failed", "cancelled"):
        return None
    problem = explain_job(record)
    told: dict[str, Any] = {"code": problem.code, "message": problem.message, "type": problem.type}
    told["param"] = problem.param
    if wait := problem.headers.get("retry-after"):
        told["headers"] = {"Retry-After": wait}
    return told

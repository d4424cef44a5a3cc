"""From the end of a job to the words of a chat's answer, and the names of answers.

The id of an answer is that of its first job with another prefix, so it can be asked for again as long as
the job is known (see `sora_kit.server.rejoin`), and nothing has to be stored for it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sora_kit.errors import NotFound
from sora_kit.server.casting import card, farewell
from sora_kit.server.envelope import Failure, Problem
from sora_kit.server.media_style import MediaStyle, plain, shown
from sora_kit.server.sse import whole_answer
from sora_kit.server.video_object import VIDEO_KINDS, clip_of, video_id

if TYPE_CHECKING:
    from sora_kit.store import JobRecord
    from sora_kit.studio import Studio

__all__ = ("JOB_HEADER", "STATE_HEADER", "answer_id", "content", "job_of", "not_yet", "whole")

JOB_HEADER = "x-sora-kit-job"
"""Names the job of an answer; the answer itself can be asked for by it."""

STATE_HEADER = "x-sora-kit-state"
"""The job's state when an answer went out that is no stream."""

PREFIXES = ("chatcmpl-", "video_", "job_", "img_")


def answer_id(job: str) -> str:
    """The chat's name of a job."""
    return "chatcmpl-" + job.removeprefix("job_")


def job_of(name: str) -> str:
    """The job behind any name of it on the wire."""
    for prefix in PREFIXES:
        name = name.removeprefix(prefix)
    return "job_" + name


def content(studio: Studio, base: str, style: MediaStyle, record: JobRecord | None) -> tuple[str, ...]:
    """The answer in pieces: a text, the card of a character, or what shows the clip.

    Args:
        studio: Where the result is.
        base: Address before ``/media``.
        style: How a clip is shown; not ``auto``.
        record: A completed job.

    Raises:
        Failure: The result was deleted.
    """
    assert record is not None  # noqa: S101 (there is always a first job)
    if record.kind == "enhance":
        return (record.text,)
    if record.kind == "character":
        return _introduced(studio, record, base)
    clip = clip_of(studio, record)
    if clip is None:
        raise _deleted()
    return (shown(clip, base, style),)


def whole(record: JobRecord, model: str, pieces: tuple[str, ...], first: str) -> dict[str, Any]:
    """A completed answer in one piece.

    Args:
        record: The job that has the result.
        model: The model as the client named it.
        pieces: Its `content`.
        first: Id of the answer's first job.
    """
    text = "".join(pieces)
    return whole_answer(model, text, name=answer_id(first), created=record.created) | _known(record)


def not_yet(record: JobRecord, model: str, base: str, first: str) -> dict[str, Any]:
    """The answer while there is none: what the job does, and how to come back for it."""
    name = answer_id(first)
    doing = (record.stage or ("Waiting for its turn" if record.state == "queued" else "Working")).rstrip(".")
    text = (
        f"It is not ready yet ({plain(doing)}, {int(record.progress)}%), and it goes on without you. "
        "Do not send the request again: that would start a second one.\n\n"
        f"Fetch this answer later with GET {base}/v1/chat/completions/{name}, or follow it with "
        f"GET {base}/v1/chat/completions/{name}?stream=true."
    )
    if record.kind in VIDEO_KINDS:
        text += f" The video is also at GET {base}/v1/videos/{video_id(record.id)}."
    return whole_answer(model, text, name=name, created=record.created) | _known(record)


def _known(record: JobRecord) -> dict[str, Any]:
    """What a program wants to know, beside what people read."""
    return {"sora_kit": {"job": record.id, "state": record.state, "progress": int(record.progress)}}


def _introduced(studio: Studio, record: JobRecord, base: str) -> tuple[str, str]:
    """A character's card, for programs, and a few words for people."""
    character = studio.characters_table.of_job(record.id)
    if character is None:
        raise _deleted()
    generation = character.source
    if generation is not None and generation.startswith("clip_"):
        with suppress(NotFound):
            generation = studio.clip(generation).upstream_id
    portrait = character.address(base) or ""
    upstream = generation if generation and generation.startswith("gen_") else None
    return card(character, portrait, upstream), farewell(character, portrait)


def _deleted() -> Failure:
    return Failure(Problem(404, "The result was deleted.", "not_found").final())

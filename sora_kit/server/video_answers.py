"""From a wish to the answer of a ``/v1/videos`` route that starts a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Response

from sora_kit.errors import InvalidInput
from sora_kit.language.request import Request
from sora_kit.server import fields
from sora_kit.server.addresses import base_url
from sora_kit.server.attachments import attach
from sora_kit.server.bodies import Tree
from sora_kit.server.repeats import answered, job_of
from sora_kit.server.trace import trace_of
from sora_kit.server.video_object import VIDEO_KINDS, poll_after, video_object
from sora_kit.server.visible import Wire, owner_of

if TYPE_CHECKING:
    from sora_kit.engine.job import Job
    from sora_kit.planning import Plan
    from sora_kit.store import JobRecord
    from sora_kit.studio import Studio

__all__ = ("REFERENCE", "VideoAnswer", "accepted", "again", "checked", "started", "video_answer")

VideoAnswer = Response[dict[str, Any]]

REFERENCE = (
    *("input_reference", "input_references", "image_reference", "reference_url", "image_url", "image"),
)
"""The field of the first frame, and what relays and other servers call it."""


def video_answer(request: Wire, studio: Studio, record: JobRecord) -> VideoAnswer:
    """A job as its client sees it now."""
    headers = {} if record.done else {"openai-poll-after-ms": str(poll_after(record))}
    return Response(video_object(studio, record, base_url(request)), headers=headers)


def again(request: Wire, studio: Studio, key: str | None) -> VideoAnswer | None:
    """The answer to a call that was sent before; None for a new one."""
    earlier = job_of(studio, request, key)
    if earlier is None:
        return None
    trace = trace_of(request.scope)
    trace.job, trace.model = earlier.id, earlier.model
    return video_answer(request, studio, earlier)


def checked(studio: Studio, request: Wire, wish: Request) -> Plan:
    """The plan of a wish for a video; nothing was fetched or started yet.

    Raises:
        InvalidInput: It is no video, or no backend can make it.
    """
    trace_of(request.scope).model = wish.model
    if wish.kind not in VIDEO_KINDS:
        raise InvalidInput(
            f"{wish.model} makes no video",
            fix="Use /v1/images/generations for pictures and /v1/chat/completions for text, or another model",
            param="model",
        )
    return studio.planned(wish, owner=owner_of(request))


async def started(request: Wire, studio: Studio, body: Tree, wish: Request, key: str | None) -> VideoAnswer:
    """Store the picture of a checked wish, make its job and answer with it."""
    wish = wish.with_(image=await attach(studio, fields.media(body, *REFERENCE), "image"))
    job = await accepted(request, studio, wish, key)
    await answered(studio, request, key)
    return video_answer(request, studio, studio.record(job.id))


async def accepted(request: Wire, studio: Studio, wish: Request, key: str | None) -> Job:
    """The job of a wish: a new one, or that of an earlier sending which was faster."""
    try:
        job = await studio.accept(wish, owner=owner_of(request), key=key)
    except InvalidInput as error:
        # the bodies are the same; what a link in them leads to may have changed in between
        earlier = job_of(studio, request, key) if error.code == "key_reused" else None
        if earlier is None:
            raise
        job = studio.job(earlier.id)
    trace_of(request.scope).job = job.id
    return job

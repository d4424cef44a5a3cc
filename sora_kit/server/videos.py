"""``/v1/videos``: OpenAI's Videos API over the workspace's jobs.

Creating validates everything that can be validated before a job exists (400), and after that never
fails. A key sees the videos that were made with it and those made at the machine itself (in a cell or
the dashboard), not those of other keys; what it may not see answers as if it were not there.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from litestar import HttpMethod, Response, delete, get, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.types import ASGIApp

from sora_kit.errors import InvalidInput, NotFound
from sora_kit.language.catalogue import MODELS
from sora_kit.language.parser import parse
from sora_kit.server import fields
from sora_kit.server.addresses import base_url
from sora_kit.server.attachments import attach
from sora_kit.server.bodies import Tree, read_body
from sora_kit.server.casting import with_characters
from sora_kit.server.envelope import Failure, explain_job
from sora_kit.server.files import FileAnswer
from sora_kit.server.trace import trace_of
from sora_kit.server.video_object import VIDEO_KINDS, clip_of, poll_after, video_id, video_object
from sora_kit.server.visible import Wire, forget, idempotency_key, owner_of, page_of, record_of, source_of
from sora_kit.store import Clip, JobRecord
from sora_kit.studio import Studio

__all__ = ("create_video", "delete_video", "list_videos", "remix_video", "retrieve_content", "retrieve_video")

REFERENCE = ("input_reference", "image_reference", "reference_url", "image_url", "image")
"""The field of the first frame, and what relays and other servers call it."""

STILLS = {"thumbnail": ("image/webp", "webp"), "spritesheet": ("image/jpeg", "jpg")}


@post("/v1/videos", status_code=200, tags=["Videos"], summary="Create a video")
async def create_video(request: Wire, studio: NamedDependency[Studio]) -> Response[dict[str, Any]]:
    """Accept a video and answer with its object at once; ask for it until it is completed."""
    body = await read_body(request)
    source = source_of(studio, request, fields.text(body, "remix_target_id"), "remix_target_id")
    return await _accept(request, studio, body, source=source)


@post("/v1/videos/{video:str}/remix", status_code=200, tags=["Videos"], summary="Remix a video")
async def remix_video(
    request: Wire, studio: NamedDependency[Studio], video: FromPath[str]
) -> Response[dict[str, Any]]:
    """Make a variation of a finished video, as long and as large unless the body says otherwise."""
    clip = _finished(studio, record_of(studio, request, video))
    return await _accept(request, studio, {**_like(clip), **await read_body(request)}, source=clip.id)


@get("/v1/videos", tags=["Videos"], summary="List the videos")
async def list_videos(
    request: Wire,
    studio: NamedDependency[Studio],
    after: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=0, le=100)] = 20,
    order: FromQuery[str] = "desc",
) -> dict[str, Any]:
    """A page of videos, newest first; go on with ``after`` = the page's ``last_id``."""
    if order not in ("asc", "desc"):
        raise InvalidInput(f"{order[:20]!r} is not an order", fix="Send asc or desc", param="order")
    cursor = record_of(studio, request, after, param="after").id if after else None
    records, more = page_of(
        studio, owner_of(request), VIDEO_KINDS, after=cursor, limit=limit, ascending=order == "asc"
    )
    base = base_url(request)
    data = [video_object(studio, record, base) for record in records]
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": more,
    }


@get("/v1/videos/{video:str}", tags=["Videos"], summary="Look at one video")
async def retrieve_video(
    request: Wire, studio: NamedDependency[Studio], video: FromPath[str]
) -> Response[dict[str, Any]]:
    """The video as it is now. A failed one answers 200 too, with its ``error``."""
    return _answer(request, studio, record_of(studio, request, video))


@delete("/v1/videos/{video:str}", status_code=200, tags=["Videos"], summary="Delete a video")
async def delete_video(
    request: Wire, studio: NamedDependency[Studio], video: FromPath[str]
) -> dict[str, Any]:
    """Cancel the video if it is being made, and delete it with its files."""
    record = record_of(studio, request, video)
    await forget(studio, record)
    return {"id": video_id(record.id), "object": "video.deleted", "deleted": True}


@route(
    "/v1/videos/{video:str}/content",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    status_code=200,
    tags=["Videos"],
    summary="Download a video",
)
async def retrieve_content(
    request: Wire, studio: NamedDependency[Studio], video: FromPath[str], variant: FromQuery[str] = "video"
) -> ASGIApp:
    """The file: ``variant`` is ``video`` (MP4), ``thumbnail`` (WebP) or ``spritesheet`` (JPEG)."""
    if variant not in ("video", *STILLS):
        raise InvalidInput(
            f"{variant[:40]!r} is not a variant", fix="Send video, thumbnail or spritesheet", param="variant"
        )
    record = record_of(studio, request, video)
    clip = _finished(studio, record)
    content: Path | bytes = clip.file
    media_type, ext = clip.mime, clip.ext
    if variant in STILLS:
        content = await asyncio.to_thread(_still, clip.file, variant)
        media_type, ext = STILLS[variant]
    return FileAnswer(
        content,
        media_type=media_type,
        etag=f"{clip.sha256}-{variant}",
        disposition=f'attachment; filename="{video_id(record.id)}.{ext}"',
        public=False,
    )


async def _accept(
    request: Wire, studio: Studio, body: Tree, *, source: str | None
) -> Response[dict[str, Any]]:
    """Check a body, make the job and answer with its object."""
    trace = trace_of(request.scope)
    trace.model = fields.text(body, "model") or "sora-2"
    wish = parse(
        with_characters(fields.text(body, "prompt", required=True), body, studio.characters_table),
        model=trace.model,
        style=fields.text(body, "style") or None,
        seconds=fields.number(body, "seconds"),
        size=fields.size(body),
        seed=fields.whole(body, "seed", low=0, high=2**63 - 1),
        backend=fields.text(body, "backend") or None,
        source=source,
    )
    if wish.kind not in VIDEO_KINDS:
        raise InvalidInput(
            f"{wish.model} makes no video",
            fix="Use /v1/images/generations for pictures and /v1/chat/completions for text, or another model",
            param="model",
        )
    studio.planned(
        wish, owner=owner_of(request)
    )  # refuses what no backend can make, before anything is fetched
    wish = wish.with_(image=await attach(studio, fields.media(body, *REFERENCE), "image"))
    job = await studio.accept(wish, owner=owner_of(request), key=idempotency_key(request))
    trace.job = job.id
    return _answer(request, studio, studio.record(job.id))


def _answer(request: Wire, studio: Studio, record: JobRecord) -> Response[dict[str, Any]]:
    headers = {} if record.done else {"openai-poll-after-ms": str(poll_after(record))}
    return Response(video_object(studio, record, base_url(request)), headers=headers)


def _finished(studio: Studio, record: JobRecord) -> Clip:
    """The result of a job.

    Raises:
        Failure: The job failed or was cancelled; asking again cannot help.
        NotFound: It is still being made.
    """
    if record.state in ("failed", "cancelled"):
        raise Failure(explain_job(record, known=400))
    if clip := clip_of(studio, record):
        return clip
    raise NotFound(
        "The video is not ready",
        why=f"It is at {int(record.progress)}%",
        fix="Ask for the video until its status is completed, then for its content",
        param="video_id",
        code="video_not_ready",
    )


def _like(clip: Clip) -> Tree:
    """Model, length and size with which a variation of ``clip`` is made unless others are asked for.

    A file is rarely as large and as long, to the pixel and the frame, as what its model is called.
    """
    model = MODELS.get(clip.request.model)
    if model is None or model.kind != "video":  # an extension's model would extend again
        model = MODELS["sora-2"]
    like: Tree = {"model": model.id}
    of_its_own = ((clip.width, clip.height), (clip.request.width, clip.request.height))
    tall = clip.height > clip.width
    same_shape = (size for size in model.sizes if (size[1] > size[0]) == tall)
    if size := next((size for size in of_its_own if size in model.sizes), next(same_shape, None)):
        like["size"] = f"{size[0]}x{size[1]}"
    shorter = (length for length in sorted(model.lengths, reverse=True) if length <= clip.seconds + 0.25)
    wanted = clip.request.seconds if clip.request.kind != "extend" else None
    if seconds := wanted if wanted in model.lengths else next(shorter, None):
        like["seconds"] = seconds
    return like


@lru_cache(maxsize=32)
def _still(path: Path, variant: str) -> bytes:
    """A picture of a clip. Decoding takes tens of milliseconds, so the last few are kept."""
    from sora_kit.media.frames import spritesheet, thumbnail_webp

    return thumbnail_webp(path) if variant == "thumbnail" else spritesheet(path)

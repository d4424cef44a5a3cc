"""``/v1/videos``: OpenAI's Videos API over the workspace's jobs.

Creating validates everything that can be validated before a job exists (400), and after that never
fails. A key sees the videos that were made with it and those made at the machine itself (in a cell or
the dashboard), not those of other keys; what it may not see answers as if it were not there.
"""

from __future__ import annotations

import asyncio
import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from litestar import HttpMethod, delete, get, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.types import ASGIApp

from sora_kit.errors import InvalidInput, NotFound
from sora_kit.server import fields
from sora_kit.server.addresses import base_url
from sora_kit.server.bodies import read_body
from sora_kit.server.envelope import Failure, explain_job
from sora_kit.server.files import FileAnswer
from sora_kit.server.repeats import key_of
from sora_kit.server.video_answers import VideoAnswer, again, checked, started, video_answer
from sora_kit.server.video_object import VIDEO_KINDS, clip_of, job_id, video_id, video_object
from sora_kit.server.video_wishes import VIDEO, read_wish
from sora_kit.server.visible import Wire, forget, owner_of, page_of, record_of, source_of
from sora_kit.store import Clip, JobRecord
from sora_kit.studio import Studio

__all__ = ("create_video", "delete_video", "list_videos", "retrieve_content", "retrieve_video")

STILLS = {"thumbnail": ("image/webp", "webp"), "spritesheet": ("image/jpeg", "jpg")}

CURSOR = re.compile(r"(?:video_|job_)?[0-9a-z]{26}", re.ASCII)


@post("/v1/videos", status_code=200, tags=["Videos"], summary="Create a video")
async def create_video(request: Wire, studio: NamedDependency[Studio]) -> VideoAnswer:
    """Accept a video and answer with its object at once; ask for it until it is completed."""
    body = await read_body(request)
    if known := again(request, studio, key := await key_of(studio, request, body)):
        return known
    if fields.named(body, *VIDEO) or fields.media(body, *VIDEO) is not None:
        raise InvalidInput(
            "A new video is not made of another one",
            why="The field 'video' names one",
            fix="Send it to /v1/videos/edits or /v1/videos/extensions, or leave it out",
            param="video",
            code="not_supported",
        )
    source = source_of(studio, request, fields.text(body, "remix_target_id"), "remix_target_id")
    wish = read_wish(studio, request, body, source=source)
    checked(studio, request, wish)
    return await started(request, studio, body, wish, key)


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
    if after and not CURSOR.fullmatch(after):
        raise InvalidInput(
            f"{after[:80]!r} is not a place in the list",
            fix="Send the last_id of the page before, or leave it out for the first page",
            param="after",
        )
    cursor = job_id(after) if after else None
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
async def retrieve_video(request: Wire, studio: NamedDependency[Studio], video: FromPath[str]) -> VideoAnswer:
    """The video as it is now. A failed one answers 200 too, with its ``error``."""
    return video_answer(request, studio, record_of(studio, request, video))


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


@lru_cache(maxsize=32)
def _still(path: Path, variant: str) -> bytes:
    """A picture of a clip. Decoding takes tens of milliseconds, so the last few are kept."""
    from sora_kit.media.frames import spritesheet, thumbnail_webp

    return thumbnail_webp(path) if variant == "thumbnail" else spritesheet(path)

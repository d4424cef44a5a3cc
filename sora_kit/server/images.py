"""``/v1/images/generations``: pictures, made while the client waits.

Chat programs always send one of OpenAI's sizes (``1024x1024``), which no model of the catalogue makes.
For the plain name ``gpt-image`` such a size is a wish for a shape: the answer's ``size`` says what came
of it. A name with a shape of its own is taken at its word.
"""

from __future__ import annotations

import asyncio
import base64
import time
from typing import Any

from litestar import post
from litestar.di import NamedDependency

from sora_kit.errors import InvalidInput
from sora_kit.language.catalogue import choose_model, find_model
from sora_kit.language.parser import parse
from sora_kit.language.request import Request
from sora_kit.server import fields
from sora_kit.server.addresses import base_url, media_url
from sora_kit.server.attachments import attach
from sora_kit.server.bodies import Tree, read_body
from sora_kit.server.envelope import Failure, Problem, explain_job
from sora_kit.server.trace import trace_of
from sora_kit.server.video_object import clip_of
from sora_kit.server.visible import Wire, idempotency_key, owner_of
from sora_kit.server.waiting import settled
from sora_kit.store import Clip
from sora_kit.studio import Studio

__all__ = ("create_image",)

MOST = 10
FORMATS = ("url", "b64_json")
DEFAULT = "gpt-image"


@post("/v1/images/generations", status_code=200, tags=["Images"], summary="Make pictures")
async def create_image(
    request: Wire, studio: NamedDependency[Studio], stopping: NamedDependency[asyncio.Event]
) -> dict[str, Any]:
    """Make ``n`` pictures and answer when all are ready.

    ``response_format`` chooses ``url`` or ``b64_json``; without it, each picture has both.
    """
    body = await read_body(request)
    trace = trace_of(request.scope)
    trace.model = fields.text(body, "model") or DEFAULT
    form = fields.text(body, "response_format").lower()
    if form and form not in FORMATS:
        raise InvalidInput(
            f"{form[:40]!r} is not a response_format", fix="Send url or b64_json", param="response_format"
        )
    if fields.flag(body, "stream"):
        raise InvalidInput(
            "Pictures are not streamed yet",
            why="A client that reads a stream would get nothing from the plain answer",
            fix="Leave stream out",
            param="stream",
        )
    count = fields.whole(body, "n", low=1, high=MOST) or 1
    wish = await _wish(studio, trace.model, body)
    key, owner = idempotency_key(request), owner_of(request)
    jobs = [
        await studio.accept(
            # one seed for all would make the same picture n times
            wish.with_(seed=wish.seed + number) if wish.seed is not None else wish,
            owner=owner,
            key=f"{key}#{number}" if key and number else key,
        )
        for number in range(count)
    ]
    trace.job = jobs[0].id
    # nothing below may make a client repeat the request: the pictures exist, or are being bought
    clips = [await _result(studio, job.id, stopping) for job in jobs]
    base = base_url(request)
    return {
        "created": int(time.time()),
        "data": [await _datum(clip, base, form) for clip in clips],
        "model": wish.model,
        "size": f"{clips[0].width}x{clips[0].height}",
        "output_format": clips[0].ext,
        "preview": clips[0].preview,
        "usage": {
            "input_tokens": 0,
            "output_tokens": 0,
            "total_tokens": 0,
            "input_tokens_details": {"text_tokens": 0, "image_tokens": 0},
        },
    }


async def _wish(studio: Studio, name: str, body: Tree) -> Request:
    model = find_model(name)
    if model.kind != "image":
        raise InvalidInput(
            f"{model.id} makes no picture",
            fix="Use gpt-image, gpt-image-landscape or gpt-image-portrait",
            param="model",
        )
    size = fields.size(body)
    if model.id == DEFAULT and size and (shape := _shape(size)):
        model, size = find_model(choose_model("image", orientation=shape)), None
    wish = parse(
        fields.text(body, "prompt", required=True),
        model=model,
        size=size,
        seed=fields.whole(body, "seed", low=0, high=2**63 - 1 - MOST),
        backend=fields.text(body, "backend") or None,
    )
    return wish.with_(image=await attach(studio, fields.media(body, "image", "image_url"), "image"))


def _shape(size: str) -> str | None:
    """Orientation of a size such as ``1024x1536``; None for words, which `parse` reads."""
    width, x, height = size.partition("x")
    if not (x and width.isdecimal() and height.isdecimal()) or 0 in (int(width), int(height)):
        return None
    return "square" if width == height else "landscape" if int(width) > int(height) else "portrait"


async def _result(studio: Studio, job_id: str, stopping: asyncio.Event) -> Clip:
    record = await settled(studio, job_id, stopping)
    if record.state != "completed":
        raise Failure(explain_job(record))
    clip = clip_of(studio, record)
    if clip is None:
        raise Failure(Problem(404, "The result was deleted.", "not_found").final())
    return clip


async def _datum(clip: Clip, base: str, form: str) -> dict[str, Any]:
    datum: dict[str, Any] = {"revised_prompt": clip.prompt}
    if form != "b64_json":
        datum["url"] = media_url(base, clip)
    if form != "url":
        datum["b64_json"] = await asyncio.to_thread(lambda: base64.b64encode(clip.file.read_bytes()).decode())
    return datum

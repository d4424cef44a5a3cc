"""The Images API as a stream, in the events of OpenAI's SDK.

| event | when |
|---|---|
| ``image_generation.partial_image`` | before a picture, as many as were asked for |
| ``image_generation.completed`` | for each finished picture |
| ``error`` | for what failed, last |

An edit's are called ``image_edit.…``. A *partial* is the picture at an early stage. Only a backend that
draws previews can show one (the animatic draws its scene anew, coarse at first); others have none to
show, and then none comes: a drawing is never passed off as the beginning of somebody else's picture.
Comments fill the time in between. The stream simply ends.
"""

from __future__ import annotations

import asyncio
import base64
import io
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import msgspec

from sora_kit import backends
from sora_kit.server.envelope import Failure, explain
from sora_kit.server.pictures import address, form_of, in_base64
from sora_kit.server.sse import KEEP_ALIVE
from sora_kit.server.waiting import SETTLED, pulses

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sora_kit.server.image_wish import Form, Order
    from sora_kit.server.trace import Trace
    from sora_kit.store import Clip, JobRecord
    from sora_kit.studio import Studio

__all__ = ("NO_USAGE", "event", "told")

log = logging.getLogger("sora_kit.server")

BEAT_SECONDS = 5.0
NO_USAGE = {
    "input_tokens": 0,
    "output_tokens": 0,
    "total_tokens": 0,
    "input_tokens_details": {"text_tokens": 0, "image_tokens": 0},
}
"""Nothing here is counted in tokens."""


def event(kind: str, payload: dict[str, Any]) -> bytes:
    """One event, named twice, as OpenAI does: clients look at one of the two."""
    return f"event: {kind}\ndata: ".encode() + msgspec.json.encode({"type": kind, **payload}) + b"\n\n"


async def told(
    studio: Studio,
    jobs: Sequence[str],
    order: Order,
    *,
    kind: str,
    base: str,
    result: Callable[[JobRecord], Clip],
    stopping: asyncio.Event,
    trace: Trace,
) -> AsyncGenerator[bytes, None]:
    """The events of some jobs, one after the other; they are made at the same time.

    Args:
        studio: Where.
        jobs: Ids.
        order: What the client asked for.
        kind: ``image_generation`` or ``image_edit``.
        base: Address before ``/media``.
        result: Gives a settled job's picture, or raises.
        stopping: Set when the server ends.
        trace: Gets the first failure.
    """
    failures: list[Exception] = []
    yield KEEP_ALIVE  # the first byte at once, so that proxies see an answer
    for index, job in enumerate(jobs):
        try:
            async for partial in _partials(studio, studio.record(job), order):
                facts = _facts(order, partial["size"], partial.pop("form"))
                yield event(f"{kind}.partial_image", {**partial, **facts, "index": index})
            async with aclosing(pulses(studio, job, every=BEAT_SECONDS, stopping=stopping)) as changes:
                async for change in changes:
                    if change is None:
                        yield KEEP_ALIVE
                    elif change.state in SETTLED:
                        break
            clip = result(studio.record(job))
            yield event(f"{kind}.completed", {**await _finished(clip, base, order), "index": index})
        except Exception as error:  # the status has gone out: a failure can only be told in the stream
            failures.append(error)
    for failure in failures:
        problem = explain(failure)
        trace.error = trace.error or problem.code or str(problem.status)
        if problem.status == 500 and not isinstance(failure, Failure):
            log.error("A stream of pictures failed (%s)", trace.id, exc_info=failure)
        yield event("error", problem.body())


async def _finished(clip: Clip, base: str, order: Order) -> dict[str, Any]:
    size = f"{clip.width}x{clip.height}"
    return {
        "b64_json": await asyncio.to_thread(in_base64, clip, order.form),
        **_facts(order, size, order.form.output or form_of(clip)),
        "usage": NO_USAGE,
        **({"safety_identifier": order.user} if order.user else {}),
        "url": address(clip, base, order.form),
        "preview": clip.preview,
    }


def _facts(order: Order, size: str, output: str) -> dict[str, Any]:
    """What every event says."""
    return {
        "created_at": int(time.time()),
        "size": size,
        "quality": "auto",  # backends have one
        "background": "opaque",
        "output_format": output,
        "model": order.model,
    }


async def _partials(studio: Studio, record: JobRecord, order: Order) -> AsyncIterator[dict[str, Any]]:
    """Early stages of a picture, coarse ones first; none where the backend can show none."""
    if not order.partials or not backends.get(record.backend).capabilities.preview:
        return
    output = order.form.output or "png"
    wanted = record.request.with_(seed=record.seed)
    for index in range(order.partials):
        share = 2.0 ** (index - order.partials)  # 1/8, 1/4, 1/2 of the size
        try:
            width, height = (max(16, round(side * share)) for side in (wanted.width, wanted.height))
            if wanted.image is not None:
                path = studio.workspace.media.find(wanted.image.sha256)
                rough: bytes = await asyncio.to_thread(_coarse, path, width, height)
            else:
                rough = await studio.thumbnail(wanted, width=width, height=height)
            data = await asyncio.to_thread(_enlarged, rough, wanted.width, wanted.height, output, order.form)
        except Exception:  # a picture must not fail for want of its drafts
            log.exception("A partial picture of %s could not be drawn", record.id)
            return
        yield {
            "b64_json": base64.b64encode(data).decode(),
            "partial_image_index": index,
            "size": f"{wanted.width}x{wanted.height}",
            "form": output,
            "preview": True,
        }


def _coarse(path: Any, width: int, height: int) -> bytes:
    """A picture that is edited, cut to shape and small."""
    from PIL import Image, ImageOps

    from sora_kit.media.picture import opened_picture, pixels, upright_picture

    with opened_picture(path) as opened:
        picture = Image.fromarray(pixels(upright_picture(opened)))
    out = io.BytesIO()
    ImageOps.fit(picture, (width, height)).save(out, "PNG")
    return out.getvalue()


def _enlarged(data: bytes, width: int, height: int, output: str, form: Form) -> bytes:
    from PIL import Image

    from sora_kit.media.picture import opened_picture

    with opened_picture(data) as opened:
        picture = opened.convert("RGB").resize((width, height), Image.Resampling.BILINEAR)
    out = io.BytesIO()
    picture.save(out, output.upper(), quality=80 if form.compression is None else form.compression)
    return out.getvalue()

"""``/v1/images/…``: pictures, made while the client waits.

Each picture of an answer is a job of its own; all are accepted before the waiting begins. Some may fail
while others are finished (and paid): the answer then holds those that are there, and the others under
``failed``. If all fail, so does the request.

Who waits too long (`sora_kit.server.manners`) gets a 504 that must not be repeated. The pictures are
being made all the same, and ``GET /v1/images/{id}`` has each one when it is ready; the ids are in the
header ``x-sora-kit-job`` of every answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from sora_kit.errors import InvalidInput, NotFound
from sora_kit.language.catalogue import find_model
from sora_kit.language.request import MediaRef, Request
from sora_kit.server import image_events
from sora_kit.server.addresses import base_url
from sora_kit.server.attachments import attach
from sora_kit.server.bodies import Tree, read_body
from sora_kit.server.chat import streamed
from sora_kit.server.chat_answers import JOB_HEADER
from sora_kit.server.envelope import Failure, Problem, explain, explain_job
from sora_kit.server.image_wish import (
    DEFAULT,
    Form,
    Order,
    orientation,
    read_form,
    read_order,
    read_pictures,
    wish_of,
)
from sora_kit.server.manners import manners_of
from sora_kit.server.pictures import address, form_of, in_base64, sheet, size_of
from sora_kit.server.rejoin import visible_job
from sora_kit.server.repeats import answered, key_of
from sora_kit.server.trace import trace_of
from sora_kit.server.video_object import clip_of
from sora_kit.server.visible import Wire, owner_of
from sora_kit.server.waiting import settled
from sora_kit.store import Clip, JobRecord
from sora_kit.studio import Studio

__all__ = ("create_image", "edit_image", "retrieve_image")


@post("/v1/images/generations", status_code=200, tags=["Images"], summary="Make pictures")
async def create_image(
    request: Wire, studio: NamedDependency[Studio], stopping: NamedDependency[asyncio.Event]
) -> Response[Any]:
    """Make ``n`` pictures and answer when all are ready, or tell them as events with ``stream``."""
    return await _made(request, studio, stopping, kind="image_generation")


@post("/v1/images/edits", status_code=200, tags=["Images"], summary="Make pictures from pictures")
async def edit_image(
    request: Wire, studio: NamedDependency[Studio], stopping: NamedDependency[asyncio.Event]
) -> Response[Any]:
    """Make ``n`` pictures that start from one picture or several (``image``, ``image[]``, ``images``)."""
    return await _made(request, studio, stopping, kind="image_edit")


@get("/v1/images/{image:str}", tags=["Images"], summary="Come back for a picture")
async def retrieve_image(
    request: Wire,
    studio: NamedDependency[Studio],
    image: FromPath[str],
    response_format: FromQuery[str] = "",
    output_format: FromQuery[str] = "",
    output_compression: FromQuery[int | None] = None,
) -> dict[str, Any]:
    """The picture of a job, in the form of the Images API."""
    form = read_form(
        {
            "response_format": response_format,
            "output_format": output_format,
            "output_compression": output_compression,
        }
    )
    record = visible_job(studio, request, image, "image_id")
    if record.kind != "image":
        raise NotFound(f"{image[:80]} is no picture", fix="Videos are at /v1/videos", param="image_id")
    if record.state in ("queued", "running"):
        raise NotFound(
            "The picture is not ready",
            why=f"It is at {int(record.progress)}%",
            fix="Ask again in a while",
            param="image_id",
            code="image_not_ready",
        )
    order = Order(model=record.model, form=form, count=1, stream=False, partials=0, user="")
    return await _answer([_result(studio, record)], order, base_url(request), record.request)


async def _made(request: Wire, studio: Studio, stopping: asyncio.Event, *, kind: str) -> Response[Any]:
    """Read, accept, wait and answer."""
    body = await read_body(request)
    trace = trace_of(request.scope)
    order = read_order(body)
    trace.model = order.model
    key = await key_of(studio, request, body)
    wish = await _wish(request, studio, body, order, edit=kind == "image_edit")
    jobs, refused = await _accepted(request, studio, wish, order, key)
    trace.job = jobs[0]
    headers = {JOB_HEADER: ",".join(jobs)}
    base = base_url(request)
    if order.stream:
        events = image_events.told(
            studio, jobs, order, kind=kind, base=base, result=lambda record: _result(studio, record),
            stopping=stopping, trace=trace,
        )  # fmt: skip
        return streamed(events, headers)
    # nothing below may make a client repeat the request: the pictures exist, or are being bought
    clips, failures = await _waited(request, studio, jobs, stopping, headers)
    failures = [*failures, *refused]
    if not clips:
        raise Failure(
            replace(problem := explain(failures[0]).final(), headers={**problem.headers, **headers})
        )
    told = await _answer(clips, order, base, wish)
    if failures:
        told["failed"] = [explain(failure).body()["error"] for failure in failures]
    await answered(studio, request, key)
    return Response(told, headers=headers)


async def _wish(request: Wire, studio: Studio, body: Tree, order: Order, *, edit: bool) -> Request:
    """The request for one picture. What it starts from is stored only when everything else is fine."""
    model = find_model(order.model)
    found = read_pictures(body)
    if edit and not found:
        raise InvalidInput(
            "There is no picture to edit",
            fix="Send it as the file part 'image', or as images: [{\"image_url\": …}]",
            param="image",
            code="missing_required_parameter",
        )
    wish = wish_of(body, model)
    # refuses what no backend can make, before anything is fetched
    studio.planned(wish.with_(image=MediaRef()) if found else wish, owner=owner_of(request))
    references = [await _stored(studio, await attach(studio, medium, "image")) for medium in found]
    if not references:
        return wish
    if edit and model.id == DEFAULT:
        path = studio.workspace.media.find(references[0].sha256)
        wish = wish_of(body, model, orientation(*await asyncio.to_thread(size_of, path)))
    if len(references) > 1:
        paths = [studio.workspace.media.find(one.sha256) for one in references]
        references = [await studio.store_media(await asyncio.to_thread(sheet, paths))]
    return wish.with_(image=references[0])


async def _stored(studio: Studio, reference: MediaRef | None) -> MediaRef:
    """The reference with its address read, through the one guarded fetch."""
    assert reference is not None  # noqa: S101 (`read_pictures` gives no empty ones)
    return await studio.intake.fetched(reference.url, "image") if reference.url else reference


async def _accepted(
    request: Wire, studio: Studio, wish: Request, order: Order, key: str | None
) -> tuple[list[str], list[Exception]]:
    """Ids of the jobs, of which the first is there, and what was refused behind it (a limit, say)."""
    jobs: list[str] = []
    for number in range(order.count):
        # one seed for all would make the same picture n times
        one = wish.with_(seed=wish.seed + number) if wish.seed is not None else wish
        try:
            job = await studio.accept(
                one, owner=owner_of(request), key=f"{key}#{number}" if key and number else key
            )
        except Exception as error:
            if not jobs:
                raise
            return jobs, [error]
        jobs.append(job.id)
    return jobs, []


async def _waited(
    request: Wire, studio: Studio, jobs: Sequence[str], stopping: asyncio.Event, headers: dict[str, str]
) -> tuple[list[Clip], list[Exception]]:
    """The pictures that are finished, and why the others are not.

    Raises:
        Failure: Time is up, and not all have ended.
        ServerStopping: The server ends.
    """
    clips: list[Clip] = []
    failures: list[Exception] = []
    seconds = manners_of(request.app).patience(studio, request.headers)
    try:
        async with asyncio.timeout(seconds) as clock:
            records = [await settled(studio, job, stopping) for job in jobs]
    except TimeoutError:
        if not clock.expired():
            raise
        what = (
            "The pictures are not ready yet, and they are being made all the same. Do not send the request "
            f"again: that would start others. Fetch them later with GET {base_url(request)}/v1/images/ID; "
            f"the ids are {', '.join(jobs)}."
        )
        raise Failure(Problem(504, what, "not_ready_yet", headers=headers).final()) from None
    for record in records:
        try:
            clips.append(_result(studio, record))
        except Failure as failure:
            failures.append(failure)
    return clips, failures


def _result(studio: Studio, record: JobRecord) -> Clip:
    """The picture of a job that has ended.

    Raises:
        Failure: It has none.
    """
    if record.state != "completed":
        raise Failure(explain_job(record))
    clip = clip_of(studio, record)
    if clip is None:
        raise Failure(Problem(404, "The result was deleted.", "not_found").final())
    return clip


async def _answer(clips: Sequence[Clip], order: Order, base: str, wish: Request) -> dict[str, Any]:
    return {
        "created": int(time.time()),
        "data": [await _datum(clip, base, order.form) for clip in clips],
        "background": "opaque",
        "model": wish.model,
        "size": f"{clips[0].width}x{clips[0].height}",
        "output_format": order.form.output or form_of(clips[0]),
        "preview": clips[0].preview,
        "usage": image_events.NO_USAGE,
        **({"safety_identifier": order.user} if order.user else {}),
    }


async def _datum(clip: Clip, base: str, form: Form) -> dict[str, Any]:
    datum: dict[str, Any] = {"id": clip.job, "revised_prompt": clip.prompt}
    if form.response != "b64_json":
        datum["url"] = address(clip, base, form)
    if form.response != "url":
        datum["b64_json"] = await asyncio.to_thread(in_base64, clip, form)
    return datum

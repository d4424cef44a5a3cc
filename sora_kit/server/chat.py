"""``/v1/chat/completions``: making things from a chat.

The job is accepted before the answer begins, so a wish that cannot be honoured is a plain 400 in either
mode. A stream then follows the job; without ``stream`` the answer comes when the job has ended. Leaving
in between cancels nothing: the clip is in the workspace, and in ``/v1/videos``, when it is ready.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.response import Stream

from sora_kit.errors import InvalidInput
from sora_kit.language.catalogue import find_model
from sora_kit.language.parser import parse
from sora_kit.language.request import MediaRef, Request
from sora_kit.server import fields, sse
from sora_kit.server.addresses import base_url, media_url, poster_url
from sora_kit.server.attachments import attach
from sora_kit.server.bodies import Tree, read_body
from sora_kit.server.conversation import Turn, chore_answer, read_turn
from sora_kit.server.envelope import Failure, Problem, explain, explain_job
from sora_kit.server.trace import Trace, trace_of
from sora_kit.server.video_object import clip_of
from sora_kit.server.visible import Wire, idempotency_key, owner_of, source_of
from sora_kit.server.waiting import SETTLED, pulses, settled
from sora_kit.store import JobRecord
from sora_kit.studio import Studio

__all__ = ("create_chat_completion",)

log = logging.getLogger("sora_kit.server")

BEAT_SECONDS = 5.0
"""A comment goes out after that much silence; proxies cut idle connections at 60 s."""

SAY_SECONDS = 12.0
"""A line of progress goes out at least that often."""


@post("/v1/chat/completions", status_code=200, tags=["Chat"], summary="Make something from a chat")
async def create_chat_completion(
    request: Wire, studio: NamedDependency[Studio], stopping: NamedDependency[asyncio.Event]
) -> Response[Any]:
    """Make a video, a picture or a text from the last user message."""
    body = await read_body(request)
    trace = trace_of(request.scope)
    trace.model = fields.text(body, "model", required=True)
    stream = fields.flag(body, "stream")
    options = fields.unpacked(body.get("stream_options"))
    usage = isinstance(options, dict) and options.get("include_usage") is True
    chunks = sse.Chunks(trace.model, include_usage=usage)
    model = find_model(trace.model)
    turn = read_turn(body)
    if (static := chore_answer(turn.prompt)) is not None:
        if stream:
            return _streamed(_said(chunks, static))
        return Response(sse.whole_answer(trace.model, static))
    wish = await _wish(request, studio, model.id, turn, body)
    job = await studio.accept(wish, owner=owner_of(request), key=idempotency_key(request))
    trace.job = job.id
    base = base_url(request)
    if stream:
        return _streamed(_told(studio, job.id, chunks, base=base, stopping=stopping, trace=trace))
    record = await settled(studio, job.id, stopping)
    return Response(sse.whole_answer(trace.model, _content(studio, record, base)))


async def _wish(request: Wire, studio: Studio, model: str, turn: Turn, body: Tree) -> Request:
    """What is asked for. Pictures and clips are stored only when everything else is fine."""
    wish = parse(
        turn.prompt,
        model=model,
        style=fields.text(body, "style") or None,
        seconds=fields.number(body, "seconds"),
        size=fields.size(body),
        seed=fields.whole(body, "seed", low=0, high=2**63 - 1),
        backend=fields.text(body, "backend") or None,
        source=source_of(studio, request, turn.source, "remix_target_id"),
        video=None if turn.video is None else MediaRef(),  # that there is one decides what can be made
    )
    if turn.image is not None and wish.kind in ("enhance", "character"):
        raise InvalidInput(
            f"{wish.model} cannot use a picture",
            fix="Leave it out, or use a video or image model",
            param="messages",
        )
    studio.planned(wish)  # refuses what no backend can make, before anything is fetched
    return wish.with_(
        image=await attach(studio, turn.image, "image"), video=await attach(studio, turn.video, "video")
    )


async def _told(
    studio: Studio, job_id: str, chunks: sse.Chunks, *, base: str, stopping: asyncio.Event, trace: Trace
) -> AsyncGenerator[bytes, None]:
    """The frames of a job's stream, from its acceptance to its result or failure."""
    yield chunks.start()
    narrator = Narrator()
    try:
        async with aclosing(pulses(studio.follow(job_id), every=BEAT_SECONDS, stopping=stopping)) as records:
            async for record in records:
                if record is None:
                    yield sse.KEEP_ALIVE
                elif record.state in SETTLED:
                    break
                if line := narrator.say(record):
                    yield chunks.thought(line)
        yield chunks.content(_content(studio, studio.record(job_id), base))
    except Exception as error:  # the status has gone out: a failure can only be told in the stream
        problem = explain(error)
        trace.error = problem.code or str(problem.status)
        if problem.status == 500 and not isinstance(error, Failure):
            log.exception("The stream of %s failed (%s)", job_id, trace.id)
        yield sse.frame(problem.body())
        yield sse.DONE
    else:
        for last in chunks.end():
            yield last


async def _said(chunks: sse.Chunks, text: str) -> AsyncGenerator[bytes, None]:
    """The frames of an answer that is known already."""
    yield chunks.start()
    yield chunks.content(text)
    for last in chunks.end():
        yield last


def _streamed(frames: AsyncGenerator[bytes, None]) -> Stream:
    return Stream(frames, media_type="text/event-stream", headers=sse.HEADERS)


def _content(studio: Studio, record: JobRecord, base: str) -> str:
    """The answer: the text, or links that every chat program can show.

    A link that ends in ``.mp4`` becomes a player in NextChat; elsewhere the poster is a picture that
    opens the video.

    Raises:
        Failure: The job has no result.
    """
    if record.state != "completed":
        raise Failure(explain_job(record))
    if record.kind == "enhance":
        return record.text
    clip = clip_of(studio, record)
    if clip is None:
        raise Failure(Problem(404, "The result was deleted.", "not_found").final())
    url = media_url(base, clip)
    if clip.kind == "image":
        return f"![image]({url})"
    return f"[![preview]({poster_url(base, clip)})]({url})\n\n[Open video]({url})"


class Narrator:
    """Says in plain words how far a job is: at each change of stage, each tenth, and every so often."""

    def __init__(self) -> None:
        self.record: JobRecord | None = None
        self.told: tuple[str, str, int | None, int] | None = None
        self.at = 0.0

    def say(self, record: JobRecord | None) -> str | None:
        """A line for a new state of the job, or for a beat of silence (None); None if nothing is due."""
        self.record = record or self.record
        if self.record is None:
            return None
        now = self.record
        news = (now.state, now.stage, now.place, int(now.progress) // 10)
        clock = time.monotonic()
        if news == self.told and clock - self.at < SAY_SECONDS - BEAT_SECONDS:
            return None
        self.told, self.at = news, clock
        return _words(now) + "\n"


def _words(record: JobRecord) -> str:
    if record.state == "queued":
        return f"Waiting, number {record.place} in the queue." if record.place else "Waiting for its turn."
    stage = (record.stage or "Working").rstrip(".")
    return f"{stage}." if record.place else f"{stage}: {int(record.progress)}%"

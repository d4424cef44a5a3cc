"""``/v1/chat/completions``: making things from a chat.

The job is accepted before the answer begins, so a wish that cannot be honoured is a plain 400 in either
mode. A stream then follows the job; without ``stream`` the answer comes when the job has ended. Leaving
in between cancels nothing: the clip is in the workspace, and in ``/v1/videos``, when it is ready.

A clip that comes with a video model shows a character; that takes two jobs, see `sora_kit.server.casting`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import aclosing, suppress
from functools import partial
from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.response import Stream

from sora_kit.errors import InvalidInput, NotFound
from sora_kit.language.catalogue import Model, find_model
from sora_kit.language.parser import parse
from sora_kit.language.request import MediaRef, Request
from sora_kit.server import fields, sse
from sora_kit.server.addresses import base_url, media_url, poster_url
from sora_kit.server.attachments import attach
from sora_kit.server.bodies import Tree, read_body
from sora_kit.server.casting import card, character_wish, farewell, then_video
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
    jobs = await _started(request, studio, model, turn, body, stopping)
    show = partial(_content, studio, base_url(request))
    if stream:
        return _streamed(_told(studio, jobs, chunks, show=show, stopping=stopping, trace=trace))
    record: JobRecord | None = None
    async for trace.job in jobs:
        record = _completed(await settled(studio, trace.job, stopping))
    return Response(sse.whole_answer(trace.model, "".join(show(record))))


async def _started(
    request: Wire, studio: Studio, model: Model, turn: Turn, body: Tree, stopping: asyncio.Event
) -> AsyncIterator[str]:
    """Accept the wish; the ids of its jobs, of which the first is there and the last has the result."""
    owner, key = owner_of(request), idempotency_key(request)
    wish = _wish(request, studio, model, turn, body)
    shown = character_wish(body) if turn.video is not None and wish.kind == "video" else None
    studio.planned(wish, owner=owner)  # refuses what no backend can make, before anything is fetched
    if shown is not None:
        shown = shown.with_(backend=wish.backend, video=MediaRef())
        studio.planned(shown, owner=owner)
        shown = shown.with_(video=await attach(studio, turn.video, "video"))
    wish = wish.with_(image=await attach(studio, turn.image, "image"))
    if shown is not None:
        jobs = then_video(studio, shown, wish, owner=owner, key=key, stopping=stopping)
        first = await anext(jobs)
        return _chained(first, jobs)
    wish = wish.with_(video=await attach(studio, turn.video, "video"))
    return _chained((await studio.accept(wish, owner=owner, key=key)).id)


async def _chained(first: str, others: AsyncIterator[str] | None = None) -> AsyncIterator[str]:
    yield first
    if others is not None:
        async for other in others:
            yield other


def _wish(request: Wire, studio: Studio, model: Model, turn: Turn, body: Tree) -> Request:
    """What is asked for, without its media: they are stored only when everything else is fine."""
    source = source_of(studio, request, turn.source, "remix_target_id")
    # that there is a clip decides what can be made; with a video model it is a character's, not the video's
    video = MediaRef() if turn.video is not None and model.kind != "video" else None
    wish = parse(
        turn.prompt,
        model=model,
        style=fields.text(body, "style") or None,
        seconds=fields.number(body, "seconds"),
        size=fields.size(body),
        seed=fields.whole(body, "seed", low=0, high=2**63 - 1),
        backend=fields.text(body, "backend") or None,
        source=source,
        video=video,
    )
    if turn.image is not None and wish.kind in ("enhance", "character"):
        raise InvalidInput(
            f"{wish.model} cannot use a picture",
            fix="Leave it out, or use a video or image model",
            param="messages",
        )
    if turn.video is not None and wish.kind == "remix":
        raise InvalidInput(
            "A remix cannot use a second video",
            why=f"It varies {wish.source}",
            fix="Leave the clip out, or leave out the id to make a character of the clip",
            param="messages",
        )
    if wish.kind == "character":
        wish = character_wish(body, wish)
        return wish.with_(source=None) if wish.video is not None else wish  # a clip wins over an id
    return wish


async def _told(
    studio: Studio,
    jobs: AsyncIterator[str],
    chunks: sse.Chunks,
    *,
    show: Callable[[JobRecord | None], Iterable[str]],
    stopping: asyncio.Event,
    trace: Trace,
) -> AsyncGenerator[bytes, None]:
    """The frames of a stream, from the acceptance of its jobs to the result or failure."""
    yield chunks.start()
    record: JobRecord | None = None
    try:
        async for trace.job in jobs:
            narrator = Narrator()
            news = pulses(studio.follow(trace.job), every=BEAT_SECONDS, stopping=stopping)
            async with aclosing(news) as records:
                async for news_of in records:
                    if news_of is None:
                        yield sse.KEEP_ALIVE
                    elif news_of.state in SETTLED:
                        break
                    if line := narrator.say(news_of):
                        yield chunks.thought(line)
            record = _completed(studio.record(trace.job))
        for piece in show(record):
            yield chunks.content(piece)
    except Exception as error:  # the status has gone out: a failure can only be told in the stream
        problem = explain(error)
        trace.error = problem.code or str(problem.status)
        if problem.status == 500 and not isinstance(error, Failure):
            log.exception("The stream of %s failed (%s)", trace.job, trace.id)
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


def _completed(record: JobRecord) -> JobRecord:
    """The record.

    Raises:
        Failure: The job has no result.
    """
    if record.state != "completed":
        raise Failure(explain_job(record))
    return record


def _content(studio: Studio, base: str, record: JobRecord | None) -> tuple[str, ...]:
    """The answer in pieces: a text, the card of a character, or links that every chat program can show.

    A link that ends in ``.mp4`` becomes a player in NextChat; elsewhere the poster is a picture that
    opens the video.

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
    url = media_url(base, clip)
    if clip.kind == "image":
        return (f"![image]({url})",)
    return (f"[![preview]({poster_url(base, clip)})]({url})\n\n[Open video]({url})",)


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
    shown = generation if generation and generation.startswith("gen_") else None
    return card(character, portrait, shown), farewell(character, portrait)


def _deleted() -> Failure:
    return Failure(Problem(404, "The result was deleted.", "not_found").final())


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

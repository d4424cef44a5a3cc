"""``/v1/chat/completions``: making things from a chat.

The job is accepted before the answer begins, so a wish that cannot be honoured is a plain 400 in either
mode. A stream then follows the job; without ``stream`` the answer comes when the job has ended, or tells
after a while how to come back for it (`sora_kit.server.manners`). Leaving in between cancels nothing: the
answer can be asked for again (`sora_kit.server.rejoin`), and a clip is in ``/v1/videos``, too.

A clip that comes with a video model shows a character; that takes two jobs, see `sora_kit.server.casting`.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.response import Stream

from sora_kit.errors import InvalidInput
from sora_kit.language.catalogue import Model, find_model
from sora_kit.language.parser import parse
from sora_kit.language.request import MediaRef, Request
from sora_kit.server import fields, sse
from sora_kit.server.addresses import base_url
from sora_kit.server.attachments import attach
from sora_kit.server.bodies import Tree, read_body
from sora_kit.server.casting import character_wish, then_video
from sora_kit.server.chat_answers import JOB_HEADER, STATE_HEADER, answer_id, content, not_yet, whole
from sora_kit.server.chores import chore_answer
from sora_kit.server.conversation import Turn, read_turn
from sora_kit.server.envelope import Failure, explain, explain_job
from sora_kit.server.manners import manners_of
from sora_kit.server.media_style import MediaStyle, read_style, style_for
from sora_kit.server.repeats import key_of
from sora_kit.server.trace import Trace, trace_of
from sora_kit.server.visible import Wire, owner_of, source_of
from sora_kit.server.waiting import SETTLED, pulses, settled
from sora_kit.store import JobRecord
from sora_kit.store.ids import new_id
from sora_kit.studio import Studio

__all__ = ("Answers", "Run", "chained", "completed", "create_chat_completion", "streamed")

log = logging.getLogger("sora_kit.server")

BEAT_SECONDS = 5.0
"""A comment goes out after that much silence; proxies cut idle connections at 60 s."""

LINE_SECONDS = 1.0
"""Lines of progress come at most this often: each costs a packet, on every stream."""

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
    model = find_model(trace.model)
    turn = read_turn(body)
    if (static := chore_answer(turn.prompt, fields.unpacked(body.get("messages")))) is not None:
        if stream:
            return streamed(_said(sse.Chunks(trace.model, include_usage=usage), static))
        return Response(sse.whole_answer(trace.model, static))
    if fields.whole(body, "n", low=0, high=2**31) not in (None, 1):
        raise InvalidInput(
            "A chat makes one thing at a time",
            why="Each further answer would be another job",
            fix="Send n=1, or ask several times; /v1/images/generations takes n up to 10",
            param="n",
            code="unsupported_value",
        )
    style = read_style(fields.text(body, "media_style"))
    run = await _started(request, studio, model, turn, body, stopping)
    answers = Answers(request, studio, stopping, run, trace.model, style)
    return answers.stream(include_usage=usage) if stream else await answers.wait()


@dataclass(frozen=True, slots=True)
class Run:
    """An answer that is being made."""

    first: str
    """Id of its first job, which names it."""

    jobs: AsyncIterator[str]
    """All its jobs, as they come to be; the last has the result."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Gives the answer of a run, in either form; `sora_kit.server.rejoin` gives it again."""

    request: Wire
    studio: Studio
    stopping: asyncio.Event
    run: Run
    model: str
    """As the client named it."""

    style: MediaStyle | None
    """How the client wants clips to be shown, if it said so."""

    created: float = 0.0

    def show(self, record: JobRecord | None) -> tuple[str, ...]:
        """The words for a completed job. Looks up how clips are shown only now: a stream begins at once."""
        style: MediaStyle = "link"
        if record is not None and record.kind not in ("enhance", "character"):
            style = self.style or manners_of(self.request.app).style(self.studio)
        return content(self.studio, base_url(self.request), style_for(style, self.request.headers), record)

    def stream(self, *, include_usage: bool = False) -> Stream:
        """The frames from now to the end."""
        name = answer_id(self.run.first)
        chunks = sse.Chunks(self.model, include_usage=include_usage, name=name, created=self.created)
        trace = trace_of(self.request.scope)
        frames = _told(
            self.studio, self.run.jobs, chunks, show=self.show, stopping=self.stopping, trace=trace
        )
        return streamed(frames, {JOB_HEADER: self.run.first})

    async def wait(self, most: float = math.inf) -> Response[dict[str, Any]]:
        """The answer in one piece, or after a while the word that it is not ready.

        Args:
            most: Seconds to wait at most; the server's own limit and the client's patience count too.

        Raises:
            Failure: A job has no result.
        """
        trace = trace_of(self.request.scope)
        trace.job = self.run.first
        seconds = min(most, manners_of(self.request.app).patience(self.studio, self.request.headers))
        record: JobRecord | None = None
        try:
            async with asyncio.timeout(seconds) as clock:
                async for trace.job in self.run.jobs:
                    record = completed(await settled(self.studio, trace.job, self.stopping))
        except TimeoutError:
            if not clock.expired():
                raise
            record = None
        if record is not None:
            whole_one = whole(record, self.model, self.show(record), self.run.first)
            return Response(whole_one, headers={JOB_HEADER: self.run.first, STATE_HEADER: record.state})
        record = self.studio.record(trace.job)
        state = "running" if record.done else record.state  # its second job is still to come
        headers = {JOB_HEADER: self.run.first, STATE_HEADER: state, "openai-poll-after-ms": "5000"}
        later = not_yet(record.with_(state=state), self.model, base_url(self.request), self.run.first)
        return Response(later, headers=headers)


async def _started(
    request: Wire, studio: Studio, model: Model, turn: Turn, body: Tree, stopping: asyncio.Event
) -> Run:
    """Accept the wish; what it started."""
    owner, key = owner_of(request), await key_of(studio, request, body)
    wish = _wish(request, studio, model, turn, body)
    shown = character_wish(body) if turn.video is not None and wish.kind == "video" else None
    if turn.image is not None or turn.video is not None:
        studio.planned(wish, owner=owner)  # refuses what no backend can make, before anything is fetched
    if shown is not None:
        shown = shown.with_(backend=wish.backend, video=MediaRef())
        studio.planned(shown, owner=owner)
        shown = shown.with_(video=await attach(studio, turn.video, "video"))
    wish = wish.with_(image=await attach(studio, turn.image, "image"))
    if shown is not None:
        # a key of our own, so that the second job is found by the first when the answer is asked for again
        key = key or new_id("chat")
        jobs = then_video(studio, shown, wish, owner=owner, key=key, stopping=stopping)
        first = await anext(jobs)
        return Run(first, chained(first, jobs))
    wish = wish.with_(video=await attach(studio, turn.video, "video"))
    first = (await studio.accept(wish, owner=owner, key=key)).id
    return Run(first, chained(first))


async def chained(first: str, others: AsyncIterator[str] | None = None) -> AsyncIterator[str]:
    """The first, then the others."""
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
            news = pulses(studio, trace.job, every=BEAT_SECONDS, gap=LINE_SECONDS, stopping=stopping)
            async with aclosing(news) as records:
                async for news_of in records:
                    if news_of is None:
                        yield sse.KEEP_ALIVE
                    elif news_of.state in SETTLED:
                        record = completed(news_of)
                        break
                    if line := narrator.say(news_of):
                        yield chunks.thought(line)
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
        yield b"".join(chunks.end())


async def _said(chunks: sse.Chunks, text: str) -> AsyncGenerator[bytes, None]:
    """The frames of an answer that is known already."""
    yield chunks.start()
    yield chunks.content(text)
    yield b"".join(chunks.end())


def streamed(frames: AsyncGenerator[bytes, None], headers: Mapping[str, str] | None = None) -> Stream:
    """A response of events."""
    return Stream(frames, media_type="text/event-stream", headers={**sse.HEADERS, **(headers or {})})


def completed(record: JobRecord) -> JobRecord:
    """The record.

    Raises:
        Failure: The job has no result.
    """
    if record.state != "completed":
        raise Failure(explain_job(record))
    return record


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

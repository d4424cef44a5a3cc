"""``GET /v1/chat/completions/{id}``: coming back for an answer.

The id is that of the chunks of a stream, or of an answer that was not ready; the id of the job (header
``x-sora-kit-job``) or of the video is understood too. With ``stream=true`` the answer is told from now to
its end, as often as anybody asks; else it is the answer, or the word that it is not ready yet. Nothing is
started by asking.

A character and the video that was asked for with it are two jobs. They share an idempotency key, so the
second is found by the first.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from sora_kit.errors import NotFound
from sora_kit.server.casting import CHARACTER, second_of
from sora_kit.server.chat import Answers, Run, chained
from sora_kit.server.chat_answers import job_of
from sora_kit.server.media_style import read_style
from sora_kit.server.trace import trace_of
from sora_kit.server.visible import Wire, owner_of
from sora_kit.server.waiting import ServerStopping
from sora_kit.store import JobRecord
from sora_kit.studio import Studio

__all__ = ("retrieve_chat_completion", "visible_job")

LOOK_SECONDS = 0.2


@get(
    "/v1/chat/completions/{completion:str}",
    tags=["Chat"],
    summary="Come back for an answer",
)
async def retrieve_chat_completion(
    request: Wire,
    studio: NamedDependency[Studio],
    stopping: NamedDependency[asyncio.Event],
    completion: FromPath[str],
    stream: FromQuery[bool] = False,
    wait: Annotated[float, QueryParameter(ge=0, le=3600)] = 0.0,
    media_style: FromQuery[str] = "",
) -> Response[Any]:
    """The answer of an earlier request; ``wait`` is how many seconds may pass until it is there."""
    style = read_style(media_style)
    record = visible_job(studio, request, completion, "completion_id")
    run = Run(record.id, chained(record.id, _second(studio, record, stopping)))
    answers = Answers(request, studio, stopping, run, record.model, style, record.created)
    # an end that is known already takes a moment to be told, and no waiting
    return answers.stream() if stream else await answers.wait(max(wait, 5.0) if record.done else wait)


def visible_job(studio: Studio, request: Wire, name: str, param: str) -> JobRecord:
    """The job behind any of its names, if this key may see it.

    Raises:
        NotFound: There is none, or it belongs to another key.
    """
    missing = NotFound(
        f"There is no answer {name[:80]!r}", why="It was deleted, or this key may not see it", param=param
    )
    try:
        record = studio.record(job_of(name))
    except NotFound:
        raise missing from None
    if record.owner not in ("", owner_of(request)):
        raise missing
    trace = trace_of(request.scope)
    trace.job, trace.model = record.id, record.model
    return record


async def _second(studio: Studio, first: JobRecord, stopping: asyncio.Event) -> AsyncIterator[str]:
    """Id of the job that follows a character, if one does; asked for when the character is there.

    Raises:
        Failure: It was to come, and was refused.
        ServerStopping: The server ends before it has come.
    """
    key = studio.jobs_table.key_of(first.id) if first.kind == "character" else None
    if key is None or not key.endswith(CHARACTER):
        return
    second = key.removesuffix(CHARACTER)
    while (one := studio.sequels.of(first.id)) is not None and one.video is None:
        if stopping.is_set():
            raise ServerStopping
        await asyncio.sleep(LOOK_SECONDS)
    yield second_of(studio, first.id, first.owner, second)

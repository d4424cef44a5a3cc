"""``/v1/videos/characters``: somebody or something from a short clip, for use in other videos.

Making a character takes a job, and OpenAI's clients know no way to ask how far it is: they use the id of
the answer at once. So the answer waits for the job, up to `WAIT_SECONDS`; after that it says ``status``
``in_progress``, and the character can be asked for by its id. The id is the job's with another prefix and
never changes.

OpenAI's ``name`` is what people call it (``Mossy the Teapot``). Prompts here mention characters as
``@name``, one word that no other has, so one is made of it; ``mention`` in the answer says which.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from sora_kit.errors import InvalidInput, NotFound
from sora_kit.language.request import MediaRef
from sora_kit.server import fields
from sora_kit.server.addresses import base_url
from sora_kit.server.attachments import attach
from sora_kit.server.bodies import Tree, read_body
from sora_kit.server.casting import character_wish
from sora_kit.server.envelope import Failure, explain_job
from sora_kit.server.repeats import answered, job_of, key_of
from sora_kit.server.roles import free_name
from sora_kit.server.trace import trace_of
from sora_kit.server.video_answers import accepted
from sora_kit.server.video_object import status_of
from sora_kit.server.video_wishes import read_source
from sora_kit.server.visible import Wire, owner_of
from sora_kit.server.waiting import ServerStopping, settled
from sora_kit.studio import Studio

if TYPE_CHECKING:
    from sora_kit.store import Character, JobRecord

__all__ = ("create_character", "retrieve_character")

WAIT_SECONDS = 45.0
"""Proxies cut off what is silent for a minute."""

LONGEST_NAME = 80


@post("/v1/videos/characters", status_code=200, tags=["Videos"], summary="Create a character")
async def create_character(
    request: Wire, studio: NamedDependency[Studio], stopping: NamedDependency[asyncio.Event]
) -> Response[dict[str, Any]]:
    """Make a character of a clip, or of a finished video, and answer when it is ready."""
    body = await read_body(request)
    key = await key_of(studio, request, body)
    record = job_of(studio, request, key)
    if record is None:
        record = await _begun(request, studio, body, key)
    trace = trace_of(request.scope)
    trace.job, trace.model = record.id, record.model
    with suppress(TimeoutError, ServerStopping):
        async with asyncio.timeout(WAIT_SECONDS):
            record = await settled(studio, record.id, stopping)
    if record.state in ("failed", "cancelled"):
        raise Failure(explain_job(record))
    await answered(studio, request, key)
    return _answer(request, studio, record)


@get("/v1/videos/characters/{character:str}", tags=["Videos"], summary="Look at one character")
async def retrieve_character(
    request: Wire, studio: NamedDependency[Studio], character: FromPath[str]
) -> Response[dict[str, Any]]:
    """The character as it is now. One that could not be made answers 200 too, with its ``error``."""
    found = studio.characters_table.find(character)
    job = found.job if found is not None else character.replace("character_", "job_", 1)
    records = studio.jobs_table.some([job])
    if found is not None and not records:  # its job was deleted since
        return Response(character_object(found, base_url(request)))
    for record in records:
        if record.kind == "character" and record.owner in ("", owner_of(request)):
            trace = trace_of(request.scope)
            trace.job, trace.model = record.id, record.model
            return _answer(request, studio, record)
    raise _missing(character)


async def _begun(request: Wire, studio: Studio, body: Tree, key: str | None) -> JobRecord:
    """Check a body and start the job of its character."""
    label = (fields.text(body, "name") or fields.text(body, "username")).strip().removeprefix("@")
    if not 0 < len(label) <= LONGEST_NAME:
        raise InvalidInput(
            "A character needs a name" if not label else "The name of the character is too long",
            fix=f"Send a name of 1 to {LONGEST_NAME} characters, such as Mossy",
            param="name",
            code="missing_required_parameter" if not label else "invalid_value",
        )
    source = read_source(studio, request, body)
    wish = character_wish(body).with_(
        name=free_name(studio, label),
        source=source.id,
        video=MediaRef() if source.given is not None else None,
        backend=fields.text(body, "backend") or None,
    )
    wish = wish.with_(label=wish.label or label)
    studio.planned(wish, owner=owner_of(request))  # refuses what no backend can make, before it is read
    if source.given is not None:
        wish = wish.with_(video=await attach(studio, source.given, "video"))
    while True:
        try:
            return studio.record((await accepted(request, studio, wish, key)).id)
        except InvalidInput as error:
            if error.code != "name_taken":
                raise
            # another call took the name while the clip of this one was stored
            wish = wish.with_(name=free_name(studio, label))


def _answer(request: Wire, studio: Studio, record: JobRecord) -> Response[dict[str, Any]]:
    if record.state == "completed":
        made = studio.characters_table.of_job(record.id)
        if made is None:
            raise _missing(character_id(record.id))
        return Response(character_object(made, base_url(request)))
    said = {
        "id": character_id(record.id),
        "object": "character",
        "created_at": int(record.created),
        "name": record.request.label,
        # ours
        "status": status_of(record),
        "mention": None,
        "description": record.request.prompt,
        "backend": record.backend,
        "portrait_url": None,
        "error": None,
    }
    if record.done:
        problem = explain_job(record)
        said["error"] = {"code": problem.code, "message": problem.message, "param": problem.param}
    return Response(said)


def character_object(made: Character, base: str) -> dict[str, Any]:
    """A character as its client sees it.

    Args:
        made: The character.
        base: Address before ``/media``, see `sora_kit.server.addresses`.
    """
    return {
        "id": made.id,
        "object": "character",
        "created_at": int(made.created),
        "name": made.display_name,
        # ours
        "status": "completed",
        "mention": f"@{made.name}",
        "description": made.description,
        "backend": made.backend,
        "portrait_url": made.address(base),
        "error": None,
    }


def character_id(job: str) -> str:
    """The wire's name of the character that a job makes."""
    return job.replace("job_", "character_", 1)


def _missing(character: str) -> NotFound:
    return NotFound(
        f"There is no character {character[:80]!r}",
        why="It was removed, or this key may not see it",
        fix="Make one with POST /v1/videos/characters",
        param="character_id",
    )

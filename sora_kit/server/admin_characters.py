"""``/admin/characters``: who prompts can call by ``@name``, whoever asked for it.

One is made of what a clip shows: a clip of the workspace, a file, or a link. That takes a job, which is the
answer; it belongs to whoever runs the server, and ``/admin/jobs`` follows and stops it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec import Meta

from sora_kit.errors import InvalidInput
from sora_kit.language.request import MediaRef, Request
from sora_kit.server import fields
from sora_kit.server.addresses import base_url
from sora_kit.server.admin_clips import clip_named
from sora_kit.server.admin_jobs import answered
from sora_kit.server.attachments import attach
from sora_kit.server.bodies import Tree, read_body
from sora_kit.server.casting import character_wish
from sora_kit.server.trace import trace_of
from sora_kit.server.visible import Wire, idempotency_key
from sora_kit.store import Character
from sora_kit.store.masking import mask
from sora_kit.studio import Studio
from sora_kit.studio.sources import is_foreign

__all__ = ("HANDLERS",)


class CharacterDetails(msgspec.Struct):
    """A character."""

    id: str
    job: Annotated[str, Meta(description="Id of the job that made it")]
    owner: Annotated[str, Meta(description="Id of the API key that asked for it; empty for this computer")]
    name: Annotated[str, Meta(description="As prompts mention it, without the `@`")]
    display_name: str
    description: Annotated[str, Meta(description="Stands in prompts where a backend does not know the name")]
    backend: str
    account: Annotated[str, Meta(description="Id of the account that owns it there, or empty")]
    known_upstream: Annotated[bool, Meta(description="Whether its backend knows the name")]
    source: Annotated[str | None, Meta(description="Id of the clip that it was made from")]
    created: Annotated[float, Meta(description="Unix seconds")]
    portrait_url: str
    object: Literal["character"] = "character"


class CharacterPage(msgspec.Struct):
    """A page of characters, newest first."""

    data: list[CharacterDetails]
    first_id: str | None
    last_id: str | None
    has_more: bool
    object: Literal["list"] = "list"


class CharacterGone(msgspec.Struct):
    """A character that was forgotten."""

    id: str
    deleted: bool = True
    object: Literal["character.deleted"] = "character.deleted"


@get("/characters", summary="List the characters")
async def list_characters(
    request: Wire,
    studio: NamedDependency[Studio],
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
    after: FromQuery[str | None] = None,
    backend: FromQuery[str] = "",
) -> CharacterPage:
    """A page of characters, newest first; go on with ``after`` = the page's ``last_id``.

    Those that are being made are jobs of the kind ``character``.
    """
    found = studio.characters_table.latest(backend or None, limit=limit + 1, before=after)
    data = shown(request, studio, found[:limit])
    return CharacterPage(
        data, data[0].id if data else None, data[-1].id if data else None, has_more=len(found) > limit
    )


@post("/characters", status_code=200, summary="Make a character")
async def make_character(request: Wire, studio: NamedDependency[Studio]) -> dict[str, Any]:
    """Start a character of a clip, a file or a link; the answer is its job.

    When that is completed, the character is there under its id and under that of the job. The same
    ``Idempotency-Key`` is the same job.
    """
    body, key = await read_body(request), idempotency_key(request)
    wish, seen = read_wish(studio, body)
    studio.planned(wish)  # refuses what no backend can make, before it is read
    if seen is not None:
        wish = wish.with_(video=await attach(studio, seen, "video"))
    job = await studio.accept(wish, key=key)
    trace = trace_of(request.scope)
    trace.job, trace.model = job.id, wish.model
    return answered(studio, job.id, done=True)


@get("/characters/{character:str}", summary="Look at one character")
async def read_character(
    request: Wire, studio: NamedDependency[Studio], character: FromPath[str]
) -> CharacterDetails:
    """One character, by its id, its name or its job's id."""
    return shown(request, studio, [found(studio, character)])[0]


@delete("/characters/{character:str}", status_code=200, summary="Forget a character")
async def remove_character(studio: NamedDependency[Studio], character: FromPath[str]) -> CharacterGone:
    """Forget a character here. Prompts that mention it are plain words from then on."""
    gone = found(studio, character)
    studio.characters.remove(gone)
    return CharacterGone(gone.id)


def read_wish(studio: Studio, body: Tree) -> tuple[Request, fields.Medium | None]:
    """What a body asks for, and the video that came with it, if it is made of one.

    Raises:
        InvalidInput: It does not say what the character is made of, or says it twice.
        NotFound: There is no such clip.
    """
    source, seen = fields.text(body, "source").strip(), fields.media(body, "video")
    if bool(source) == (seen is not None):
        raise InvalidInput(
            "It must be said what the character is made of",
            why="There are a source and a video" if source else "There is neither a source nor a video",
            fix="Send either source, the id of a clip, or video, a file or its link",
            param="source" if source else "video",
        )
    if source.startswith(("clip_", "job_", "video_")):
        source = clip_named(studio, source).id
    elif source and not is_foreign(source):
        raise InvalidInput(
            f"{source[:80]!r} is no clip that a character can be made of",
            fix="Send the id of a clip or a gen_… id; or a file or link as video",
            param="source",
        )
    wish = character_wish(body).with_(
        source=source or None,
        video=MediaRef() if seen is not None else None,
        backend=fields.text(body, "backend").strip() or None,
    )
    return wish, seen


def found(studio: Studio, which: str) -> Character:
    """A character, by its id, its name or its job's id.

    Raises:
        NotFound: There is none.
    """
    if which.startswith("job_"):
        return studio.character_of(which)
    return studio.characters_table.get(which)


def shown(request: Wire, studio: Studio, characters: list[Character]) -> list[CharacterDetails]:
    """Characters as they are shown, in their order."""
    owners = {record.id: record.owner for record in studio.jobs_table.some([one.job for one in characters])}
    base = base_url(request)
    return [
        CharacterDetails(
            id=one.id,
            job=one.job,
            owner=owners.get(one.job, ""),
            name=one.name,
            display_name=mask(one.display_name),  # people and backends write anything into these
            description=mask(one.description),
            backend=one.backend,
            account=one.account,
            known_upstream=one.known_upstream,
            source=one.source,
            created=one.created,
            portrait_url=one.address(base) or "",
        )
        for one in characters
    ]


HANDLERS = (list_characters, make_character, read_character, remove_character)

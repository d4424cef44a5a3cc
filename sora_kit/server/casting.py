"""Characters over chat: their card, and a video that is attached to a prompt for a video.

Such a video shows who shall appear. A character is made of it first, and then the video, with the
character's ``@name`` before the prompt: two jobs, one after the other, accepted together. The second is
started by a task of this server and not by the answer, so a client that leaves loses nothing; and if the
server ends before, by whoever runs jobs then (`sora_kit.studio.following`). Asked again with the same
idempotency key, a client gets the same two jobs. A character that nobody gave a name to is forgotten when
its video has ended.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import msgspec

from sora_kit.errors import InvalidInput
from sora_kit.language.catalogue import models_for
from sora_kit.language.request import Request
from sora_kit.server import fields
from sora_kit.server.bodies import Tree
from sora_kit.server.envelope import Failure, Problem, explain_job
from sora_kit.server.media_style import plain
from sora_kit.server.waiting import settled

if TYPE_CHECKING:
    from sora_kit.store import Character, JobRecord
    from sora_kit.studio import Studio

__all__ = ("CHARACTER", "card", "character_wish", "farewell", "second_of", "then_video")

log = logging.getLogger("sora_kit.server")

MODEL = models_for("character")[0].id

CHARACTER = "#character"
"""How the key of a character ends whose video has the rest of the key."""

tasks: set[asyncio.Task[Any]] = set()
"""What goes on after its request; the loop itself keeps only weak references."""


def character_wish(body: Tree, wish: Request | None = None) -> Request:
    """What a body says of the character that shall be made.

    Args:
        body: May hold ``name`` (or ``username``), ``display_name``, ``description`` and
            ``timestamps`` (``0,3``, or a list of two).
        wish: A request of kind ``character``, or None for one whose video is still to be attached.

    Raises:
        InvalidInput: The times are none.
    """
    name = fields.text(body, "name") or fields.text(body, "username")
    wish = wish or Request(kind="character", prompt="", model=MODEL)
    return wish.with_(
        prompt=fields.text(body, "description").strip(),  # the prompt itself is addressed to the model
        name=name.strip().removeprefix("@"),
        label=fields.text(body, "display_name").strip(),
        span=_span(body),
    )


def card(character: Character, portrait: str, generation: str | None) -> str:
    """The line of JSON that programs read.

    Args:
        character: The new character.
        portrait: Address of its picture.
        generation: Sora's id of the video that it was made from, if it has one.
    """
    facts = {
        "username": character.name,
        "display_name": character.display_name,
        "character_id": character.upstream.get("character_id") or character.id,
        "cameo_id": character.upstream.get("cameo_id"),
        "profile_asset_url": portrait,
        "instruction_set": character.upstream.get("instruction_set"),
        "public": True,
        "source_model": MODEL,
        **({"source_generation_id": generation} if generation else {}),
        "created_at": int(character.created),
    }
    return msgspec.json.encode({"event": "character_card", "card": facts}).decode() + "\n"


def farewell(character: Character, portrait: str) -> str:
    """What people read."""
    number = character.upstream.get("character_id") or character.id
    return (
        f"The character is ready: @{character.name}\n\n"
        f"![@{character.name}]({portrait})\n\n"
        f"Display name: {plain(character.display_name)}. Character ID: {number}. "
        f"Mention @{character.name} in a prompt to use it."
    )


async def then_video(
    studio: Studio,
    character: Request,
    video: Request,
    *,
    owner: str,
    key: str,
    stopping: asyncio.Event,
) -> AsyncIterator[str]:
    """Make a character, then a video with it; gives the ids of the two jobs as they come to be.

    Both requests are accepted when the first id is given, whatever becomes of this server.

    Args:
        studio: Where.
        character: The character, its clip stored.
        video: The video, without the character's name.
        owner: Id of the API key that asks.
        key: Idempotency key of the video's job.
        stopping: Set when the server ends.

    Raises:
        Failure: The character failed.
    """
    earlier = studio.jobs_table.by_key(owner, key)
    if earlier is not None:
        _must_be_same(earlier, video, key)
        yield earlier.id
        return
    first = await studio.accept(character, owner=owner, key=key + CHARACTER, then=(key, video))
    second = asyncio.create_task(_go_on(studio, first.id, owner, key, stopping))
    _keep(second)
    yield first.id
    job_id = await asyncio.shield(second)
    yield job_id


async def _go_on(studio: Studio, first: str, owner: str, key: str, stopping: asyncio.Event) -> str:
    """Start the video when its character is ready; the id of its job."""
    record = await settled(studio, first, stopping)
    if record.state != "completed":
        raise Failure(explain_job(record))
    job = studio.go_on(first)
    return job.id if job is not None else second_of(studio, first, owner, key)


def second_of(studio: Studio, first: str, owner: str, key: str) -> str:
    """Id of the video's job, which somebody else has started.

    Raises:
        Failure: It was refused.
    """
    video = studio.jobs_table.by_key(owner, key)
    if video is None:
        what = f"The character {first} was made, but not its video. Send the request again without the clip"
        raise Failure(Problem(404, f"{what}, and mention the character.", "not_started").final())
    return video.id


def _keep(task: asyncio.Task[Any]) -> None:
    """Let a task go on after its request, and tell the log how it failed."""
    tasks.add(task)

    def done(task: asyncio.Task[Any]) -> None:
        tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.info("The second part of a request did not happen: %s", error)

    task.add_done_callback(done)


def _must_be_same(earlier: JobRecord, video: Request, key: str | None) -> None:
    if earlier.model != video.model or not earlier.request.prompt.endswith(video.prompt):
        raise InvalidInput(
            f"The key {key!r} belongs to another request",
            why=f"{earlier.id} was started with it: {earlier.prompt[:80]}",
            fix="Use a new key for a new request",
            param="key",
            code="key_reused",
        )


def _span(body: Tree) -> tuple[float, float] | None:
    times = fields.unpacked(body.get("timestamps"))
    if times in (None, ""):
        return None
    pair = times.split(",") if isinstance(times, str) else times
    try:
        start, end = (float(second) for second in pair)
    except (TypeError, ValueError):
        raise InvalidInput(
            f"{str(times)[:40]!r} are no times of a clip",
            fix="Send two seconds, from and to, for example 0,3",
            param="timestamps",
        ) from None
    return start, end

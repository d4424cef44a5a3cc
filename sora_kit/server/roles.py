"""Characters in the body of a video: ``characters`` = a list of ids, names, or objects with one of them.

OpenAI's rule is that a prompt says a character's name word by word. Here prompts mention characters as
``@name``, so the name that a prompt says gets its ``@``; one that it does not say is put before it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sora_kit.errors import InvalidInput, NotFound
from sora_kit.language.tags import find_characters
from sora_kit.server import fields
from sora_kit.server.bodies import Tree
from sora_kit.server.visible import seen_characters

if TYPE_CHECKING:
    from sora_kit.store import Character
    from sora_kit.studio import Studio

__all__ = ("free_name", "with_characters")

LONGEST = 36


def with_characters(prompt: str, body: Tree, studio: Studio, owner: str) -> str:
    """The prompt with an ``@name`` for each of the body's ``characters``.

    Args:
        prompt: As it came.
        body: The fields of the call.
        studio: Where the characters are.
        owner: Id of the API key that asks; those of other keys are not there for it.

    Raises:
        InvalidInput: There is no such character, or it is still being made.
    """
    asked = fields.unpacked(body.get("characters"))
    for item in asked if isinstance(asked, list) else [asked] if asked else []:
        one = _named(studio, owner, item)
        mentioned = {name.casefold() for name in find_characters(prompt)}
        if one.name.casefold() not in mentioned:
            prompt = _mentioned(prompt, one)
    return prompt


def free_name(studio: Studio, label: str) -> str:
    """A name that prompts can mention, made of words such as ``Mossy the Teapot``; nobody has it yet."""
    word = re.sub(r"[^A-Za-z0-9]+", "-", label).strip("-")[:LONGEST].strip("-") or "character"
    name, number = word, 2
    while studio.characters_table.find(name) is not None:
        name, number = f"{word}{number}", number + 1
    return name


def _named(studio: Studio, owner: str, item: Any) -> Character:
    which = (item.get("id") or item.get("name")) if isinstance(item, dict) else item
    which = which if isinstance(which, str) else ""
    table = studio.characters_table
    one = table.find(which) if which else None
    if one is not None and seen_characters(studio, owner, [one]):
        return one
    if which.startswith("character_") and _in_the_making(studio, owner, which):
        raise InvalidInput(
            f"The character {which} is still being made",
            fix=f"Ask for GET /v1/videos/characters/{which} until its status is completed",
            param="characters",
            code="character_not_ready",
        )
    names = ", ".join(f"@{each.name}" for each in seen_characters(studio, owner, table.latest())[:8])
    raise InvalidInput(
        f"There is no character {str(item)[:80]!r}",
        why=f"There are {names}" if names else "This workspace has none",
        fix="Make one with POST /v1/videos/characters, or leave it out",
        param="characters",
        code="character_not_found",
    )


def _in_the_making(studio: Studio, owner: str, which: str) -> bool:
    try:
        job = studio.record(which.replace("character_", "job_", 1))
    except NotFound:
        return False
    return not job.done and job.owner in ("", owner)


def _mentioned(prompt: str, one: Character) -> str:
    """The prompt with the character's full or short name as a mention, or with a mention before it."""
    for said in (one.display_name, one.name):
        words = r"\s+".join(map(re.escape, said.split()))
        if not words:
            continue
        word = re.compile(rf"(?<![\w@.-]){words}(?!\w)", re.IGNORECASE)
        changed, put = word.subn(f"@{one.name}", prompt, count=1)
        if put:
            return changed
    return f"@{one.name} {prompt}"

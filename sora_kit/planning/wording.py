"""Putting into words what a backend cannot be told in any other way.

A style becomes a few words behind the prompt, a character its description, and the source of a remix
the prompt that it was made from. Each says so in a `Note`.
"""

from __future__ import annotations

from collections.abc import Sequence

from sora_kit.language import find_style
from sora_kit.language.request import Note, Request
from sora_kit.language.tags import replace_characters
from sora_kit.planning.known import Origin, Role

__all__ = ("added", "characters_as_words", "remix_as_words", "style_as_words", "titled")

MOST_NAMES = 8


def titled(backend: str) -> str:
    """A backend's name in a sentence: ``Sora web`` for ``sora_web``."""
    return backend.replace("_", " ").capitalize()


def added(first: str, second: str) -> str:
    """Two pieces of prompt as one."""
    return f"{first.rstrip('. ')}. {second}" if first and second else first or second


def style_as_words(request: Request) -> tuple[Request, list[Note]]:
    """The style's words behind the prompt, for a backend without styles."""
    if not request.style:
        return request, []
    style = find_style(request.style)
    note = Note(f"{{{style.id}}}", "This backend has no styles of its own; the style is put into words")
    return request.with_(prompt=added(request.prompt, style.prompt_suffix), style=None), [note]


def characters_as_words(
    request: Request, backend: str, roles: Sequence[Role], *, has_characters: bool
) -> tuple[Request, list[Note]]:
    """Every ``@name`` that the backend does not know itself, replaced by the character's description.

    Args:
        request: What is wanted.
        backend: Who shall make it.
        roles: The workspace's characters, of all backends.
        has_characters: Whether the backend resolves names itself.
    """
    words: dict[str, str] = {}
    notes: list[Note] = []
    for name in request.characters:
        known = [role for role in roles if role.name.casefold() == name.casefold()]
        own = next((role for role in known if role.backend == backend), None)
        if own is not None and own.known_upstream:
            continue
        if chosen := own or next(iter(known), None):
            words[name] = chosen.description or "a person"
            if own is None:
                message = f"{titled(backend)} does not know this character; it is put into words"
                notes.append(Note(f"@{name}", f"{message}: {words[name]}"))
        else:
            notes.append(_unknown(name, backend, roles, has_characters=has_characters))
    if not words:
        return request, notes
    return request.with_(
        prompt=replace_characters(request.prompt, words),
        shots=tuple(type(s)(s.seconds, replace_characters(s.text, words)) for s in request.shots),
    ), notes


def _unknown(name: str, backend: str, roles: Sequence[Role], *, has_characters: bool) -> Note:
    names = list(dict.fromkeys(f"@{role.name}" for role in roles))[:MOST_NAMES]
    known = f"; there are {', '.join(names)}" if names else ""
    after = f"; {titled(backend)} may know it" if has_characters else ""
    return Note(f"@{name}", f"There is no character of this name in this workspace{known}{after}")


def remix_as_words(request: Request, backend: str, origin: Origin) -> tuple[Request, list[Note]]:
    """A new video of what the source shows and what shall change, for a source that is out of reach."""
    told = (
        "a new video is made from its prompt and your words"
        if origin.prompt or origin.shots
        else "a new video is made from your words alone"
    )
    note = Note("remix", f"{titled(backend)} cannot remix this source; {told}")
    return request.with_(
        kind="video",
        prompt=added(origin.prompt, request.prompt),
        shots=request.shots or origin.shots,
        source=None,
        video=None,
    ), [note]

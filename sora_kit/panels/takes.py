"""Takes: the shots of a draft's storyboard that were made already, one by one.

A take belongs to what its shot says, with all that it takes over from the shots before, and not to the
shot's number or length. So it follows its shot when the board is reordered or retimed, waits when the
words change, and is there again when they change back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sora_kit.errors import BadStoryboard, NotFound
from sora_kit.language import Model, Storyboard, alone
from sora_kit.planning.known import Take
from sora_kit.planning.takes import fits
from sora_kit.planning.wording import titled

if TYPE_CHECKING:
    from sora_kit.store.clips import Clip
    from sora_kit.studio import Studio

__all__ = ("clip_of", "takes_in", "why_not", "words_of")


def words_of(board: Storyboard) -> list[str]:
    """A name for what each shot says, the same wherever the shot stands."""
    said = (alone(board, number) for number in range(len(board)))
    return [
        hashlib.blake2b(
            f"{one.instruction}\0{one[0].text}".encode("utf-8", "replace"), digest_size=8
        ).hexdigest()
        for one in said
    ]


def takes_in(
    studio: Studio, text: str, takes: Mapping[str, str], model: Model, backend: str
) -> dict[int, str]:
    """Number of a shot → id of the clip that can stand in for it now.

    Args:
        studio: Where the clips are.
        text: The draft's.
        takes: Name of a shot's words → id of its clip.
        model: The chosen model; a take has its shape.
        backend: Who makes the video; a take is from there.
    """
    if not takes:
        return {}
    try:
        board = Storyboard.parse(text)
    except BadStoryboard:
        return {}
    found = {}
    for number, name in enumerate(words_of(board)):
        clip = clip_of(studio, takes.get(name, ""))
        if clip is not None and not why_not(clip, board[number].seconds, model, backend):
            found[number] = clip.id
    return found


def why_not(clip: Clip, seconds: float, model: Model, backend: str) -> str:
    """Why a clip cannot stand in for a shot as things are; empty if it can."""
    if clip.backend != backend:
        return f"made by {titled(clip.backend)}"
    if (clip.width > clip.height) != (model.width > model.height):
        return "of another shape"
    if not fits(Take(clip.backend, clip.seconds), backend, seconds):
        return f"only {clip.seconds:.1f} s long"
    return ""


def clip_of(studio: Studio, clip_id: str) -> Clip | None:
    """The clip, unless it is gone."""
    try:
        return studio.clip(clip_id) if clip_id else None
    except NotFound:
        return None

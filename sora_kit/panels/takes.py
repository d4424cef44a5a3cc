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

if TYPE_CHECKING:
    from sora_kit.studio import Studio

__all__ = ("takes_in", "words_of")


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
        try:
            clip = studio.clip(takes[name])
        except (KeyError, NotFound):
            continue
        shape = (clip.width > clip.height) == (model.width > model.height)
        if shape and fits(Take(clip.backend, clip.seconds), backend, board[number].seconds):
            found[number] = clip.id
    return found

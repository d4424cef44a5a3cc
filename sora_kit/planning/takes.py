"""Shots of a storyboard that are there already.

Somebody likes three shots of four: those are kept, the fourth is made again, and all four are joined. A
kept shot is a clip, its *take*. It must come from the backend that makes the others, so that no video is
half drawn and half filmed without saying so, and it must last as long as its shot; what is longer is cut.
"""

from __future__ import annotations

from collections.abc import Sequence

from sora_kit.errors import InvalidInput
from sora_kit.language.request import Request
from sora_kit.planning.known import Take
from sora_kit.planning.lengths import TOLERANCE
from sora_kit.planning.wording import titled

__all__ = ("check_takes", "fits")


def fits(take: Take, backend: str, seconds: float) -> bool:
    """Whether a clip can stand in for a shot of this length, in a video of that backend."""
    return take.backend == backend and take.seconds >= seconds - TOLERANCE


def check_takes(request: Request, backend: str, takes: Sequence[Take | None]) -> None:
    """Refuse takes that cannot stand in for their shots.

    Args:
        request: What is wanted.
        backend: Who makes the other shots.
        takes: For each shot its take or None; empty where there are none.

    Raises:
        InvalidInput: With the shot that it is about.
    """
    if not takes:
        return
    if request.kind != "video" or len(takes) != len(request.shots):
        raise InvalidInput(
            "Only the shots of a storyboard can have takes",
            why=f"This {request.kind} has {len(request.shots)} shots, and takes for {len(takes)}",
            fix="Give a storyboard, and the takes by the numbers of its shots, from 0",
            param="takes",
        )
    for number, (shot, take) in enumerate(zip(request.shots, takes, strict=True), 1):
        if take is None or fits(take, backend, shot.seconds):
            continue
        if take.backend != backend:
            raise InvalidInput(
                f"The take of shot {number} was made by {titled(take.backend)}",
                why=f"The other shots are made by {titled(backend)}, and a video has one maker",
                fix=f"Make the shot again on {titled(backend)}, or leave its take out",
                param="takes",
            )
        raise InvalidInput(
            f"The take of shot {number} is too short",
            why=f"It lasts {take.seconds:g} s, and the shot {shot.seconds:g} s",
            fix="Make the shot again, or shorten it",
            param="takes",
        )

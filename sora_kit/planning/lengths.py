"""Lengths, for backends that make only a few.

A video of another length is made in the next longer one and cut. A storyboard keeps its shots as they
are; it is made in its model's own length, over which the backend spreads the shots.
"""

from __future__ import annotations

from sora_kit.backends.base import Capabilities
from sora_kit.errors import InvalidInput
from sora_kit.language import MODELS
from sora_kit.language.request import Note, Request
from sora_kit.planning.known import Origin
from sora_kit.planning.wording import titled

__all__ = (
    "TIMED",
    "TOLERANCE",
    "as_remix_of",
    "check_length",
    "either",
    "fits",
    "kept_seconds",
    "made_seconds",
    "note_on_length",
)

TIMED = frozenset({"video", "remix", "extend"})
"""Kinds that have a length of their own; that of an `enhance` is of the video that its text is for."""

TOLERANCE = 0.25
"""A video this much off its length is the same length: backends do not count to the frame."""


def check_length(request: Request, backend: str, can: Capabilities, *, native_extension: bool) -> None:
    """Refuse lengths that can neither be made nor be cut from what can.

    Args:
        request: What is wanted; the length of an extension is that of its new part.
        backend: Who shall make it.
        can: What it can do.
        native_extension: The backend extends by itself. It may answer with the whole or with the new
            part alone, so nothing can be cut from that without guessing.

    Raises:
        InvalidInput: With the lengths that there are.
    """
    if native_extension and can.lengths and not request.shots and not fits(request.seconds, can):
        raise InvalidInput(
            f"{titled(backend)} does not extend a video by {request.seconds:g} s",
            why="An extension is made by the backend as a whole and cannot be cut",
            fix=f"Extend it by {either(can.lengths)} s",
            param="seconds",
        )
    longest = min((can.max_seconds or float("inf"), max(can.lengths, default=float("inf"))))
    by_shots = request.shots and not can.storyboard  # each of them is a video of its own
    seconds = max(shot.seconds for shot in request.shots) if by_shots else request.seconds
    if seconds > longest + TOLERANCE:
        made = f"It makes {either(can.lengths)} s" if can.lengths else f"Its longest video is {longest:g} s"
        raise InvalidInput(
            f"{seconds:g} s is too long for the backend {backend!r}",
            why=made,
            fix="Cut the shot in two" if by_shots else "Ask for a shorter one and extend it",
            param="seconds",
        )


def made_seconds(request: Request, can: Capabilities) -> float:
    """The length that the backend is asked for: the request's own, or the next longer one it makes."""
    if request.kind not in TIMED:
        return request.seconds
    wanted = _wanted(request, can)
    fitting = [length for length in sorted(can.lengths) if length >= wanted - TOLERANCE]
    return next(iter(fitting), wanted)


def kept_seconds(request: Request, can: Capabilities) -> float | None:
    """The length that the result is cut to, or None where nothing is cut."""
    wanted = _wanted(request, can)
    return wanted if can.lengths and made_seconds(request, can) - wanted > TOLERANCE else None


def note_on_length(request: Request, backend: str, can: Capabilities) -> Note | None:
    """What to say about a length that is made in another one."""
    made = made_seconds(request, can)
    if not can.lengths or abs(made - request.seconds) <= TOLERANCE:
        return None
    what = f"{titled(backend)} makes {either(can.lengths)} s"
    kept = kept_seconds(request, can)
    if kept is None:
        return Note(f"{request.seconds:g} s", f"{what}; the shots are spread over {made:g} s")
    return Note(f"{kept:g} s", f"{what}; the video is made in {made:g} s and cut to {kept:g} s")


def as_remix_of(request: Request, origin: Origin | None, can: Capabilities) -> Request:
    """A remix that takes its length from its source takes no more than the backend can make."""
    longest = max(can.lengths, default=0.0)
    if request.kind != "remix" or origin is None or not longest or request.seconds != origin.seconds:
        return request
    return request.with_(seconds=min(request.seconds, longest))


def either(lengths: tuple[float, ...]) -> str:
    """``10, 15 or 25``."""
    *rest, last = (f"{length:g}" for length in sorted(lengths))
    return f"{', '.join(rest)} or {last}" if rest else last


def _wanted(request: Request, can: Capabilities) -> float:
    """The length of the result: that of the model for a storyboard whose model has just one."""
    model = MODELS.get(request.model)
    if request.shots and model is not None and len(model.lengths) == 1 and fits(model.seconds, can):
        return max(request.seconds, model.seconds)
    return request.seconds


def fits(seconds: float, can: Capabilities) -> bool:
    """Whether a backend of few lengths makes this one."""
    return any(abs(seconds - length) <= TOLERANCE for length in can.lengths)

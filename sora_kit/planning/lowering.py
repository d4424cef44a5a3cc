"""From a request that a backend cannot do in one go to steps that it can.

`Steps` collects steps and knows their numbers. A *part* is a piece of video that other steps build on:
one call to the backend, and a cut where the backend makes only other lengths. Shots of a storyboard and
the new end of an extension are parts that are joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sora_kit.backends.base import Capabilities
from sora_kit.errors import InvalidInput
from sora_kit.language import choose_model
from sora_kit.language.request import Note, Request
from sora_kit.planning.known import Origin, Take
from sora_kit.planning.lengths import TOLERANCE, either, fits, kept_seconds, made_seconds
from sora_kit.planning.plan import SOURCE, TAKE, Step
from sora_kit.planning.wording import added, titled

__all__ = ("Steps", "extends_natively", "lower")


@dataclass
class Steps:
    """Steps in the making."""

    backend: str
    can: Capabilities
    takes: Sequence[Take | None] = ()
    """Clips that take the place of shots."""
    steps: list[Step] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def add(self, step: Step) -> int:
        """Append a step; its number."""
        self.steps.append(step)
        return len(self.steps) - 1

    def part(self, request: Request, title: str, continues: int | None = None) -> int:
        """Make a piece of video in its own length; the number of the step that holds it."""
        made, kept = made_seconds(request, self.can), kept_seconds(request, self.can)
        number = self.add(
            Step("make", title, request=request.with_(seconds=made) if made else request, continues=continues)
        )
        if kept is None:
            return number
        return self.add(Step("cut", f"Cut it to {kept:g} s", parts=(number,), seconds=kept))

    def parts(self, request: Request, continues: int | None = None) -> list[int]:
        """Make a video, shot by shot where the backend takes no storyboards."""
        if not request.shots or (self.can.storyboard and not any(self.takes)):
            return [self.part(request, title_of(request, self.backend, self.can), continues)]
        made: list[int] = []
        for number, shot in enumerate(request.shots, 1):
            if self.takes and (take := self.takes[number - 1]):
                made.append(self.taken(number, shot.seconds, take))
                continue
            one = request.with_(
                prompt=added(request.prompt, shot.text), shots=(), seconds=shot.seconds,
                image=request.image if number == 1 else None, takes=(),
            )  # fmt: skip
            title = f"Make shot {number} of {len(request.shots)}, {shot.seconds:g} s"
            if len(request.shots) == 1:
                title = title_of(one, self.backend, self.can)
            made.append(self.part(one, title, made[-1] if made and self.can.first_frame else continues))
            continues = None
        return made

    def taken(self, number: int, seconds: float, take: Take) -> int:
        """The number that stands for a shot that is there, cut if it is longer."""
        part = TAKE - (number - 1)
        if take.seconds - seconds <= TOLERANCE:
            return part
        return self.add(Step("cut", f"Cut shot {number} to {seconds:g} s", parts=(part,), seconds=seconds))

    def join(self, parts: list[int], title: str) -> None:
        """Put parts behind one another; one alone is whole already, if it was made here."""
        if len(parts) > 1 or not self.steps:
            self.add(Step("join", title, parts=tuple(parts)))


def lower(
    request: Request,
    backend: str,
    can: Capabilities,
    origin: Origin | None,
    takes: Sequence[Take | None] = (),
) -> Steps:
    """The steps for a request whose words and length the backend can take.

    Args:
        request: What is wanted. A remix comes here only if the backend can start from its source.
        backend: Who makes it.
        can: What it can do.
        origin: The source, if there is one.
        takes: For each shot the clip that takes its place, or None; already checked.

    Raises:
        InvalidInput: An extension that can neither be made nor be lowered.
    """
    steps = Steps(backend, can, takes)
    if request.kind == "extend":
        _extend(steps, request, origin)
    elif request.kind == "video":
        parts = steps.parts(request)
        steps.join(parts, f"Join the {len(parts)} shots" if len(parts) > 1 else "Take the shot over")
    else:
        steps.part(request, title_of(request, backend, can))
    return steps


def extends_natively(request: Request, can: Capabilities, origin: Origin | None) -> bool:
    """Whether the backend makes the extension by itself, the source included.

    A length that it does not make is made from the source's last frame, if it takes one and the source is
    here; where it is not, nothing else than the backend will do.
    """
    wanted = request.kind == "extend" and "extend" in can.kinds
    if not (wanted and can.extends and _takes(request, can, origin)):
        return False
    only = origin is None or not can.first_frame
    return only or bool(request.shots) or not can.lengths or fits(request.seconds, can)


def _takes(request: Request, can: Capabilities, origin: Origin | None) -> bool:
    """Whether the backend can start from the source, and take the shots if there are any."""
    return (origin is None or origin.native) and (can.storyboard or not request.shots)


def _extend(steps: Steps, request: Request, origin: Origin | None) -> None:
    can = steps.can
    length = f"{request.seconds:g} s more"
    if extends_natively(request, can, origin):
        # never cut: nobody knows whether the backend answers with the whole or with the new part
        whole = request.with_(seconds=made_seconds(request, can))
        steps.add(Step("make", f"Make {length} of the source on {titled(steps.backend)}", request=whole))
        return
    if "extend" in can.kinds and not can.extends and _takes(request, can, origin):
        new = [steps.part(request, f"{'Draw' if can.preview else 'Make'} {length}")]
    elif "video" in can.kinds:
        if can.first_frame:
            how = "it goes on from the source's last frame as a new video, and is joined to it"
        else:
            how = "a new video is joined to the source, with a visible cut"
        what = "cannot extend this source"
        if "extend" in can.kinds and _takes(request, can, origin):
            what = f"extends by {either(can.lengths)} s only"
        steps.notes.append(Note("extend", f"{titled(steps.backend)} {what}; {how}"))
        new = steps.parts(_as_video(request), SOURCE if can.first_frame else None)
    else:
        raise InvalidInput(
            f"The backend {steps.backend!r} can extend only its own videos",
            fix="Choose another backend with backend=…",
            param="source",
            code="not_supported",
        )
    steps.join([SOURCE, *new], "Join it to the source")


def _as_video(request: Request) -> Request:
    """The new part of an extension as a video of its own."""
    tall = request.height > request.width
    seconds = next((length for length in (10.0, 15.0, 25.0) if length >= request.seconds), 25.0)
    model = choose_model("video", orientation="portrait" if tall else "landscape", seconds=seconds)
    return request.with_(kind="video", model=model, source=None, video=None, image=None)


def title_of(request: Request, backend: str, can: Capabilities) -> str:
    """What a single call makes, in plain words."""
    verb = "Draw" if can.preview else "Make"
    where = f"on {titled(backend)}"
    if request.kind == "enhance":
        return f"Write a {request.level or 'medium'} prompt for {request.seconds:g} s {where}"
    if request.kind == "image":
        return f"{verb} a {request.width}x{request.height} picture {where}"
    if request.kind == "character":
        return f"Make a character of what the clip shows {where}"
    shots = f" in {len(request.shots)} shots" if len(request.shots) > 1 else ""
    what = "a variation of the source" if request.kind == "remix" else "a video"
    start = ", starting on your picture" if request.image else ""
    return f"{verb} {what} of {made_seconds(request, can):g} s{shots} {where}{start}"

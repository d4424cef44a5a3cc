"""Request × capabilities → plan.

What a backend can do natively is one step. What it cannot is *lowered* to steps that it can: a
storyboard becomes shots that carry the last frame over and are joined, an extension becomes a new
part that is joined to its source, a style becomes words. What can't be lowered is refused here,
before anything runs.
"""

from __future__ import annotations

from collections.abc import Callable

from sora_kit.backends.base import Capabilities
from sora_kit.errors import InvalidInput
from sora_kit.language import chips, find_style
from sora_kit.language.request import Note, Request
from sora_kit.language.scene import Scene
from sora_kit.planning.plan import Estimate, Plan, Step

__all__ = ("plan",)

PIXELS_720P = 1280 * 720


def plan(
    request: Request,
    backend: str,
    can: Capabilities,
    read: Callable[[Request], tuple[Scene, ...]] | None = None,
) -> Plan:
    """Plan a request on one backend.

    Args:
        request: What is wanted.
        backend: The backend's name.
        can: What it can do.
        read: Reads scenes out of the request, to tell which words will not be drawn; None skips it.

    Raises:
        InvalidInput: The backend can neither do it nor be helped to.
    """
    if request.kind not in can.kinds and not (
        request.kind == "remix" and request.video and "video" in can.kinds
    ):
        raise InvalidInput(
            f"The backend {backend!r} cannot do {WORDS[request.kind]} yet",
            why=f"It makes {', '.join(sorted(WORDS[kind] for kind in can.kinds))}",
            fix="Choose another model, or another backend with backend=…",
            param="model",
            code="not_supported",
        )
    if can.max_seconds and request.seconds > can.max_seconds:
        raise InvalidInput(
            f"{request.seconds:g} s is too long for the backend {backend!r}",
            why=f"Its longest video is {can.max_seconds:g} s",
            fix="Ask for a shorter one and extend it",
            param="seconds",
        )
    wish, notes = (request, []) if can.styles or not request.style else style_as_words(request)
    if request.kind == "extend":
        steps = [
            make(
                wish,
                f"Draw {request.seconds:g} s more" if can.preview else f"Make {request.seconds:g} s more",
            )
        ]
        steps.append(Step("join", "Join it to the source", parts=(-1, 0)))
    elif len(request.shots) > 1 and not can.storyboard:
        steps = shot_by_shot(wish, can)
    else:
        steps = [make(wish, title_of(wish, backend, can))]
    scenes = read(request) if read is not None and can.preview and request.kind != "enhance" else ()
    return Plan(
        request=request,
        backend=backend,
        preview=can.preview,
        steps=tuple(steps),
        estimate=estimate(request, backend, can, steps),
        understood=tuple(chips(request)),
        notes=(*request.notes, *notes, *not_drawn(scenes)),
        shots=timeline(request),
    )


WORDS = {
    "video": "videos",
    "image": "pictures",
    "enhance": "prompt enhancement",
    "remix": "remixes",
    "extend": "extensions",
    "character": "characters",
}


def make(request: Request, title: str, continues: int | None = None) -> Step:
    """A step that asks the backend."""
    return Step("make", title, request=request, continues=continues)


def title_of(request: Request, backend: str, can: Capabilities) -> str:
    """Words for a single-step plan."""
    verb = "Draw" if can.preview else "Make"
    where = f"on {backend}"
    if request.kind == "enhance":
        return f"Write a {request.level or 'medium'} prompt for {request.seconds:g} s {where}"
    if request.kind == "image":
        return f"{verb} a {request.width}x{request.height} picture {where}"
    shots = f" in {len(request.shots)} shots" if len(request.shots) > 1 else ""
    what = "a variation of the source" if request.kind == "remix" else "a video"
    start = ", starting on your picture" if request.image else ""
    return f"{verb} {what} of {request.seconds:g} s{shots} {where}{start}"


def shot_by_shot(request: Request, can: Capabilities) -> list[Step]:
    """A storyboard for a backend that takes one shot at a time."""
    steps = []
    for number, shot in enumerate(request.shots):
        words = f"{request.prompt.rstrip('. ')}. {shot.text}" if request.prompt else shot.text
        one = request.with_(kind="video", prompt=words, shots=(), seconds=shot.seconds)
        carried = number - 1 if number and can.first_frame else None
        if number:
            one = one.with_(image=None)
        steps.append(
            make(one, f"Make shot {number + 1} of {len(request.shots)}, {shot.seconds:g} s", carried)
        )
    steps.append(Step("join", f"Join the {len(request.shots)} shots", parts=tuple(range(len(request.shots)))))
    return steps


def style_as_words(request: Request) -> tuple[Request, list[Note]]:
    """The style's words behind the prompt, for a backend without styles."""
    style = find_style(request.style or "")
    words = f"{request.prompt.rstrip('. ')}. {style.prompt_suffix}" if request.prompt else style.prompt_suffix
    note = Note(f"{{{style.id}}}", "This backend has no styles of its own; the style is put into words")
    return request.with_(prompt=words, style=None), [note]


def not_drawn(scenes: tuple[Scene, ...]) -> list[Note]:
    """One note for the words that change nothing in the picture."""
    words = list(dict.fromkeys(word for scene in scenes for word in scene.unread))
    if not words:
        return []
    return [Note(", ".join(words), "The preview does not draw this; a real backend may")]


def timeline(request: Request) -> tuple[tuple[float, float, str], ...]:
    """Start, end and words of every shot."""
    spans, at = [], 0.0
    for shot in request.shots:
        spans.append((at, at + shot.seconds, shot.text))
        at += shot.seconds
    return tuple(spans)


def estimate(request: Request, backend: str, can: Capabilities, steps: list[Step]) -> Estimate:
    """Work, price and calls, from the backend's own figures."""
    pixels = (request.width * request.height) / PIXELS_720P
    work = max(0.1, request.seconds * can.speed * (pixels or 1.0)) if request.kind != "image" else 1.0
    if request.kind == "enhance":
        work = 0.1
    dollars = can.price_per_second * request.seconds
    calls = sum(step.kind == "make" for step in steps)
    price = "Free" if not dollars else f"About ${dollars:.2f}"
    asked = "" if can.price_per_second == 0 else f", {calls} call{'s' * (calls > 1)}"
    return Estimate(work, dollars, calls, f"{price}{asked}, about {spoken(work)} on {backend.capitalize()}.")


def spoken(seconds: float) -> str:
    """``4 s``, ``2 min``."""
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"

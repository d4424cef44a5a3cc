"""Request × capabilities → plan.

What a backend can do natively is one step. What it cannot is *lowered* to steps that it can: a
storyboard becomes shots that carry the last frame over and are joined, an extension becomes a new
part that is joined to its source, another length is cut from a longer one (`sora_kit.planning.lowering`,
`sora_kit.planning.lengths`), and a style, a character or the source of a remix becomes words
(`sora_kit.planning.wording`). What can't be lowered is refused here, before anything runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sora_kit.backends.base import Capabilities
from sora_kit.errors import InvalidInput
from sora_kit.language.request import Note, Request
from sora_kit.language.scene import Scene
from sora_kit.planning.known import Origin, Role, Take
from sora_kit.planning.lengths import TIMED, as_remix_of, check_length, note_on_length
from sora_kit.planning.lowering import extends_natively, lower
from sora_kit.planning.plan import Estimate, Plan, Step
from sora_kit.planning.prices import NO_PRICES, Prices
from sora_kit.planning.takes import check_takes
from sora_kit.planning.wording import characters_as_words, remix_as_words, style_as_words, titled

__all__ = ("plan",)

PIXELS_720P = 1280 * 720


def plan(
    request: Request,
    backend: str,
    can: Capabilities,
    read: Callable[[Request], tuple[Scene, ...]] | None = None,
    *,
    origin: Origin | None = None,
    roles: Sequence[Role] = (),
    takes: Sequence[Take | None] = (),
    prices: Prices = NO_PRICES,
) -> Plan:
    """Plan a request on one backend.

    Args:
        request: What is wanted.
        backend: The backend's name.
        can: What it can do.
        read: Reads scenes out of the request, to tell which words will not be drawn; None skips it.
        origin: The clip that it remixes or extends. None where there is none, and for ids of clips
            that were never here.
        roles: The workspace's characters.
        takes: The clips of `Request.takes`, None where there is none.
        prices: What backends cost here.

    Raises:
        InvalidInput: The backend can neither do it nor be helped to.
    """
    notes: list[Note] = []
    wish = request
    if request.kind == "remix" and not _remixes(request, can, origin):
        wish, notes = remix_as_words(request, backend, origin or Origin(native=False))
    refuse_impossible(wish, backend, can)
    check_takes(wish, backend, takes)
    if wish.kind != "character":
        wish, said = characters_as_words(wish, backend, roles, has_characters="character" in can.kinds)
        notes += said
    if not can.styles:
        wish, said = style_as_words(wish)
        notes += said
    if wish.kind in TIMED:
        wish = as_remix_of(wish, origin, can)
        native = extends_natively(wish, can, origin)
        check_length(wish, backend, can, native_extension=native)
        one_by_one = wish.shots and (not can.storyboard or any(takes))
        if not one_by_one and (note := note_on_length(wish, backend, can)):
            notes.append(note)
    lowered = lower(wish, backend, can, origin, takes)
    scenes = read(wish) if read is not None and can.preview and wish.kind != "enhance" else ()
    return Plan(
        request=request,
        backend=backend,
        preview=can.preview,
        steps=tuple(lowered.steps),
        estimate=estimate(backend, can, lowered.steps, prices),
        notes=(*_still_true(request, wish, can, takes), *notes, *lowered.notes, *not_drawn(scenes)),
        shots=timeline(wish),
    )


WORDS = {
    "video": "videos",
    "image": "pictures",
    "enhance": "prompt enhancement",
    "remix": "remixes",
    "extend": "extensions",
    "character": "characters",
}


def refuse_impossible(request: Request, backend: str, can: Capabilities) -> None:
    """Refuse kinds that the backend neither has nor can be helped to, and pictures that it can't use.

    Raises:
        InvalidInput: With what it makes.
    """
    kind = "video" if request.kind == "extend" and "extend" not in can.kinds else request.kind
    if kind not in can.kinds:
        raise InvalidInput(
            f"The backend {backend!r} cannot do {WORDS[request.kind]} yet",
            why=f"It makes {', '.join(sorted(WORDS[kind] for kind in can.kinds))}",
            fix="Choose another model, or another backend with backend=…",
            param="model",
            code="not_supported",
        )
    if request.image and request.kind == "video" and not can.first_frame:
        raise InvalidInput(
            f"The backend {backend!r} cannot start a video on a picture",
            fix="Leave the picture out, or choose another backend with backend=…",
            param="image",
            code="not_supported",
        )


def _remixes(request: Request, can: Capabilities, origin: Origin | None) -> bool:
    reachable = origin is None or origin.native
    return "remix" in can.kinds and reachable and (can.storyboard or not request.shots)


def _still_true(
    request: Request, wish: Request, can: Capabilities, takes: Sequence[Take | None]
) -> tuple[Note, ...]:
    """The request's notes without the one on a board shorter than its model, where that is not so."""
    if not (can.lengths and can.storyboard and wish.shots) or any(takes):
        return request.notes
    return tuple(note for note in request.notes if note.text != f"{request.seconds:g} s")


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


def estimate(backend: str, can: Capabilities, steps: Sequence[Step], prices: Prices = NO_PRICES) -> Estimate:
    """Work, price and calls, from what the backend and the workspace say of what is asked for."""
    asked = [step.request for step in steps if step.request is not None]
    if not asked:
        sentence = f"Free: all shots are there, and nothing is asked of {titled(backend)}."
        return Estimate(1.0, 0.0, 0, sentence, priced=True)
    work = sum(_work(one, can) for one in asked)
    known = [0.0 if can.preview else prices.of(backend, one, can.price_per_second) for one in asked]
    dollars, priced = sum(one or 0.0 for one in known), None not in known
    calls = len(asked)
    price = f"About ${dollars:.2f}" if dollars and priced else "Free" if priced else ""
    counted = "" if can.preview else f"{calls} call{'s' * (calls > 1)}"
    sentence = ", ".join(filter(None, (price, counted, f"about {spoken(work)} on {titled(backend)}")))
    return Estimate(work, dollars if priced else 0.0, calls, f"{sentence}.", priced=priced)


def _work(request: Request, can: Capabilities) -> float:
    """Seconds that one call takes, roughly."""
    if request.kind in TIMED:
        pixels = request.width * request.height / PIXELS_720P
        return max(0.1, request.seconds * can.speed * (pixels or 1.0))
    if can.preview:
        return 0.1 if request.kind == "enhance" else 1.0
    return {"enhance": 5.0, "image": max(10.0, 2 * can.speed)}.get(request.kind, 60.0)


def spoken(seconds: float) -> str:
    """``4 s``, ``2 min``."""
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"

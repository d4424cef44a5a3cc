"""Blocking: who stands where, how large, and in which order.

Sizes come from the framing; places are chosen so that the whole company stays in the frame, in tall
frames too. Who stands nearer to the camera stands lower and is drawn later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sora_kit.backends.animatic.camera import Stage
from sora_kit.backends.animatic.canvas import Scenery
from sora_kit.backends.animatic.cast.actor import Actor
from sora_kit.language.scene import Framing

__all__ = ("FRAMING_SCALE", "Mark", "blocked")

FRAMING_SCALE: dict[Framing, float] = {"wide": 0.62, "medium": 1.1, "close-up": 1.7}
"""Size of the cast in a frame, relative to `Actor.height`."""

_FILL = 0.86  # share of the frame's width that the company may take
_TALLEST = 0.80  # share of the frame's height, where feet are to be seen
_HEADROOM = 0.15  # of the frame, in a close-up whose feet are not


@dataclass(frozen=True, slots=True)
class Mark:
    """Where one actor stands, in canvas pixels."""

    actor: Actor

    x: float
    y: float
    """Of its anchor."""

    anchor: tuple[float, float]
    """The pixel of its sprite that is put there: its foot, or its middle, if it does not stand."""

    size: float
    """Its height in pixels at zoom 1."""

    shadow: bool
    """Whether its contact shadow is drawn."""

    reach: float
    """Its width in pixels."""


def blocked(
    actors: Sequence[Actor], scenery: Scenery, framing: Framing, stage: Stage, rng: np.random.Generator
) -> list[Mark]:
    """Give every actor its mark, in drawing order."""
    airborne = [a for a in actors if a.mode == "fly"]
    standing = [a for a in actors if a.mode != "fly"]
    if scenery.floating:
        return _row([*airborne, *standing], scenery, framing, stage, rng, raised=0.0)
    # Where some fly and some stand, those in the air are in the upper half.
    raised = 0.16 if standing else 0.06
    return [
        *_row(airborne, scenery, framing, stage, rng, raised=raised),
        *_row(standing, scenery, framing, stage, rng, raised=0.0),
    ]


def _row(
    actors: Sequence[Actor],
    scenery: Scenery,
    framing: Framing,
    stage: Stage,
    rng: np.random.Generator,
    *,
    raised: float,
) -> list[Mark]:
    """Actors side by side around the middle of the frame."""
    if not actors:
        return []
    tall = min(stage.height, stage.width * 1.05)
    scale = FRAMING_SCALE[framing] * scenery.size
    if len(actors) > 1:
        scale *= 0.86
    limit = 1.25 if framing == "close-up" else _TALLEST
    sizes = [min(a.height * scale * tall, limit * stage.height) for a in actors]
    if framing == "close-up" and len(actors) == 1:
        # A bee fills a close-up too, and of a person head and shoulders are enough.
        upright = actors[0].sprite(0).shape[1] < 0.75 * actors[0].unit and actors[0].height > 0.44
        sizes = [max(sizes[0], (1.2 if upright else 0.42) * tall)]
    widths = [s * a.sprite(0).shape[1] / a.unit for s, a in zip(sizes, actors, strict=True)]
    room = stage.width * _FILL
    gap = stage.width * 0.03
    total = sum(widths) + gap * (len(actors) - 1)
    if total > room:
        shrink = max(0.55, room / total)
        sizes = [s * shrink for s in sizes]
        widths = [w * shrink for w in widths]
        gap = min(gap, (room - sum(widths)) / max(1, len(actors) - 1))
        total = sum(widths) + gap * (len(actors) - 1)
    lead = _lead_room(actors, stage)
    left = stage.canvas_width / 2 - total / 2 + lead
    marks = []
    for i, (actor, size, width) in enumerate(zip(actors, sizes, widths, strict=True)):
        step = (i * 2) % 3 / 3 if len(actors) > 1 else 0.0
        near = 1 + 0.08 * step
        x = left + width / 2 + float(rng.normal(0, 0.006)) * stage.width
        y = _height_of(actor, scenery, framing, stage, size, raised) + step * 0.035 * tall
        rooted = actor.mode != "fly" and not scenery.floating
        anchor = actor.foot if rooted else (actor.foot[0], actor.foot[1] - actor.unit / 2)
        shadow = rooted and actor.mode == "stand" and actor.shadow
        marks.append(Mark(actor, x, y, anchor, size * near, shadow, width))
        left += width + gap
    return sorted(marks, key=lambda mark: mark.y)


def _lead_room(actors: Sequence[Actor], stage: Stage) -> float:
    """Somebody alone looks into the longer half of the frame."""
    if len(actors) > 1 or stage.width < stage.height:
        return 0.0
    return stage.width * (-0.035 if actors[0].faces == "right" else 0.035)


def _height_of(
    actor: Actor, scenery: Scenery, framing: Framing, stage: Stage, size: float, raised: float
) -> float:
    """Canvas row of the foot (or of the middle)."""
    ground = scenery.ground * stage.canvas_height
    top = (stage.canvas_height - stage.height) / 2
    if scenery.floating:
        return ground
    if actor.mode == "fly":
        return top + stage.height * (0.46 - raised)
    if actor.mode == "float":
        return ground + size * 0.04
    if framing == "close-up" and size > 0.62 * stage.height:
        return max(ground, top + stage.height * _HEADROOM + size)
    return ground

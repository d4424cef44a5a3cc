"""Rooms: the things that stand in them. All positions are canvas pixels.

Every piece is a few flat shapes on one `Sketch`, lit from the window.
"""

from __future__ import annotations

import numpy as np

from sora_kit.backends.animatic.canvas import SetBuilder
from sora_kit.backends.animatic.light import Albedo, Rgb
from sora_kit.backends.animatic.paint.sketch import Sketch

__all__ = (
    "bed",
    "bookcase",
    "counter",
    "desk",
    "floor_lamp",
    "pendant",
    "picture_frame",
    "plant",
    "rug",
    "sofa",
    "table",
)

_BOOKS = ("#a5493d", "#3f6a72", "#c79a55", "#59624a", "#7a6a94", "#d8cbb0", "#2f4053")


def _shade(stage: SetBuilder, albedo: Albedo, k: float = 1.0) -> Rgb:
    return stage.light.lit(albedo, 1.0, k)


def bookcase(stage: SetBuilder, on: Sketch, box: tuple[float, float, float, float], shelves: int = 4) -> None:
    """A bookcase filled with books."""
    x0, y0, x1, y1 = box
    on.box(x0, y0, x1, y1, _shade(stage, "#6b4a33", 0.8))
    edge = (x1 - x0) * 0.035
    step = (y1 - y0) / shelves
    for shelf in range(shelves):
        top, bottom = y0 + shelf * step + edge, y0 + (shelf + 1) * step
        on.box(x0 + edge, top, x1 - edge, bottom - edge, _shade(stage, "#3d2a1e", 0.75))
        x = x0 + edge * 1.6
        while x < x1 - edge * 3:
            wide = stage.rng.uniform(0.02, 0.055) * (x1 - x0)
            tall = stage.rng.uniform(0.55, 0.86) * (bottom - top)
            if stage.rng.random() < 0.82:
                book = _BOOKS[stage.rng.integers(len(_BOOKS))]
                on.box(x, bottom - edge - tall, x + wide, bottom - edge, _shade(stage, book, 0.9))
            x += wide * 1.08


def picture_frame(stage: SetBuilder, on: Sketch, box: tuple[float, float, float, float]) -> None:
    """A framed landscape."""
    x0, y0, x1, y1 = box
    edge = (x1 - x0) * 0.06
    hue = _BOOKS[stage.rng.integers(len(_BOOKS))]
    on.box(x0, y0, x1, y1, _shade(stage, "#4a3524"))
    on.box(x0 + edge, y0 + edge, x1 - edge, y1 - edge, _shade(stage, "#efe6d4", 0.95))
    inner = edge * 2.4
    on.box(x0 + inner, y0 + inner, x1 - inner, y1 - inner, _shade(stage, "#b8cdd6", 0.95))
    middle = y0 + (y1 - y0) * 0.62
    peak = x0 + (x1 - x0) * stage.rng.uniform(0.35, 0.65)
    on.polygon(
        (
            (x0 + inner, y1 - inner),
            (x0 + inner, middle),
            (peak, y0 + (y1 - y0) * 0.36),
            (x1 - inner, middle),
            (x1 - inner, y1 - inner),
        ),
        _shade(stage, hue, 0.9),
    )


def plant(stage: SetBuilder, on: Sketch, x: float, floor: float, tall: float) -> None:
    """A pot with long leaves."""
    pot = tall * 0.16
    for angle in np.linspace(-1.15, 1.15, 13):
        reach = tall * stage.rng.uniform(0.62, 0.86)
        t = np.linspace(0, 1, 8)
        spine = np.column_stack(
            (
                x + np.sin(angle) * reach * t**1.2 * 0.8,
                floor - pot * 1.6 - reach * np.cos(angle * 0.75) * t + t**3 * reach * abs(angle) * 0.35,
            )
        )
        on.stroke(spine, max(2.0, tall * 0.05), _shade(stage, "#48733f", stage.rng.uniform(0.65, 1.1)), 0.25)
    on.polygon(
        (
            (x - pot, floor - pot * 2),
            (x + pot, floor - pot * 2),
            (x + pot * 0.72, floor),
            (x - pot * 0.72, floor),
        ),
        _shade(stage, "#b06a45", 0.9),
    )
    on.box(
        x - pot * 1.08, floor - pot * 2.1, x + pot * 1.08, floor - pot * 1.75, _shade(stage, "#c17d55", 0.95)
    )


def floor_lamp(stage: SetBuilder, on: Sketch, x: float, floor: float, tall: float) -> None:
    """A standing lamp with a shade."""
    on.stroke(((x, floor), (x, floor - tall)), max(2.0, tall * 0.018), _shade(stage, "#2f2a28"))
    on.box(x - tall * 0.1, floor - tall * 0.02, x + tall * 0.1, floor, _shade(stage, "#2f2a28"))
    lit = stage.light.lamps > 0.3
    shade: Albedo = np.array((255, 226, 160), np.float32) if lit else _shade(stage, "#e8d9b8", 0.95)
    on.polygon(
        (
            (x - tall * 0.08, floor - tall),
            (x + tall * 0.08, floor - tall),
            (x + tall * 0.13, floor - tall * 0.8),
            (x - tall * 0.13, floor - tall * 0.8),
        ),
        shade,
    )


def pendant(stage: SetBuilder, on: Sketch, x: float, drop: float, size: float) -> None:
    """A lamp hanging from the ceiling."""
    on.stroke(((x, 0), (x, drop)), max(1.0, size * 0.05), _shade(stage, "#2a2726"))
    on.polygon(
        (
            (x - size * 0.18, drop),
            (x + size * 0.18, drop),
            (x + size * 0.5, drop + size * 0.5),
            (x - size * 0.5, drop + size * 0.5),
        ),
        _shade(stage, "#39464d", 0.9),
    )
    on.disc(
        x,
        drop + size * 0.52,
        size * 0.2,
        (255, 228, 165) if stage.light.lamps > 0.1 else (246, 240, 226),
        0.5,
    )


def rug(stage: SetBuilder, on: Sketch, x: float, y: float, half: float) -> None:
    """An oval rug in perspective."""
    for radius, hue in ((1.0, "#8f4a3c"), (0.9, "#d9c3a0"), (0.82, "#96543f"), (0.45, "#a8694f")):
        on.disc(x, y, half * radius, _shade(stage, hue, 0.82), 0.2)


def sofa(stage: SetBuilder, on: Sketch, box: tuple[float, float, float, float], hue: Albedo) -> None:
    """A sofa with two cushions."""
    x0, y0, x1, y1 = box
    wide, tall = x1 - x0, y1 - y0
    on.box(x0 + wide * 0.05, y1 - tall * 0.12, x1 - wide * 0.05, y1, _shade(stage, "#2f231c", 0.8))
    on.box(x0 + wide * 0.06, y0, x1 - wide * 0.06, y1 - tall * 0.14, _shade(stage, hue, 0.82))
    middle = (x0 + x1) / 2
    for left, right in ((x0 + wide * 0.11, middle - 2), (middle + 2, x1 - wide * 0.11)):
        on.box(left, y0 + tall * 0.08, right, y0 + tall * 0.6, _shade(stage, hue, 0.96))
        on.box(left, y0 + tall * 0.5, right, y1 - tall * 0.2, _shade(stage, hue, 1.08))
    for left in (x0, x1 - wide * 0.11):
        on.box(left, y0 + tall * 0.3, left + wide * 0.11, y1 - tall * 0.1, _shade(stage, hue, 0.9))
        on.disc(left + wide * 0.055, y0 + tall * 0.32, wide * 0.06, _shade(stage, hue, 1.0), 0.7)


def bed(stage: SetBuilder, on: Sketch, box: tuple[float, float, float, float], hue: Albedo) -> None:
    """A bed seen from its side."""
    x0, y0, x1, y1 = box
    wide, tall = x1 - x0, y1 - y0
    on.box(x0, y0 - tall * 0.35, x0 + wide * 0.05, y1, _shade(stage, "#5b3f2c", 0.85))
    on.box(x1 - wide * 0.04, y0 + tall * 0.25, x1, y1, _shade(stage, "#5b3f2c", 0.85))
    on.box(
        x0 + wide * 0.03, y0 + tall * 0.34, x1 - wide * 0.02, y0 + tall * 0.8, _shade(stage, "#ece5d8", 0.9)
    )
    on.polygon(
        (
            (x0 + wide * 0.3, y0 + tall * 0.22),
            (x1 - wide * 0.02, y0 + tall * 0.28),
            (x1 - wide * 0.02, y0 + tall * 0.86),
            (x0 + wide * 0.33, y0 + tall * 0.86),
        ),
        _shade(stage, hue, 0.92),
    )
    on.disc(x0 + wide * 0.17, y0 + tall * 0.24, wide * 0.12, _shade(stage, "#f6f2ea"), 0.45)


def counter(
    stage: SetBuilder, on: Sketch, box: tuple[float, float, float, float], hue: Albedo, *, pots: bool = False
) -> None:
    """Cupboards with a worktop, and pots on it."""
    x0, y0, x1, y1 = box
    tall = y1 - y0
    on.box(x0, y0, x1, y1, _shade(stage, hue, 0.85))
    doors = max(3, round((x1 - x0) / (tall * 0.75)))
    step = (x1 - x0) / doors
    for door in range(doors):
        left = x0 + door * step
        on.box(
            left + step * 0.06, y0 + tall * 0.2, left + step * 0.94, y1 - tall * 0.1, _shade(stage, hue, 0.98)
        )
        on.box(
            left + step * 0.78,
            y0 + tall * 0.3,
            left + step * 0.83,
            y0 + tall * 0.5,
            _shade(stage, "#c9ccd0", 0.9),
        )
    on.box(
        x0 - tall * 0.05, y0 - tall * 0.06, x1 + tall * 0.05, y0 + tall * 0.07, _shade(stage, "#e4ddd0", 1.0)
    )
    for share, metal in ((0.22, "#8b939b"), (0.36, "#b5563f")) if pots else ():
        x, size = x0 + (x1 - x0) * share, tall * 0.16
        on.box(
            x - size, y0 - tall * 0.06 - size * 1.3, x + size, y0 - tall * 0.06, _shade(stage, metal, 0.95)
        )
        on.box(
            x - size * 1.5,
            y0 - tall * 0.06 - size * 1.1,
            x + size * 1.5,
            y0 - tall * 0.06 - size * 0.9,
            _shade(stage, metal, 0.7),
        )


def table(stage: SetBuilder, on: Sketch, x: float, floor: float, half: float, tall: float) -> None:
    """A wooden table, seen a little from above."""
    top = floor - tall
    for leg in (-0.82, 0.82):
        on.stroke(
            ((x + half * leg, top), (x + half * leg * 0.96, floor)),
            max(2.0, tall * 0.09),
            _shade(stage, "#5d3f2a", 0.72),
        )
    on.polygon(
        (
            (x - half * 0.86, top - tall * 0.16),
            (x + half * 0.86, top - tall * 0.16),
            (x + half, top + tall * 0.02),
            (x - half, top + tall * 0.02),
        ),
        _shade(stage, "#9a6d48", 1.0),
    )
    on.box(x - half, top + tall * 0.02, x + half, top + tall * 0.12, _shade(stage, "#7a5236", 0.85))


def desk(stage: SetBuilder, on: Sketch, x: float, floor: float, half: float, tall: float) -> None:
    """A desk with a screen and a mug on it."""
    table(stage, on, x, floor, half, tall)
    top = floor - tall * 1.1
    screen = half * 0.42
    glow: Albedo = (150, 205, 235) if stage.light.night else _shade(stage, "#9fc3d6", 0.9)
    on.stroke(
        ((x - half * 0.2, top), (x - half * 0.2, top - screen * 0.4)),
        max(2.0, half * 0.05),
        _shade(stage, "#2b2d31"),
    )
    on.box(
        x - half * 0.2 - screen,
        top - screen * 1.4,
        x - half * 0.2 + screen,
        top - screen * 0.25,
        _shade(stage, "#26282d"),
    )
    on.box(
        x - half * 0.2 - screen * 0.93,
        top - screen * 1.32,
        x - half * 0.2 + screen * 0.93,
        top - screen * 0.34,
        glow,
    )
    on.box(x + half * 0.5, top - half * 0.14, x + half * 0.6, top + half * 0.01, _shade(stage, "#c8563f"))

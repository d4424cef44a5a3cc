"""What a lay-figure uses: a bicycle, a board, a stool. Drawn before the figure, in the same pen."""

from __future__ import annotations

import math

from sora_kit.backends.animatic.cast.pen import Pen, ellipse, spline
from sora_kit.backends.animatic.light import Rgb

__all__ = ("bicycle", "board", "stool")


def bicycle(pen: Pen, phase: float, frame: str = "") -> None:
    """A bicycle whose wheels and pedals stand at ``phase`` turns; ``frame`` is its ``#rrggbb``."""
    rear, front, crank, r = (-0.30, 0.80), (0.36, 0.80), (0.0, 0.79), 0.19
    for x, y in (rear, front):
        pen.wire(ellipse(x, y, r, r), "#22242a", 0.018)
        for spoke in range(7):
            a = 2 * math.pi * (spoke / 7 + phase)
            pen.wire([(x, y), (x + r * math.cos(a), y + r * math.sin(a))], "#8d949c", 0.003)
        pen.part(ellipse(x, y, 0.018, 0.018), "#565c66")
    seat, head = (-0.10, 0.575), (0.27, 0.52)
    for path in ([rear, crank, seat, rear], [crank, head, seat], [head, front]):
        pen.wire(path, frame or "#b8433a", 0.016)
    pen.wire([head, (0.255, 0.44), (0.32, 0.425)], "#2a2a30", 0.014)
    pen.wire([(-0.17, 0.565), (-0.04, 0.565)], "#2a2a30", 0.022)
    pen.wire(ellipse(*crank, 0.045, 0.045), "#565c66", 0.010)
    for half in (0.0, 0.5):
        a = 2 * math.pi * (phase + half)
        pen.wire([crank, (crank[0] + 0.075 * math.cos(a), crank[1] + 0.075 * math.sin(a))], "#565c66", 0.012)


def board(pen: Pen, colour: Rgb) -> None:
    """A surfboard under the feet."""
    pen.part(
        spline([(-0.46, 0.955), (-0.30, 0.985), (0.30, 0.985), (0.52, 0.925), (0.28, 0.952), (-0.28, 0.948)]),
        colour * 0.5 + 120,
    )
    pen.stroke([(-0.36, 0.964), (0.38, 0.960)], ink=0.6)


def stool(pen: Pen, seat: float) -> None:
    """A wooden stool whose seat is at height ``seat``."""
    for x in (-0.105, 0.045):
        pen.part(
            [(x, seat), (x + 0.028, seat), (x + 0.034 * (1 if x > 0 else 0.2), 0.985), (x - 0.012, 0.985)],
            "#7a5636",
        )
    pen.part(
        [(-0.135, seat - 0.005), (0.105, seat - 0.005), (0.105, seat + 0.03), (-0.135, seat + 0.03)],
        "#966c45",
    )

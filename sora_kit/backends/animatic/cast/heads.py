"""The head of the lay-figure: face, hair, hat.

Seen from the side and a little from the front, looking right: an eye, a brow, a nose on the outline, a
mouth, an ear. At small sizes these become a few dark pixels, which is what makes a face a face.
"""

from __future__ import annotations

import numpy as np

from sora_kit.backends.animatic.cast.pen import Pen, Point, capsule, ellipse, spline
from sora_kit.backends.animatic.cast.wardrobe import Wardrobe
from sora_kit.backends.animatic.light import Albedo

__all__ = ("draw_head",)


class _Head:
    """Coordinates of a head: u towards the face, v upwards, in head sizes from its middle."""

    def __init__(self, pen: Pen, middle: Point, size: float, up: Point) -> None:
        self.pen, self.middle, self.size, self.up = pen, middle, size, up
        self.side = np.array([-up[1], up[0]])

    def at(self, u: float, v: float) -> Point:
        return np.asarray(self.middle + (self.side * u + self.up * v) * self.size)

    def path(self, *points: tuple[float, float]) -> Point:
        return np.stack([self.at(u, v) for u, v in points])

    def oval(self, u: float, v: float, ru: float, rv: float, start: float = 0.0, turn: float = 1.0) -> Point:
        flat = ellipse(u, -v, ru, rv, start=start, turn=turn)
        return np.stack([self.at(a, -b) for a, b in flat])

    def curve(self, *points: tuple[float, float]) -> Point:
        return spline(self.path(*points))

    def part(self, outline: Point, colour: Albedo, ink: float = 1.0) -> None:
        self.pen.part(outline, colour, ink=ink)


def draw_head(pen: Pen, who: Wardrobe, middle: Point, size: float, up: Point, swing: float) -> None:
    """Draw a head.

    Args:
        pen: Where to.
        who: Face, hair and hat.
        middle: Centre of the skull.
        size: Height of the head in heights of the figure.
        up: Unit vector from neck to crown.
        swing: -1…1, for hair that moves with the step.
    """
    head = _Head(pen, middle, size, up)
    if who.suit:
        _space_helmet(head, who)
        return
    if who.hair in ("long", "bun"):
        _hair_behind(head, who, swing)
    head.part(
        head.curve(
            (-0.38, 0.06), (-0.34, 0.38), (-0.05, 0.53), (0.26, 0.43), (0.37, 0.16), (0.385, 0.02),
            (0.47, -0.10), (0.375, -0.17), (0.37, -0.28), (0.31, -0.43), (0.12, -0.50), (-0.10, -0.40),
            (-0.30, -0.24),
        ),
        who.skin,
    )  # fmt: skip
    _face(head, who)
    if who.hair != "bald" and who.hat != "helmet":
        _hair(head, who)
    _HATS.get(who.hat, _no_hat)(head, who)


def _face(head: _Head, who: Wardrobe) -> None:
    dark = who.skin * 0.16
    head.part(head.oval(0.205, 0.035, 0.062, 0.082), "#f7f3ec", ink=0.55)
    head.part(head.oval(0.228, 0.028, 0.038, 0.062), dark, ink=0.0)
    head.part(head.oval(0.240, 0.055, 0.013, 0.018), "#ffffff", ink=0.0)
    head.pen.stroke(head.path((0.115, 0.165), (0.20, 0.195), (0.295, 0.165)), width=1.3)
    head.pen.stroke(head.path((0.20, -0.285), (0.27, -0.305), (0.345, -0.275)), width=1.0)
    head.part(head.oval(0.12, -0.16, 0.085, 0.058), who.skin * (1.0, 0.86, 0.84), ink=0.0)
    head.part(head.oval(-0.115, -0.02, 0.070, 0.105), who.skin * 0.94, ink=0.8)
    if who.beard:
        head.part(
            head.curve(
                (-0.14, -0.12),
                (-0.02, -0.26),
                (0.17, -0.235),
                (0.38, -0.24),
                (0.36, -0.52),
                (0.12, -0.66),
                (-0.12, -0.46),
            ),
            who.hair_colour,
        )
        head.pen.stroke(head.path((0.20, -0.325), (0.34, -0.31)), width=1.2)


def _hair_behind(head: _Head, who: Wardrobe, swing: float) -> None:
    if who.hair == "bun":
        head.part(head.oval(-0.40, 0.34, 0.19, 0.19), who.hair_colour)
        return
    back = -0.36 - 0.07 * swing
    head.part(
        head.curve(
            (0.0, 0.40),
            (-0.42, 0.30),
            (-0.50, -0.20),
            (back - 0.12, -0.86),
            (back + 0.20, -0.92),
            (-0.02, -0.45),
            (0.02, 0.0),
        ),
        who.hair_colour * 0.92,
    )


def _hair(head: _Head, who: Wardrobe) -> None:
    if who.hair == "curly":
        for u, v, r in (
            (-0.34, 0.02, 0.15),
            (-0.38, 0.26, 0.17),
            (-0.20, 0.45, 0.18),
            (0.05, 0.51, 0.17),
            (0.26, 0.40, 0.13),
        ):
            head.part(head.oval(u, v, r, r), who.hair_colour, ink=0.7)
        head.part(head.oval(-0.12, 0.30, 0.26, 0.20), who.hair_colour, ink=0.0)
        return
    low = -0.30 if who.hair == "long" else -0.16
    head.part(
        head.curve(
            (0.36, 0.20),
            (0.31, 0.47),
            (0.02, 0.60),
            (-0.34, 0.48),
            (-0.46, 0.14),
            (-0.36, low),
            (-0.22, low + 0.02),
            (-0.17, 0.10),
            (0.02, 0.24),
            (0.22, 0.27),
        ),
        who.hair_colour,
    )
    head.pen.stroke(head.path((-0.28, 0.34), (-0.06, 0.45), (0.16, 0.43)), ink=0.5)


def _no_hat(head: _Head, who: Wardrobe) -> None:
    del head, who


def _brim(head: _Head, who: Wardrobe) -> None:
    felt = who.top * 0.62
    head.part(head.curve((-0.36, 0.22), (-0.30, 0.70), (-0.02, 0.66), (0.24, 0.71), (0.34, 0.22)), felt)
    head.part(head.path((-0.37, 0.22), (-0.36, 0.34), (0.33, 0.34), (0.35, 0.22)), felt * 0.6)
    head.part(capsule(head.at(-0.60, 0.20), head.at(0.64, 0.18), 0.055 * head.size, 0.055 * head.size), felt)


def _chef(head: _Head, _who: Wardrobe) -> None:
    head.part(
        head.curve(
            (-0.34, 0.42),
            (-0.52, 0.74),
            (-0.28, 0.98),
            (0.02, 0.92),
            (0.30, 0.98),
            (0.50, 0.72),
            (0.34, 0.42),
        ),
        "#f7f5f0",
    )
    head.part(head.path((-0.36, 0.24), (-0.36, 0.46), (0.35, 0.46), (0.36, 0.24)), "#fbfaf6")


def _cap(head: _Head, who: Wardrobe) -> None:
    head.part(
        head.curve((-0.40, 0.22), (-0.40, 0.50), (-0.05, 0.64), (0.30, 0.50), (0.36, 0.24)), who.top * 0.8
    )
    head.part(
        capsule(head.at(0.20, 0.22), head.at(0.62, 0.16), 0.05 * head.size, 0.035 * head.size), who.top * 0.45
    )


def _point(head: _Head, who: Wardrobe) -> None:
    head.part(
        head.curve((-0.36, 0.28), (-0.24, 0.72), (-0.34, 1.25), (0.02, 0.84), (0.34, 0.28)), who.top * 0.9
    )
    head.part(
        capsule(head.at(-0.62, 0.22), head.at(0.62, 0.22), 0.06 * head.size, 0.05 * head.size), who.top * 0.75
    )


def _crown(head: _Head, _who: Wardrobe) -> None:
    head.part(
        head.path(
            (-0.32, 0.34),
            (-0.38, 0.72),
            (-0.18, 0.56),
            (-0.02, 0.80),
            (0.14, 0.56),
            (0.34, 0.72),
            (0.30, 0.34),
        ),
        "#e2b84a",
    )


def _helmet(head: _Head, who: Wardrobe) -> None:
    metal = who.top * 0.5 + 70
    head.part(
        head.curve(
            (-0.46, -0.14),
            (-0.48, 0.30),
            (-0.12, 0.64),
            (0.30, 0.50),
            (0.42, 0.20),
            (-0.02, 0.20),
            (-0.16, -0.14),
        ),
        metal,
    )
    head.part(
        capsule(head.at(-0.42, 0.20), head.at(0.46, 0.20), 0.045 * head.size, 0.045 * head.size), metal * 0.8
    )


def _space_helmet(head: _Head, who: Wardrobe) -> None:
    head.part(head.oval(0.0, 0.04, 0.50, 0.54), who.top)
    head.part(head.oval(0.14, 0.05, 0.345, 0.375), "#3b4656")
    head.part(head.oval(0.16, 0.05, 0.295, 0.325), "#5a4a34")
    head.part(head.curve((0.02, 0.27), (0.22, 0.30), (0.34, 0.20), (0.18, 0.19)), "#f3cf84", ink=0.0)
    head.part(head.path((0.30, -0.04), (0.36, -0.02), (0.34, -0.16), (0.29, -0.14)), "#c79b58", ink=0.0)
    head.pen.stroke(head.path((-0.36, -0.40), (0.0, -0.50), (0.34, -0.36)), ink=0.7)


_HATS = {"brim": _brim, "chef": _chef, "cap": _cap, "point": _point, "crown": _crown, "helmet": _helmet}

"""Nine kinds of things in the air: rain, snow, leaves, petals, confetti, bubbles, embers, fireflies, dust.

A particle's place is a function of time and of six random numbers that it was born with, so frames
can be drawn in any order. Particles are drawn straight into the frame, after the cast.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

import cv2
import numpy as np
import numpy.typing as npt

from sora_kit.backends.animatic.layers import Pixels
from sora_kit.backends.animatic.noise import Grid

__all__ = ("KINDS", "Particles")

_Kind: TypeAlias = Literal["fall", "rise", "hover", "streak"]
_SHIFT = 3
_ONE = 1 << _SHIFT
_BORN = 6  # random numbers per particle


@dataclass(frozen=True, slots=True)
class _Habit:
    """How a kind of particle behaves."""

    count: int
    moves: _Kind
    speed: float
    colours: tuple[tuple[int, int, int], ...]


KINDS: dict[str, _Habit] = {
    "rain": _Habit(260, "streak", 1.9, ((200, 214, 226),)),
    "snow": _Habit(190, "fall", 0.10, ((250, 252, 255),)),
    "leaves": _Habit(46, "fall", 0.13, ((206, 110, 44), (190, 66, 40), (222, 168, 60))),
    "petals": _Habit(70, "fall", 0.11, ((250, 196, 210), (246, 176, 198))),
    "confetti": _Habit(
        120,
        "fall",
        0.22,
        ((255, 92, 84), (255, 205, 92), (120, 214, 140), (120, 180, 255), (255, 140, 210)),
    ),
    "bubbles": _Habit(60, "rise", 0.12, ((206, 244, 246),)),
    "embers": _Habit(80, "rise", 0.16, ((255, 150, 60),)),
    "fireflies": _Habit(40, "hover", 1.0, ((255, 236, 130),)),
    "dust": _Habit(40, "hover", 0.5, ((255, 244, 220),)),
}
"""Kind → habit. The kinds are the weathers of a `Scene`, and ``dust``."""


class Particles:
    """The particles of one shot.

    Args:
        kind: A key of `KINDS`; anything else is no particles.
        width: Of the frame.
        height: Of the frame.
        rng: Where they are born.
        dim: Brightness of those that do not glow, 0…1 (they are lit by the scene).
    """

    def __init__(
        self, kind: str, width: int, height: int, rng: np.random.Generator, dim: float = 1.0
    ) -> None:
        self._width, self._height = width, height
        self._unit = min(width, height) / 720
        self._habit = KINDS.get(kind)
        count = self._habit.count if self._habit else 0
        self._born = rng.random((count, _BORN), dtype=np.float32)
        self._near = 0.35 + 0.65 * self._born[:, 2]
        self._dim = dim
        drawers: dict[str, Callable[[Pixels, float, Grid, Grid], None]] = {
            "rain": self._rain,
            "snow": self._snow,
            "leaves": self._turning,
            "petals": self._turning,
            "confetti": self._turning,
            "bubbles": self._bubbles,
            "embers": self._glowing,
            "fireflies": self._glowing,
            "dust": self._glowing,
        }
        self._draw = drawers.get(kind)
        self._kind = kind
        self._halos = {} if self._draw != self._glowing else self._prepared_halos()

    def draw(self, frame: Pixels, t: float) -> None:
        """Draw them into (h, w, 4) RGBA at second ``t``."""
        if self._draw is None or self._habit is None:
            return
        x, y = self._places(t)
        self._draw(frame, t, x * self._width, y * self._height)

    def _places(self, t: float) -> tuple[Grid, Grid]:
        """Shares of the frame, a little beyond its edges at both ends."""
        born, near = self._born, self._near
        habit = cast("_Habit", self._habit)
        turn = born[:, 4] * 6.28
        match habit.moves:
            case "streak":
                x = (born[:, 0] * 1.2 - t * 0.10 * near) % 1.2 - 0.1
                y = (born[:, 1] + t * habit.speed * near) % 1.1 - 0.05
            case "fall":
                x = (born[:, 0] + 0.03 * np.sin(t * (0.6 + born[:, 3]) + turn) + t * 0.015) % 1.04 - 0.02
                y = (born[:, 1] + t * habit.speed * near) % 1.08 - 0.04
            case "rise":
                x = (born[:, 0] + 0.012 * np.sin(t * 2 + turn)) % 1.0
                y = 1.05 - (born[:, 1] + t * habit.speed * near) % 1.1
            case "hover":
                wander = 0.02 * habit.speed
                x = (born[:, 0] + wander * np.sin(t * 0.5 + turn) + t * 0.004) % 1.0
                y = (born[:, 1] + wander * np.cos(t * 0.6 + born[:, 3] * 6.28)) % 1.0
        return x.astype(np.float32), y.astype(np.float32)

    def _rain(self, frame: Pixels, _t: float, x: Grid, y: Grid) -> None:
        """Streaks on a half-size sheet, added as light."""
        sheet = np.zeros((self._height // 2, self._width // 2), np.uint8)
        unit = self._unit
        ends = np.stack((x, y, x - 5 * self._near * unit, y + 44 * self._near * unit), axis=1) / 2 * _ONE
        for (x0, y0, x1, y1), near in zip(ends.astype(int).tolist(), self._near.tolist(), strict=True):
            cv2.line(sheet, (x0, y0), (x1, y1), int(38 + 70 * near), 1, cv2.LINE_AA, _SHIFT)
        full = cv2.resize(sheet, (self._width, self._height))
        cv2.add(frame, cv2.cvtColor(full, cv2.COLOR_GRAY2RGBA), dst=frame)

    def _snow(self, frame: Pixels, _t: float, x: Grid, y: Grid) -> None:
        colour = self._lit(0)
        radii = (1 + 3.0 * self._near) * self._unit * _ONE
        for px, py, radius in _fixed(x, y, radii):
            cv2.circle(frame, (px, py), radius, colour, -1, cv2.LINE_AA, _SHIFT)

    def _turning(self, frame: Pixels, t: float, x: Grid, y: Grid) -> None:
        """Flat flakes that tumble: leaves and petals are ellipses, confetti is paper."""
        born = self._born
        angles = t * (60 + 120 * born[:, 3]) + born[:, 4] * 360
        sizes = (3 + 6 * self._near) * self._unit
        colours = [self._lit(i) for i in range(len(cast("_Habit", self._habit).colours))]
        paper = self._kind == "confetti"
        for i, (px, py, size) in enumerate(_fixed(x, y, sizes * _ONE)):
            colour = colours[i % len(colours)]
            if paper:
                thin = 0.9 * (0.3 + 0.7 * abs(math.sin(t * 4 + i)))
                box = ((px / _ONE, py / _ONE), (size * 1.6 / _ONE, size * thin / _ONE), float(angles[i]))
                corners = np.round(cv2.boxPoints(box) * _ONE).astype(np.int32)
                cv2.fillPoly(frame, [corners], colour, cv2.LINE_AA, _SHIFT)
            else:
                thin = 0.3 + 0.5 * abs(math.sin(t * 3 + i))
                axes = (size, max(1, int(size * thin)))
                cv2.ellipse(frame, (px, py), axes, float(angles[i]), 0, 360, colour, -1, cv2.LINE_AA, _SHIFT)

    def _bubbles(self, frame: Pixels, _t: float, x: Grid, y: Grid) -> None:
        colour = self._lit(0)
        thick = max(1, round(self._unit))
        radii = (2 + 7 * self._near * self._born[:, 5]) * self._unit * _ONE
        for px, py, radius in _fixed(x, y, radii):
            cv2.circle(frame, (px, py), radius, colour, thick, cv2.LINE_AA, _SHIFT)

    def _prepared_halos(self) -> dict[int, Grid]:
        """One soft spot per size; a few sizes are enough."""
        halos = {}
        for size in sorted({self._size(i) for i in range(len(self._born))}):
            span = np.arange(-size, size + 1, dtype=np.float32) / (size * 0.36)
            halos[size] = np.exp(-(span[:, None] ** 2 + span[None, :] ** 2) / 2)
        return halos

    def _size(self, index: int) -> int:
        grow = 2.4 if self._kind == "dust" else 5.0
        return max(2, round((1.2 + 2.2 * float(self._near[index])) * self._unit * grow))

    def _glowing(self, frame: Pixels, t: float, x: Grid, y: Grid) -> None:
        """Points of light that come and go."""
        colour = np.array(cast("_Habit", self._habit).colours[0], np.float32)
        strength = 0.26 if self._kind == "dust" else 0.95
        pulse = 0.45 + 0.55 * np.sin(t * (1.2 + self._born[:, 3]) + self._born[:, 5] * 6.28)
        for i, (px, py) in enumerate(zip(x.astype(int).tolist(), y.astype(int).tolist(), strict=True)):
            if pulse[i] <= 0.02:
                continue
            size = self._size(i)
            x0, x1 = max(0, px - size), min(self._width, px + size + 1)
            y0, y1 = max(0, py - size), min(self._height, py + size + 1)
            if x1 <= x0 or y1 <= y0:
                continue
            halo = self._halos[size][y0 - py + size : y1 - py + size, x0 - px + size : x1 - px + size]
            light = (halo[..., None] * (colour * (strength * float(pulse[i])))).astype(np.uint8)
            part = frame[y0:y1, x0:x1, :3]
            part[:] = np.minimum(part.astype(np.uint16) + light, 255)

    def _lit(self, index: int) -> tuple[int, int, int, int]:
        red, green, blue = (int(v * self._dim) for v in cast("_Habit", self._habit).colours[index])
        return red, green, blue, 255


def _fixed(x: Grid, y: Grid, size: npt.NDArray[np.float32]) -> list[list[int]]:
    """Places and sizes as OpenCV wants them: integers, eighths of a pixel."""
    columns = np.stack((x * _ONE, y * _ONE, np.maximum(size, 1)), axis=1).astype(int)
    return cast("list[list[int]]", columns.tolist())

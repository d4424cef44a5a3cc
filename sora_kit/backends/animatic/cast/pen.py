"""Draws a subject from parts: closed outlines laid over one another, each with its colour and ink.

A later part covers the ink of earlier ones, as in cut-out animation. Coordinates are in heights of the
subject: x to the right, y down, and the ground at y = 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from sora_kit.backends.animatic.cast.plate import MARGIN, Floats, Plate
from sora_kit.backends.animatic.light import Albedo, rgb_of

__all__ = ("Outline", "Pen", "Point", "capsule", "ellipse", "rounded", "spline")

Point: TypeAlias = npt.NDArray[np.float64]
Outline: TypeAlias = npt.NDArray[np.float64] | Sequence[tuple[float, float]] | Sequence[Point]

_OVER = 2  # drawn at twice the size, for smooth edges
_BITS = 3


class Pen:
    """A sheet that parts are drawn on.

    Args:
        height: Pixels per height of the subject.
        width: Width of the sheet in heights; x = 0 is its middle.
        above: Room above the subject, in heights.
        below: Room below its ground, for feet that point down.
        ink: Width of the ink line in heights.
    """

    def __init__(
        self, height: int, width: float, above: float = 0.06, below: float = 0.03, ink: float = 0.0046
    ) -> None:
        self.height = height
        self._scale = height * _OVER
        self._columns = 2 * round(width * height / 2) * _OVER
        room = MARGIN + round(below * height)
        self._rows = (round((1 + above) * height) + room + MARGIN) * _OVER
        self._top = self._rows - self._scale - room * _OVER
        self._flat: Floats = np.zeros((self._rows, self._columns, 3), np.float32)
        self._fill = np.zeros((self._rows, self._columns), np.uint8)
        self._line = np.zeros((self._rows, self._columns), np.uint8)
        self._ink = max(2, round(ink * self._scale))

    @property
    def foot(self) -> tuple[float, float]:
        """The ground point below the middle, in pixels of the finished plate."""
        return self._columns / 2 / _OVER, (self._top + self._scale) / _OVER

    def part(self, outline: Outline, colour: Albedo, *, ink: float = 1.0) -> None:
        """Fill an outline and draw its edge; ``ink`` 0 leaves the edge out."""
        points = self._pixels(outline)
        cv2.fillPoly(self._flat, [points], rgb_of(colour).tolist(), cv2.LINE_8, _BITS)
        cv2.fillPoly(self._fill, [points], 255, cv2.LINE_AA, _BITS)
        cv2.fillPoly(self._line, [points], 0, cv2.LINE_8, _BITS)
        if ink:
            cv2.polylines(self._line, [points], True, round(255 * ink), self._ink, cv2.LINE_AA, _BITS)

    def stroke(self, path: Outline, *, ink: float = 1.0, width: float = 1.0) -> None:
        """An ink line inside what is drawn already; ``width`` in widths of the edge."""
        points = self._pixels(path)
        thick = max(1, round(self._ink * width))
        cv2.polylines(self._line, [points], False, round(255 * ink), thick, cv2.LINE_AA, _BITS)

    def wire(self, path: Outline, colour: Albedo, width: float) -> None:
        """A rod or spoke of its own, ``width`` in heights."""
        points = self._pixels(path)
        thick = max(2, round(width * self._scale))
        cv2.polylines(self._flat, [points], False, rgb_of(colour).tolist(), thick, cv2.LINE_8, _BITS)
        cv2.polylines(self._fill, [points], False, 255, thick, cv2.LINE_AA, _BITS)
        cv2.polylines(self._line, [points], False, 70, thick, cv2.LINE_AA, _BITS)

    def plate(self) -> Plate:
        """The finished drawing."""
        size = (self._columns // _OVER, self._rows // _OVER)
        fill = _halved(self._fill, size)
        flat = cv2.resize(self._flat, size, interpolation=cv2.INTER_AREA)
        # Edge pixels are mixed with the empty black ground; take the colour of their neighbours.
        spread = cv2.dilate(flat, np.ones((3, 3), np.uint8))
        flat = np.where(fill[..., None] < 0.98, spread, flat)
        return Plate(np.asarray(flat, np.float32), fill, _halved(self._line, size))

    def _pixels(self, outline: Outline) -> npt.NDArray[np.int32]:
        points = np.asarray(outline, np.float64) * self._scale + (self._columns / 2, self._top)
        return np.round(points * (1 << _BITS)).astype(np.int32)


def _halved(image: npt.NDArray[np.uint8], size: tuple[int, int]) -> Floats:
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32(255)


def capsule(start: Point, end: Point, r1: float, r2: float, steps: int = 9) -> Point:
    """The outline of a limb: round ends of different radii, joined."""
    along = math.atan2(end[1] - start[1], end[0] - start[0])
    back = np.linspace(along + math.pi / 2, along + 3 * math.pi / 2, steps)
    front = np.linspace(along - math.pi / 2, along + math.pi / 2, steps)
    return np.vstack(
        (
            np.stack((start[0] + r1 * np.cos(back), start[1] + r1 * np.sin(back)), 1),
            np.stack((end[0] + r2 * np.cos(front), end[1] + r2 * np.sin(front)), 1),
        )
    )


def ellipse(x: float, y: float, rx: float, ry: float, *, start: float = 0.0, turn: float = 1.0) -> Point:
    """An ellipse, or the arc of it from ``start`` over ``turn`` turns."""
    angles = 2 * math.pi * np.linspace(start, start + turn, 36)
    return np.stack((x + rx * np.cos(angles), y + ry * np.sin(angles)), 1)


def spline(points: Outline, steps: int = 8) -> Point:
    """A closed smooth curve through points (Catmull-Rom)."""
    p = np.asarray(points, np.float64)
    before, after, later = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    curve = 0.5 * (
        2 * p
        + (after - before) * t
        + (2 * before - 5 * p + 4 * after - later) * t**2
        + (-before + 3 * p - 3 * after + later) * t**3
    )
    return np.asarray(curve.transpose(1, 0, 2).reshape(-1, 2), np.float64)


def rounded(x0: float, y0: float, x1: float, y1: float, r: float) -> Point:
    """A rectangle with round corners."""
    corners = ((x1 - r, y0 + r, -0.25), (x1 - r, y1 - r, 0.0), (x0 + r, y1 - r, 0.25), (x0 + r, y0 + r, 0.5))
    return np.vstack([ellipse(x, y, r, r, start=start, turn=0.25)[::5] for x, y, start in corners])

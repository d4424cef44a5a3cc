"""Flat shapes with smooth edges, collected on one sheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from sora_kit.backends.animatic.layers import Pixels
from sora_kit.backends.animatic.light import Albedo, rgb_of

__all__ = ("Points", "Sketch")

Points: TypeAlias = Sequence[tuple[float, float]] | npt.NDArray[np.floating]

_SHIFT = 3  # OpenCV draws at 1/8 of a pixel
_ONE = 1 << _SHIFT


class Sketch:
    """A sheet of straight colours with its alpha.

    Args:
        width: In pixels.
        height: In pixels.
        ground: Colour under the edges of shapes; choose one near theirs.
    """

    def __init__(self, width: int, height: int, ground: Albedo) -> None:
        self.rgb: Pixels = np.empty((height, width, 3), np.uint8)
        self.rgb[:] = np.clip(rgb_of(ground), 0, 255).astype(np.uint8)
        self.alpha: Pixels = np.zeros((height, width), np.uint8)

    def polygon(self, points: Points, colour: Albedo) -> None:
        """Fill a polygon of (x, y) pixels."""
        corners = np.round(np.asarray(points, np.float64) * _ONE).astype(np.int32)
        cv2.fillPoly(self.rgb, [corners], _tuple(colour), cv2.LINE_AA, _SHIFT)
        cv2.fillPoly(self.alpha, [corners], 255, cv2.LINE_AA, _SHIFT)

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: Albedo) -> None:
        """Fill an upright rectangle."""
        self.polygon(((x0, y0), (x1, y0), (x1, y1), (x0, y1)), colour)

    def disc(self, x: float, y: float, radius: float, colour: Albedo, squash: float = 1.0) -> None:
        """Fill a circle, or with ``squash`` an ellipse of that height."""
        centre = (round(x * _ONE), round(y * _ONE))
        axes = (max(1, round(radius * _ONE)), max(1, round(radius * squash * _ONE)))
        cv2.ellipse(self.rgb, centre, axes, 0, 0, 360, _tuple(colour), -1, cv2.LINE_AA, _SHIFT)
        cv2.ellipse(self.alpha, centre, axes, 0, 0, 360, 255, -1, cv2.LINE_AA, _SHIFT)

    def stroke(self, points: Points, thickness: float, colour: Albedo, taper: float = 1.0) -> None:
        """Draw a line through points; it ends ``taper`` times as thick as it starts."""
        path = np.asarray(points, np.float64)
        steps = len(path) - 1
        for i in range(steps):
            width = max(1, round(thickness * (1 + (taper - 1) * i / max(1, steps - 1))))
            a = tuple(int(v) for v in np.round(path[i] * _ONE))
            b = tuple(int(v) for v in np.round(path[i + 1] * _ONE))
            cv2.line(self.rgb, a, b, _tuple(colour), width, cv2.LINE_AA, _SHIFT)
            cv2.line(self.alpha, a, b, 255, width, cv2.LINE_AA, _SHIFT)


def _tuple(colour: Albedo) -> tuple[float, float, float]:
    red, green, blue = np.clip(rgb_of(colour), 0, 255).tolist()
    return red, green, blue

"""Stamps: small pictures that are prepared once and laid over every frame.

HUD and style furniture are drawn on a `Canvas` the size of the frame, with smooth edges, and then cut
into the few rectangles that hold something. Laying those over a frame costs a fraction of a
millisecond, however much was drawn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from sora_kit.backends.animatic import text
from sora_kit.backends.animatic.layers import Pixels

__all__ = ("Canvas", "Colour", "Stamp")

Colour: TypeAlias = tuple[int, int, int] | tuple[int, int, int, int]
"""Red, green, blue and, if not opaque, alpha, in 0…255."""

Points: TypeAlias = Sequence[tuple[float, float]] | npt.NDArray[np.floating]

_FRACTION = 4  # bits of sub-pixel precision in OpenCV's drawing


@dataclass(frozen=True, slots=True)
class Stamp:
    """A rectangle of premultiplied RGBA at a place of the frame."""

    image: Pixels
    through: Pixels
    """255 minus alpha, in all four channels: what is multiplied into the ground."""
    x: int
    y: int

    @classmethod
    def of(cls, image: Pixels, x: int = 0, y: int = 0) -> Stamp:
        """A stamp of premultiplied RGBA."""
        image = np.ascontiguousarray(image)
        inverse = cv2.bitwise_not(cv2.extractChannel(image, 3))
        return cls(image, np.asarray(cv2.merge([inverse] * 4), np.uint8), x, y)

    def lay(self, frame: Pixels, dx: int = 0, dy: int = 0) -> None:
        """Lay it over ``frame`` in place, moved by (dx, dy); parts outside are cut off."""
        left, top = self.x + dx, self.y + dy
        height, width = self.image.shape[:2]
        x0, y0 = max(0, left), max(0, top)
        x1, y1 = min(frame.shape[1], left + width), min(frame.shape[0], top + height)
        if x1 <= x0 or y1 <= y0:
            return
        ground = frame[y0:y1, x0:x1]
        part = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
        cv2.multiply(ground, self.through[part], dst=ground, scale=1 / 255)
        cv2.add(ground, self.image[part], dst=ground)


class Canvas:
    """A transparent picture to draw on. All lengths are pixels and may be fractions."""

    def __init__(self, width: int, height: int) -> None:
        self.image: Pixels = np.zeros((height, width, 4), np.uint8)
        self.width, self.height = width, height

    def polygon(self, points: Points, colour: Colour) -> None:
        """A filled polygon with smooth edges."""
        mask = np.zeros((self.height, self.width), np.uint8)
        cv2.fillPoly(mask, [_fixed(points)], 255, cv2.LINE_AA, _FRACTION)
        self.fill(mask, colour)

    def line(self, points: Points, colour: Colour, width: float = 1, *, closed: bool = False) -> None:
        """A line through points, at least one pixel wide."""
        mask = np.zeros((self.height, self.width), np.uint8)
        cv2.polylines(mask, [_fixed(points)], closed, 255, max(1, round(width)), cv2.LINE_AA, _FRACTION)
        self.fill(mask, colour)

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: Colour, radius: float = 0) -> None:
        """A filled rectangle, with rounded corners if ``radius`` > 0."""
        if radius <= 0:
            mask = np.zeros((self.height, self.width), np.uint8)
            mask[max(0, round(y0)) : max(0, round(y1)), max(0, round(x0)) : max(0, round(x1))] = 255
            self.fill(mask, colour)
            return
        r = min(radius, (x1 - x0) / 2, (y1 - y0) / 2)
        corners = ((x1 - r, y0 + r, -90), (x1 - r, y1 - r, 0), (x0 + r, y1 - r, 90), (x0 + r, y0 + r, 180))
        turns = [math.radians(a) for a in range(0, 91, 9)]
        outline = [
            (cx + r * math.cos(math.radians(start) + a), cy + r * math.sin(math.radians(start) + a))
            for cx, cy, start in corners
            for a in turns
        ]
        self.polygon(outline, colour)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """A filled circle."""
        turns = np.linspace(0, 2 * math.pi, 48, endpoint=False)
        self.polygon(np.stack((x + radius * np.cos(turns), y + radius * np.sin(turns)), 1), colour)

    def ring(self, x: float, y: float, radius: float, colour: Colour, width: float) -> None:
        """A circle's outline."""
        turns = np.linspace(0, 2 * math.pi, 64, endpoint=False)
        points = np.stack((x + radius * np.cos(turns), y + radius * np.sin(turns)), 1)
        self.line(points, colour, width, closed=True)

    def text(
        self, x: float, y: float, words: str, face: text.Face, colour: Colour, shadow: float = 0
    ) -> float:
        """A line of text with its upper left corner at (x, y); returns its width.

        Args:
            x: Left end.
            y: Top of the line.
            words: Any string.
            face: Typeface and size.
            colour: Of the ink.
            shadow: Size of a soft dark edge that keeps it legible on any ground, 0 for none.
        """
        mask = Image.new("L", (self.width, self.height), 0)
        width = text.draw_text(ImageDraw.Draw(mask), (x, y), words, face)
        ink = np.asarray(mask)
        if shadow:
            soft = cv2.GaussianBlur(ink, (0, 0), max(0.6, shadow))
            self.fill(np.asarray(cv2.convertScaleAbs(soft, alpha=1.5), np.uint8), (0, 0, 0, 165))
        self.fill(ink, colour)
        return width

    def fade(self, y0: int, y1: int, colour: Colour, power: float = 1.3) -> None:
        """A gradient that grows from nothing at row ``y0`` to ``colour`` at row ``y1``."""
        mask = np.zeros((self.height, self.width), np.uint8)
        ramp = np.linspace(0, 1, max(1, y1 - y0), dtype=np.float32) ** power * 255
        mask[y0:y1] = ramp.astype(np.uint8)[: mask[y0:y1].shape[0], None]
        self.fill(mask, colour)

    def fill(self, mask: Pixels, colour: Colour) -> None:
        """Lay ``colour`` over the canvas where ``mask`` (height, width, 0…255) lets it."""
        x, y, w, h = cv2.boundingRect(mask)
        if not w or not h:
            return
        part = np.s_[y : y + h, x : x + w]
        alpha = mask[part].astype(np.float32)[..., None] * ((colour[3] if len(colour) > 3 else 255) / 255**2)
        ink = np.array([*colour[:3], 255], np.float32)
        self.image[part] = np.rint(self.image[part] * (1 - alpha) + ink * alpha).astype(np.uint8)

    def stamp(self) -> Stamp:
        """What was drawn, as one rectangle."""
        x, y, w, h = cv2.boundingRect(self.image[..., 3].copy())
        return self.cut(x, y, x + max(1, w), y + max(1, h))

    def cut(self, x0: int, y0: int, x1: int, y1: int) -> Stamp:
        """A given rectangle as a stamp."""
        return Stamp.of(self.image[y0:y1, x0:x1], x0, y0)

    def stamps(self, join: int = 24) -> list[Stamp]:
        """What was drawn, cut into rectangles; pieces nearer than ``join`` pixels stay together."""
        alpha = self.image[..., 3]
        scale = max(1, join // 4)
        coarse = np.zeros((-(-self.height // scale), -(-self.width // scale)), np.uint8)
        ys, xs = np.nonzero(alpha)
        coarse[ys // scale, xs // scale] = 1
        grown = cv2.dilate(coarse, np.ones((5, 5), np.uint8))
        count, labels = cv2.connectedComponents(grown)
        labels[coarse == 0] = 0
        stamps = []
        for index in range(1, count):
            x, y, w, h = cv2.boundingRect((labels == index).astype(np.uint8))
            part = self.image[y * scale : (y + h) * scale, x * scale : (x + w) * scale]
            stamps.append(Stamp.of(part, x * scale, y * scale))
        return _without_overlap(stamps, self.image)


def _without_overlap(stamps: list[Stamp], image: Pixels) -> list[Stamp]:
    """Merge rectangles that share pixels, so that nothing is laid down twice."""
    boxes = [(s.x, s.y, s.x + s.image.shape[1], s.y + s.image.shape[0]) for s in stamps]
    merged = True
    while merged:
        merged = False
        for i, a in enumerate(boxes):
            for j in range(i + 1, len(boxes)):
                b = boxes[j]
                if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]:
                    boxes[i] = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
                    del boxes[j]
                    merged = True
                    break
            if merged:
                break
    return [Stamp.of(image[y0:y1, x0:x1], x0, y0) for x0, y0, x1, y1 in boxes]


def _fixed(points: Points) -> npt.NDArray[np.int32]:
    """Points as OpenCV's fixed-point integers, centred on pixels."""
    return np.round((np.asarray(points, np.float64) - 0.5) * (1 << _FRACTION)).astype(np.int32)

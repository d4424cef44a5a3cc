"""A person on a horse: the engraved horse at a gallop, with the lay-figure in the saddle."""

from __future__ import annotations

import numpy as np

from sora_kit.backends.animatic.cast.engraving import Engraving
from sora_kit.backends.animatic.cast.figure import Figure
from sora_kit.backends.animatic.cast.plate import Painter
from sora_kit.backends.animatic.cast.wardrobe import Wardrobe
from sora_kit.backends.animatic.layers import Pixels, laid_over

__all__ = ("Rider",)

_HORSE = 0.74  # height of the horse, in heights of both
_PERSON = 0.62
_SADDLE = (-0.03, 0.66)  # where the hip sits: from the foot of the horse, in its heights, to the front and up


class Rider:
    """Horse and rider.

    Args:
        wardrobe: Who rides.
        colour: Of the horse.
        height: Of both, in pixels.
        painter: Light and look.
        faces: Which way they go.
    """

    poses = 12
    rate = 2.0

    def __init__(
        self, wardrobe: Wardrobe, colour: str, height: int, painter: Painter, *, faces: str = "right"
    ) -> None:
        self.unit = float(height)
        self._faces = faces
        self._horse = Engraving("🐎", colour, round(height * _HORSE), painter, looks="right", gait="run")
        self._person = Figure(wardrobe, "ride", round(height * _PERSON), painter)
        horse = self._horse.pose(0)
        self._top = max(0, round(height * 1.10) - horse.shape[0])
        self.foot = (self._horse.foot[0], self._horse.foot[1] + self._top)

    def pose(self, index: int) -> Pixels:
        """See `sora_kit.backends.animatic.cast.actor.Drawing`."""
        horse = self._horse.pose(index % self._horse.poses)
        person = self._person.pose(index * self._person.poses // self.poses)
        sheet = np.zeros((horse.shape[0] + self._top, horse.shape[1], 4), np.uint8)
        seat_x = self.foot[0] + _SADDLE[0] * self._horse.unit
        seat_y = self.foot[1] - _SADDLE[1] * self._horse.unit
        # The rider's hip is a little above the middle of the figure.
        hip = self._person.hip_of(index * self._person.poses // self.poses)
        x0, y0 = round(seat_x - hip[0]), round(seat_y - hip[1])
        sheet[self._top :] = horse
        _put(sheet, person, x0, y0)
        if self._faces == "left":
            sheet = np.ascontiguousarray(sheet[:, ::-1])
        return sheet


def _put(sheet: Pixels, piece: Pixels, x: int, y: int) -> None:
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(sheet.shape[1], x + piece.shape[1]), min(sheet.shape[0], y + piece.shape[0])
    if x1 > x0 and y1 > y0:
        part = np.ascontiguousarray(piece[y0 - y : y1 - y, x0 - x : x1 - x])
        laid_over(sheet[y0:y1, x0:x1], part)

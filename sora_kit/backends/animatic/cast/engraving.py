"""Draws a subject from an engraved symbol, and lets it walk, swim, flap or sway."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

import cv2
import numpy as np

from sora_kit.backends.animatic.cast.glyphs import Glyph, glyph
from sora_kit.backends.animatic.cast.legs import Leg, find_legs, stepped
from sora_kit.backends.animatic.cast.plate import MARGIN, Painter, Plate
from sora_kit.backends.animatic.cast.warps import WARPS, Life
from sora_kit.backends.animatic.layers import Pixels
from sora_kit.backends.animatic.light import rgb_of

__all__ = ("Engraving", "Gait", "plate_of")

Gait = Literal["", "walk", "run"]

_SWING = {"walk": 17.0, "run": 27.0}  # degrees
_CREAM = np.array([255, 250, 240], np.float32)
_POSES = 12


class Engraving:
    """A symbol as a moving drawing.

    Args:
        char: The symbol.
        colour: ``#rrggbb`` of its largest region.
        height: Of the subject, in pixels.
        painter: Light and look.
        looks: Which way the symbol itself looks.
        faces: Which way it shall look.
        life: How it moves when it has no legs to walk on.
        gait: How it uses its legs, if any are found.
        accent: ``#rrggbb`` of its smaller regions (windows, sails).
        heavy: Keep broad black parts (a penguin's back) instead of thinning them to outlines.
        horn: Give it a unicorn's horn.
        gap: See `sora_kit.backends.animatic.cast.glyphs.glyph`.
        bust: See there, too.
    """

    def __init__(
        self,
        char: str,
        colour: str,
        height: int,
        painter: Painter,
        *,
        looks: str = "left",
        faces: str = "right",
        life: Life | None = None,
        gait: Gait = "",
        accent: str = "",
        heavy: bool = False,
        horn: bool = False,
        gap: int = 0,
        bust: bool = False,
    ) -> None:
        self._painter, self._life, self._gait = painter, life, gait
        self._mirror = bool(looks) and faces == "left"
        plate = plate_of(glyph(char, heavy=heavy, gap=gap, bust=bust), colour, height, accent=accent)
        if looks == "left":
            plate = plate.mirrored()
        self.unit = float(height)
        if horn:
            plate = _horned(plate)
        self._bare = plate
        room = MARGIN + round(height * (0.14 if gait or life else 0.0))
        self._side, self._top, self._below = room, room if life else MARGIN, room if life else MARGIN
        if gait:
            self._below += round(height * 0.06)
        self._plate = plate.padded(self._side, self._top, self._side, self._below)
        h, w = self._plate.fill.shape
        self.foot = (w / 2, float(h - self._below))
        self.poses = _POSES if life or (gait and self._legs) else 1

    @cached_property
    def _legs(self) -> list[Leg]:
        if not self._gait:
            return []
        found = find_legs(self._bare.fill, self._bare.line, gallop=self._gait == "run")
        room = ((self._top, self._below), (self._side, self._side))
        return [
            Leg(
                np.pad(leg.mask, room),
                (leg.root[0] + self._side, leg.root[1] + self._top),
                leg.length,
                leg.core,
                leg.phase,
            )
            for leg in found
        ]

    def pose(self, index: int) -> Pixels:
        """See `sora_kit.backends.animatic.cast.actor.Drawing`."""
        phase = index / self.poses
        plate = self._plate
        if self._legs:
            plate = stepped(plate, self._legs, phase, _SWING[self._gait])
        elif self._life:
            plate = WARPS[self._life](plate, phase)
        if self._mirror:
            plate = plate.mirrored()
        return self._painter.paint(plate, self.unit)


def _horned(plate: Plate) -> Plate:
    """A horn on the forehead of the engraved horse, which looks to the right."""
    plate = plate.padded(0, round(plate.fill.shape[0] * 0.10), 0, 0)
    height, width = plate.fill.shape
    horn = (
        (np.array([(0.845, 0.185), (0.955, 0.005), (0.880, 0.205)]) * (width, height) * 8)
        .round()
        .astype(np.int32)
    )
    turns = [
        (np.array([(0.868 + d, 0.150 - 1.6 * d), (0.890 + d, 0.165 - 1.6 * d)]) * (width, height) * 8)
        for d in (0.0, 0.022, 0.044)
    ]
    mask = cv2.fillPoly(np.zeros((height, width), np.uint8), [horn], 255, cv2.LINE_AA, 3)
    edge = np.zeros((height, width), np.uint8)
    thick = max(1, height // 130)
    cv2.polylines(
        edge, [horn, *(turn.round().astype(np.int32) for turn in turns)], True, 255, thick, cv2.LINE_AA, 3
    )
    inside = (mask > 0)[..., None]
    return Plate(
        np.where(inside, rgb_of("#e9c766"), plate.flat).astype(np.float32),
        np.maximum(plate.fill, mask.astype(np.float32) / 255),
        np.maximum(plate.line * (mask < 128), edge.astype(np.float32) / 255),
    )


def plate_of(symbol: Glyph, colour: str, height: int, *, accent: str = "") -> Plate:
    """Colour the regions of a symbol and bring it to ``height`` pixels."""
    scale = height / symbol.fill.shape[0]
    size = (max(2, round(symbol.fill.shape[1] * scale)), max(2, height))
    base = rgb_of(colour)
    table = np.tile(base, (256, 1))
    if symbol.solid:  # what is not black is a window, a face, a key
        table[: len(symbol.areas)] = rgb_of(accent) if accent else base + (_CREAM - base) * 0.62
    else:
        for order in range(1, len(symbol.areas)):
            small = symbol.areas[order] < symbol.areas[0] * 0.6
            if accent and small:
                table[order] = rgb_of(accent)
            elif small:
                table[order] = base + (_CREAM - base) * (0.22 if order % 2 else 0.10)
    flat = np.asarray(table[symbol.regions], np.float32)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC

    def share(part: Pixels) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        resized = cv2.resize(part, size, interpolation=how)
        return np.clip(resized.astype(np.float32) / 255, 0, 1)

    resized_flat = np.asarray(cv2.resize(flat, size, interpolation=cv2.INTER_AREA), np.float32)
    return Plate(resized_flat, share(symbol.fill), share(symbol.line))

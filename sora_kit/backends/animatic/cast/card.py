"""A card with a word on it: the honest stand-in for a thing that nobody here can draw.

Story artists do the same: a paper card on a stick that says what will stand there.
"""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image, ImageDraw

from sora_kit.backends.animatic import text
from sora_kit.backends.animatic.cast.pen import Pen, rounded
from sora_kit.backends.animatic.cast.plate import Painter, Plate
from sora_kit.backends.animatic.layers import Pixels
from sora_kit.backends.animatic.light import rgb_of

__all__ = ("Card",)


class Card:
    """A card.

    Args:
        word: What it stands for.
        colour: Of its frame.
        height: In pixels.
        painter: Light and look.
    """

    poses = 1

    def __init__(self, word: str, colour: str, height: int, painter: Painter) -> None:
        self.unit = float(height)
        self._word, self._colour, self._painter = word.replace("_", " "), colour, painter.with_texture(0.05)
        self.foot = self._pen().foot

    def _pen(self) -> Pen:
        return Pen(round(self.unit), 1.6, ink=0.010)

    def pose(self, index: int) -> Pixels:
        """See `sora_kit.backends.animatic.cast.actor.Drawing`."""
        del index
        pen = self._pen()
        pen.part([(-0.03, 0.55), (0.03, 0.55), (0.03, 0.99), (-0.03, 0.99)], "#8a6a48")
        pen.part(rounded(-0.72, 0.06, 0.72, 0.66, 0.05), self._colour)
        pen.part(rounded(-0.67, 0.11, 0.67, 0.61, 0.03), "#f4efe2", ink=0.6)
        return self._painter.paint(self._lettered(pen.plate()), self.unit)

    def _lettered(self, plate: Plate) -> Plate:
        """Write the word into the card's middle, as ink."""
        room = 1.24 * self.unit
        size = max(6, round(self.unit * 0.26))
        face = text.Face("comic", size)
        lines = text.wrap(self._word, face, room, 2)
        while size > 6 and (len(lines) > 1 or (lines and lines[0].endswith("…"))):
            size = max(6, int(size * 0.85))
            face = text.Face("comic", size)
            lines = text.wrap(self._word, face, room, 2)
            if len(lines) == 2 and size < self.unit * 0.16 and not lines[1].endswith("…"):
                break
        height, width = plate.fill.shape
        mask = Image.new("L", (width, height), 0)
        draw = ImageDraw.Draw(mask)
        step = round(size * 1.1)
        y = self.foot[1] - 0.64 * self.unit - step * len(lines) / 2
        for line in lines:
            x = (width - text.text_width(line, face)) / 2
            text.draw_text(draw, (x, y), line, face)
            y += step
        ink = np.asarray(mask, np.float32) / 255
        flat = plate.flat + (rgb_of("#2b2a30") - plate.flat) * ink[..., None]
        edge = cv2.GaussianBlur(ink, (0, 0), 0.5)
        return Plate(np.asarray(flat, np.float32), plate.fill, np.maximum(plate.line, edge * 0.35))

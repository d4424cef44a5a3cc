"""Things that are drawn from parts with the pen, rather than from an engraved symbol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sora_kit.backends.animatic.cast.pen import Pen
from sora_kit.backends.animatic.cast.plate import Painter
from sora_kit.backends.animatic.layers import Pixels, premultiplied
from sora_kit.backends.animatic.light import Rgb, rgb_of

__all__ = ("Model", "PartsDrawing")


@dataclass(frozen=True, slots=True)
class Model:
    """How a kind of thing is drawn: a function that fills a pen at a moment of its cycle (in turns)."""

    draw: Callable[[Pen, Rgb, float], None]
    width: float
    """In heights."""
    lamp: tuple[float, float] | None = None
    """Where it shines at night, from the ground point."""
    rate: float = 0.0
    """Pose cycles per second when it moves."""
    above: float = 0.06
    """Room above it, in heights, for smoke and such."""


class PartsDrawing:
    """A thing drawn from parts, as a moving drawing.

    Args:
        model: How it is drawn.
        colour: Of its body.
        height: In pixels.
        painter: Light and look.
        faces: Which way it looks.
    """

    poses = 8

    def __init__(
        self, model: Model, colour: str, height: int, painter: Painter, *, faces: str = "right"
    ) -> None:
        self._model = model
        self.rate = self._model.rate
        self.unit = float(height)
        self._colour, self._faces = rgb_of(colour), faces
        self._night = painter.light.night
        self._painter = painter.with_texture(0.06)
        self.foot = self._pen().foot

    def _pen(self) -> Pen:
        return Pen(round(self.unit), self._model.width + 0.12, above=self._model.above, ink=0.011)

    def pose(self, index: int) -> Pixels:
        """See `sora_kit.backends.animatic.cast.actor.Drawing`."""
        pen = self._pen()
        self._model.draw(pen, self._colour, index / self.poses)
        plate = pen.plate()
        if self._faces == "left":
            plate = plate.mirrored()
        picture = self._painter.paint(plate, self.unit)
        if self._night and self._model.lamp:
            self._light_up(picture, self._model.lamp)
        return picture

    def _light_up(self, picture: Pixels, lamp: tuple[float, float]) -> None:
        """A glow over the headlight."""
        side = -1 if self._faces == "left" else 1
        x0, y0 = self.foot[0] + side * lamp[0] * self.unit, self.foot[1] + (lamp[1] - 1) * self.unit
        y, x = np.ogrid[0 : picture.shape[0], 0 : picture.shape[1]]
        glow = np.exp(-(((x - x0) / (0.13 * self.unit)) ** 2) - ((y - y0) / (0.15 * self.unit)) ** 2)
        light = np.full((*picture.shape[:2], 3), (255, 240, 184), np.uint8)
        shine = premultiplied(light, np.clip(glow * 330, 0, 255).astype(np.uint8))
        through = (255 - shine[..., 3:].astype(np.uint16)) * picture // 255
        picture[:] = np.clip(through + shine, 0, 255).astype(np.uint8)

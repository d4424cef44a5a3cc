"""The canvas on which the scenery of one shot is built.

A `SetBuilder` is handed to the function of a setting (`sora_kit.backends.animatic.sets`), which paints
sheets on it from back to front with the primitives of `sora_kit.backends.animatic.paint`. The canvas
is larger than the frame (`OVERSCAN`), so that the camera has room to move. Positions and sizes are
shares of the canvas height, or of `unit` for things that should not grow in a tall frame.

Style and depth of field are *baked in* here: every sheet is graded once when it is added, and in a
close-up the sheets away from the subject's plane are blurred, so neither costs time per frame.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from sora_kit.backends.animatic.camera import travel_speed
from sora_kit.backends.animatic.layers import Layer, Pixels, layer_from, settle
from sora_kit.backends.animatic.light import Light
from sora_kit.language.scene import Scene

__all__ = ("OVERSCAN", "Grade", "Scenery", "SetBuilder", "bytes_of")

OVERSCAN = 1.30
"""Size of the canvas relative to the frame."""


class Grade(Protocol):
    """The part of a look that scenery needs."""

    def grade(self, rgb: Pixels) -> Pixels:
        """Colour-grade (h, w, 3) uint8."""
        ...


@dataclass(frozen=True, slots=True)
class Scenery:
    """A finished set."""

    back: list[Layer]
    """Behind the cast, back to front; the first one is opaque."""

    front: list[Layer]
    """Before the cast."""

    light: Light
    """Its light, for the cast."""

    ground: float
    """Where feet stand, as a share of the canvas height."""

    floating: bool
    """Whether there is no ground: things float at `ground`."""

    mirror: float
    """How strongly the ground mirrors what stands on it, 0…1."""

    weather: str
    """Particles: the scene's weather, or what belongs to the place (snow, bubbles), or empty."""

    sway: bool
    """Whether what stands here rides on waves."""

    size: float
    """Scale of the cast; below 1 where the set is a close one (a windowsill)."""


def bytes_of(values: npt.NDArray[Any]) -> Pixels:
    """Clip to 0…255 and make uint8."""
    if values.dtype == np.uint8:
        return values
    return np.asarray(np.clip(values, 0, 255), np.uint8)


class SetBuilder:
    """Collects the sheets of one shot.

    Args:
        scene: What to show.
        light: In which light.
        look: The style that sheets are graded with.
        width: Of the frame in pixels.
        height: Of the frame in pixels.
        rng: Decides everything that is left to chance.
    """

    def __init__(
        self, scene: Scene, light: Light, look: Grade, width: int, height: int, rng: np.random.Generator
    ) -> None:
        self.scene = scene
        self.light = light
        self.rng = rng
        self.width = int(width * OVERSCAN) // 2 * 2
        self.height = int(height * OVERSCAN) // 2 * 2
        self.unit = min(self.height, int(self.width * 1.1))
        """Size of things, in pixels: the height of the canvas, less in a tall one."""
        self.horizon = 0.60
        self.ground = 0.775
        self.floating = False
        self.mirror = 0.0
        self.sway = False
        self.size = 1.0
        self.weather: str = scene.weather
        self._look = look
        self._layers: list[Layer] = []
        self._front: int | None = None
        self._blur = self.unit / 150 if scene.framing == "close-up" else 0.0

    @property
    def sun(self) -> tuple[float, float]:
        """Where the light comes from, in canvas pixels."""
        return self.light.sun[0] * self.width, self.light.sun[1] * self.height

    def has(self, *words: str) -> bool:
        """Whether the text of the scene has a word that begins so (or, in Chinese, these characters)."""
        text = self.scene.text.lower()
        return any(re.search(rf"\b{word}", text) if word.isascii() else word in text for word in words)

    def grid(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Row and column of every pixel, as (h, 1) and (1, w) arrays that broadcast."""
        rows = np.arange(self.height, dtype=np.float32)[:, None]
        columns = np.arange(self.width, dtype=np.float32)[None, :]
        return rows, columns

    def backdrop(self, picture: npt.NDArray[np.float32], depth: float = 0.1) -> None:
        """Add the opaque sheet behind everything: (h, w, 3) in 0…255."""
        rgb = self._look.grade(self._soft(bytes_of(picture), depth))
        image = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA), np.uint8)
        self._layers.append(Layer(image, depth, opaque=True))

    def sheet(
        self,
        rgb: npt.NDArray[Any],
        alpha: npt.NDArray[Any],
        depth: float,
        *,
        y0: int = 0,
        drift: float = 0.0,
        additive: bool = False,
        sharp: bool = False,
    ) -> None:
        """Add a sheet.

        Args:
            rgb: (h, w, 3) straight colours in 0…255, as wide as the canvas.
            alpha: (h, w) in 0…255.
            depth: See `Layer.depth`.
            y0: Canvas row of its first row.
            drift: Speed to the right, in shares of the canvas height per second; it then repeats.
            additive: Whether it adds light.
            sharp: Whether it stays sharp in a close-up whatever its depth.
        """
        cover = bytes_of(alpha)
        rows = np.flatnonzero(cover.max(axis=1))
        if not rows.size:
            return
        first, last = int(rows[0]), int(rows[-1]) + 1
        colours = bytes_of(rgb[first:last])
        layer = layer_from(self._look.grade(colours), cover[first:last], depth, y0 + first)
        if layer is None:
            return
        radius = 0.0 if sharp else self._radius(depth)
        if radius > 0.4:
            self._defocus(layer, radius)
        layer.additive = additive
        if drift:
            layer.vx = drift * self.height
            layer.wrap = True
            layer.image = np.ascontiguousarray(np.pad(layer.image, ((2, 2), (0, 0), (0, 0))))
            layer.y0 -= 2
        self._layers.append(layer)

    @property
    def travels(self) -> bool:
        """Whether the camera runs along with the subject, past whatever stands in front."""
        return travel_speed(self.scene) > 0

    def foreground(self) -> None:
        """The cast stands here; sheets added from now on are before it."""
        self._front = len(self._layers)

    def finish(self) -> Scenery:
        """Settle the layers and close the set."""
        front = len(self._layers) if self._front is None else self._front
        # Parallax uncovers much when the camera tilts, and little when it moves in.
        slack = 0.10 if self.scene.camera in ("tilt up", "tilt down") else 0.04
        if self.scene.framing == "close-up":
            slack += 0.05
        return Scenery(
            back=settle(self._layers[:front], self.height, slack),
            front=settle(self._layers[front:], self.height, slack),
            light=self.light,
            ground=self.ground,
            floating=self.floating,
            mirror=self.mirror,
            weather=self.weather,
            sway=self.sway,
            size=self.size,
        )

    def _radius(self, depth: float) -> float:
        return self._blur * min(1.6, abs(1.0 - depth) * 1.9)

    def _soft(self, rgb: Pixels, depth: float) -> Pixels:
        radius = self._radius(depth)
        return np.asarray(cv2.GaussianBlur(rgb, (0, 0), radius), np.uint8) if radius > 0.4 else rgb

    def _defocus(self, layer: Layer, radius: float) -> None:
        """Blur a premultiplied sheet; its edge grows outwards, but not over the canvas."""
        margin = int(radius * 3)
        above, below = min(margin, layer.y0), max(0, min(margin, self.height - layer.bottom))
        grown = np.pad(layer.image, ((above, below), (0, 0), (0, 0)))
        layer.image = np.asarray(cv2.GaussianBlur(grown, (0, 0), radius), np.uint8)
        layer.y0 -= above

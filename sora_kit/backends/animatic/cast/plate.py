"""A plate: a subject as flat colour, silhouette and ink, before light falls on it; and the painting.

All ways of drawing end here, which is why a galloping horse, a person and a car look as if one hand
had drawn them. Painting adds, like gouache on an inked drawing: a darker rim and underside that give
form, paper texture, a lit edge on the side of the sun, and the ink.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sora_kit.backends.animatic.layers import Pixels, premultiplied
from sora_kit.backends.animatic.light import Light
from sora_kit.backends.animatic.styles import Look

__all__ = ("MARGIN", "Floats", "Painter", "Plate")

Floats = npt.NDArray[np.float32]

MARGIN = 6
"""Empty pixels around a finished sprite, so that turning it never cuts an edge."""


@dataclass(slots=True)
class Plate:
    """An unlit drawing."""

    flat: Floats
    """(h, w, 3) local colours in 0…255, also outside the silhouette, so that edges stay clean."""

    fill: Floats
    """(h, w) silhouette, 0…1."""

    line: Floats
    """(h, w) ink, 0…1."""

    def mirrored(self) -> Plate:
        """Looking the other way."""
        return Plate(*(np.ascontiguousarray(part[:, ::-1]) for part in (self.flat, self.fill, self.line)))

    def padded(self, left: int, top: int, right: int, bottom: int) -> Plate:
        """With room around it."""
        edges = ((top, bottom), (left, right))
        return Plate(
            np.pad(self.flat, (*edges, (0, 0)), mode="edge"),
            np.pad(self.fill, edges),
            np.pad(self.line, edges),
        )


class Painter:
    """Paints plates in the light of a shot and the colours of its look."""

    def __init__(self, light: Light, look: Look, seed: int, texture: float = 0.16) -> None:
        self.light, self.look, self.texture = light, look, texture
        self._seed = seed
        self._paper: Floats | None = None

    def with_texture(self, texture: float) -> Painter:
        """The same painter on smoother or rougher paper."""
        return Painter(self.light, self.look, self._seed, texture)

    def paint(self, plate: Plate, size: float) -> Pixels:
        """Light, ink and grade.

        Args:
            plate: The drawing.
            size: The subject's height in pixels, to which soft edges are proportional.

        Returns:
            (h, w, 4) premultiplied RGBA.
        """
        height, width = plate.fill.shape
        x, y, w, h = cv2.boundingRect((plate.fill > 0).astype(np.uint8))
        sheet = np.zeros((height, width, 4), np.uint8)
        if w and h:  # most of a sheet is empty: paint only what is there
            room = 3
            box = (
                slice(max(0, y - room), min(height, y + h + room)),
                slice(max(0, x - room), min(width, x + w + room)),
            )
            part = Plate(plate.flat[box], plate.fill[box], plate.line[box])
            down = np.linspace(1.10, 0.82, height, dtype=np.float32)[box[0], None]
            sheet[box] = self._painted(part, down * self._texture_for((height, width))[box], size)
        return sheet

    def _painted(self, plate: Plate, surface: Floats, size: float) -> Pixels:
        """Paint a plate; ``surface`` is the light from above times the texture, (h, w) around 1."""
        light, fill = self.light, plate.fill
        ambient = np.clip(light.ambient * 1.08, 0.46, 1.2)
        inside = cv2.distanceTransform((fill > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
        form = np.sqrt(np.clip(inside / np.float32(size * 0.08), 0, 1))
        rgb = plate.flat * (ambient * ((0.68 + 0.32 * form) * surface)[..., None])
        rgb += (light.key - rgb) * self._lit_edge(fill, size)[..., None]
        ink = plate.flat * (ambient * np.float32(0.24)) + light.haze * np.float32(0.04)
        rgb += (ink - rgb) * (plate.line * np.float32(0.9))[..., None]
        straight = np.clip(rgb, 0, 255).astype(np.uint8)
        alpha = np.clip(fill * 255, 0, 255).astype(np.uint8)
        return premultiplied(self.look.grade(straight), alpha)

    def _lit_edge(self, fill: Floats, size: float) -> Floats:
        """Share of key light on the edge that looks to the sun."""
        step = max(2, int(size * 0.013))
        across = -step if self.light.sun[0] < 0.5 else step
        shift = np.array([[1, 0, -across], [0, 1, step]], np.float32)
        shadow = cv2.warpAffine(fill, shift, (fill.shape[1], fill.shape[0]))
        edge = cv2.GaussianBlur(np.clip(fill - shadow, 0, 1), (0, 0), max(0.6, size / 420))
        return np.asarray(np.clip(edge * self.light.edge(0.72), 0, 1), np.float32)

    def _texture_for(self, shape: tuple[int, ...]) -> Floats:
        """Paper grain, the same for all poses, so that a moving figure does not boil."""
        if self._paper is None or self._paper.shape != shape:
            noise = _paper(np.random.default_rng(self._seed), shape[0], shape[1])
            self._paper = np.asarray(1 + noise * self.texture, np.float32)
        return self._paper


def _paper(rng: np.random.Generator, height: int, width: int) -> Floats:
    total = np.zeros((height, width), np.float32)
    cells, strength = 26, 0.5
    for _ in range(4):
        rows = max(2, cells * height // max(height, width))
        columns = max(2, cells * width // max(height, width))
        noise = rng.random((min(rows, height), min(columns, width)), dtype=np.float32) - 0.5
        total += strength * cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
        cells, strength = cells * 2, strength / 2
    return total

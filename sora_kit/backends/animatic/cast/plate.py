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
        light, fill = self.light, plate.fill
        ambient = np.clip(light.ambient * 1.08, 0.46, 1.2)
        inside = cv2.distanceTransform((fill > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
        form = np.clip(inside / (size * 0.09), 0, 1) ** 0.6
        from_above = np.linspace(1.10, 0.82, fill.shape[0], dtype=np.float32)[:, None]
        shade = (0.68 + 0.32 * form) * from_above * (1 + self._texture_for(fill.shape) * self.texture)
        rgb = plate.flat * ambient * shade[..., None]
        rgb += (light.key - rgb) * self._lit_edge(fill, size)[..., None]
        ink = plate.flat * ambient * 0.24 + light.haze * 0.04
        ink_share = (plate.line * 0.9)[..., None]
        rgb = np.clip(rgb + (ink - rgb) * ink_share, 0, 255).astype(np.uint8)
        alpha = np.clip(fill * 255, 0, 255).astype(np.uint8)
        return np.ascontiguousarray(premultiplied(self.look.grade(rgb), alpha))

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
            self._paper = _paper(np.random.default_rng(self._seed), shape[0], shape[1])
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

"""Layers: the cut-out sheets that a shot is made of.

A shot is a stack of painted sheets at different depths, as in a multiplane camera. When the camera
moves, near sheets move more than far ones. A sheet holds *premultiplied* RGBA, so laying it over the
picture is one multiplication and one addition, and it is as small as what is painted on it.

`settle` makes a finished stack cheap to draw, once per shot: sheets that move together become one,
and rows that a nearer sheet always hides are cut off.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import numpy.typing as npt

from sora_kit.backends.animatic.blocks import Block, blocks_of

__all__ = ("Layer", "Pixels", "joined", "laid_over", "layer_from", "premultiplied", "settle")

Pixels = npt.NDArray[np.uint8]

_TOGETHER = 0.035  # sheets closer in depth than this move together


@dataclass(slots=True)
class Layer:
    """One sheet."""

    image: Pixels
    """(height, width, 4) uint8, premultiplied RGBA."""

    depth: float
    """0 at infinity, 1 in the subject's plane, above 1 before it."""

    y0: int = 0
    """Row of the canvas that its first row lies on."""

    x0: int = 0
    """Column of the canvas that its first column lies on."""

    vx: float = 0.0
    """Drift to the right in canvas pixels per second (clouds, waves)."""

    vy: float = 0.0
    """Drift downwards in canvas pixels per second."""

    wrap: bool = False
    """Whether it repeats sideways; wanted where it drifts."""

    additive: bool = False
    """Whether it adds light instead of covering (glows, rays)."""

    opaque: bool = False
    """Whether it covers everything; only the backdrop does."""

    blocks: list[Block] = field(default_factory=list)
    """How to draw it piece by piece (set by `settle`)."""

    solid_from: int | None = None
    """First of its rows from which on all pixels are opaque (set by `settle`), or None."""

    @property
    def bottom(self) -> int:
        """Row of the canvas below its last one."""
        return self.y0 + int(self.image.shape[0])

    @property
    def drifts(self) -> bool:
        """Whether it moves by itself."""
        return bool(self.vx or self.vy)


def premultiplied(rgb: Pixels, alpha: Pixels) -> Pixels:
    """Join (h, w, 3) straight colours and (h, w) alpha into premultiplied RGBA."""
    covered = cv2.multiply(rgb, cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB), scale=1 / 255)
    return np.dstack((covered, alpha))


def layer_from(rgb: Pixels, alpha: Pixels, depth: float, y0: int = 0) -> Layer | None:
    """A layer cut down to the rows where something is painted; None when nothing is."""
    rows = np.flatnonzero(alpha.max(axis=1))
    if not rows.size:
        return None
    first, last = int(rows[0]), int(rows[-1]) + 1
    return Layer(premultiplied(rgb[first:last], alpha[first:last]), depth, y0=y0 + first)


def laid_over(frame: Pixels, sheet: Pixels) -> None:
    """Lay premultiplied ``sheet`` over an opaque ``frame`` in place; both (h, w, 4)."""
    # The fourth channel of GRAY2RGBA is 255, which is right here: what is opaque stays so.
    through = cv2.cvtColor(cv2.bitwise_not(cv2.extractChannel(sheet, 3)), cv2.COLOR_GRAY2RGBA)
    cv2.multiply(frame, through, dst=frame, scale=1 / 255)
    cv2.add(frame, sheet, dst=frame)


def joined(below: Pixels, above: Pixels) -> Pixels:
    """One premultiplied sheet that covers what both cover; all (h, w, 4)."""
    through = cv2.bitwise_not(cv2.extractChannel(above, 3))
    rest = cv2.multiply(below, cv2.merge([through] * 4), scale=1 / 255)
    return np.asarray(cv2.add(rest, above), np.uint8)


def settle(layers: list[Layer], height: int, slack: float = 0.09) -> list[Layer]:
    """Merge what moves together and cut away what is always hidden.

    Args:
        layers: Back to front.
        height: Of the canvas.
        slack: Share of the height that parallax may uncover.

    Returns:
        New layers that give the same picture.
    """
    merged: list[Layer] = []
    for layer in layers:
        if merged and _together(merged[-1], layer):
            merged[-1] = _merged(merged[-1], layer)
        else:
            merged.append(replace(layer))
    _cut_hidden(merged, height, int(height * slack))
    for layer in merged:
        layer.blocks = blocks_of(np.ascontiguousarray(layer.image[..., 3]))
    return merged


def _together(below: Layer, above: Layer) -> bool:
    plain = not (below.drifts or above.drifts or below.wrap or above.wrap)
    same = below.image.shape[1] == above.image.shape[1] and below.x0 == above.x0
    return plain and same and not above.additive and abs(below.depth - above.depth) < _TOGETHER


def _merged(below: Layer, above: Layer) -> Layer:
    top, bottom = min(below.y0, above.y0), max(below.bottom, above.bottom)
    image = np.zeros((bottom - top, below.image.shape[1], 4), np.uint8)
    image[below.y0 - top : below.bottom - top] = below.image
    part = image[above.y0 - top : above.bottom - top]
    part[:] = joined(part, above.image)
    return replace(below, image=image, y0=top)


def _cut_hidden(layers: list[Layer], height: int, slack: int) -> None:
    """Walk from front to back, remembering the row from which on everything is covered."""
    covered = height
    for layer in reversed(layers):
        visible = covered + slack
        if layer.y0 + 8 < visible < layer.bottom:
            layer.image = np.ascontiguousarray(layer.image[: visible - layer.y0])
        if layer.additive or layer.wrap or layer.bottom < min(visible, height - 2):
            continue
        gaps = np.flatnonzero(layer.image[..., 3].min(axis=1) < 255)
        first = int(gaps[-1]) + 1 if gaps.size else 0
        if first < layer.image.shape[0]:
            layer.solid_from = first
            covered = min(covered, layer.y0 + first)

"""Turns an engraved symbol of the symbol face into parts that can be coloured.

The face's animals and things are line drawings. Flooding the outside with background leaves the
silhouette; what the lines enclose are the regions (an eye, a window, a sail), the largest first. Some
symbols are solid shapes instead; they have one colour and get an inked outline.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from sora_kit.backends.animatic import text
from sora_kit.backends.animatic.fonts import coverage, path_of
from sora_kit.backends.animatic.layers import Pixels

__all__ = ("Glyph", "can_draw", "glyph")

_SIZE = 512
_INK = 90  # level from which a pixel of the drawn symbol counts as line
_NO_REGION = 255
_MOST_REGIONS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Glyph:
    """The parts of a symbol, all (h, w) and cut to the silhouette."""

    line: Pixels
    """Ink, 0…255; of solid symbols, their outline."""

    fill: Pixels
    """Silhouette, 0…255."""

    regions: Pixels
    """0 for the largest enclosed region, 1, 2 … for smaller ones, 255 for none."""

    areas: tuple[int, ...]
    """Pixels of each region."""

    solid: bool
    """Whether it is a filled shape rather than a line drawing."""


def can_draw(char: str) -> bool:
    """Whether the symbol face has the character."""
    return len(char) == 1 and ord(char) in coverage(path_of("symbols"))


@lru_cache(48)
def glyph(char: str, *, heavy: bool = False, gap: int = 0, bust: bool = False) -> Glyph:
    """The parts of one symbol.

    Args:
        char: One that `can_draw` accepts.
        heavy: Keep broad black parts as ink, for animals that are black and white.
        gap: Width of gaps between strokes that belong to the body, in pixels of 512 (a zebra's stripes).
        bust: Close the side where the engraver cut the body off (a frog's head, a dinosaur's neck).
    """
    line = _drawn(char)
    ink = (line > _INK).astype(np.uint8)
    # Engravers leave small gaps in outlines.
    fill = _silhouette(_closed(_framed(ink) if bust else ink, max(3, _SIZE // 60, gap)))
    solid = float(ink.sum()) / max(1, int((fill > 0).sum())) > 0.72 and not heavy
    regions, areas = _regions(fill, ink)
    if areas and not solid:
        regions = _grown(regions)
        line = line if heavy else _thinned(line, ink)
    fill = np.maximum(cv2.GaussianBlur(fill, (0, 0), 0.8), line)
    ys, xs = np.where(fill > 20)
    cut = np.s_[max(0, ys.min() - 4) : ys.max() + 5, max(0, xs.min() - 4) : xs.max() + 5]
    if solid:
        line = _outline(ink * np.uint8(255))
    return Glyph(line[cut], fill[cut], regions[cut], tuple(areas), solid)


def _drawn(char: str) -> Pixels:
    face = text.font("symbols", _SIZE)
    left, top, right, bottom = (int(edge) for edge in face.getbbox(char))
    margin = _SIZE // 8
    image = Image.new("L", (right - left + 2 * margin, bottom - top + 2 * margin), 0)
    ImageDraw.Draw(image).text((margin - left, margin - top), char, font=face, fill=255)
    return np.asarray(image)


def _closed(ink: Pixels, gap: int) -> Pixels:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (gap, gap))
    return np.asarray(cv2.morphologyEx(ink, cv2.MORPH_CLOSE, kernel), np.uint8)


def _framed(ink: Pixels) -> Pixels:
    """The drawing with its strokes joined along the lower edge, or around a lower corner."""
    x, y, w, h = cv2.boundingRect(ink)
    framed = ink.copy()
    box = framed[y : y + h, x : x + w]
    bottom = np.flatnonzero(ink[y + h - 4 : y + h, x : x + w].any(axis=0))
    right = np.flatnonzero(ink[y : y + h, x + w - 4 : x + w].any(axis=1))
    left = np.flatnonzero(ink[y : y + h, x : x + 4].any(axis=1))
    if bottom.size and bottom[-1] - bottom[0] > w // 4:
        box[-3:, bottom[0] : bottom[-1]] = 1
    elif bottom.size and right.size:
        box[-3:, bottom[0] :] = 1
        box[right[-1] :, -3:] = 1
    elif bottom.size and left.size:
        box[-3:, : bottom[-1]] = 1
        box[left[-1] :, :3] = 1
    return framed


def _silhouette(closed: Pixels) -> Pixels:
    flooded = closed.copy()
    cv2.floodFill(flooded, np.zeros((closed.shape[0] + 2, closed.shape[1] + 2), np.uint8), (0, 0), 2)
    return np.where(flooded != 2, np.uint8(255), np.uint8(0))


def _regions(fill: Pixels, ink: Pixels) -> tuple[Pixels, list[int]]:
    enclosed = ((fill > 0) & (ink == 0)).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(enclosed, connectivity=4)
    least = _SIZE * _SIZE * 0.0012
    areas = stats[:, cv2.CC_STAT_AREA]
    kept = sorted((i for i in range(1, count) if areas[i] > least), key=lambda i: -int(areas[i]))
    regions = np.full(labels.shape, _NO_REGION, np.uint8)
    for order, index in enumerate(kept[:_MOST_REGIONS]):
        regions[labels == index] = order
    return regions, [int(areas[i]) for i in kept[:_MOST_REGIONS]]


def _grown(regions: Pixels) -> Pixels:
    """Every pixel takes the nearest region, so that colour reaches under the lines."""
    _, nearest = cv2.distanceTransformWithLabels(
        (regions == _NO_REGION).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    ys, xs = np.where(regions != _NO_REGION)
    table: npt.NDArray[np.uint8] = np.zeros(int(nearest.max()) + 1, np.uint8)
    table[nearest[ys, xs]] = regions[ys, xs]
    return table[nearest]


def _outline(fill: Pixels) -> Pixels:
    """A pen line along the edge of a solid shape, so that it goes with the drawn ones."""
    pen = round(_SIZE * 0.012)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pen + 1, 2 * pen + 1))
    return np.asarray(cv2.GaussianBlur(cv2.subtract(fill, cv2.erode(fill, kernel)), (0, 0), 1.2), np.uint8)


def _thinned(line: Pixels, ink: Pixels) -> Pixels:
    """Heavy outlines (newer symbols are drawn with them) made about as thin as the engraved ones.

    What is within a pen's width of the middle of a stroke stays, and so do black areas far broader
    than the strokes, which are meant as black.
    """
    pen = _SIZE * 0.0072
    depth = cv2.distanceTransform(ink, cv2.DIST_L2, 5)
    crest = (depth >= cv2.dilate(depth, np.ones((3, 3), np.uint8)) - 0.25) & (depth > 1)
    if not crest.any():
        return line
    half = float(np.percentile(depth[crest], 70))
    if half <= _SIZE * 0.013:
        return line
    from_crest = cv2.distanceTransform((~crest).astype(np.uint8), cv2.DIST_L2, 5)
    core = (depth > 1.32 * half).astype(np.uint8)
    reach = round(1.3 * half)
    broad = cv2.dilate(core, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)))
    kept = (((from_crest < pen) | (broad > 0)) & (ink > 0)).astype(np.uint8) * 255
    return np.asarray(cv2.GaussianBlur(kept, (0, 0), 1.2), np.uint8)

"""Which parts of a sheet are empty, which are solid, and which must be blended.

Most of a painted sheet is one or the other: a pair of lamp posts is nearly empty, a wall with a
window is nearly solid. Empty parts need not be drawn at all, and solid ones can be warped straight
into the frame; only the rest costs a blend. `blocks_of` divides a sheet into rectangles of one kind
each, on a grid of tiles.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ("Block", "blocks_of")

Pixels = npt.NDArray[np.uint8]

_TILE = 32  # pixels
_EMPTY, _MIXED, _SOLID = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of a sheet, in its own pixels."""

    x0: int
    y0: int
    x1: int
    y1: int

    solid: bool
    """Whether it is opaque throughout, with a margin for interpolation."""


def blocks_of(alpha: Pixels) -> list[Block]:
    """Divide a sheet by its (h, w) alpha. Empty parts are left out; blocks don't overlap."""
    height, width = alpha.shape
    kinds = _kinds(alpha)
    blocks: list[Block] = []
    row = 0
    while row < len(kinds):
        end = row + 1
        while end < len(kinds) and np.array_equal(kinds[end], kinds[row]):
            end += 1
        y0, y1 = row * _TILE, min(height, end * _TILE)
        for first, last, kind in _runs(kinds[row]):
            if kind != _EMPTY:
                x0, x1 = first * _TILE, min(width, last * _TILE)
                blocks.append(Block(x0, y0, x1, y1, solid=kind == _SOLID))
        row = end
    return blocks


def _kinds(alpha: Pixels) -> np.ndarray:
    """Kind of every tile: (rows, columns) of uint8."""
    height, width = alpha.shape
    rows, columns = -(-height // _TILE), -(-width // _TILE)
    # A tile is only as good as what interpolation may read around it: spread what spoils it.
    around = np.ones((5, 5), np.uint8)
    most = cv2.dilate(alpha, around, borderType=cv2.BORDER_REPLICATE)
    least = cv2.erode(alpha, around, borderType=cv2.BORDER_REPLICATE)
    pad = ((0, rows * _TILE - height), (0, columns * _TILE - width))
    tiles = (rows, _TILE, columns, _TILE)
    some = np.pad(most, pad, mode="edge").reshape(tiles).max(axis=(1, 3)) > 0
    full = np.pad(least, pad, mode="edge").reshape(tiles).min(axis=(1, 3)) == 255
    return np.where(full, _SOLID, np.where(some, _MIXED, _EMPTY)).astype(np.uint8)


def _runs(kinds: np.ndarray) -> list[tuple[int, int, int]]:
    """Runs of tiles of one kind as (first, past the last, kind).

    One more rectangle costs about as much as blending a tile or two, so short runs are blended.
    """
    edges = [0, *(np.flatnonzero(np.diff(kinds)) + 1).tolist(), len(kinds)]
    runs: list[tuple[int, int, int]] = []
    for first, last in pairwise(edges):
        kind = int(kinds[first]) if last - first > 2 else _MIXED
        if runs and runs[-1][2] == kind:
            runs[-1] = (runs[-1][0], last, kind)
        else:
            runs.append((first, last, kind))
    return runs

"""Noise: the irregularity of clouds, rock, grass and water.

All of it is *value noise*: random numbers on a coarse grid, enlarged smoothly, in several octaves of
half the size and strength each. Enlarging is OpenCV's, so a full-size picture of it takes
milliseconds.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ("Grid", "clouded", "dithered", "floor_noise", "ridge_line", "smoothstep")

Grid: TypeAlias = npt.NDArray[np.floating]
"""(height, width) of floats, float32 where it is large."""


def smoothstep(low: float, high: float, x: Grid) -> Grid:
    """0 below ``low``, 1 above ``high``, smooth between."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), np.float32)


def clouded(
    rng: np.random.Generator,
    height: int,
    width: int,
    cells: int = 8,
    octaves: int = 5,
    gain: float = 0.5,
    aspect: float = 1.0,
) -> Grid:
    """Fractal noise.

    Args:
        rng: Where the randomness comes from.
        height: Of the result.
        width: Of the result.
        cells: Coarsest cells along the longer side.
        octaves: Layers of detail.
        gain: Strength of an octave relative to the one before.
        aspect: How many times more cells there are vertically; above 1 the noise is streaky.

    Returns:
        (height, width) in 0…1, mean about 0.5.
    """
    total = np.zeros((height, width), np.float32)
    long = max(height, width)
    rows = max(2, int((max(2, int(cells * height / long)) + 1) * aspect))
    columns = max(2, int(cells * width / long)) + 1
    strength = weight = 1.0
    for octave in range(octaves):
        grid = rng.random((rows, columns), dtype=np.float32)
        if octave:
            weight += strength
        # The finest octaves are grainy anyway; linear enlarging is twice as quick.
        smooth = cv2.INTER_CUBIC if octave < 3 else cv2.INTER_LINEAR
        cv2.scaleAdd(cv2.resize(grid, (width, height), interpolation=smooth), strength, total, dst=total)
        strength *= gain
        rows, columns = min(rows * 2, height), min(columns * 2, width)
    return np.asarray(np.clip(total / np.float32(weight), 0.0, 1.0), np.float32)


def floor_noise(
    rng: np.random.Generator,
    height: int,
    width: int,
    cells: int,
    streak: float = 3.0,
    octaves: int = 4,
    power: float = 0.5,
) -> Grid:
    """Noise on a floor seen in perspective: fine and flat far away (top), coarse near (bottom)."""
    flat = clouded(rng, min(256, max(32, height)), width, cells, octaves, 0.6, streak)
    source = np.linspace(0, 1, max(1, height), dtype=np.float32) ** power * (flat.shape[0] - 1)
    rows = np.repeat(source[:, None], width, axis=1)
    columns = np.tile(np.arange(width, dtype=np.float32), (max(1, height), 1))
    return np.asarray(cv2.remap(flat, columns, rows, cv2.INTER_LINEAR), np.float32)


def ridge_line(
    rng: np.random.Generator,
    width: int,
    octaves: int = 6,
    peaks: int = 3,
    gain: float = 0.5,
    *,
    sharp: bool = False,
) -> Grid:
    """The outline of hills (or, ``sharp``, of rock): (width,) heights in 0…1."""
    line = np.zeros(width, np.float32)
    strength, weight = 1.0, 0.0
    for _ in range(octaves):
        points = rng.random(peaks + 2).astype(np.float32)
        x = np.linspace(0, peaks + 1, width)
        if sharp:
            line += strength * np.interp(x, np.arange(peaks + 2), points).astype(np.float32)
        else:
            left = np.minimum(x.astype(int), peaks)
            t = smoothstep(0, 1, (x - left).astype(np.float32))
            line += strength * (points[left] * (1 - t) + points[left + 1] * t)
        weight += strength
        strength *= gain
        peaks *= 2
    return line / np.float32(weight)


def dithered(picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Add half a step of noise in place, so that soft gradients don't show bands."""
    height, width = picture.shape[:2]
    tile = np.random.default_rng(1).random((64, 64), dtype=np.float32) * 2 - 1
    across = np.tile(tile, (height // 64 + 1, width // 64 + 1))[:height, :width]
    picture += across[..., None]
    return picture

"""Open water: a calm surface with the sun's path and drifting glints."""

from __future__ import annotations

import numpy as np

from sora_kit.backends.animatic.canvas import SetBuilder
from sora_kit.backends.animatic.light import Albedo
from sora_kit.backends.animatic.noise import clouded, floor_noise

__all__ = ("foam_line", "water")


def water(stage: SetBuilder, top: float, deep: Albedo = "#1f5f86", depth: float = 0.4) -> None:
    """Water from the row ``top`` (a share of the height) down to the bottom of the canvas."""
    rng, light = stage.rng, stage.light
    height, width = stage.height, stage.width
    first = int(height * top)
    rows = height - first
    down = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    far = light.horizon + (light.lit(deep, 0.6) - light.horizon) * 0.45
    near = light.lit(deep) * 0.72
    colour = far + (near - far) * (down**0.6)[..., None]
    ripples = floor_noise(rng, rows, width, 18, 9.0, power=0.55)
    across = np.abs(np.arange(width, dtype=np.float32) - stage.sun[0])[None] / stage.unit / 1.5
    path = np.exp(-((across / (0.05 + 0.16 * down)) ** 2)) * (1.0 if light.clear else 0.2)
    colour = colour * (1 + (ripples[..., None] - 0.5) * 0.6)
    glitter = np.clip((ripples - 0.52) * 6, 0, 1) * path
    colour += (light.key - colour) * glitter[..., None] * 0.9
    # a light seam where water meets sky hides the hard edge
    seam = np.exp(-down * 40)[..., None] * 0.5
    colour += (light.horizon - colour) * seam
    stage.sheet(colour, np.full((rows, width), 255, np.uint8), depth, y0=first)
    glint = np.empty((rows, width, 3), np.float32)
    glint[:] = light.horizon + (light.key - light.horizon) * 0.6
    for step, speed in ((1, 0.015), (2, -0.011)):
        shimmer = np.clip((floor_noise(rng, rows, width, 36, 9.0, power=0.55) - 0.60) * 7, 0, 1)
        alpha = shimmer * (0.28 + 0.5 * path) * np.clip(down * 5, 0, 1)
        stage.sheet(glint, alpha * 255, depth + 0.04 * step, y0=first, drift=speed)


def foam_line(stage: SetBuilder, shore: np.ndarray, depth: float) -> None:
    """Foam where waves run out on a beach; ``shore`` is the row of the sand in every column."""
    height, width, unit = stage.height, stage.width, stage.unit
    rows = np.arange(height, dtype=np.float32)[:, None]
    torn = clouded(stage.rng, height, width, 60, 3)
    alpha = np.zeros((height, width), np.float32)
    for offset, thick, strength in ((0.0, 0.006, 0.9), (-0.022, 0.004, 0.55), (-0.05, 0.003, 0.35)):
        line = shore[None] + offset * unit
        alpha = np.maximum(alpha, np.exp(-(((rows - line) / (thick * unit)) ** 2)) * strength)
    rgb = np.empty((height, width, 3), np.float32)
    rgb[:] = 250 * stage.light.ambient
    stage.sheet(rgb, alpha * 255 * (torn > 0.38), depth)

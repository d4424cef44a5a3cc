"""Mountains, hills and ground."""

from __future__ import annotations

import cv2
import numpy as np

from sora_kit.backends.animatic.canvas import SetBuilder
from sora_kit.backends.animatic.light import Albedo
from sora_kit.backends.animatic.noise import Grid, clouded, floor_noise, ridge_line
from sora_kit.backends.animatic.paint.sky import Picture

__all__ = ("ground", "ridges")


def ridges(
    stage: SetBuilder,
    picture: Picture,
    levels: int = 3,
    top: float = 0.38,
    bottom: float = 0.60,
    albedo: Albedo = "#55698a",
    relief: float = 0.16,
    *,
    sharp: bool = True,
    snow: float = 0.0,
) -> Picture:
    """Paint ridges one before the other into a sky, in place.

    Args:
        stage: The canvas.
        picture: The sky.
        levels: Number of ridges.
        top: Height of the farthest.
        bottom: Height of the nearest.
        albedo: Colour of the rock.
        relief: How jagged they are, as a share of the height.
        sharp: Rock rather than hills.
        snow: Share of each ridge that is capped with snow.

    Returns:
        ``picture``.
    """
    light = stage.light
    height, width = stage.height, stage.width
    tall = stage.unit
    for level in range(levels):
        near = level / max(1, levels - 1)
        line = ridge_line(stage.rng, width, 7, 3 + level, 0.52, sharp=sharp)
        reach = relief * (1 - 0.55 * near)
        crest = height * (top + 0.06 + (bottom - top - 0.06) * near) - (line - 0.3) * tall * reach
        first = max(0, int(crest.min()) - 2)
        below = np.arange(first, height, dtype=np.float32)[:, None] - crest[None]
        depth = 0.28 + 0.5 * near
        base = light.lit(albedo, depth)
        foot = np.clip(below / (tall * 0.20), 0, 1)[..., None]
        side = _sunny_side(stage, crest) * np.clip(1 - foot * 1.6, 0, 1)
        texture = clouded(stage.rng, height - first, width, 40, 4, aspect=0.6)[..., None] - 0.5
        if snow:
            capped = np.clip(
                (snow * tall * reach * line[None] - below + texture[..., 0] * tall * 0.05) / 6, 0, 1
            )
            base = base + (light.lit("#f4f7fb", depth) - base) * capped[..., None]
        colour = base * 0.86 + (base + (light.key - base) * 0.20 - base * 0.86) * side
        colour = colour * (1 + texture * 0.30 * depth)
        colour = colour + (light.haze - colour) * foot * 0.55 * (1 - 0.4 * near)
        part = picture[first:]
        part += (colour - part) * np.clip(below, 0, 1)[..., None]
    return picture


def _sunny_side(stage: SetBuilder, crest: Grid) -> Grid:
    """How far each column of a ridge faces the sun: (1, width, 1) in 0…1."""
    soft = np.asarray(cv2.GaussianBlur(crest[None], (0, 0), 3), np.float32).ravel()
    facing = 1 if stage.light.sun[0] > 0.5 else -1
    return np.clip(0.5 + np.gradient(soft) * facing * 0.22, 0, 1).astype(np.float32)[None, :, None]


def ground(
    stage: SetBuilder,
    albedo: Albedo,
    top: float,
    depth: float,
    near: float,
    relief: float = 0.05,
    texture: float = 0.25,
    cells: int = 48,
    dark: float = 0.62,
    streak: float = 2.2,
) -> Grid:
    """A stretch of rolling ground with a lit crest, down to the bottom of the canvas.

    Args:
        stage: The canvas.
        albedo: Its colour.
        top: Mean height of its crest.
        depth: Of the sheet.
        near: How little haze there is, 0…1.
        relief: Unevenness of the crest.
        texture: Strength of its spots.
        cells: Number of spots across.
        dark: Brightness at the bottom of the frame relative to the middle.
        streak: How flat the spots lie.

    Returns:
        (width,) row of the crest in every column.
    """
    light = stage.light
    height, width = stage.height, stage.width
    bumps = ridge_line(stage.rng, width, 5, 2, 0.45) - 0.5
    crest = (height * top - bumps * stage.unit * relief * 2).astype(np.float32)
    first = max(0, int(crest.min()) - 3)
    rows = np.arange(first, height, dtype=np.float32)[:, None]
    below = rows - crest[None]
    down = np.clip(below / (height * (1 - top)), 0, 1)[..., None]
    base = light.lit(albedo, near)
    far = base + (light.haze - base) * 0.42
    colour = far + (base * (1 + (dark - 1) * 0.5) - far) * down**0.55
    colour = colour + (base * dark - colour) * np.clip(down - 0.5, 0, 1)
    across = np.abs(np.arange(width, dtype=np.float32) - stage.sun[0])[None, :, None] / width
    warm = np.clip(1 - across * 1.6, 0, 1) * np.clip(1 - down * 1.3, 0, 1)
    colour += (light.key - colour) * warm * light.edge(0.24)
    spots = floor_noise(stage.rng, height - first, width, cells, streak)[..., None] - 0.5
    colour *= 1 + spots * (texture * 2)
    rim = np.clip(1 - below / (stage.unit * 0.006), 0, 1)[..., None] * light.edge(0.35)
    colour += (light.key - colour) * rim
    stage.sheet(colour, np.clip(below + 0.5, 0, 1) * 255, depth, y0=first)
    return crest

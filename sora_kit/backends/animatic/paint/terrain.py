"""Mountains, hills and ground."""

from __future__ import annotations

import cv2
import numpy as np

from sora_kit.backends.animatic.canvas import SetBuilder, bytes_of
from sora_kit.backends.animatic.layers import Pixels
from sora_kit.backends.animatic.light import Albedo, Rgb
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
        snow: Share of each ridge's relief that lies above the snow line.

    Returns:
        ``picture``.
    """
    height, width = stage.height, stage.width
    for level in range(levels):
        near = level / max(1, levels - 1)
        line = ridge_line(stage.rng, width, 7, 3 + level, 0.52, sharp=sharp)
        reach = relief * (1 - 0.55 * near)
        crest = height * (top + 0.06 + (bottom - top - 0.06) * near) - (line - 0.3) * stage.unit * reach
        first = max(0, int(crest.min()) - 2) // 2 * 2
        rock = _rock(stage, crest, first, albedo, near, snow)
        rows = np.arange(first, height, dtype=np.float32)[:, None]
        mask = np.clip(rows - crest[None], 0, 1).astype(np.float32)
        picture[first:] = cv2.blendLinear(rock, picture[first:], mask, 1 - mask)
    return picture


def _rock(stage: SetBuilder, crest: Grid, first: int, albedo: Albedo, near: float, snow: float) -> Picture:
    """The face of one ridge, from the row ``first`` down.

    It is painted at half size, like everything here that has no edges, and enlarged; only the crest
    needs every pixel.
    """
    light = stage.light
    tall = stage.unit / 2
    height, width = (stage.height - first) // 2, stage.width // 2
    line = (crest[::2] - first) / 2
    below = np.arange(height, dtype=np.float32)[:, None] - line[None]
    depth = 0.28 + 0.5 * near
    base = light.lit(albedo, depth)
    foot = np.clip(below / (tall * 0.20), 0, 1)[..., None]
    side = _sunny_side(stage, line) * np.clip(1 - foot * 1.6, 0, 1)
    texture = clouded(stage.rng, height, width, 40, 4, aspect=0.6)[..., None] - 0.5
    if snow:
        base = _capped(stage, base, line, texture[..., 0], snow, depth)
    colour = base * np.float32(0.86) + (light.key * np.float32(0.2) - base * np.float32(0.06)) * side
    colour *= 1 + texture * np.float32(0.30 * depth)
    colour += (light.haze - colour) * (foot * np.float32(0.55 * (1 - 0.4 * near)))
    size = (stage.width, stage.height - first)
    return np.asarray(cv2.resize(colour, size, interpolation=cv2.INTER_LINEAR), np.float32)


def _capped(stage: SetBuilder, base: Rgb, crest: Grid, texture: Grid, snow: float, depth: float) -> Picture:
    """Snow above a ragged line: peaks are white, passes are bare. At half size."""
    height, width = texture.shape
    top, low = float(crest.min()), float(crest.max())
    rows = np.arange(height, dtype=np.float32)[:, None]
    tongues = (ridge_line(stage.rng, width, 5, 24, 0.6, sharp=True) - 0.5)[None]
    line = top + (low - top) * snow + tongues * (low - top) * 0.5 + texture * stage.unit * 0.03
    white = np.clip((line - rows) / (stage.unit * 0.003), 0, 1)[..., None]
    return np.asarray(base + (stage.light.lit("#f4f7fb", depth) - base) * white, np.float32)


def _sunny_side(stage: SetBuilder, crest: Grid) -> Grid:
    """How far each column of a ridge faces the sun: (1, width, 1) in 0…1."""
    soft = np.asarray(cv2.GaussianBlur(crest[None], (0, 0), 2), np.float32).ravel()
    facing = 1 if stage.light.sun[0] > 0.5 else -1
    side = np.clip(0.5 + np.gradient(soft) * facing * 0.22, 0, 1)
    return np.asarray(side[None, :, None], np.float32)


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
    height, width = stage.height, stage.width
    bumps = ridge_line(stage.rng, width, 5, 2, 0.45) - 0.5
    crest = (height * top - bumps * stage.unit * relief * 2).astype(np.float32)
    first = max(0, int(crest.min()) - 3) // 2 * 2
    soil = _soil(stage, albedo, (crest[::2] - first) / 2, first, top, near, texture, cells, dark, streak)
    rows = np.arange(first, height, dtype=np.float32)[:, None]
    stage.sheet(soil, np.clip(rows - crest[None] + 0.5, 0, 1) * 255, depth, y0=first)
    return crest


def _soil(
    stage: SetBuilder,
    albedo: Albedo,
    crest: Grid,
    first: int,
    top: float,
    near: float,
    texture: float,
    cells: int,
    dark: float,
    streak: float,
) -> Pixels:
    """The surface of `ground`, painted at half size and enlarged."""
    light = stage.light
    height, width = (stage.height - first) // 2, stage.width // 2
    below = np.arange(height, dtype=np.float32)[:, None] - crest[None]
    down = np.clip(below / (stage.height / 2 * (1 - top)), 0, 1)[..., None]
    base = light.lit(albedo, near)
    far = base + (light.haze - base) * np.float32(0.42)
    colour = far + (base * np.float32(0.5 + dark / 2) - far) * down ** np.float32(0.55)
    colour += (base * np.float32(dark) - colour) * np.clip(down - 0.5, 0, 1)
    across = np.abs(np.arange(width, dtype=np.float32) / width - light.sun[0])[None, :, None]
    warm = np.clip(1 - across * 1.6, 0, 1) * np.clip(1 - down * 1.3, 0, 1)
    colour += (light.key - colour) * (warm * np.float32(light.edge(0.24)))
    spots = floor_noise(stage.rng, height, width, cells, streak)[..., None] - 0.5
    colour *= 1 + spots * np.float32(texture * 2)
    rim = np.clip(1 - below / (stage.unit * 0.003), 0, 1)[..., None] * np.float32(light.edge(0.35))
    colour += (light.key - colour) * rim
    size = (stage.width, stage.height - first)
    return np.asarray(cv2.resize(bytes_of(colour), size, interpolation=cv2.INTER_LINEAR), np.uint8)

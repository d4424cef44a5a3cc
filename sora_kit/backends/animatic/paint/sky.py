"""The sky: gradient, sun or moon, stars, clouds; and the light that falls through it."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from sora_kit.backends.animatic.canvas import SetBuilder
from sora_kit.backends.animatic.noise import Grid, clouded, dithered

__all__ = ("Picture", "cloud_bank", "rays", "sky", "star_field")

Picture: TypeAlias = npt.NDArray[np.float32]
"""(height, width, 3) float32 in 0…255."""


def sky(stage: SetBuilder, clouds: float = 0.5, *, stars: bool = True) -> Picture:
    """Paint a whole sky.

    It is painted at half size (there is nothing sharp in it) and enlarged.

    Args:
        stage: The canvas.
        clouds: How many, 0…1.
        stars: Whether they show by night.
    """
    light = stage.light
    # A generator of its own: by night the sky takes other numbers, but the land stays the same.
    rng = stage.rng.spawn(1)[0]
    height, width = stage.height // 2, stage.width // 2
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None] / stage.horizon
    upper = light.zenith + (light.mid - light.zenith) * np.clip(down / 0.55, 0, 1) ** 0.9
    lower = light.mid + (light.horizon - light.mid) * np.clip((down - 0.55) / 0.45, 0, 1)
    column = np.where(down < 0.55, upper, lower).astype(np.float32)
    picture: Picture = np.repeat(column[:, None, :], width, axis=1)
    sun_x, sun_y = stage.sun[0] / 2, stage.sun[1] / 2
    if light.clear:
        _sun(stage, picture, sun_x, sun_y, rng)
    if light.night and stars:
        picture += _stars(rng, height, width, min(700, height * width // 550), down[:, 0])
        milky = clouded(rng, height, width, 5, 5) - 0.5
        picture += (np.clip(milky, 0, 1) * 60)[..., None] * np.array([0.6, 0.7, 1.0], np.float32)
    if clouds > 0:
        _clouds(stage, picture, clouds, down, rng, sun_high=sun_y < height * 0.4)
    full = cv2.resize(picture, (stage.width, stage.height), interpolation=cv2.INTER_CUBIC)
    picture = np.asarray(full, np.float32)
    if light.night and stars:  # a few sharp ones on top
        count = min(260, stage.height * stage.width // 6000)
        columns = rng.integers(0, stage.width, count)
        rows = (rng.random(count) ** 1.3 * stage.height * stage.horizon * 0.9).astype(int)
        shine = rng.uniform(110, 250, (count, 1)).astype(np.float32)
        picture[rows, columns] = np.maximum(picture[rows, columns], shine)
    return dithered(picture)


def _sun(stage: SetBuilder, picture: Picture, x: float, y: float, rng: np.random.Generator) -> None:
    """Disc and glow, in place; by night it is the moon with its seas."""
    light = stage.light
    height, width = picture.shape[:2]
    rows = np.arange(height, dtype=np.float32)[:, None]
    columns = np.arange(width, dtype=np.float32)[None, :]
    scale = stage.unit / 2
    distance = np.sqrt((columns - x) ** 2 + (rows - y) ** 2) / scale
    glow = np.exp(-distance * (9.0 if light.night else 5.5)) * (0.35 if light.night else 0.75)
    picture += (light.key - picture) * glow[..., None]
    radius = 0.045 if light.night else 0.034
    disc = np.clip((radius - distance) * scale / 0.9, 0, 1)[..., None]
    picture *= 1 - disc
    picture += light.key * disc
    if light.night:
        seas = clouded(rng, height, width, 60, 3)[..., None]
        picture -= disc * (seas > 0.52) * np.float32(22)


def _stars(rng: np.random.Generator, height: int, width: int, count: int, down: Grid) -> Picture:
    field = star_field(rng, height, width, count)
    return np.asarray((field * np.sqrt(np.clip(1 - down[:, None], 0, 1)))[..., None], np.float32)


def star_field(rng: np.random.Generator, height: int, width: int, count: int) -> Grid:
    """Soft points of different brightness: (height, width) in 0…255."""
    field = np.zeros((height, width), np.float32)
    rows = (rng.random(count) * height).astype(int)
    field[rows, rng.integers(0, width, count)] = rng.random(count) ** 3 * 255
    glow = np.asarray(cv2.GaussianBlur(field, (0, 0), 1.1), np.float32)
    return np.asarray(np.maximum(field, glow * 3.2), np.float32)


def _clouds(
    stage: SetBuilder,
    picture: Picture,
    amount: float,
    down: Grid,
    rng: np.random.Generator,
    *,
    sun_high: bool,
) -> None:
    light = stage.light
    height, width = picture.shape[:2]
    noise = clouded(rng, height, width, 5, 7, 0.55, 2.2)
    cover = np.clip((noise - (0.56 - 0.16 * amount)) / 0.22, 0, 1) ** 1.15
    cover *= np.clip(1.15 - np.abs(down - 0.45) * 1.1, 0, 1) * np.float32(0.86)
    colour = _cloud_colour(stage, noise, max(2, height // 60) * (1 if sun_high else -1))
    if light.night:
        colour = colour * np.float32(0.45) + light.mid * np.float32(0.3)
    picture += (colour - picture) * cover[..., None]


def _cloud_colour(stage: SetBuilder, noise: Grid, step: int, bright: float = 0.7) -> Picture:
    """Lit on the side towards the light: the slope of the noise is taken for the cloud's shape."""
    light = stage.light
    lit = np.clip((noise - np.roll(noise, step, 0)) * 5 + 0.55, 0, 1)[..., None]
    shade = (light.mid + (light.haze - light.mid) * 0.58) * 0.83
    sunny = light.horizon + (light.key - light.horizon) * bright
    return np.asarray(shade + (sunny - shade) * lit, np.float32)


def cloud_bank(
    stage: SetBuilder, depth: float, threshold: float, cells: int, drift: float, *, near: bool = False
) -> None:
    """A drifting bank of clouds, denser towards the bottom; the camera is among them."""
    height, width = stage.height, stage.width
    half = clouded(stage.rng, height // 2, width // 2, cells, 7, 0.56, 1.6)
    noise = np.asarray(cv2.resize(half, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    alpha = np.clip((noise - threshold + (down - 0.62) * 0.5) * 6, 0, 1)
    # It repeats sideways: fade its two ends into each other.
    seam = max(2, width // 12)
    blend = np.linspace(0, 1, seam, dtype=np.float32)[None, :]
    alpha[:, -seam:] = alpha[:, -seam:] * (1 - blend) + alpha[:, :seam][:, ::-1] * blend
    if near:
        alpha = np.asarray(cv2.GaussianBlur(alpha * 0.72, (0, 0), height / 130), np.float32)
    colour = _cloud_colour(stage, noise, max(2, height // 40), 0.8)
    if stage.light.night:
        colour = colour * np.float32(0.5) + stage.light.mid * np.float32(0.25)
    stage.sheet(colour, alpha * 255, depth, drift=drift)


def rays(
    stage: SetBuilder, strength: float = 0.34, slant: float = 0.55, depth: float = 0.7, drift: float = 0.0
) -> None:
    """Shafts of light falling from above, towards the side away from the sun."""
    height, width = stage.height, stage.width
    bands = clouded(stage.rng, 8, width * 2, 34, 3)[0]
    rows, columns = stage.grid()
    towards = columns + rows * slant if stage.light.sun[0] > 0.5 else width - columns + rows * slant
    shaft = np.clip((bands[np.clip(towards, 0, 2 * width - 1).astype(int)] - 0.5) * 4, 0, 1)
    shaft *= np.clip(1.1 - rows / height * 1.15, 0, 1)
    shaft = np.asarray(cv2.GaussianBlur(shaft, (0, 0), max(1.0, height / 190)), np.float32)
    colour = np.empty((height, width, 3), np.float32)
    colour[:] = stage.light.key
    dim = 0.3 if stage.light.night or not stage.light.clear else 1.0
    stage.sheet(colour, shaft * 255 * strength * dim, depth, drift=drift, sharp=True)

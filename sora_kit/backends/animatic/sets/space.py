"""Space: a nebula, stars and a planet."""

from __future__ import annotations

import numpy as np

from sora_kit.backends.animatic.canvas import SetBuilder
from sora_kit.backends.animatic.light import Rgb, rgb_of
from sora_kit.backends.animatic.noise import clouded
from sora_kit.backends.animatic.paint.sky import star_field

__all__ = ("build",)

_NEBULAE = (
    ("#1b2a6b", "#b0489a", "#ffb27a"),
    ("#0e3b5c", "#2fb5a8", "#f4e3a1"),
    ("#2a1458", "#6a4be0", "#8fe0ff"),
    ("#3a1030", "#c2483c", "#ffd9a0"),
)


def build(stage: SetBuilder) -> None:
    """Paint it."""
    rng = stage.rng
    height, width = stage.height, stage.width
    outer, middle, core = (rgb_of(c) for c in _NEBULAE[rng.integers(len(_NEBULAE))])
    shape = clouded(rng, height, width, 4, 7, 0.58)
    tone = clouded(rng, height, width, 6, 6, 0.6)
    dense = np.clip((shape - 0.42) * 3.2, 0, 1)[..., None]
    hot = np.clip((tone - 0.45) * 3, 0, 1)[..., None]
    gas = outer + ((middle + (core - middle) * hot) - outer) * (dense * hot)
    picture = stage.light.zenith + gas * dense * np.float32(0.85)
    picture += star_field(rng, height, width, min(1600, height * width // 900))[..., None]
    stage.backdrop(picture, 0.08)
    _planet(stage, middle + (core - middle) * np.float32(0.4))
    stage.ground = 0.58
    stage.floating = True
    stage.foreground()


def _planet(stage: SetBuilder, air: Rgb) -> None:
    """A lit globe, earth-like or banded, with a thin atmosphere; some have a ring."""
    rng = stage.rng
    height, width = stage.height, stage.width
    radius = stage.unit * rng.uniform(0.28, 0.38)
    left = stage.light.sun[0] > 0.5
    centre = (width * (0.24 if left else 0.76), height * rng.uniform(0.60, 0.70))
    rows, columns = stage.grid()
    x, y = (columns - centre[0]) / radius, (rows - centre[1]) / radius
    distance = np.sqrt(x * x + y * y)
    bulge = np.sqrt(np.clip(1 - distance**2, 0, 1))
    facing = 0.62 if left else -0.62
    lit = np.clip(x * facing - y * 0.5 + bulge * 0.6, 0, 1)[..., None]
    earth = stage.has("earth", "地球") or rng.random() < 0.5
    surface = clouded(rng, height, width, 10, 6, 0.55, 1.0 if earth else 4.0)[..., None]
    if earth:
        sea, cloud, land = rgb_of("#2f6fa8"), rgb_of("#e6efee"), rgb_of("#5d7d4f")
        continents = clouded(rng, height, width, 7, 5)[..., None]
        colour = sea + (land - sea) * (continents > 0.54)
        colour = colour + (cloud - colour) * np.clip((surface - 0.48) * 5, 0, 1)
    else:
        dark, pale = rgb_of("#c98a5a"), rgb_of("#f2dcb0")
        colour = dark + (pale - dark) * np.clip((surface - 0.35) * 3, 0, 1)
    rim = np.clip(1 - np.abs(distance - 1) * 22, 0, 1)[..., None]
    globe = colour * (0.04 + lit**0.8) + air * rim * 0.5
    stage.sheet(globe, np.clip((1 - distance) * radius, 0, 1) * 255, 0.35)
    halo = np.exp(-np.clip(distance - 1, 0, 9) * 26) * (distance > 1) * 130
    glow = np.empty((height, width, 3), np.float32)
    glow[:] = air
    stage.sheet(glow, halo, 0.35)
    if not earth and rng.random() < 0.6:
        _ring(stage, x, y, bulge, colour.mean(axis=(0, 1)))


def _ring(stage: SetBuilder, x: np.ndarray, y: np.ndarray, bulge: np.ndarray, colour: Rgb) -> None:
    """A flat ring, hidden where it passes behind the globe."""
    tilted = y + x * 0.18
    along = np.sqrt(x**2 + (tilted / 0.22) ** 2)
    bands = np.sin(along * 60) * 0.25 + 0.75
    alpha = np.clip((along - 1.30) * 30, 0, 1) * np.clip((1.85 - along) * 30, 0, 1) * bands * 190
    alpha = np.where((tilted < 0) & (bulge > 0), 0, alpha)
    rgb = np.empty((*alpha.shape, 3), np.float32)
    rgb[:] = colour * 1.1
    stage.sheet(rgb, alpha, 0.36)

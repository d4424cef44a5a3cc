"""A neutral studio sweep, for a subject without a place; with a table where one is asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sora_kit.backends.animatic.canvas import SetBuilder
from sora_kit.backends.animatic.light import rgb_of
from sora_kit.backends.animatic.noise import clouded
from sora_kit.backends.animatic.paint.sketch import Sketch

__all__ = ("build",)

_SWEEPS = (
    ("#20344f", "#7fa3b8", "#e8dcc4"),
    ("#3a2440", "#b0637a", "#f2cfa8"),
    ("#1f3d3a", "#6fa58e", "#ecdfb4"),
    ("#2c2f3f", "#8d90a8", "#e6d9cc"),
    ("#40291f", "#b98a63", "#f4e2bd"),
)


def build(stage: SetBuilder) -> None:
    """Paint it."""
    rng = stage.rng
    dim = np.float32(0.45 if stage.light.night else 1.0)
    corner, wall, centre = (rgb_of(c) * dim for c in _SWEEPS[rng.integers(len(_SWEEPS))])
    tint = stage.light.ambient / stage.light.ambient.max()
    stage.light = replace(stage.light, haze=wall * tint, ambient=(tint * (0.6 if stage.light.night else 1.0)))
    rows, columns = stage.grid()
    x, y = columns / stage.width, rows / stage.height
    distance = np.sqrt((x - 0.5) ** 2 + (y - 0.44) ** 2)[..., None]
    back = centre + (wall - centre) * np.clip(distance * 2.0, 0, 1)
    back = back + (corner - back) * np.clip(distance * 1.9 - 0.55, 0, 1)
    front = centre + (wall - centre) * np.float32(0.35)
    floor = front + (corner - front) * np.clip((y - 0.70)[..., None] * 2.0 + distance * 0.9, 0, 1)
    picture = (back + (floor - back) * np.clip((y - 0.69) * 14, 0, 1)[..., None]) * tint
    for _ in range(16):  # out-of-focus lights
        lx, ly = rng.uniform(0, stage.width), rng.uniform(0, stage.height * 0.7)
        radius = rng.uniform(0.02, 0.07) * stage.unit
        near = (  # all that the light reaches: the rest of the picture stays as it is
            slice(max(0, int(ly - radius)), int(ly + radius) + 2),
            slice(max(0, int(lx - radius)), int(lx + radius) + 2),
        )
        away = np.sqrt((columns[:, near[1]] - lx) ** 2 + (rows[near[0]] - ly) ** 2)
        spot = np.clip((radius - away) / 3, 0, 1)[..., None]
        picture[near] += (centre * 1.08 - picture[near]) * spot * rng.uniform(0.03, 0.12)
    stage.backdrop(picture + (rng.random(picture.shape[:2], np.float32)[..., None] - 0.5) * 3, 0.25)
    stage.ground = 0.82
    if stage.has("table", "desk", "counter", "bench", "桌"):
        _table(stage)
    stage.foreground()


def _table(stage: SetBuilder) -> None:
    """A wooden table top across the bottom of the frame."""
    height, width, unit = stage.height, stage.width, stage.unit
    top, edge = height * 0.735, height * 0.885
    wood = stage.light.lit("#9a6d48")
    sketch = Sketch(width, height, wood)
    sketch.polygon(
        ((width * 0.06, top), (width * 0.94, top), (width * 1.1, edge), (-width * 0.1, edge)), wood
    )
    for line in np.linspace(-0.1, 1.1, 9):
        x = 0.5 + (line - 0.5) * 0.73
        sketch.stroke(((x * width, top), (line * width, edge)), 1.5, wood * 0.82)
    sketch.box(-width * 0.1, edge, width * 1.1, edge + unit * 0.035, wood * 0.68)
    sketch.box(-width * 0.1, edge + unit * 0.035, width * 1.1, height, wood * 0.36)
    grain = clouded(stage.rng, height, width, 14, 5, 0.6, 9.0)[..., None]
    stage.sheet(sketch.rgb * (0.82 + 0.36 * grain), sketch.alpha, 0.9)
    stage.ground = 0.82

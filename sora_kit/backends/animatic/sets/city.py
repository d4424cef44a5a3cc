"""A city seen across its roofs: three rows of buildings and a quay."""

from __future__ import annotations

import numpy as np

from sora_kit.backends.animatic.canvas import SetBuilder
from sora_kit.backends.animatic.noise import floor_noise
from sora_kit.backends.animatic.paint.buildings import skyline
from sora_kit.backends.animatic.paint.sky import sky

__all__ = ("build",)


def build(stage: SetBuilder) -> None:
    """Paint it."""
    stage.backdrop(sky(stage, 0.45), 0.1)
    lamps = min(0.6, stage.light.lamps * 1.1)
    skyline(stage, 0.34, 0.70, 0.35, 0.2, (0.05, 0.12), lamps * 0.5)
    skyline(stage, 0.42, 0.78, 0.62, 0.4, (0.09, 0.18), lamps)
    skyline(stage, 0.34, 0.86, 0.92, 0.7, (0.14, 0.27), lamps)
    _roof_terrace(stage)
    stage.ground = 0.835
    stage.foreground()


def _roof_terrace(stage: SetBuilder) -> None:
    """The roof that the camera stands on, with a parapet."""
    light = stage.light
    height, width = stage.height, stage.width
    first = int(height * 0.785)
    grain = floor_noise(stage.rng, height - first, width, 80)[..., None]
    rgb = light.lit("#3b3f48") * np.float32(0.8) * (0.8 + 0.4 * grain)
    edge, lip = max(2, int(stage.unit * 0.010)), max(4, int(stage.unit * 0.028))
    stone = light.lit("#8b8f99")
    rgb[:lip] = stone * 0.62
    rgb[:edge] = stone + (light.key - stone) * light.edge(0.3)
    rgb[lip : lip + edge] *= 0.55
    stage.sheet(rgb, np.full((height - first, width), 255, np.uint8), 0.9, y0=first)

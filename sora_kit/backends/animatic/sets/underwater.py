"""Under water: shafts of light, a reef far off, sand and seaweed."""

from __future__ import annotations

import numpy as np

from sora_kit.backends.animatic.canvas import SetBuilder
from sora_kit.backends.animatic.light import Albedo
from sora_kit.backends.animatic.noise import Grid, clouded
from sora_kit.backends.animatic.paint.plants import kelp
from sora_kit.backends.animatic.paint.sketch import Sketch
from sora_kit.backends.animatic.paint.sky import rays
from sora_kit.backends.animatic.paint.terrain import ground

__all__ = ("build",)

_CORAL: tuple[Albedo, ...] = ("#d0596a", "#e08a4c", "#8d62b0", "#d9b25a", "#4f9a8c")


def build(stage: SetBuilder) -> None:
    """Paint it."""
    light = stage.light
    down = np.linspace(0, 1, stage.height, dtype=np.float32)[:, None, None]
    column = light.zenith + (light.mid - light.zenith) * np.clip(down * 2, 0, 1)
    column = column + (light.horizon - column) * np.clip(down * 1.5 - 0.45, 0, 1)
    swell = clouded(stage.rng, stage.height, stage.width, 6, 5)[..., None]
    stage.backdrop(column * (0.9 + 0.2 * swell), 0.1)
    rays(stage, 0.45, depth=0.2, drift=0.006)
    reef = ground(stage, "#3d6a72", 0.78, 0.4, 0.45, 0.10, 0.4, 40)
    _corals(stage, reef, 20, 0.05, 0.5, 0.41)
    bed = ground(stage, "#b9a878", 0.86, 0.8, 0.8, 0.05, 0.25, 80)
    _corals(stage, bed + stage.unit * 0.03, 12, 0.085, 0.9, 0.82)
    stage.ground = 0.52
    stage.floating = True
    stage.weather = stage.weather or "bubbles"
    stage.foreground()
    if stage.scene.framing != "close-up":
        kelp(stage, 18, 1.25)


def _corals(stage: SetBuilder, base: Grid, count: int, tall: float, near: float, depth: float) -> None:
    """Fans and knobs of coral."""
    rng = stage.rng
    sketch = Sketch(stage.width, stage.height, stage.light.lit("#8d6a70", near))
    for x in np.sort(rng.uniform(0, stage.width, count)):
        size = tall * stage.unit * rng.uniform(0.5, 1.2)
        y = float(base[int(min(x, stage.width - 1))]) + size * 0.1
        colour = stage.light.lit(_CORAL[rng.integers(len(_CORAL))], near) * rng.uniform(0.75, 1.05)
        if rng.random() < 0.5:
            for angle in np.linspace(-0.9, 0.9, 7):
                reach = size * rng.uniform(0.7, 1.0)
                tip = (x + np.sin(angle) * reach, y - np.cos(angle) * reach)
                sketch.stroke(((x, y), tip), max(2.0, size * 0.10), colour, 0.5)
                sketch.disc(*tip, size * 0.07, colour * 1.12)
        else:
            for _ in range(6):
                dx, rise = rng.normal(0, 0.28) * size, rng.uniform(0, 0.4) * size
                sketch.disc(x + dx, y - rise, size * rng.uniform(0.15, 0.28), colour * rng.uniform(0.8, 1.15))
    stage.sheet(sketch.rgb, sketch.alpha, depth)

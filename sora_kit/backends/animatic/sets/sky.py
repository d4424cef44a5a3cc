"""High above: banks of cloud drifting past, some before the lens."""

from __future__ import annotations

from sora_kit.backends.animatic.canvas import SetBuilder
from sora_kit.backends.animatic.paint.sky import cloud_bank, sky

__all__ = ("build",)


def build(stage: SetBuilder) -> None:
    """Paint it."""
    stage.horizon = 0.95
    stage.backdrop(sky(stage, 0.4, stars=stage.light.night), 0.06)
    cloud_bank(stage, 0.3, 0.50, 4, 0.011)
    cloud_bank(stage, 0.6, 0.52, 5, 0.028)
    stage.ground = 0.52
    stage.floating = True
    stage.foreground()
    cloud_bank(stage, 1.2, 0.60, 6, 0.064, near=True)

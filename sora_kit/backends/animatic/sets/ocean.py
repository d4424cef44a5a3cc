"""The open sea under a wide sky."""

from __future__ import annotations

from sora_kit.backends.animatic.canvas import SetBuilder
from sora_kit.backends.animatic.paint.sky import sky
from sora_kit.backends.animatic.paint.terrain import ridges
from sora_kit.backends.animatic.paint.water import water

__all__ = ("build",)


def build(stage: SetBuilder) -> None:
    """Paint it; lakes and rivers lie between hills."""
    inland = stage.has("lake", "river", "湖", "河", "harbo")
    picture = sky(stage, 0.6)
    if inland:
        ridges(stage, picture, 3, 0.40, 0.585, "#55705f", 0.2)
    else:
        ridges(stage, picture, 1, 0.5, 0.585, "#5f7690", 0.08)
    stage.backdrop(picture, 0.1)
    water(stage, 0.58, "#2f6a72" if inland else "#1f5f86")
    stage.ground = 0.76
    stage.sway = True
    stage.mirror = 0.35
    stage.foreground()

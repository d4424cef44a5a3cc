"""Mountains: jagged ridges with snow on them, a wooded slope, firs before the lens."""

from __future__ import annotations

from sora_kit.backends.animatic.canvas import SetBuilder
from sora_kit.backends.animatic.paint.plants import grass, pines
from sora_kit.backends.animatic.paint.sky import sky
from sora_kit.backends.animatic.paint.terrain import ground, ridges

__all__ = ("build",)


def build(stage: SetBuilder) -> None:
    """Paint it."""
    snow = 0.75 if stage.has("snow", "alps", "雪") else 0.36
    picture = ridges(stage, sky(stage, 0.5), 4, 0.24, 0.62, "#5a6b86", 0.36, snow=snow)
    stage.backdrop(picture, 0.14)
    crest = ground(stage, "#5d7352", 0.67, 0.45, 0.7, 0.05, 0.3)
    pines(stage, crest + stage.unit * 0.02, 46, 0.11, 0.66, 0.47, "#33503c")
    ground(stage, "#6d7a4e", 0.79, 0.8, 0.96, 0.04, 0.35, 90)
    grass(stage, 0.81, "#6f7f48", 0.026, 320, 0.82, flowers=24)
    stage.ground = 0.82
    stage.foreground()
    if stage.scene.framing != "close-up":
        base = stage.height + stage.unit * 0.06
        pines(stage, base, 6, 0.30, 1.0, 1.3, "#1d2f26", 0.03, blur=stage.unit / 420)

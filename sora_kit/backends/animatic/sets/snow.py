"""Snow: white ridges and slopes, firs under snow, falling flakes."""

from __future__ import annotations

from sora_kit.backends.animatic.canvas import SetBuilder
from sora_kit.backends.animatic.paint.plants import pines
from sora_kit.backends.animatic.paint.sky import sky
from sora_kit.backends.animatic.paint.terrain import ground, ridges

__all__ = ("build",)


def build(stage: SetBuilder) -> None:
    """Paint it."""
    bare = stage.has("glacier", "arctic", "antarct", "ice", "icy", "冰")
    picture = ridges(stage, sky(stage, 0.4), 4, 0.30, 0.60, "#8195b2", 0.30, snow=0.85)
    stage.backdrop(picture, 0.14)
    crest = ground(stage, "#e3ebf4", 0.64, 0.4, 0.75, 0.05, 0.10, 20, 0.86)
    if not bare:
        pines(stage, crest + stage.unit * 0.02, 40, 0.12, 0.7, 0.42, "#3d5560", 0.03, snowy=True)
    ground(stage, "#eef3f8", 0.76, 0.8, 1.0, 0.04, 0.10, 16, 0.84)
    stage.ground = 0.80
    stage.weather = stage.weather or "snow"
    stage.foreground()
    if stage.scene.framing != "close-up" and not bare:
        base = stage.height + stage.unit * 0.06
        pines(stage, base, 5, 0.34, 1.0, 1.3, "#233640", 0.02, blur=stage.unit / 420, snowy=True)

"""A desert: dune behind dune, table mountains, cactuses where the text has them."""

from __future__ import annotations

from sora_kit.backends.animatic.canvas import SetBuilder
from sora_kit.backends.animatic.paint.plants import cactuses
from sora_kit.backends.animatic.paint.sky import sky
from sora_kit.backends.animatic.paint.terrain import ground, ridges

__all__ = ("build",)


def build(stage: SetBuilder) -> None:
    """Paint it."""
    mars = stage.has("mars", "火星")
    sand = ("#c8704a", "#c0643f", "#b35636") if mars else ("#dba566", "#d89a58", "#cf8f4e")
    picture = ridges(stage, sky(stage, 0.15), 2, 0.46, 0.60, "#a7755a", 0.14)
    stage.backdrop(picture, 0.12)
    ground(stage, sand[0], 0.60, 0.35, 0.70, 0.06, 0.12, 14, 0.80)
    crest = ground(stage, sand[1], 0.68, 0.6, 0.9, 0.09, 0.14, 18, 0.74)
    if not mars and (stage.has("cactus", "canyon", "western", "仙人掌") or stage.rng.random() < 0.4):
        cactuses(stage, crest, 7, 0.10, 0.9, 0.61)
    ground(stage, sand[2], 0.79, 0.85, 1.0, 0.05, 0.2, 60, 0.70, 5.0)
    stage.ground = 0.83
    stage.foreground()

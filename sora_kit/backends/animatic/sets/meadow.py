"""A meadow: rolling green, a line of trees, hills behind, blades before the lens."""

from __future__ import annotations

from sora_kit.backends.animatic.canvas import SetBuilder
from sora_kit.backends.animatic.paint.plants import grass, round_trees
from sora_kit.backends.animatic.paint.sky import sky
from sora_kit.backends.animatic.paint.terrain import ground, ridges

__all__ = ("build",)


def build(stage: SetBuilder) -> None:
    """Paint it."""
    close = stage.scene.framing == "close-up"
    garden = stage.has("garden", "flower", "花")
    picture = ridges(stage, sky(stage, 0.55), 3, 0.42, 0.60, "#5d7692")
    stage.backdrop(picture, 0.12)
    crest = ground(stage, "#86a850", 0.60, 0.34, 0.62, 0.035, 0.22)
    round_trees(stage, crest + stage.height * 0.012, 22, 0.085, 0.55, 0.36)
    ground(stage, "#739a3e", 0.67, 0.55, 0.86, 0.045, 0.30, 70)
    grass(stage, 0.69, "#7da445", 0.03, 460, 0.56)
    ground(stage, "#5f8a35", 0.765, 0.8, 1.0, 0.03, 0.34, 90)
    grass(stage, 0.785, "#6f9c3c", 0.045, 520, 0.82, flowers=150 if garden else 80)
    grass(stage, 0.86, "#6a9638", 0.06, 300, 0.84, flowers=110 if garden else 40)
    stage.ground = 0.80
    stage.foreground()
    if not close:
        blur = stage.unit / 320
        grass(stage, 1.03, "#41652a", 0.15, 260, 1.35, blur=blur, flowers=70 if garden else 26)

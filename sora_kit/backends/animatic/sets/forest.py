"""A forest: three rows of conifers fading into haze, shafts of light, trunks at the sides."""

from __future__ import annotations

from sora_kit.backends.animatic.canvas import SetBuilder
from sora_kit.backends.animatic.paint.plants import grass, pines, tree_trunks
from sora_kit.backends.animatic.paint.sky import rays, sky
from sora_kit.backends.animatic.paint.terrain import ground

__all__ = ("build",)


def build(stage: SetBuilder) -> None:
    """Paint it."""
    stage.backdrop(sky(stage, 0.2), 0.2)
    for row, (near, tall, count) in enumerate(((0.25, 0.55, 40), (0.5, 0.62, 30), (0.78, 0.70, 20))):
        base = stage.height * (0.72 + 0.02 * row)
        pines(stage, base, count, tall, near, (0.22, 0.55, 0.58)[row], "#2f4d38", 0.01)
    rays(stage, depth=0.58)
    ground(stage, "#4d6239", 0.70, 0.80, 0.95, 0.02, 0.4, 90)
    grass(stage, 0.74, "#54743a", 0.035, 360, 0.81, flowers=14)
    grass(stage, 0.84, "#4c6b35", 0.05, 260, 0.82, flowers=20)
    stage.ground = 0.80
    stage.weather = stage.weather or ("fireflies" if stage.light.night else "")
    stage.foreground()
    if stage.scene.framing != "close-up":
        tree_trunks(stage, (0.05, 0.15, 0.93), 1.35)
        grass(stage, 1.03, "#24391f", 0.13, 200, 1.36, blur=stage.unit / 300)

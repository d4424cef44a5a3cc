"""A beach: turquoise water, sand, foam and palms."""

from __future__ import annotations

from sora_kit.backends.animatic.canvas import SetBuilder
from sora_kit.backends.animatic.paint.plants import palms
from sora_kit.backends.animatic.paint.sky import sky
from sora_kit.backends.animatic.paint.terrain import ground, ridges
from sora_kit.backends.animatic.paint.water import foam_line, water

__all__ = ("build",)


def build(stage: SetBuilder) -> None:
    """Paint it."""
    picture = ridges(stage, sky(stage, 0.5), 1, 0.50, 0.565, "#4f7a72", 0.10)
    stage.backdrop(picture, 0.1)
    water(stage, 0.56, "#2a8aa0")
    shore = ground(stage, "#e6cfa0", 0.755, 0.8, 1.0, 0.03, 0.10, 60, 0.82)
    foam_line(stage, shore, 0.8)
    stage.ground = 0.82
    if stage.travels:  # palms that pass by must not pass before the subject
        palms(stage, 0.78)
    stage.foreground()
    if stage.scene.framing != "close-up" and not stage.travels:
        palms(stage)

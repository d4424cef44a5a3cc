"""Anime: clear colours, thin ink, bright sky light from above, glints that come and go; on twos."""

from __future__ import annotations

import math

import numpy as np

from sora_kit.backends.animatic.layers import Pixels
from sora_kit.backends.animatic.stamps import Canvas, Stamp
from sora_kit.backends.animatic.styles.grading import curved, inked, posterised, saturated
from sora_kit.backends.animatic.styles.look import Look, OverlayContext

__all__ = ("Anime",)

_GLINTS = 9


class Anime(Look):
    """Hand-drawn animation."""

    id = "anime"
    on_twos = True
    vignette = 0.2

    def grade(self, rgb: Pixels) -> Pixels:
        """Clear, a little flattened, with thin contours."""
        flat = posterised(saturated(rgb, 1.34), 10, 0.45)
        bright = curved(flat, (18, 78, 146, 214, 255), (22, 84, 150, 214, 255), (38, 104, 166, 224, 255))
        return inked(bright, rgb, threshold=5.0, strength=0.35)

    def furnish(self, frame: Pixels, t: float, ctx: OverlayContext) -> None:
        """Light from above, and glints."""
        ctx.once("light", lambda: _skylight(ctx)).lay(frame)
        glints = ctx.once("glints", lambda: _glints(ctx))
        held = math.floor(t * 12) / 12
        for index, (large, small) in enumerate(glints):
            moment = (held * 0.55 + index / len(glints)) % 1
            if moment < 0.30:
                (large if 0.08 < moment < 0.22 else small).lay(frame)


def _skylight(ctx: OverlayContext) -> Stamp:
    rows = max(2, round(ctx.height * 0.25))
    fall = np.linspace(1, 0, rows, dtype=np.float32)[:, None, None] ** 1.6
    ink = np.array([226, 246, 255, 160], np.float32) * 0.30
    sheet = np.broadcast_to(fall * ink, (rows, ctx.width, 4))
    return Stamp.of(sheet.astype(np.uint8))


def _glints(ctx: OverlayContext) -> list[tuple[Stamp, Stamp]]:
    rng = np.random.default_rng(ctx.seed)
    made = []
    for _ in range(_GLINTS):
        x, y = ctx.width * rng.uniform(0.06, 0.94), ctx.height * rng.uniform(0.12, 0.70)
        size = rng.uniform(9, 20) * ctx.unit
        made.append((_star(x, y, size), _star(x, y, size * 0.55)))
    return made


def _star(x: float, y: float, r: float) -> Stamp:
    reach = max(3, math.ceil(r) + 2)
    canvas = Canvas(2 * reach, 2 * reach)
    turns = np.arange(8) * math.pi / 4
    far = np.where(np.arange(8) % 2, r * 0.16, r)
    points = np.stack((reach + far * np.cos(turns), reach + far * np.sin(turns)), 1)
    canvas.polygon(points, (255, 255, 250, 235))
    canvas.disc(reach, reach, max(0.8, r * 0.22), (255, 255, 255))
    return Stamp.of(canvas.image, round(x) - reach, round(y) - reach)

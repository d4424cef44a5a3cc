"""Golden: honey highlights, and a low sun that flares into the lens and wanders a little."""

from __future__ import annotations

import math

import numpy as np

from sora_kit.backends.animatic.layers import Pixels
from sora_kit.backends.animatic.stamps import Stamp
from sora_kit.backends.animatic.styles.grading import curved, saturated
from sora_kit.backends.animatic.styles.look import Look, OverlayContext

__all__ = ("Golden",)


class Golden(Look):
    """The golden hour."""

    id = "golden"
    vignette = 0.6

    def grade(self, rgb: Pixels) -> Pixels:
        """Honey in the lights, brown in the shadows."""
        return curved(
            saturated(rgb, 0.92), (22, 96, 168, 226, 255), (10, 66, 132, 196, 246), (10, 42, 88, 142, 206)
        )

    def furnish(self, frame: Pixels, t: float, ctx: OverlayContext) -> None:
        """The flare in an upper corner and its ghosts on the line through the middle."""
        stamps = ctx.once("flare", lambda: _flare(ctx))
        dx, dy = 9 * math.sin(0.7 * t) * ctx.unit, 5 * math.sin(0.5 * t + 1) * ctx.unit
        for depth, stamp in stamps:
            stamp.lay(frame, round(dx * depth), round(dy * depth))


def _flare(ctx: OverlayContext) -> list[tuple[float, Stamp]]:
    side = 1.0 if ctx.seed % 2 else -1.0
    cx, cy = ctx.width / 2, ctx.height / 2
    sx, sy = cx + side * ctx.width * 0.46, ctx.height * 0.06
    made = [(1.0, _glow(sx, sy, 300 * ctx.unit, (255, 196, 96), 0.62))]
    for along, radius, strength in ((0.45, 26, 0.16), (0.72, 14, 0.20), (1.35, 40, 0.13), (1.7, 18, 0.18)):
        x, y = sx + (cx - sx) * along, sy + (cy - sy) * along
        made.append((1 - along, _glow(x, y, radius * ctx.unit, (255, 190, 110), strength, flat=True)))
    return made


def _glow(
    x: float, y: float, radius: float, colour: tuple[int, int, int], strength: float, *, flat: bool = False
) -> Stamp:
    reach = max(2, round(radius))
    axis = np.arange(-reach, reach + 1, dtype=np.float32) / reach
    far = np.sqrt(axis[:, None] ** 2 + axis[None, :] ** 2)
    share = np.clip((1 - far) * 6, 0, 1) * (0.6 + 0.4 * far) if flat else np.clip(1 - far, 0, 1) ** 2.2
    ink = np.array([*colour, 255], np.float32)
    light = share[..., None] * strength * ink
    light[..., 3] *= 0.55  # covers less than it shines: light, not paint
    return Stamp.of(np.clip(light, 0, 255).astype(np.uint8), round(x) - reach, round(y) - reach)

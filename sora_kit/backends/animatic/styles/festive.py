"""Festive: warm and saturated, a string of coloured bulbs that twinkle, soft lights in the corners."""

from __future__ import annotations

import math

import numpy as np

from sora_kit.backends.animatic.layers import Pixels
from sora_kit.backends.animatic.stamps import Canvas, Stamp
from sora_kit.backends.animatic.styles.grading import curved, saturated
from sora_kit.backends.animatic.styles.look import Look, OverlayContext, Room

__all__ = ("Festive",)

_BULBS = ((255, 92, 84), (255, 205, 92), (120, 214, 140), (120, 180, 255), (255, 140, 210))


class Festive(Look):
    """Holiday lights."""

    id = "festive"

    def room(self, width: int, height: int) -> Room:
        """Below the string of bulbs."""
        del width, height
        return Room(top=62)

    def grade(self, rgb: Pixels) -> Pixels:
        """Warm mid-tones, strong colours."""
        return curved(
            saturated(rgb, 1.22), (12, 78, 150, 214, 255), (6, 58, 122, 190, 248), (14, 56, 106, 168, 232)
        )

    def furnish(self, frame: Pixels, t: float, ctx: OverlayContext) -> None:
        """The wire and its bulbs; each shines in its own rhythm."""
        for stamp in ctx.once("wire", lambda: _wire(ctx)):
            stamp.lay(frame)
        for index, (dim, bright) in enumerate(ctx.once("bulbs", lambda: _bulbs(ctx))):
            shines = math.sin(2.6 * t + index * 2.4) > -0.2
            (bright if shines else dim).lay(frame)


def _string(ctx: OverlayContext) -> list[tuple[float, float]]:
    """The sagging wire, pinned three times across the frame."""
    span = ctx.width / 3
    sag = min(30 * ctx.unit, ctx.height * 0.06)
    return [
        (float(x), 18 * ctx.unit + sag * math.sin((x % span) / span * math.pi))
        for x in np.linspace(0, ctx.width, 121)
    ]


def _wire(ctx: OverlayContext) -> list[Stamp]:
    canvas = Canvas(ctx.width, ctx.height)
    canvas.line(_string(ctx), (38, 28, 24, 235), 2 * ctx.unit)
    rng = np.random.default_rng(ctx.seed)
    for _ in range(9):  # out-of-focus lights low in the corners
        side = rng.random() ** 1.8 * 0.22
        x = ctx.width * (side if rng.random() < 0.5 else 1 - side)
        y = ctx.height * (0.62 + 0.30 * rng.random())
        colour = _BULBS[int(rng.integers(len(_BULBS)))]
        canvas.disc(x, y, (10 + 16 * rng.random()) * ctx.unit, (*colour, 46))
    return canvas.stamps()


def _bulbs(ctx: OverlayContext) -> list[tuple[Stamp, Stamp]]:
    pairs = []
    size = max(2.0, 8 * ctx.unit)
    for index, (x, y) in enumerate(_string(ctx)[3::6]):
        red, green, blue = _BULBS[index % len(_BULBS)]
        pairs.append(
            (
                _bulb(x, y, size, (red * 3 // 5, green * 3 // 5, blue * 3 // 5), 18),
                _bulb(x, y, size, (red, green, blue), 70),
            )
        )
    return pairs


def _bulb(x: float, y: float, size: float, colour: tuple[int, int, int], glow: int) -> Stamp:
    reach = round(size * 4)
    canvas = Canvas(2 * reach, 2 * reach)
    for ring in (3.2, 2.4, 1.7):
        canvas.disc(reach, reach, size * ring, (*colour, glow // 2))
    canvas.box(reach - size * 0.35, reach - size * 1.5, reach + size * 0.35, reach - size * 0.5, (40, 44, 40))
    canvas.disc(reach, reach, size * 0.85, colour)
    canvas.disc(reach - size * 0.25, reach - size * 0.25, size * 0.28, (255, 255, 255, 150))
    return Stamp.of(canvas.image, round(x) - reach, round(y + size) - reach)

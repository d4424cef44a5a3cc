"""Selfie: a soft phone picture, and the phone's own buttons around it."""

from __future__ import annotations

import math

import numpy as np

from sora_kit.backends.animatic import text
from sora_kit.backends.animatic.layers import Pixels
from sora_kit.backends.animatic.stamps import Canvas, Stamp
from sora_kit.backends.animatic.styles.grading import curved, saturated
from sora_kit.backends.animatic.styles.look import Look, OverlayContext, Room

__all__ = ("Selfie",)

_WHITE = (255, 255, 255, 240)


class Selfie(Look):
    """A phone at arm's length."""

    id = "selfie"
    shake = 0.6
    vignette = 0.25

    def room(self, width: int, height: int) -> Room:
        """The status bar is at the top; held upright, the shutter is at the bottom."""
        return Room(top=44, bottom=150 if height > width else 0)

    def grade(self, rgb: Pixels) -> Pixels:
        """Lifted shadows and kind skin."""
        return curved(
            saturated(rgb, 1.08), (22, 88, 152, 212, 255), (16, 78, 142, 204, 252), (18, 78, 138, 198, 246)
        )

    def furnish(self, frame: Pixels, t: float, ctx: OverlayContext) -> None:
        """Buttons, and the red shutter that pulses while it records."""
        for stamp in ctx.once("phone", lambda: _phone(ctx)):
            stamp.lay(frame)
        big, small = ctx.once("shutter", lambda: (_shutter(ctx, 1.0), _shutter(ctx, 0.86)))
        (big if math.sin(4 * t) > 0 else small).lay(frame)


def _shutter_at(ctx: OverlayContext) -> tuple[float, float]:
    if ctx.height > ctx.width:
        return ctx.width / 2, ctx.height - 84 * ctx.unit
    return ctx.width - 58 * ctx.unit, ctx.height / 2


def _phone(ctx: OverlayContext) -> list[Stamp]:
    u = ctx.unit
    canvas = Canvas(ctx.width, ctx.height)
    face = text.Face("bold", max(7, round(19 * u)))
    hour, minute = 8 + ctx.seed % 12, ctx.seed // 12 % 60
    canvas.text(28 * u, 10 * u, f"{hour}:{minute:02d}", face, _WHITE, shadow=1.5 * u)
    right = ctx.width - 28 * u
    canvas.box(right - 34 * u, 15 * u, right - 4 * u, 30 * u, (255, 255, 255, 110), radius=4 * u)
    canvas.box(right - 32 * u, 17 * u, right - (8 + ctx.seed % 14) * u, 28 * u, _WHITE, radius=3 * u)
    canvas.box(right - 3 * u, 19 * u, right, 26 * u, (255, 255, 255, 150))
    for bar in range(4):
        x = right - (66 - 7 * bar) * u
        canvas.box(x, (26 - 4 * bar) * u, x + 5 * u, 30 * u, _WHITE)
    x, step = (ctx.width - 46 * u, 64 * u) if ctx.height > ctx.width else (52 * u, 66 * u)
    _heart(canvas, x, ctx.height * 0.46 - step, 15 * u)
    _bubble(canvas, x, ctx.height * 0.46, 15 * u)
    _arrow(canvas, x, ctx.height * 0.46 + step, 15 * u)
    sx, sy = _shutter_at(ctx)
    canvas.ring(sx, sy, 38 * u, _WHITE, max(2, 5 * u))
    return canvas.stamps()


def _shutter(ctx: OverlayContext, scale: float) -> Stamp:
    canvas = Canvas(ctx.width, ctx.height)
    x, y = _shutter_at(ctx)
    canvas.disc(x, y, 28 * ctx.unit * scale, (235, 60, 70, 240))
    return canvas.stamps()[0]


def _heart(canvas: Canvas, x: float, y: float, r: float) -> None:
    a = np.linspace(0, 2 * math.pi, 48)
    wide = r * np.sin(a) ** 3
    high = r * (13 * np.cos(a) - 5 * np.cos(2 * a) - 2 * np.cos(3 * a) - np.cos(4 * a)) / 16
    canvas.polygon(np.stack((x + wide, y - high), 1), (240, 70, 90, 240))


def _bubble(canvas: Canvas, x: float, y: float, r: float) -> None:
    canvas.ring(x, y - r * 0.05, r * 0.9, _WHITE, max(1.0, r * 0.2))
    canvas.polygon(
        [(x - r * 0.85, y + r * 0.35), (x - r * 0.95, y + r * 1.15), (x - r * 0.1, y + r * 0.8)], _WHITE
    )


def _arrow(canvas: Canvas, x: float, y: float, r: float) -> None:
    canvas.polygon([(x - r, y - r * 0.9), (x + r, y), (x - r, y + r * 0.9), (x - r * 0.5, y)], _WHITE)

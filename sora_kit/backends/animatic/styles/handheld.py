"""Handheld: a muted documentary grade, grain, and the viewfinder of a camera that records."""

from __future__ import annotations

from sora_kit.backends.animatic import text
from sora_kit.backends.animatic.layers import Pixels
from sora_kit.backends.animatic.stamps import Canvas, Stamp
from sora_kit.backends.animatic.styles.grading import curved, saturated
from sora_kit.backends.animatic.styles.look import Look, OverlayContext, Room

__all__ = ("Handheld",)

_LINE = (255, 255, 255, 215)


class Handheld(Look):
    """A documentary camera."""

    id = "handheld"
    grain = 3.0
    shake = 0.8
    vignette = 0.6

    def room(self, width: int, height: int) -> Room:
        """Inside the frame marks."""
        del width, height
        return Room(top=84, bottom=44, side=26)

    def grade(self, rgb: Pixels) -> Pixels:
        """Muted, a little warm in the shadows."""
        return curved(
            saturated(rgb, 0.78), (10, 60, 126, 190, 244), (13, 64, 128, 190, 242), (12, 62, 122, 180, 230)
        )

    def furnish(self, frame: Pixels, t: float, ctx: OverlayContext) -> None:
        """Frame marks, and the red lamp that blinks once a second."""
        for stamp in ctx.once("finder", lambda: _finder(ctx)):
            stamp.lay(frame)
        if t % 1.0 < 0.6:
            ctx.once("lamp", lambda: _lamp(ctx)).lay(frame)


def _rec_at(ctx: OverlayContext) -> tuple[float, float, text.Face]:
    u = ctx.unit
    face = text.Face("bold", max(8, round(21 * u)))
    return ctx.width - 58 * u - text.text_width("REC", face), 40 * u, face


def _finder(ctx: OverlayContext) -> list[Stamp]:
    u, w, h = ctx.unit, ctx.width, ctx.height
    canvas = Canvas(w, h)
    margin, arm, thick = 30 * u, 46 * u, max(1.0, 3 * u)
    for x, dx in ((margin, arm), (w - margin, -arm)):
        for y, dy in ((margin, arm), (h - margin, -arm)):
            canvas.line([(x + dx, y), (x, y), (x, y + dy)], _LINE, thick)
    cx, cy = w / 2, h / 2
    canvas.line([(cx - 14 * u, cy), (cx + 14 * u, cy)], (255, 255, 255, 120), thick * 0.6)
    canvas.line([(cx, cy - 14 * u), (cx, cy + 14 * u)], (255, 255, 255, 120), thick * 0.6)
    x, y, face = _rec_at(ctx)
    canvas.text(x, y, "REC", face, (255, 255, 255, 235), shadow=1.5 * u)
    canvas.box(46 * u, 44 * u, 88 * u, 62 * u, (255, 255, 255, 190), radius=3 * u)
    canvas.box(48.5 * u, 46.5 * u, 85.5 * u, 59.5 * u, (20, 22, 26, 200), radius=2 * u)
    canvas.box(88 * u, 49 * u, 92 * u, 57 * u, (255, 255, 255, 190))
    for cell in range(1 + ctx.seed % 3):
        canvas.box((51 + 12 * cell) * u, 49 * u, (60 + 12 * cell) * u, 57 * u, (255, 255, 255, 220))
    return canvas.stamps()


def _lamp(ctx: OverlayContext) -> Stamp:
    canvas = Canvas(ctx.width, ctx.height)
    x, y, face = _rec_at(ctx)
    canvas.disc(x - 15 * ctx.unit, y + face.size * 0.62, max(2.0, 8 * ctx.unit), (235, 50, 50, 245))
    return canvas.stamps()[0]

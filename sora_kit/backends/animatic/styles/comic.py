"""Comic: flat inks, contours, halftone dots, a panel frame and the words in a caption box; on twos."""

from __future__ import annotations

import math

import numpy as np

from sora_kit.backends.animatic import text
from sora_kit.backends.animatic.layers import Pixels
from sora_kit.backends.animatic.stamps import Canvas, Stamp
from sora_kit.backends.animatic.styles.grading import inked, posterised, saturated
from sora_kit.backends.animatic.styles.look import Look, OverlayContext, Room

__all__ = ("Comic",)

_INK, _YELLOW, _PAPER = (16, 16, 20), (255, 224, 92), (250, 248, 240)


class Comic(Look):
    """A panel of a comic book."""

    id = "comic"
    on_twos = True
    vignette = 0.2

    def room(self, width: int, height: int) -> Room:
        """Inside the panel; the caption box is at the upper left."""
        del width, height
        return Room(top=22, bottom=22, side=22, caption=False, low_strip=True)

    def grade(self, rgb: Pixels) -> Pixels:
        """Few flat tones, strong colours, heavy contours."""
        flat = posterised(saturated(rgb, 1.45), 6, 0.72)
        return inked(flat, rgb, threshold=2.2, strength=0.85)

    def shade(self, ctx: OverlayContext) -> Pixels:
        """Corners, and the dots of the printing screen."""
        cell = max(3.0, 6 * ctx.unit)
        y = np.arange(ctx.height, dtype=np.float32)[:, None]
        x = np.arange(ctx.width, dtype=np.float32)[None, :]
        screen = np.sin((x + y) * math.pi / cell) * np.sin((x - y) * math.pi / cell)
        fall = 1 - self.vignette * np.clip(self._distance(ctx) - 0.28, 0, 1) * 1.25
        return self.as_mask(fall * np.where(screen > 0.35, 0.90, 1.0))

    def furnish(self, frame: Pixels, t: float, ctx: OverlayContext) -> None:
        """Panel frame and caption box."""
        del t
        for stamp in ctx.once("panel", lambda: _panel(ctx)):
            stamp.lay(frame)


def _panel(ctx: OverlayContext) -> list[Stamp]:
    u, w, h = ctx.unit, ctx.width, ctx.height
    canvas = Canvas(w, h)
    paper, ink = max(2, round(12 * u)), max(1, round(5 * u))
    band = paper + ink
    canvas.box(0, 0, w, h, _PAPER)
    canvas.box(paper, paper, w - paper, h - paper, _INK)
    # The inside of the frame is not laid down, so its four sides are cut out one by one.
    sides = [
        canvas.cut(0, 0, w, band),
        canvas.cut(0, h - band, w, h),
        canvas.cut(0, band, band, h - band),
        canvas.cut(w - band, band, w, h - band),
    ]
    box = Canvas(w, h)
    _caption(box, ctx)
    return sides + box.stamps(join=8)


def _caption(canvas: Canvas, ctx: OverlayContext) -> None:
    u = ctx.unit
    face = text.Face("comic", max(8, round(28 * u)))
    lines = text.wrap(ctx.text.upper(), face, ctx.width * (0.56 if ctx.width > ctx.height else 0.80), 3)
    if not lines:
        lines = [text.NO_FONT] if ctx.text.strip() else []
        face = text.Face("comic", max(8, round(20 * u)))
        if not lines:
            return
    step = round(face.size * 1.25)
    # Upright, the HUD's badge has the first line of the panel to itself.
    x, y, pad = 30 * u, 28 * u + (0.035 * ctx.height + 44 * u if ctx.height > ctx.width else 0), 16 * u
    width = max(text.text_width(line, face) for line in lines) + 2 * pad
    height = step * len(lines) + 20 * u
    canvas.box(x + 6 * u, y + 6 * u, x + width + 6 * u, y + height + 6 * u, _INK)
    canvas.box(x - 3 * u, y - 3 * u, x + width + 3 * u, y + height + 3 * u, _INK)
    canvas.box(x, y, x + width, y + height, _YELLOW)
    for index, line in enumerate(lines):
        canvas.text(x + pad, y + 9 * u + index * step, line, face, (20, 18, 22))

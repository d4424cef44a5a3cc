"""News: a neutral broadcast grade, a lower third with the shot's words, a ticker and a live mark.

Time and date of a real broadcast would be an invention, so the clock is made from the seed and the
ticker says what this is: a preview.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from sora_kit.backends.animatic import text
from sora_kit.backends.animatic.layers import Pixels
from sora_kit.backends.animatic.stamps import Canvas, Stamp
from sora_kit.backends.animatic.styles.grading import curved, saturated
from sora_kit.backends.animatic.styles.look import Look, OverlayContext, Room

__all__ = ("News",)

_RED, _NAVY, _PAPER = (196, 22, 36), (16, 24, 44), (246, 247, 250)
_SPEED = 90  # design units per second
_TICKER = (94, 60)  # from the lower edge to the ticker's top and bottom, in design units


class News(Look):
    """A live report."""

    id = "news"
    vignette = 0.2

    def room(self, width: int, height: int) -> Room:
        """The lower third shows the words itself."""
        del width, height
        return Room(bottom=210, caption=False)

    def grade(self, rgb: Pixels) -> Pixels:
        """Cool and neutral."""
        return curved(
            saturated(rgb, 0.92), (6, 62, 128, 194, 250), (8, 66, 132, 198, 252), (14, 74, 140, 206, 255)
        )

    def furnish(self, frame: Pixels, t: float, ctx: OverlayContext) -> None:
        """Banner, ticker, and the blinking dot of the live mark."""
        for stamp in ctx.once("banner", lambda: _banner(ctx)):
            stamp.lay(frame)
        if t % 1.2 < 0.8:
            ctx.once("dot", lambda: _dot(ctx)).lay(frame)
        _roll(frame, t, ctx)


def _edges(ctx: OverlayContext) -> tuple[int, int, int]:
    """Left and right end of the banner, and top of its headline."""
    side = round(34 * ctx.unit)
    return side, ctx.width - side, ctx.height - round(164 * ctx.unit)


def _banner(ctx: OverlayContext) -> list[Stamp]:
    u = ctx.unit
    left, right, top = _edges(ctx)
    canvas = Canvas(ctx.width, ctx.height)
    tag, small = text.Face("bold", max(7, round(20 * u))), text.Face("bold", max(7, round(19 * u)))
    tag_width = text.text_width("BREAKING NEWS", tag) + 28 * u
    canvas.box(left, top - 34 * u, left + tag_width, top, _RED)
    canvas.text(left + 14 * u, top - 30 * u, "BREAKING NEWS", tag, (255, 255, 255))
    clock = f"{ctx.seed % 24:02d}:{ctx.seed // 24 % 60:02d}"
    live = text.text_width("LIVE", small) + 48 * u
    clock_width = text.text_width(clock, small) + 26 * u
    canvas.box(right - live - clock_width, top - 34 * u, right - clock_width, top, _RED)
    canvas.text(right - clock_width - live + 32 * u, top - 30 * u, "LIVE", small, (255, 255, 255))
    canvas.box(right - clock_width, top - 34 * u, right, top, _NAVY)
    canvas.text(right - clock_width + 13 * u, top - 30 * u, clock, small, (255, 255, 255))
    canvas.box(left, top, right, top + 70 * u, (*_PAPER, 246))
    canvas.box(left, top, left + 12 * u, top + 70 * u, _RED)
    _headline(canvas, ctx, left + 28 * u, top, right - left - 48 * u)
    canvas.box(left, ctx.height - _TICKER[0] * u, right, ctx.height - _TICKER[1] * u, (*_NAVY, 242))
    return canvas.stamps()


def _headline(canvas: Canvas, ctx: OverlayContext, x: float, top: float, width: float) -> None:
    """The shot's words, in one line if they fit at a good size, else in two smaller ones."""
    u = ctx.unit
    face = text.Face("bold", max(8, round(30 * u)))
    lines = text.wrap(ctx.text, face, width, 1)
    if lines and lines[0].endswith("…"):
        face = text.Face("bold", max(7, round(22 * u)))
        lines = text.wrap(ctx.text, face, width, 2)
    step = round(face.size * 1.25)
    y = top + (70 * u - step * len(lines)) / 2
    for line in lines or [text.NO_FONT if ctx.text.strip() else ""]:
        canvas.text(x, y, line, face, _NAVY)
        y += step


def _dot(ctx: OverlayContext) -> Stamp:
    u = ctx.unit
    _, right, top = _edges(ctx)
    small = text.Face("bold", max(7, round(19 * u)))
    clock_width = text.text_width(f"{ctx.seed % 24:02d}:{ctx.seed // 24 % 60:02d}", small) + 26 * u
    live = text.text_width("LIVE", small) + 48 * u
    canvas = Canvas(ctx.width, ctx.height)
    canvas.disc(right - clock_width - live + 18 * u, top - 17 * u, max(1.5, 6 * u), (255, 255, 255))
    return canvas.stamps()[0]


def _roll(frame: Pixels, t: float, ctx: OverlayContext) -> None:
    """Move the ticker: white letters, so the brighter of ground and letters is the picture."""
    left, right, _ = _edges(ctx)
    top = ctx.height - round(_TICKER[0] * ctx.unit)
    tape = ctx.once("tape", lambda: _tape(ctx))
    inner_left, inner_right = left + round(12 * ctx.unit), right - round(12 * ctx.unit)
    period = tape.shape[1] // 2 if tape.shape[1] > 2 else 1
    offset = int(t * _SPEED * ctx.unit) % max(1, period)
    width = min(inner_right - inner_left, tape.shape[1] - offset)
    if width <= 0:
        return
    ground = frame[top : top + tape.shape[0], inner_left : inner_left + width]
    np.maximum(ground, tape[: ground.shape[0], offset : offset + width], out=ground)


def _tape(ctx: OverlayContext) -> Pixels:
    """The ticker's letters, long enough to be cut at any offset of its first half."""
    u = ctx.unit
    face = text.Face("ui", max(7, round(19 * u)))
    words = text.drawable(ctx.text)[:300]
    sentence = "   •   ".join(
        part for part in (words, "sora_kit animatic preview", "not a real broadcast") if part
    )
    mask = text.text_mask(sentence + "   •   ", face)
    height = round(_TICKER[0] * u) - round(_TICKER[1] * u)
    line = Image.new("L", (mask.width, max(1, height)), 0)
    line.paste(mask, (0, (height - mask.height) // 2))
    copies = -(-ctx.width // max(1, line.width)) + 1
    tape = np.tile(np.asarray(line), (1, 2 * copies))
    return np.ascontiguousarray(np.repeat(tape[..., None], 4, axis=2))

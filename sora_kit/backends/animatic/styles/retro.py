"""Retro: videotape of the 1980s. Colours bleed to the right, lines show, a tracking error drifts by."""

from __future__ import annotations

import cv2
import numpy as np

from sora_kit.backends.animatic import text
from sora_kit.backends.animatic.layers import Pixels
from sora_kit.backends.animatic.stamps import Canvas, Stamp
from sora_kit.backends.animatic.styles.grading import curved, saturated
from sora_kit.backends.animatic.styles.look import Look, OverlayContext, Room

__all__ = ("Retro",)

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_INK = (245, 248, 240, 232)


class Retro(Look):
    """A home videotape."""

    id = "retro"
    grain = 3.0
    vignette = 0.8

    def room(self, width: int, height: int) -> Room:
        """Below the PLAY mark."""
        del width, height
        return Room(top=84)

    def grade(self, rgb: Pixels) -> Pixels:
        """Faded blacks, magenta shadows, yellowed whites."""
        return curved(
            saturated(rgb, 0.86), (34, 88, 146, 202, 240), (18, 66, 124, 186, 232), (42, 84, 120, 160, 204)
        )

    def shade(self, ctx: OverlayContext) -> Pixels:
        """Corners and scan lines."""
        line = max(1, round(1.5 * ctx.unit))
        lines = np.where((np.arange(ctx.height) // line) % 2 == 0, 1.0, 0.86)[:, None]
        fall = 1 - self.vignette * np.clip(self._distance(ctx) - 0.28, 0, 1) * 1.25
        return self.as_mask(fall * lines)

    def furnish(self, frame: Pixels, t: float, ctx: OverlayContext) -> None:
        """Bleeding red, a drifting tracking error, PLAY and a date."""
        _bleed(frame, max(1, round(2.5 * ctx.unit)))
        _mistrack(frame, t, ctx)
        for stamp in ctx.once("marks", lambda: _marks(ctx)):
            stamp.lay(frame)


def _bleed(frame: Pixels, by: int) -> None:
    red = cv2.extractChannel(frame, 0)
    moved = red.copy()
    moved[:, by:] = red[:, :-by]
    cv2.insertChannel(moved, frame, 0)


def _mistrack(frame: Pixels, t: float, ctx: OverlayContext) -> None:
    """A band that climbs slowly: slipped sideways, with sparks of lost signal."""
    height = frame.shape[0]
    band = max(3, round(16 * ctx.unit))
    top = height - int((t * 0.13 + (ctx.seed % 97) / 97) % 1.25 * height)
    rows = slice(max(0, top), max(0, min(height, top + band)))
    if rows.stop <= rows.start:
        return
    frame[rows] = np.roll(frame[rows], round(22 * ctx.unit), axis=1)
    sparks = ctx.once("sparks", lambda: _sparks(ctx, band))
    shift = int(t * 60) * 37 % frame.shape[1]
    piece = np.roll(sparks[: rows.stop - rows.start], shift, axis=1)
    np.maximum(frame[rows], piece, out=frame[rows])


def _sparks(ctx: OverlayContext, rows: int) -> Pixels:
    rng = np.random.default_rng(ctx.seed)
    noise = (rng.random((rows, ctx.width)) > 0.985).astype(np.uint8) * np.uint8(210)
    drawn_out = cv2.blur(noise, (max(1, round(18 * ctx.unit)), 1)) * 5
    return np.repeat(np.minimum(drawn_out, 220).astype(np.uint8)[..., None], 4, axis=2)


def _marks(ctx: OverlayContext) -> list[Stamp]:
    u = ctx.unit
    canvas = Canvas(ctx.width, ctx.height)
    face = text.Face("mono", max(9, round(34 * u)))
    x, y = 40 * u, 30 * u
    width = canvas.text(x, y, "PLAY", face, _INK, shadow=2 * u)
    left, middle = x + width + 14 * u, y + face.size * 0.60
    canvas.polygon([(left, middle - 12 * u), (left, middle + 12 * u), (left + 22 * u, middle)], _INK)
    small = text.Face("mono", max(8, round(28 * u)))
    date = f"SP  {_MONTHS[ctx.seed % 12]} {1 + ctx.seed // 12 % 28:02d} {1984 + ctx.seed // 336 % 11}"
    canvas.text(x, ctx.height - 200 * u, date, small, _INK, shadow=2 * u)
    return canvas.stamps()

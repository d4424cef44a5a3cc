"""Kakalaka: everything too much. Colours jump channels, halves mirror, stripes tear.

Changes come a little more than twice a second and never to full white or black: strobing above three
flashes a second is a danger to people with photosensitive epilepsy.
"""

from __future__ import annotations

import cv2
import numpy as np

from sora_kit.backends.animatic.layers import Pixels
from sora_kit.backends.animatic.stamps import Canvas, Stamp
from sora_kit.backends.animatic.styles.grading import curved, saturated
from sora_kit.backends.animatic.styles.look import Look, OverlayContext

__all__ = ("Kakalaka",)

_BEATS = 2.4  # changes per second
_TURNS = ([0, 1, 1, 2, 2, 0, 3, 3], [0, 2, 1, 0, 2, 1, 3, 3])  # channel from, channel to
_INKS = ((255, 232, 0), (255, 45, 150), (0, 230, 255))


class Kakalaka(Look):
    """A loud montage."""

    id = "kakalaka"
    shake = 1.0
    vignette = 0.25

    def grade(self, rgb: Pixels) -> Pixels:
        """Hyper-saturated and bent."""
        return curved(
            saturated(rgb, 1.7), (30, 40, 170, 220, 255), (0, 70, 110, 200, 255), (60, 110, 120, 190, 255)
        )

    def furnish(self, frame: Pixels, t: float, ctx: OverlayContext) -> None:
        """One of six disturbances per beat, in an order that the seed decides."""
        beat = int(t * _BEATS)
        order = ctx.once("order", lambda: np.random.default_rng(ctx.seed).permutation(6))
        kind = int(order[beat % 6])
        if kind in (0, 1):
            cv2.mixChannels([frame.copy()], [frame], _TURNS[kind])
        elif kind == 2:
            half = frame.shape[1] // 2
            frame[:, frame.shape[1] - half :] = frame[:, half - 1 :: -1]
        elif kind == 3:
            _tear(frame, beat, ctx)
        for stamp in ctx.once(f"burst {beat % 3}", lambda: _burst(ctx, beat % 3)):
            stamp.lay(frame)


def _tear(frame: Pixels, beat: int, ctx: OverlayContext) -> None:
    """Stripes of the picture slip sideways."""
    rng = np.random.default_rng((ctx.seed + beat) % 2**32)
    for _ in range(6):
        top = int(rng.integers(0, frame.shape[0]))
        rows = slice(top, top + max(2, int(rng.integers(8, 46) * ctx.unit)))
        frame[rows] = np.roll(frame[rows], int(rng.integers(-160, 160) * ctx.unit), axis=1)


def _burst(ctx: OverlayContext, which: int) -> list[Stamp]:
    """A comic burst and bars at the edge."""
    rng = np.random.default_rng((ctx.seed + 17 * which) % 2**32)
    canvas = Canvas(ctx.width, ctx.height)
    x, y = ctx.width * (0.13, 0.87, 0.84)[which], ctx.height * (0.62, 0.34, 0.66)[which]
    turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    reach = np.where(np.arange(24) % 2, 40, 78 + rng.random(24) * 26) * ctx.unit
    star = np.stack((x + reach * np.cos(turns), y + reach * np.sin(turns)), 1)
    canvas.polygon(star + 6 * ctx.unit, (20, 10, 40, 200))
    canvas.polygon(star, _INKS[which])
    canvas.line(star, (20, 10, 40), 4 * ctx.unit, closed=True)
    for bar in range(3):
        left = ctx.width * rng.random()
        top = ctx.height * (0.16 + 0.6 * rng.random())
        canvas.box(left, top, left + 130 * ctx.unit, top + 9 * ctx.unit, (*_INKS[(which + bar) % 3], 210))
    return canvas.stamps()

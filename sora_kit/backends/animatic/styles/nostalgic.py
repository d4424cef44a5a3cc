"""Nostalgic: a faded home movie. Sepia, a dark gate with round corners, scratches, dust, flicker."""

from __future__ import annotations

import math

import cv2
import numpy as np

from sora_kit.backends.animatic.layers import Pixels
from sora_kit.backends.animatic.stamps import Canvas, Stamp
from sora_kit.backends.animatic.styles.grading import curved, saturated
from sora_kit.backends.animatic.styles.look import Look, OverlayContext, Room

__all__ = ("Nostalgic",)

_FLICKER = (1.0, 0.965, 0.985, 0.945)
_RATE = 12  # changes of dust and flicker per second


class Nostalgic(Look):
    """An 8 mm film."""

    id = "nostalgic"
    grain = 4.0
    shake = 0.25
    vignette = 1.15

    def room(self, width: int, height: int) -> Room:
        """Inside the gate."""
        del width, height
        return Room(top=14, bottom=14, side=16)

    def grade(self, rgb: Pixels) -> Pixels:
        """Sepia with a memory of colour."""
        return curved(
            saturated(rgb, 0.34), (30, 96, 160, 216, 250), (22, 78, 138, 194, 234), (14, 56, 104, 154, 198)
        )

    def darken_corners(self, frame: Pixels, ctx: OverlayContext) -> None:
        """Nothing here: the flickering mask of `furnish` holds the corners."""

    def furnish(self, frame: Pixels, t: float, ctx: OverlayContext) -> None:
        """Flicker, gate, a light leak, scratches and dust."""
        tick = int(t * _RATE)
        masks = ctx.once("flicker", lambda: _masks(self, ctx))
        cv2.multiply(frame, masks[(tick * 7 + ctx.seed) % len(masks)], dst=frame, scale=1 / 255)
        _leak(frame, t, ctx)
        _dirt(frame, tick, ctx)


def _masks(look: Look, ctx: OverlayContext) -> list[Pixels]:
    """Vignette and gate at each brightness of the flicker."""
    u = ctx.unit
    canvas = Canvas(ctx.width, ctx.height)
    canvas.box(16 * u, 13 * u, ctx.width - 16 * u, ctx.height - 13 * u, (255, 255, 255), radius=38 * u)
    gate = cv2.GaussianBlur(canvas.image[..., 3], (0, 0), max(0.8, 6 * u)).astype(np.float32) / 255
    corners = look.shade(ctx)[..., 0].astype(np.float32) / 255
    return [Look.as_mask(corners * gate * level) for level in _FLICKER]


def _leak(frame: Pixels, t: float, ctx: OverlayContext) -> None:
    """Orange light that comes in at one side now and then."""
    strength = max(0.0, math.sin(0.9 * t + ctx.seed % 7)) ** 3
    step = round(strength * 4)
    if step:
        ctx.once(f"leak {step}", lambda: _leak_stamp(ctx, step / 4)).lay(frame)


def _leak_stamp(ctx: OverlayContext, strength: float) -> Stamp:
    width = max(2, ctx.width // 5)
    fall = np.linspace(1, 0, width, dtype=np.float32)[None, :, None] ** 1.8
    if ctx.seed % 2:
        fall = fall[:, ::-1]
    y = np.linspace(-1, 1, ctx.height, dtype=np.float32)[:, None, None]
    ink = np.array([255, 150, 60, 150], np.float32)
    sheet = fall * np.exp(-(((y - 0.2) / 0.7) ** 2)) * ink * (0.42 * strength)
    return Stamp.of(sheet.astype(np.uint8), ctx.width - width if ctx.seed % 2 else 0, 0)


def _dirt(frame: Pixels, tick: int, ctx: OverlayContext) -> None:
    rng = np.random.default_rng((ctx.seed + 7919 * tick) % 2**32)
    height, width = frame.shape[:2]
    for _ in range(int(rng.integers(0, 3))):
        x = int(rng.integers(0, width))
        end = x + int(rng.normal(0, 4 * ctx.unit))
        cv2.line(frame, (x, 0), (end, height), (214, 196, 160, 255), 1, cv2.LINE_AA)
    for _ in range(int(rng.integers(0, 6))):
        at = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        cv2.circle(frame, at, max(1, round(rng.uniform(1, 4) * ctx.unit)), (30, 22, 14, 255), -1, cv2.LINE_AA)
    if rng.random() < 0.3:  # a hair
        start = np.array([rng.uniform(0.1, 0.9) * width, rng.uniform(0.1, 0.9) * height])
        bend = np.cumsum(rng.normal(0, 9 * ctx.unit, (7, 2)), axis=0) + start
        cv2.polylines(frame, [bend.round().astype(np.int32)], False, (34, 26, 18, 255), 1, cv2.LINE_AA)

"""Colour tools of the looks: tone curves, saturation, posterising, ink.

A grade runs on whole layers when a shot is built, so each tool is one or two OpenCV calls over
(height, width, 3) uint8. Curves are given as the output levels for the inputs 0, 64, 128, 192, 255.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

import cv2
import numpy as np

from sora_kit.backends.animatic.layers import Pixels

__all__ = ("Curve", "curved", "inked", "posterised", "saturated")

Curve: TypeAlias = tuple[int, int, int, int, int]


@lru_cache(64)
def _table(red: Curve, green: Curve, blue: Curve) -> Pixels:
    levels = np.arange(256)
    knots = (0, 64, 128, 192, 255)
    channels = [np.interp(levels, knots, curve) for curve in (red, green, blue)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)[:, None, :]


def curved(rgb: Pixels, red: Curve, green: Curve, blue: Curve) -> Pixels:
    """Send each channel through its tone curve."""
    return np.asarray(cv2.LUT(rgb, _table(red, green, blue)), np.uint8)


def saturated(rgb: Pixels, amount: float) -> Pixels:
    """Move colours away from their grey (``amount`` > 1) or towards it (< 1)."""
    grey = cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return np.asarray(cv2.addWeighted(rgb, amount, grey, 1 - amount, 0), np.uint8)


def posterised(rgb: Pixels, steps: int, strength: float) -> Pixels:
    """Pull levels to ``steps`` flat tones; ``strength`` 1 leaves nothing in between."""
    levels = np.arange(256) / 255 * steps
    table = (np.round(levels) / steps * 255).astype(np.uint8)
    return np.asarray(cv2.addWeighted(cv2.LUT(rgb, table), strength, rgb, 1 - strength, 0), np.uint8)


def inked(graded: Pixels, source: Pixels, *, threshold: float, strength: float) -> Pixels:
    """Draw ink lines on ``graded`` where ``source`` has valleys of brightness.

    Dark valleys are found as the difference of two blurs, which gives soft, pen-like lines along
    contours instead of a double line on both sides of an edge.
    """
    grey = cv2.cvtColor(source, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine = cv2.GaussianBlur(grey, (0, 0), 1.6)
    wide = cv2.GaussianBlur(fine, (0, 0), 2.4)
    ink = np.clip((wide - fine - threshold) / 7, 0, 1)[..., None] * strength
    return np.asarray(graded * (1 - ink) + 18 * ink, np.uint8)

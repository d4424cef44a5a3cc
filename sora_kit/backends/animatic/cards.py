"""Shots whose words gave neither a place nor a subject: a title card, slowly coming nearer."""

from __future__ import annotations

import cv2
import numpy as np

from sora_kit.backends.animatic.layers import Pixels
from sora_kit.backends.animatic.reel import Take
from sora_kit.backends.animatic.styles import Look, OverlayContext
from sora_kit.backends.animatic.titlecard import card

__all__ = ("CardPainter",)


class CardPainter:
    """Draws a shot that is a title card.

    Args:
        take: Its text is set.
        width: Of the frame in pixels.
        height: Of the frame in pixels.
        look: The style.
        fps: Frames per second.
    """

    def __init__(self, take: Take, width: int, height: int, look: Look, fps: int = 24) -> None:
        self._width, self._height = width, height
        unread = ", ".join(take.scene.unread[:6])
        plain = card(take.scene.text, width, height, take.seed, f"not drawn: {unread}" if unread else "")
        graded = look.grade(np.ascontiguousarray(plain[..., :3]))
        self._card = np.asarray(cv2.cvtColor(graded, cv2.COLOR_RGB2RGBA), np.uint8)
        self._look = look
        self._context = OverlayContext(width, height, text=take.scene.text, seed=take.film, fps=fps)

    def draw(self, t: float) -> Pixels:
        """See `Painter.draw`."""
        zoom = 1 + 0.006 * min(t, 10.0)
        shift = ((1 - zoom) * self._width / 2, (1 - zoom) * self._height / 2)
        matrix = np.array(((zoom, 0, shift[0]), (0, zoom, shift[1])))
        size = (self._width, self._height)
        frame = np.asarray(cv2.warpAffine(self._card, matrix, size, flags=cv2.INTER_LINEAR), np.uint8)
        self._look.overlay(frame, t, self._context)
        return frame

"""What a style is to the renderer: a grade, an overlay and a few numbers.

A look acts at two moments. Its *grade* is baked into every painted layer when a shot is built, so it
costs nothing per frame. Its *overlay* is drawn over every finished frame (a news banner, the frame
of a viewfinder, tape noise); whatever can be prepared for it is prepared once per shot and kept on
the shot's `OverlayContext`. Looks hold no state of their own: frames may be drawn in any order and
by several threads, and the same time gives the same picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

import cv2
import numpy as np

from sora_kit.backends.animatic.layers import Pixels

__all__ = ("Look", "OverlayContext", "Room")

T = TypeVar("T")


@dataclass(slots=True)
class OverlayContext:
    """What an overlay may know about its shot, and a shelf for what it prepared."""

    width: int
    height: int

    text: str = ""
    """The words of the shot, for captions that belong to the style."""

    seed: int = 0
    """Of the shot: decides dates, numbers and where scratches fall."""

    fps: int = 24

    shelf: dict[str, Any] = field(default_factory=dict)
    """Prepared stamps and tables; filled through `once`."""

    @property
    def unit(self) -> float:
        """Pixels per design unit: sizes are designed for a frame whose shorter side is 720."""
        return min(self.width, self.height) / 720

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What ``make`` returns, made at the first call and kept. Two threads may both make it."""
        if name not in self.shelf:
            self.shelf[name] = make()
        kept: T = self.shelf[name]
        return kept


@dataclass(frozen=True, slots=True)
class Room:
    """Where a style's own furniture leaves room for the HUD. Lengths in design units (see `unit`)."""

    top: float = 0.0
    """Height that the style takes at the upper edge."""

    bottom: float = 0.0
    """Height that the style takes at the lower edge."""

    side: float = 0.0
    """Width that it takes at the left and right edges."""

    caption: bool = True
    """False when the style shows the words of the shot itself."""

    low_strip: bool = False
    """Put the shot strip at the lower left, because the upper left is taken."""


class Look:
    """The plain look, and the base of all others: a gentle grade and a vignette."""

    id: ClassVar[str] = "plain"
    """The style's id, or ``plain``."""

    grain: ClassVar[float] = 0.0
    """Film grain: standard deviation of the luma noise in 8-bit levels; 0 for none."""

    shake: ClassVar[float] = 0.0
    """How much the camera trembles in the hand, 0…1, on top of the shot's own move."""

    on_twos: ClassVar[bool] = False
    """Whether poses are held for two frames, as in drawn animation."""

    vignette: ClassVar[float] = 0.5
    """Darkening of the corners, 0…1."""

    def room(self, width: int, height: int) -> Room:
        """What the HUD has to avoid in a frame of that size."""
        del width, height
        return Room()

    def grade(self, rgb: Pixels) -> Pixels:
        """Colours of this look.

        Args:
            rgb: (height, width, 3) uint8, straight (not premultiplied).

        Returns:
            A new array of the same shape.
        """
        from sora_kit.backends.animatic.styles.grading import curved, saturated

        return curved(
            saturated(rgb, 1.05), (4, 60, 130, 198, 252), (5, 61, 129, 195, 250), (10, 66, 128, 190, 244)
        )

    def overlay(self, frame: Pixels, t: float, ctx: OverlayContext) -> None:
        """Draw what lies above the picture.

        Args:
            frame: (height, width, 4) uint8 RGBA, changed in place; its alpha stays 255.
            t: Seconds since the shot began.
            ctx: The shot's context, the same object for all its frames.
        """
        self.darken_corners(frame, ctx)
        self.furnish(frame, t, ctx)

    def furnish(self, frame: Pixels, t: float, ctx: OverlayContext) -> None:
        """Draw the style's own furniture; nothing here."""

    def darken_corners(self, frame: Pixels, ctx: OverlayContext) -> None:
        """Multiply with the vignette (and whatever `shade` adds to it)."""
        mask = ctx.once("vignette", lambda: self.shade(ctx))
        cv2.multiply(frame, mask, dst=frame, scale=1 / 255)

    def shade(self, ctx: OverlayContext) -> Pixels:
        """What each pixel is multiplied by: (height, width, 4) uint8, 255 leaves it alone."""
        fall = 1 - self.vignette * np.clip(self._distance(ctx) - 0.28, 0, 1) * 1.25
        return self.as_mask(fall)

    @staticmethod
    def as_mask(share: np.ndarray[Any, Any]) -> Pixels:
        """Turn shares of light (height, width) in 0…1 into a four-channel mask that keeps alpha."""
        grey = np.clip(share * 255, 0, 255).astype(np.uint8)
        return np.dstack((grey, grey, grey, np.full_like(grey, 255)))

    @staticmethod
    def _distance(ctx: OverlayContext) -> np.ndarray[Any, Any]:
        """Distance from the middle, in shares of the frame."""
        y = np.linspace(-0.5, 0.5, ctx.height, dtype=np.float32)[:, None]
        x = np.linspace(-0.5, 0.5, ctx.width, dtype=np.float32)[None, :]
        return np.sqrt(x * x + y * y)

"""An actor: somebody or something that can be put into a shot and moves.

What it looks like is a `Drawing`, a small set of poses that are painted when they are first needed
and then kept. How it moves through the picture (bobbing, jumping, hovering) is a `Motion`. Both are
functions of time alone, so frames can be drawn in any order.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from sora_kit.backends.animatic.layers import Pixels

__all__ = ("Actor", "Drawing", "Mode", "Motion", "Side", "still")

Mode = Literal["stand", "fly", "float"]
"""How the actor is held: by the ground, by the air, or by water."""

Side = Literal["left", "right"]

Motion = Callable[[float], tuple[float, float, float, float]]
"""Time to ``(dx, dy, rotation in degrees, squash)``, in the actor's own heights; dy grows downwards."""

_KEPT = 24  # poses kept per actor


class Drawing(Protocol):
    """How a subject is drawn."""

    poses: int
    """How many different poses one cycle has; 1 if nothing moves."""

    foot: tuple[float, float]
    """The point of the ground below it: pixels from the upper left corner of the sprite."""

    unit: float
    """Pixels of the sprite that are one height of the actor, without the margin around it."""

    def pose(self, index: int) -> Pixels:
        """(h, w, 4) premultiplied RGBA of pose ``index``; all poses have the same size."""
        ...


def still(_t: float) -> tuple[float, float, float, float]:
    """The motion of things that do not move."""
    return 0.0, 0.0, 0.0, 1.0


@dataclass(eq=False)
class Actor:
    """One subject of a shot.

    Where it stands and how large it appears is decided by the renderer, from `height`, `mode`,
    `foot` and `unit`.
    """

    drawing: Drawing

    height: float
    """Share of the frame's height at medium framing."""

    mode: Mode = "stand"

    faces: Side = "right"
    """Which way it looks and moves."""

    shadow: bool = True
    """Whether it throws a shadow on the ground."""

    rate: float = 0.0
    """Pose cycles per second."""

    phase: float = 0.0
    """Where in its cycle it starts, in turns."""

    motion: Motion = still

    noun: str = ""
    """What it is, for logs and tests."""

    _kept: OrderedDict[int, Pixels] = field(default_factory=OrderedDict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def foot(self) -> tuple[float, float]:
        """The point of the sprite (x, y in pixels) on the ground; its middle is half a `unit` above."""
        return self.drawing.foot

    @property
    def unit(self) -> float:
        """Pixels of the sprite per height of the actor (the sprite has a margin around it)."""
        return self.drawing.unit

    def sprite(self, t: float) -> Pixels:
        """The picture at time ``t`` in seconds: (h, w, 4) uint8, premultiplied RGBA. Do not change it."""
        count = self.drawing.poses
        index = math.floor((self.phase + t * self.rate) * count) % count if count > 1 and self.rate else 0
        with self._lock:
            if index in self._kept:
                self._kept.move_to_end(index)
                return self._kept[index]
            made = self._kept[index] = self.drawing.pose(index)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return made

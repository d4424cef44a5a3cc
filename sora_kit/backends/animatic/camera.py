"""The camera: ten moves, and how far each layer follows.

A move is a function of time that gives a `View`: where the camera looks within the margin around the
frame, how far it is zoomed in, and how it is rolled. `placed` turns a view into the affine map of a
layer at some depth; that maps less for far layers than for near ones, which is parallax.

When the subject runs, the camera runs along: the view *travels*, without an end, over layers that are
mirrored at their sides.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sora_kit.language.scene import Camera, Framing, Scene

__all__ = ("Affine", "Move", "Stage", "View", "move_of", "placed", "travel_speed", "walks")

Affine: TypeAlias = npt.NDArray[np.float64]
"""(2, 3) matrix from canvas pixels to frame pixels."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Sizes in pixels that a view refers to."""

    width: int
    height: int
    canvas_width: int
    canvas_height: int


@dataclass(frozen=True, slots=True)
class View:
    """Where the camera looks at one moment."""

    x: float = 0.0
    """-1 at the left end of the margin, 1 at the right end."""

    y: float = 0.0
    """-1 at the top, 1 at the bottom."""

    zoom: float = 1.0
    """Of the subject's plane; 1 shows the whole frame."""

    roll: float = 0.0
    """Degrees."""

    travelled: float = 0.0
    """Shares of the frame height that the camera has run to the right."""


Move: TypeAlias = Callable[[float], View]
"""Seconds since the shot began → view."""

_NEAR: dict[Framing, float] = {"wide": 1.0, "medium": 1.03, "close-up": 1.26}
_SPEEDS = {
    "run": 0.36, "gallop": 0.42, "chase": 0.38, "drive": 0.5, "ride": 0.4, "cycle": 0.34, "race": 0.55,
    "walk": 0.11, "ski": 0.4, "fly": 0.22, "swim": 0.12, "sail": 0.08, "surf": 0.2, "march": 0.11,
}  # fmt: skip
_OPEN_PLACES = frozenset(
    ("meadow", "mountain", "forest", "snow", "desert", "beach", "ocean", "city", "underwater", "sky")
)


def travel_speed(scene: Scene) -> float:
    """How fast the camera runs along, in frame heights per second; 0 where the place has walls."""
    if scene.setting not in _OPEN_PLACES or not scene.subjects:
        return 0.0
    speed = _SPEEDS.get(scene.action, 0.10 if scene.camera == "track" else 0.0)
    return speed * (0.6 if scene.framing == "wide" else 1.0)


def walks(scene: Scene) -> bool:
    """Whether the cast crosses the frame on its own, where the camera cannot run along."""
    return (
        scene.action in _SPEEDS and scene.action != "fly" and scene.setting in ("street", "interior", "stage")
    )


def move_of(
    scene: Scene, seconds: float, shake: float, rng: np.random.Generator, *, right: bool = True
) -> Move:
    """The camera move of a shot.

    Args:
        scene: Its camera, framing, action and setting decide.
        seconds: Length of the shot; at the end the move holds, drifting in a little.
        shake: Extra hand movement of the style, 0…1.
        rng: Phases of the hand movement.
        right: Whether the leading subject faces right, so that the camera runs that way.
    """
    base = _NEAR[scene.framing]
    phases = rng.uniform(0, 2 * math.pi, 4)
    trembling = max(shake, 1.0 if scene.camera == "handheld" else 0.0)
    speed = travel_speed(scene) * (1 if right else -1)
    path = _PATHS[scene.camera]
    running = bool(speed)

    def view(t: float) -> View:
        share = t / seconds if seconds > 0 else 0.5
        x, y, zoom, roll = path(min(1.0, share), t)
        if scene.camera == "track":
            # Where the ground runs already, the camera need not.
            x *= 0.2 if running else 1.0 if right else -1.0
        zoom *= base * (1 + 0.04 * max(0.0, share - 1))
        if trembling:
            hx, hy, hr, hz = (_hand(t, i, float(phases[i])) for i in range(4))
            x, y = x * 0.85 + 0.12 * trembling * hx, y * 0.85 + 0.12 * trembling * hy
            roll += 0.8 * trembling * hr
            zoom *= 1 + trembling * (0.03 + 0.012 * hz)
        return View(x, y, zoom, roll, speed * t)

    return view


def placed(view: View, depth: float, stage: Stage) -> Affine:
    """The map of a layer's canvas pixels to frame pixels."""
    scale = 1 + (view.zoom - 1) * (0.45 + 0.75 * depth)
    follow = min(1.0, 0.20 + 0.62 * depth)
    margin_x = (stage.canvas_width - stage.width) / 2
    margin_y = (stage.canvas_height - stage.height) / 2
    x = stage.canvas_width / 2 + view.x * margin_x * follow + view.travelled * stage.height * depth**1.3
    y = stage.canvas_height / 2 + view.y * margin_y * follow
    turn = math.radians(view.roll)
    cos, sin = scale * math.cos(turn), scale * math.sin(turn)
    return np.array(
        (
            (cos, sin, stage.width / 2 - cos * x - sin * y),
            (-sin, cos, stage.height / 2 + sin * x - cos * y),
        )
    )


_Path: TypeAlias = Callable[[float, float], tuple[float, float, float, float]]
"""(share of the shot, seconds) → (x, y, zoom, roll)."""


def _eased(share: float) -> float:
    """Half linear, half smooth: starts and ends gently without coming to rest."""
    return 0.5 * share + 0.5 * share * share * (3 - 2 * share)


def _between(start: float, end: float, share: float) -> float:
    return start + (end - start) * _eased(share)


_PATHS: dict[Camera, _Path] = {
    "push in": lambda s, _t: (0.0, 0.0, _between(1.0, 1.17, s), 0.0),
    "pull back": lambda s, _t: (0.0, 0.0, _between(1.18, 1.0, s), 0.0),
    "pan left": lambda s, _t: (_between(0.9, -0.9, s), 0.0, 1.02, 0.0),
    "pan right": lambda s, _t: (_between(-0.9, 0.9, s), 0.0, 1.02, 0.0),
    "tilt up": lambda s, _t: (0.0, _between(0.8, -0.8, s), 1.02, 0.0),
    "tilt down": lambda s, _t: (0.0, _between(-0.8, 0.8, s), 1.02, 0.0),
    "track": lambda s, t: (-0.9 + 1.8 * s, 0.05 * math.sin(t * 1.7), 1.03, 0.0),
    "handheld": lambda s, _t: (0.0, 0.0, _between(1.03, 1.09, s), 0.0),
    "orbit": lambda s, _t: (
        0.85 * math.sin((s - 0.5) * 2.6),
        -0.1 * math.cos((s - 0.5) * 2.6),
        1.05 + 0.06 * math.cos((s - 0.5) * 3),
        0.0,
    ),
    "static": lambda _s, _t: (0.0, 0.0, 1.0, 0.0),
}


def _hand(t: float, axis: int, phase: float) -> float:
    """Two sines of unrelated speed: irregular enough for a hand, -1…1."""
    slow, fast = ((1.9, 4.7), (2.3, 5.1), (1.3, 3.1), (1.1, 2.3))[axis]
    return math.sin(t * slow + phase) * 0.6 + math.sin(t * fast + phase * 1.7) * 0.4

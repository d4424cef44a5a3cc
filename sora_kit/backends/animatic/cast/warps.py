"""Small bends that make a rigid drawing live: fins, wings, stems and tentacles.

Each warp takes a plate and a moment of its cycle (in turns) and looks up every pixel a little beside
its place. They bend smoothly and keep the outline whole. Amplitudes are shares of the plate's height.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np

from sora_kit.backends.animatic.cast.plate import Floats, Plate

__all__ = ("WARPS", "Life", "Warp")

Life = Literal["swim", "flutter", "wings", "sway", "trail", "flame"]
"""The ways in which something without legs is alive."""

Warp = Callable[[Plate, float], Plate]


def _looked_up(plate: Plate, dx: Floats | float, dy: Floats | float) -> Plate:
    height, width = plate.fill.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    from_x = (x + dx).astype(np.float32)
    from_y = (y + dy).astype(np.float32)

    def moved(image: Floats, border: int = cv2.BORDER_CONSTANT) -> Floats:
        return np.asarray(cv2.remap(image, from_x, from_y, cv2.INTER_LINEAR, borderMode=border), np.float32)

    return Plate(moved(plate.flat, cv2.BORDER_REPLICATE), moved(plate.fill), moved(plate.line))


def _grid(plate: Plate) -> tuple[Floats, Floats, int]:
    """Row and column shares (h, 1) and (1, w) in 0…1, and the height."""
    height, width = plate.fill.shape
    v = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    u = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    return v, u, height


def swim(plate: Plate, phase: float) -> Plate:
    """A wave that runs from the head (right) to the tail (left) and grows on its way."""
    _, u, height = _grid(plate)
    tail = 1 - u
    wave = np.sin(2 * math.pi * (phase - 0.7 * tail)) * (0.012 + 0.075 * tail**2)
    return _looked_up(plate, 0.0, -wave * height)


def flutter(plate: Plate, phase: float) -> Plate:
    """A butterfly from above: the wings close towards the body and open again."""
    _, u, _ = _grid(plate)
    width = plate.fill.shape[1]
    open_share = 0.70 + 0.30 * math.cos(2 * math.pi * phase)
    from_middle = (u - 0.5) * width
    return _looked_up(plate, from_middle * (1 / open_share - 1), 0.0)


def wings(plate: Plate, phase: float) -> Plate:
    """Spread wings that beat: tips move most, the body a little against them."""
    _, u, height = _grid(plate)
    out = np.abs(u - 0.5) * 2
    beat = math.sin(2 * math.pi * phase)
    lift = (out**1.5 * 0.20 - 0.05) * beat
    return _looked_up(plate, 0.0, lift * height)


def sway(plate: Plate, phase: float) -> Plate:
    """Something rooted, in the wind: the top moves, the foot stays."""
    v, _, height = _grid(plate)
    bend = (1 - v) ** 1.7 * (math.sin(2 * math.pi * phase) * 0.030)
    return _looked_up(plate, bend * height, 0.0)


def trail(plate: Plate, phase: float) -> Plate:
    """Something that hangs in air or water: its lower parts follow late."""
    v, _, height = _grid(plate)
    wave = np.sin(2 * math.pi * (phase - 0.8 * v)) * v**1.5 * 0.045
    return _looked_up(plate, wave * height, 0.0)


def flame(plate: Plate, phase: float) -> Plate:
    """A flame: its tip trembles, quickly and unevenly."""
    v, _, height = _grid(plate)
    tremble = math.sin(2 * math.pi * phase) * 0.6 + math.sin(6 * math.pi * phase) * 0.4
    bend = np.clip(0.45 - v, 0, 1) ** 1.5 * tremble * 0.11
    return _looked_up(plate, bend * height, 0.0)


WARPS: dict[Life, Warp] = {
    "swim": swim,
    "flutter": flutter,
    "wings": wings,
    "sway": sway,
    "trail": trail,
    "flame": flame,
}

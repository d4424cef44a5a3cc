"""Plants and other things drawn from parts, where the symbol face has only a flat sign for them."""

from __future__ import annotations

import math

import numpy as np

from sora_kit.backends.animatic.cast.parts import Model
from sora_kit.backends.animatic.cast.pen import Pen, Point, capsule, ellipse, spline
from sora_kit.backends.animatic.light import Rgb

__all__ = ("THINGS",)

_GREEN = (92.0, 142.0, 74.0)


def _bent(points: list[tuple[float, float]], phase: float, amount: float = 0.035) -> Point:
    """Points of a plant in the wind: the higher, the farther."""
    p = np.asarray(points, np.float64)
    p[:, 0] += np.clip(1 - p[:, 1], 0, 1) ** 1.6 * math.sin(2 * math.pi * phase) * amount
    return p


def _stem(pen: Pen, top: float, phase: float, width: float = 0.02) -> None:
    pen.part(
        spline(
            _bent(
                [(-width, 1.0), (-width, 0.75), (-width, top), (width, top), (width, 0.75), (width, 1.0)],
                phase,
            )
        ),
        _GREEN,
    )


def _leaf(pen: Pen, side: float, base: float, length: float, phase: float) -> None:
    tip = (side * length, base - length * 0.95)
    outline = [
        (0.0, base),
        (side * length * 0.35, base - length * 0.62),
        tip,
        (side * length * 0.62, base - length * 0.30),
    ]
    pen.part(spline(_bent(outline, phase)), (78.0, 126.0, 66.0))
    pen.stroke(
        _bent([(0.0, base), (side * length * 0.5, base - length * 0.48), tip], phase), ink=0.6, width=0.7
    )


def _tulip(pen: Pen, colour: Rgb, phase: float) -> None:
    _stem(pen, 0.36, phase)
    _leaf(pen, -1, 0.99, 0.30, phase)
    _leaf(pen, 1, 0.96, 0.34, phase)
    pen.part(
        spline(
            _bent(
                [
                    (-0.15, 0.10),
                    (-0.13, 0.34),
                    (0.0, 0.42),
                    (0.13, 0.34),
                    (0.15, 0.10),
                    (0.07, 0.17),
                    (0.0, 0.05),
                    (-0.07, 0.17),
                ],
                phase,
            )
        ),
        colour,
    )
    pen.part(
        spline(_bent([(0.0, 0.03), (-0.085, 0.22), (-0.05, 0.40), (0.05, 0.40), (0.085, 0.22)], phase)),
        colour * 1.12,
    )


def _sunflower(pen: Pen, colour: Rgb, phase: float) -> None:
    _stem(pen, 0.30, phase, 0.017)
    _leaf(pen, -1, 0.86, 0.24, phase)
    _leaf(pen, 1, 0.76, 0.22, phase)
    x0, y0 = _bent([(0.0, 0.26)], phase)[0]
    for ring, (count, inner, outer, shade) in enumerate(((17, 0.10, 0.255, 0.88), (17, 0.10, 0.225, 1.06))):
        for i in range(count):
            a = 2 * math.pi * (i + ring * 0.5) / count
            out = np.array([math.cos(a), math.sin(a)])
            across = np.array([-out[1], out[0]])
            middle = np.array([x0, y0])
            belly = middle + out * (inner + outer) / 2
            petal = [
                middle + out * inner - across * 0.030,
                belly - across * 0.040,
                middle + out * outer,
                belly + across * 0.040,
                middle + out * inner + across * 0.030,
            ]
            pen.part(spline(np.stack(petal), 5), colour * shade, ink=0.8)
    pen.part(ellipse(x0, y0, 0.125, 0.125), "#5a3a24")
    for i in range(40):  # seeds stand in a golden-angle spiral
        a, r = i * 2.39996, 0.017 * math.sqrt(i)
        pen.part(ellipse(x0 + r * math.cos(a), y0 + r * math.sin(a), 0.007, 0.007), "#8a6238", ink=0)


def _cactus(pen: Pen, colour: Rgb, phase: float) -> None:
    del phase
    arm = np.array
    for x, low, high, elbow in ((-0.25, 0.66, 0.40, 1), (0.27, 0.56, 0.24, 1)):
        pen.part(capsule(arm([0.0, low]), arm([x, low - 0.02 * elbow]), 0.065, 0.068), colour * 0.92)
        pen.part(capsule(arm([x, low]), arm([x, high]), 0.070, 0.062), colour * 0.96)
        pen.stroke([(x - 0.022, low - 0.02), (x - 0.022, high)], ink=0.45, width=0.7)
        pen.stroke([(x + 0.026, low - 0.02), (x + 0.026, high)], ink=0.45, width=0.7)
    pen.part(
        spline(
            [
                (-0.105, 1.0),
                (-0.115, 0.55),
                (-0.105, 0.16),
                (0.0, 0.02),
                (0.105, 0.16),
                (0.115, 0.55),
                (0.105, 1.0),
                (0.0, 1.005),
            ]
        ),
        colour,
    )
    for x in (-0.062, -0.02, 0.022, 0.064):
        pen.stroke([(x, 0.97), (x * 1.1, 0.55), (x * 0.8, 0.13)], ink=0.5, width=0.7)
    for i in range(22):
        x, y = (-0.062, -0.02, 0.022, 0.064)[i % 4] * 1.05, 0.16 + 0.036 * i
        pen.stroke([(x - 0.012, y - 0.012), (x, y), (x + 0.012, y - 0.012)], ink=0.8, width=0.6)
    for dx in (-0.035, 0.0, 0.035):
        pen.part(ellipse(dx, 0.035 - 0.012 * (dx == 0), 0.026, 0.032), "#e58aa6", ink=0.7)


def _volcano(pen: Pen, colour: Rgb, phase: float) -> None:
    swell = 2 * math.pi * phase
    for i, (x, y, r) in enumerate(
        (
            (-0.16, 0.05, 0.15),
            (0.12, -0.02, 0.18),
            (-0.04, -0.10, 0.20),
            (0.22, 0.10, 0.11),
            (0.0, 0.12, 0.13),
        )
    ):
        grown = r * (1 + 0.06 * math.sin(swell + i * 1.7))
        pen.part(ellipse(x, y, grown * 1.15, grown), (96.0 + 9 * i, 88.0 + 8 * i, 88.0 + 7 * i), ink=0.5)
    for i in range(9):  # the fountain
        a = -1.15 + i * 0.285
        reach = 0.20 + 0.08 * math.sin(swell * (1 + i % 2) + i)
        pen.part(
            capsule(
                np.array([0.0, 0.27]),
                np.array([math.sin(a) * reach, 0.27 - math.cos(a) * reach]),
                0.02,
                0.012,
            ),
            "#ffb040" if i % 2 else "#f4642c",
            ink=0.3,
        )
    pen.part(
        [
            (-0.98, 1.0),
            (-0.52, 0.66),
            (-0.26, 0.34),
            (-0.15, 0.25),
            (-0.06, 0.29),
            (0.04, 0.26),
            (0.15, 0.25),
            (0.30, 0.38),
            (0.55, 0.68),
            (1.0, 1.0),
        ],
        colour,
    )
    pen.part(
        [
            (0.04, 0.26),
            (0.15, 0.25),
            (0.30, 0.38),
            (0.55, 0.68),
            (1.0, 1.0),
            (0.40, 1.0),
            (0.26, 0.70),
            (0.10, 0.48),
        ],
        colour * 0.74,
        ink=0,
    )
    for path in (
        [
            (-0.09, 0.26),
            (-0.02, 0.30),
            (0.03, 0.26),
            (0.06, 0.46),
            (0.01, 0.60),
            (0.08, 0.78),
            (0.02, 0.80),
            (-0.06, 0.62),
            (-0.03, 0.46),
        ],
        [(-0.14, 0.255), (-0.08, 0.29), (-0.16, 0.46), (-0.24, 0.60), (-0.30, 0.58), (-0.20, 0.42)],
        [(0.08, 0.27), (0.14, 0.255), (0.24, 0.44), (0.30, 0.62), (0.25, 0.63), (0.17, 0.46)],
    ):
        pen.part(spline(path, 5), "#f4642c", ink=0.6)
        middle = np.asarray(path).mean(axis=0)
        pen.part(spline(middle + (np.asarray(path) - middle) * (0.45, 0.82), 5), "#ffbe4a", ink=0)


def _kite(pen: Pen, colour: Rgb, phase: float) -> None:
    sway = 0.03 * math.sin(2 * math.pi * phase)
    top, left, right, tip = (0.05, 0.03), (-0.21, 0.21), (0.27, 0.26), (-0.01, 0.60)
    cross = (0.035, 0.235)
    tail = spline([tip, (0.07 + sway, 0.70), (-0.05, 0.82), (0.05 - sway, 0.92), (-0.03 + sway, 0.99)])
    pen.wire(tail, "#4a4650", 0.008)
    for i in (9, 17, 25):
        x, y = tail[min(i, len(tail) - 1)]
        for side in (-1, 1):
            bow = [(x, y), (x + side * 0.055, y - 0.025), (x + side * 0.055, y + 0.025)]
            pen.part(bow, colour * 0.9, ink=0.7)
    for shade, corners in (
        (1.0, (top, left)),
        (0.84, (left, tip)),
        (1.12, (top, right)),
        (0.94, (right, tip)),
    ):
        pen.part([corners[0], corners[1], cross], colour * shade, ink=0.8)


THINGS: dict[str, Model] = {
    "kite": Model(_kite, 0.8, rate=0.5),
    "tulip": Model(_tulip, 0.9, rate=0.3),
    "sunflower": Model(_sunflower, 0.8, rate=0.3),
    "cactus": Model(_cactus, 0.8),
    "volcano": Model(_volcano, 2.0, rate=0.5, above=0.36),
}
"""The things that are drawn from parts."""

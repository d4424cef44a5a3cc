"""Vehicles drawn from parts: wheels and rotors turn, smoke swells.

They look to the right. Lengths are in heights of the vehicle; x = 0 is its middle.
"""

from __future__ import annotations

import math

from sora_kit.backends.animatic.cast.parts import Model
from sora_kit.backends.animatic.cast.pen import Outline, Pen, ellipse, rounded, spline
from sora_kit.backends.animatic.light import Rgb

__all__ = ("VEHICLES",)

_GLASS = "#bfe0ee"
_SPOKES = 5


def _wheel(pen: Pen, x: float, y: float, r: float, phase: float, *, spokes: int = _SPOKES) -> None:
    pen.part(ellipse(x, y, r, r), "#17181c")
    pen.part(ellipse(x, y, r * 0.60, r * 0.60), "#aeb6bf")
    for spoke in range(spokes):
        a = 2 * math.pi * (spoke + phase) / spokes
        pen.stroke([(x, y), (x + r * 0.54 * math.cos(a), y + r * 0.54 * math.sin(a))])
    pen.part(ellipse(x, y, r * 0.18, r * 0.18), "#3a3f47")


def _car(pen: Pen, colour: Rgb, phase: float) -> None:
    def across(points: Outline) -> Outline:
        return [((x - 0.5) * 2.7, y) for x, y in points]

    body = [
        (0.03, 0.64), (0.042, 0.50), (0.13, 0.43), (0.24, 0.40), (0.335, 0.13), (0.40, 0.055), (0.60, 0.055),
        (0.665, 0.11), (0.775, 0.39), (0.90, 0.43), (0.965, 0.52), (0.978, 0.68), (0.955, 0.80), (0.06, 0.80),
        (0.03, 0.74),
    ]  # fmt: skip
    pen.part(spline(across(body)), colour)
    pen.part(
        spline(across([(0.275, 0.395), (0.355, 0.16), (0.40, 0.13), (0.475, 0.13), (0.475, 0.395)]), 6),
        _GLASS,
    )
    pen.part(
        spline(across([(0.505, 0.395), (0.505, 0.13), (0.59, 0.13), (0.635, 0.165), (0.715, 0.395)]), 6),
        _GLASS,
    )
    for x in (0.36, 0.56):  # light on the panes
        pen.part(
            across([(x, 0.36), (x + 0.035, 0.19), (x + 0.055, 0.19), (x + 0.02, 0.36)]), "#dff1f7", ink=0
        )
    pen.part(across([(0.045, 0.665), (0.968, 0.665), (0.968, 0.705), (0.045, 0.705)]), colour * 0.72, ink=0)
    pen.part(spline(across([(0.928, 0.50), (0.962, 0.53), (0.968, 0.60), (0.925, 0.58)]), 6), "#fff3c4")
    pen.part(spline(across([(0.036, 0.52), (0.058, 0.50), (0.062, 0.60), (0.032, 0.60)]), 6), "#ff5a4c")
    pen.stroke(across([(0.49, 0.41), (0.49, 0.78)]), ink=0.75, width=0.8)
    pen.stroke(across([(0.52, 0.48), (0.56, 0.48)]), ink=0.9)
    pen.stroke(across([(0.29, 0.41), (0.30, 0.62), (0.33, 0.70)]), ink=0.6, width=0.7)
    for x in (0.22, 0.785):
        middle = (x - 0.5) * 2.7
        pen.part(ellipse(middle, 0.79, 0.235, 0.235, start=0.5, turn=0.5), colour * 0.5, ink=0)
        _wheel(pen, middle, 0.79, 0.205, phase)


def _taxi(pen: Pen, colour: Rgb, phase: float) -> None:
    pen.part([(-0.15, -0.01), (0.15, -0.01), (0.15, 0.09), (-0.15, 0.09)], "#fff3c4")
    _car(pen, colour, phase)
    for i in range(15):  # the chequered band
        x = -1.15 + i * 0.155
        pen.part([(x, 0.59), (x + 0.078, 0.59), (x + 0.078, 0.63), (x, 0.63)], "#22232a", ink=0)


def _bus(pen: Pen, colour: Rgb, phase: float) -> None:
    pen.part(rounded(-1.12, 0.06, 1.14, 0.86, 0.09), colour)
    pen.part(rounded(-1.12, 0.60, 1.14, 0.70, 0.02), colour * 0.0 + 238, ink=0)
    for i in range(6):
        x = -1.02 + i * 0.295
        pen.part(rounded(x, 0.19, x + 0.25, 0.50, 0.03), _GLASS)
        pen.part([(x + 0.05, 0.46), (x + 0.11, 0.23), (x + 0.15, 0.23), (x + 0.09, 0.46)], "#dff1f7", ink=0)
    pen.part(rounded(0.78, 0.17, 1.09, 0.52, 0.04), _GLASS)
    pen.part(rounded(0.50, 0.54, 0.72, 0.85, 0.02), colour * 0.8)
    pen.stroke([(0.61, 0.55), (0.61, 0.84)], ink=0.8)
    pen.part(ellipse(1.10, 0.74, 0.035, 0.05), "#fff3c4")
    pen.part(rounded(-1.13, 0.70, -1.09, 0.80, 0.015), "#ff5a4c")
    for x in (-0.70, 0.36):
        _wheel(pen, x, 0.86, 0.135, phase)


def _truck(pen: Pen, colour: Rgb, phase: float) -> None:
    pen.part([(-1.12, 0.78), (1.08, 0.78), (1.08, 0.86), (-1.12, 0.86)], "#3a3f47")
    pen.part(rounded(-1.14, 0.05, 0.42, 0.79, 0.03), colour * 0.35 + 150)
    for i in range(1, 8):
        pen.stroke([(-1.14 + i * 0.195, 0.09), (-1.14 + i * 0.195, 0.75)], ink=0.35, width=0.7)
    cab = [(0.50, 0.82), (0.48, 0.24), (0.56, 0.16), (0.82, 0.16), (0.96, 0.44), (1.10, 0.52), (1.14, 0.82)]
    pen.part(cab, colour)
    pen.part([(0.60, 0.46), (0.60, 0.24), (0.79, 0.24), (0.89, 0.46)], _GLASS)
    pen.part([(0.64, 0.43), (0.68, 0.27), (0.72, 0.27), (0.69, 0.43)], "#dff1f7", ink=0)
    pen.stroke([(0.58, 0.50), (0.58, 0.78), (0.86, 0.78), (0.90, 0.50)], ink=0.7, width=0.8)
    pen.stroke([(0.64, 0.57), (0.70, 0.57)], ink=0.9)
    pen.part(ellipse(1.09, 0.64, 0.035, 0.05), "#fff3c4")
    for x in (-0.82, -0.52, 0.78):
        _wheel(pen, x, 0.86, 0.14, phase)


def _helicopter(pen: Pen, colour: Rgb, phase: float) -> None:
    pen.part(
        [(-0.22, 0.42), (-1.12, 0.36), (-1.20, 0.14), (-1.08, 0.14), (-1.00, 0.30), (-0.10, 0.26)],
        colour * 0.88,
    )
    cabin = [
        (-0.42, 0.46),
        (-0.22, 0.26),
        (0.20, 0.22),
        (0.55, 0.34),
        (0.72, 0.56),
        (0.60, 0.74),
        (0.10, 0.80),
        (-0.28, 0.72),
    ]
    pen.part(spline(cabin), colour)
    pen.part(spline([(0.22, 0.30), (0.50, 0.37), (0.655, 0.55), (0.40, 0.60), (0.20, 0.56)], 6), _GLASS)
    pen.part([(0.30, 0.54), (0.36, 0.36), (0.42, 0.38), (0.38, 0.55)], "#dff1f7", ink=0)
    pen.part(rounded(-0.20, 0.36, 0.12, 0.66, 0.05), colour * 0.92)
    pen.part(rounded(-0.14, 0.40, 0.06, 0.52, 0.04), _GLASS)
    pen.part([(-0.40, 0.60), (0.66, 0.64), (0.62, 0.69), (-0.38, 0.66)], colour * 0.0 + 236, ink=0)
    for x in (-0.14, 0.34):
        pen.wire([(x, 0.76), (x - 0.03, 0.93)], "#4a5058", 0.022)
    pen.wire([(-0.42, 0.94), (0.54, 0.94), (0.62, 0.90)], "#4a5058", 0.03)
    pen.wire([(0.04, 0.24), (0.04, 0.10)], "#3a3f47", 0.035)
    # Seen from the side a turning rotor grows and shrinks; the blur of it stays.
    reach = 0.42 + 0.66 * abs(math.cos(math.pi * phase))
    pen.part(ellipse(0.04, 0.09, 1.10, 0.014), "#9aa4ae", ink=0.15)
    pen.part(rounded(0.04 - reach, 0.075, 0.04 + reach, 0.105, 0.014), "#3a3f47")
    a = 2 * math.pi * phase / 2
    for half in (0, math.pi / 2):
        dx, dy = 0.16 * math.cos(a + half), 0.16 * math.sin(a + half)
        pen.wire([(-1.13 - dx, 0.20 - dy), (-1.13 + dx, 0.20 + dy)], "#4a5058", 0.022)


def _train(pen: Pen, colour: Rgb, phase: float) -> None:
    dark, brass, red = colour * 0.7, (214.0, 170.0, 84.0), (176.0, 58.0, 48.0)
    puff = phase * 2 * math.pi
    for i, (x, y, r) in enumerate(((0.60, -0.10, 0.10), (0.40, -0.16, 0.13), (0.14, -0.20, 0.15))):
        grown = r * (1 + 0.10 * math.sin(puff + i))
        pen.part(ellipse(x - 0.05 * phase, y, grown * 1.3, grown), "#e4e2de", ink=0.35)
    pen.part([(-1.22, 0.74), (1.06, 0.74), (1.06, 0.82), (-1.22, 0.82)], red)
    pen.part([(1.04, 0.70), (1.16, 0.70), (1.30, 0.96), (1.00, 0.96)], red)
    pen.part(rounded(-0.52, 0.30, 1.04, 0.74, 0.08), colour)
    for x in (-0.10, 0.36, 0.76):
        pen.part([(x, 0.30), (x + 0.05, 0.30), (x + 0.05, 0.74), (x, 0.74)], brass)
    pen.part([(0.70, 0.32), (0.66, 0.10), (0.60, 0.03), (0.92, 0.03), (0.86, 0.10), (0.82, 0.32)], dark)
    pen.part(ellipse(0.24, 0.30, 0.11, 0.12, start=0.5, turn=0.5), brass)
    pen.part(rounded(-1.20, 0.12, -0.50, 0.76, 0.03), colour)
    pen.part([(-1.30, 0.05), (-0.40, 0.05), (-0.44, 0.14), (-1.26, 0.14)], dark)
    pen.part(rounded(-1.08, 0.22, -0.86, 0.46, 0.03), _GLASS)
    pen.part(rounded(-0.80, 0.22, -0.60, 0.46, 0.03), _GLASS)
    pen.part(ellipse(1.06, 0.42, 0.07, 0.09), "#fff3c4")
    wheels = ((-0.95, 0.175), (-0.48, 0.175), (-0.02, 0.175), (0.52, 0.115), (0.84, 0.115))
    for x, r in wheels:
        _wheel(pen, x, 0.985 - r, r, phase, spokes=8)
    a = 2 * math.pi * phase / 8
    rod = (0.085 * math.cos(a), 0.81 + 0.085 * math.sin(a))
    pen.wire([(-0.95 + rod[0], rod[1]), (-0.02 + rod[0], rod[1])], "#c3c8ce", 0.03)


def _ship(pen: Pen, colour: Rgb, phase: float) -> None:
    puff = phase * 2 * math.pi
    for i, (x, y, r) in enumerate(((-0.30, 0.02, 0.07), (-0.46, -0.03, 0.09))):
        grown = r * (1 + 0.08 * math.sin(puff + i))
        pen.part(ellipse(x, y, grown * 1.5, grown), "#dcdcda", ink=0.3)
    for x in (-0.22, 0.16):
        pen.part([(x, 0.34), (x - 0.03, 0.08), (x + 0.15, 0.08), (x + 0.18, 0.34)], "#c9483c")
        pen.part([(x - 0.03, 0.08), (x + 0.15, 0.08), (x + 0.155, 0.13), (x - 0.025, 0.13)], "#2f343c")
    pen.part(rounded(-0.78, 0.42, 0.86, 0.62, 0.03), "#f2f0ea")
    pen.part(rounded(-0.58, 0.29, 0.62, 0.44, 0.03), "#f7f5f0")
    pen.part([(0.62, 0.44), (0.62, 0.25), (0.30, 0.25), (0.24, 0.44)], "#ffffff")
    for i in range(9):
        pen.part(ellipse(-0.66 + i * 0.165, 0.52, 0.036, 0.036), _GLASS, ink=0.7)
    for i in range(5):
        pen.part(rounded(-0.48 + i * 0.15, 0.34, -0.38 + i * 0.15, 0.39, 0.01), _GLASS, ink=0.6)
    pen.part(rounded(0.36, 0.29, 0.58, 0.36, 0.02), _GLASS)
    hull = [(-1.06, 0.60), (1.22, 0.56), (1.02, 0.98), (-0.92, 0.98)]
    pen.part(hull, colour * 0.25 + (24, 34, 52))
    pen.part([(-0.945, 0.90), (1.06, 0.90), (1.02, 0.98), (-0.92, 0.98)], "#a8402f", ink=0.6)
    pen.part([(-1.045, 0.635), (1.20, 0.60), (1.188, 0.63), (-1.03, 0.665)], "#f2f0ea", ink=0)
    for i in range(8):
        pen.part(ellipse(-0.70 + i * 0.20, 0.76, 0.026, 0.026), "#e9d9a0", ink=0.7)


VEHICLES: dict[str, Model] = {
    "car": Model(_car, 2.7, (1.23, 0.55), 2.2),
    "taxi": Model(_taxi, 2.7, (1.23, 0.55), 2.2),
    "bus": Model(_bus, 2.4, (1.10, 0.74), 2.0),
    "truck": Model(_truck, 2.4, (1.09, 0.64), 2.0),
    "train": Model(_train, 2.7, (1.08, 0.42), 1.6, above=0.42),
    "ship": Model(_ship, 2.5, None, 0.6, above=0.16),
    "helicopter": Model(_helicopter, 2.6, None, 2.8),
}
"""The vehicles that are drawn from parts."""

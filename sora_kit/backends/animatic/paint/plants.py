"""Grass, flowers, trees, palms, kelp and cactuses."""

from __future__ import annotations

import math

import cv2
import numpy as np

from sora_kit.backends.animatic.canvas import SetBuilder, bytes_of
from sora_kit.backends.animatic.light import Albedo, rgb_of
from sora_kit.backends.animatic.noise import Grid, clouded, ridge_line
from sora_kit.backends.animatic.paint.sketch import Sketch

__all__ = ("cactuses", "grass", "kelp", "palms", "pines", "round_trees", "tree_trunks")

_PETALS = ("#f6f0e0", "#f2c94c", "#e8788a", "#b48ae0", "#f08a4b")


def grass(
    stage: SetBuilder,
    base: float,
    albedo: Albedo,
    tall: float,
    count: int,
    depth: float,
    *,
    blur: float = 0.0,
    flowers: int = 0,
) -> None:
    """A strip of blades. Their feet fade out, so that no edge shows where the strip ends.

    Args:
        stage: The canvas.
        base: Row of the feet, as a share of the canvas height.
        albedo: Colour.
        tall: Height of a blade, as a share of the unit.
        count: Number of blades across a wide canvas.
        depth: Of the sheet.
        blur: Blur radius in pixels, for a strip before the lens.
        flowers: Number of flower heads.
    """
    rng, light = stage.rng, stage.light
    height, width = stage.height, stage.width
    size = tall * stage.unit
    foot = base * height
    first = max(0, int(foot - size * 1.6))
    last = min(height, int(foot + size * 0.8) + 1)
    if last - first < 4:
        return
    colour = light.lit(albedo)
    sketch = Sketch(width, last - first, colour * 0.62)
    clumps = ridge_line(rng, width + 21, 5, 9, 0.6)
    count = int(count * width / stage.unit / 1.75)
    for x in np.sort(rng.uniform(-10, width + 10, count)):
        blade = size * rng.uniform(0.45, 1.1) * (0.55 + 0.9 * float(clumps[int(x + 10)]))
        lean = rng.normal(0, 0.28) * blade
        y = foot - first + rng.uniform(-0.25, 0.45) * size
        half = max(0.7, blade * 0.045)
        shade = colour * rng.uniform(0.58, 1.22) * np.array((1, rng.uniform(0.92, 1.06), 0.9))
        sketch.polygon(
            (
                (x - half, y + blade * 0.3),
                (x - half * 0.5 + lean * 0.35, y - blade * 0.5),
                (x + lean, y - blade),
                (x + half * 0.6 + lean * 0.35, y - blade * 0.5),
                (x + half, y + blade * 0.3),
            ),
            shade,
        )
    for _ in range(int(flowers * width / stage.unit / 1.75)):
        petal = rgb_of(_PETALS[rng.integers(len(_PETALS))]) * light.ambient
        x, y = rng.uniform(0, width), foot - first - size * rng.uniform(0.1, 0.9)
        radius = rng.uniform(1.8, 4.6) * stage.unit / 936
        sketch.disc(x, y, radius, petal, 0.8)
        sketch.disc(x, y, radius * 0.35, petal * 0.7)
    alpha = sketch.alpha.astype(np.float32)
    start = foot - first
    fade = np.clip(1 - (np.arange(last - first) - start) / (size * 0.6), 0, 1).astype(np.float32)
    if last < height:
        alpha *= fade[:, None]
    rgb = sketch.rgb
    if blur:
        alpha = np.asarray(cv2.GaussianBlur(alpha, (0, 0), blur), np.float32)
        rgb = np.asarray(cv2.GaussianBlur(rgb, (0, 0), blur), np.uint8)
    stage.sheet(rgb, alpha, depth, y0=first)


def pines(
    stage: SetBuilder,
    base: Grid | float,
    count: int,
    tall: float,
    near: float,
    depth: float,
    albedo: Albedo = "#2c4a33",
    scatter: float = 0.02,
    *,
    blur: float = 0.0,
    snowy: bool = False,
) -> None:
    """Conifers.

    Args:
        stage: The canvas.
        base: Row of their feet in pixels, for every column or for all.
        count: How many across a wide canvas.
        tall: Height as a share of the unit.
        near: How little haze there is, 0…1.
        depth: Of the sheet.
        albedo: Colour.
        scatter: How far feet lie below ``base``, as a share of the unit.
        blur: Blur radius in pixels.
        snowy: Whether snow lies on the branches.
    """
    rng, light = stage.rng, stage.light
    colour = light.lit(albedo, near)
    frost = light.lit("#eef3f8", near)
    sketch = Sketch(stage.width, stage.height, colour)
    tiers = 9
    for x in _places(stage, count):
        size = tall * stage.unit * rng.uniform(0.6, 1.15)
        y = _row(base, x) + rng.uniform(0, scatter) * stage.unit
        shade = colour * rng.uniform(0.78, 1.12)
        sides: list[list[tuple[float, float]]] = []
        for sign in (1, -1):
            side = []
            for tier in range(tiers):
                share = tier / tiers
                reach = size * 0.20 * (share + 0.08) * rng.uniform(0.8, 1.15)
                side.append((x + sign * reach, y - size * (1 - share) + size * 0.06))
                side.append((x + sign * reach * 0.45, y - size * (1 - share) + size * 0.03))
            sides.append(side)
        trunk = [(x + size * 0.018, y - size * 0.05), (x + size * 0.018, y + size * 0.01)]
        mirrored = [(2 * x - px, py) for px, py in reversed(trunk)]
        sketch.polygon([(x, y - size), *sides[0], *trunk, *mirrored, *reversed(sides[1])], shade)
        lit_side = 0 if stage.sun[0] > x else 1
        tint = frost if snowy else shade + (light.key - shade) * light.edge(0.10)
        for tier in range(1, tiers, 1 if snowy else 2):
            px, py = sides[lit_side][tier * 2]
            inner = sides[lit_side][tier * 2 + 1]
            sketch.polygon(((px, py), inner, ((px * 2 + x) / 3, py - size * 0.03)), tint)
    _add(stage, sketch, depth, blur)


def round_trees(
    stage: SetBuilder,
    base: Grid | float,
    count: int,
    tall: float,
    near: float,
    depth: float,
    albedo: Albedo = "#4c6b3a",
    scatter: float = 0.02,
) -> None:
    """Broad-leaved trees: a trunk and a crown of leafy discs, lighter towards the sun."""
    rng, light = stage.rng, stage.light
    colour = light.lit(albedo, near)
    sketch = Sketch(stage.width, stage.height, colour)
    sunward = 1 if stage.light.sun[0] > 0.5 else -1
    for x in _places(stage, count):
        size = tall * stage.unit * rng.uniform(0.6, 1.15)
        y = _row(base, x) + rng.uniform(0, scatter) * stage.unit
        shade = colour * rng.uniform(0.82, 1.12)
        sketch.stroke(((x, y), (x, y - size * 0.55)), size * 0.06, shade * 0.55)
        leaves = np.column_stack(
            (rng.normal(0, 0.16, 18), rng.normal(0, 0.11, 18), rng.uniform(0.09, 0.17, 18))
        )
        for dx, dy, radius in leaves[np.argsort(-leaves[:, 1])]:  # low ones first, high ones catch light
            towards = np.clip(0.5 + dx * sunward * 1.6 - dy * 2.2, 0, 1)
            leaf = shade * (0.78 + 0.3 * towards)
            leaf = leaf + (light.key - leaf) * light.edge(0.22) * towards**2
            sketch.disc(x + dx * size, y - size * 0.66 + dy * size, radius * size, leaf)
    _add(stage, sketch, depth)


def tree_trunks(
    stage: SetBuilder, places: tuple[float, ...], depth: float, albedo: Albedo = "#2a3a32"
) -> None:
    """Big trunks at the sides of the frame, before the lens, with bark and a lit edge."""
    rng, light = stage.rng, stage.light
    height, width = stage.height, stage.width
    shade = clouded(rng, height, width, 120, 3, aspect=0.12)[..., None]
    rgb = light.lit(albedo) * (0.5 + 0.8 * shade)
    sketch = Sketch(width, height, (0, 0, 0))
    for place in places:
        x, half = place * width, stage.unit * rng.uniform(0.03, 0.055)
        lean = rng.normal(0, 0.25) * half
        sketch.polygon(
            (
                (x - half * 1.5, height + 9),
                (x - half, height * 0.9),
                (x - half * 0.72 + lean, -9),
                (x + half * 0.72 + lean, -9),
                (x + half, height * 0.9),
                (x + half * 1.5, height + 9),
            ),
            (255, 255, 255),
        )
    alpha = np.asarray(cv2.GaussianBlur(sketch.alpha, (0, 0), max(0.5, height / 420)), np.float32)
    shift = max(2, int(stage.unit * 0.006)) * (1 if light.sun[0] > 0.5 else -1)
    edge = np.clip(alpha - np.roll(alpha, -shift, 1), 0, 255)[..., None] / 255 * light.edge(0.3)
    stage.sheet(rgb + (light.key - rgb) * edge, alpha, depth)


def palms(stage: SetBuilder, depth: float = 1.3) -> None:
    """A palm at either side, leaning in."""
    rng, light = stage.rng, stage.light
    height, width, unit = stage.height, stage.width, stage.unit
    leaf = light.lit("#1f4a30") * 0.62
    sketch = Sketch(width, height, leaf)
    for root, lean in ((0.04, 0.10), (0.96, -0.12)):
        foot = np.array((root * width, height * 1.02))
        top = np.array((root * width + lean * unit * 1.6, height * rng.uniform(0.19, 0.27)))
        bend = np.array((root * width + lean * unit * 0.2, height * 0.55))
        t = np.linspace(0, 1, 24)[:, None]
        trunk = (1 - t) ** 2 * foot + 2 * (1 - t) * t * bend + t**2 * top
        sketch.stroke(trunk, unit * 0.020, light.lit("#4a3826") * 0.6, 0.6)
        for angle in np.linspace(-200, 20, 12):
            reach = unit * rng.uniform(0.20, 0.28)
            turn = math.radians(angle + rng.normal(0, 5))
            s = np.linspace(0, 1, 12)
            spine = np.column_stack(
                (
                    top[0] + math.cos(turn) * reach * s,
                    top[1] + math.sin(turn) * reach * 0.7 * s + s**2 * reach * 0.55,
                )
            )
            sketch.stroke(spine, max(1.0, unit * 0.0035), leaf)
            for x, y in spine[1:-1]:
                for sign in (-1, 1):
                    tip = (x + sign * reach * 0.05 + math.cos(turn) * reach * 0.07, y + reach * 0.13)
                    sketch.stroke(((x, y), tip), max(1.0, unit * 0.0034), leaf * rng.uniform(0.85, 1.25))
    _add(stage, sketch, depth)


def kelp(stage: SetBuilder, count: int, depth: float, albedo: Albedo = "#124042") -> None:
    """Seaweed rising from the bottom of the frame."""
    rng = stage.rng
    height, unit = stage.height, stage.unit
    colour = rgb_of(albedo)
    sketch = Sketch(stage.width, height, colour)
    for x in rng.uniform(0, stage.width, count):
        reach = unit * rng.uniform(0.10, 0.32)
        t = np.linspace(0, 1, 18)
        stem = np.column_stack((x + np.sin(t * 7 + x) * unit * 0.012 * (1 + t), height * 1.02 - reach * t))
        sketch.stroke(stem, unit * 0.014, colour * rng.uniform(0.7, 1.5), 0.35)
    _add(stage, sketch, depth, unit / 460)


def cactuses(
    stage: SetBuilder, base: Grid | float, count: int, tall: float, near: float, depth: float
) -> None:
    """Saguaros with one or two arms."""
    rng, light = stage.rng, stage.light
    colour = light.lit("#56783f", near)
    sketch = Sketch(stage.width, stage.height, colour)
    for x in _places(stage, count):
        size = tall * stage.unit * rng.uniform(0.55, 1.1)
        y = _row(base, x) + size * 0.06
        shade = colour * rng.uniform(0.85, 1.1)
        thick = size * 0.16
        sketch.stroke(((x, y), (x, y - size)), thick, shade)
        for sign in (-1, 1)[: int(rng.integers(1, 3))]:
            elbow = y - size * rng.uniform(0.35, 0.6)
            arm = x + sign * size * 0.24
            sketch.stroke(((x, elbow), (arm, elbow), (arm, elbow - size * 0.28)), thick * 0.68, shade)
        lit = shade + (light.key - shade) * light.edge(0.3)
        offset = thick * 0.28 * (1 if stage.sun[0] > x else -1)
        sketch.stroke(((x + offset, y - size * 0.05), (x + offset, y - size * 0.97)), thick * 0.16, lit)
    _add(stage, sketch, depth)


def _places(stage: SetBuilder, count: int) -> Grid:
    """Columns to plant at; fewer on a narrow canvas."""
    fitting = max(2, round(count * stage.width / stage.unit / 1.75))
    return np.sort(stage.rng.uniform(-40, stage.width + 40, fitting)).astype(np.float32)


def _row(base: Grid | float, x: float) -> float:
    if isinstance(base, np.ndarray):
        return float(base[int(np.clip(x, 0, len(base) - 1))])
    return base


def _add(stage: SetBuilder, sketch: Sketch, depth: float, blur: float = 0.0) -> None:
    alpha = sketch.alpha
    if blur > 0.3:
        alpha = bytes_of(cv2.GaussianBlur(alpha, (0, 0), blur))
    stage.sheet(sketch.rgb, alpha, depth)

"""Rooms: living room, kitchen, bedroom, study and café, or a window seen close."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from sora_kit.backends.animatic.canvas import SetBuilder
from sora_kit.backends.animatic.noise import clouded
from sora_kit.backends.animatic.paint import furniture
from sora_kit.backends.animatic.paint.sketch import Sketch
from sora_kit.backends.animatic.paint.sky import rays, sky
from sora_kit.backends.animatic.paint.terrain import ridges

__all__ = ("build",)

_TABLETOP = frozenset(
    [
        "apple",
        "bell",
        "book",
        "bread",
        "cake",
        "camera",
        "candle",
        "clock",
        "coffee",
        "computer",
        "gift",
        "laptop",
        "phone",
        "pizza",
        "rose",
        "tea",
        "trophy",
        "violin",
        "watch",
    ]
)
_FABRICS = ("#b0593f", "#3f6a72", "#7a6a94", "#c79a55", "#5d7a58")


def build(stage: SetBuilder) -> None:
    """Paint it."""
    sill = stage.has("sill", "window", "窗")
    outside = sky(stage, 0.5)
    ridges(stage, outside, 2, 0.42, 0.62, "#64788f", 0.12)
    stage.backdrop(outside, 0.1)
    if stage.light.night:  # lamps are on
        stage.light = replace(stage.light, ambient=np.array((0.78, 0.66, 0.56), np.float32))
    window = (0.30, 0.13, 0.76, 0.60) if sill else _small_window(stage)
    _wall(stage, window)
    _curtains(stage, window)
    floor = 0.80
    _floor(stage, floor, window)
    if not sill:
        _furnish(stage, floor)
    if not stage.light.night and stage.light.clear:
        rays(stage, 0.24, depth=0.6)
    if not sill:
        _rug(stage)
    stage.ground = window[3] + 0.014 if sill else 0.845
    stage.size = 0.74 if sill else 1.0
    if not sill and _small_thing(stage):
        _table_in_front(stage)
    stage.foreground()


def _small_thing(stage: SetBuilder) -> bool:
    """Whether the first subject belongs on a table."""
    subjects = stage.scene.subjects
    return bool(subjects) and (
        subjects[0].noun in _TABLETOP or stage.has("on a table", "on the table", "桌上")
    )


def _table_in_front(stage: SetBuilder) -> None:
    """A table in the middle of the room that the subject stands on."""
    sketch = Sketch(stage.width, stage.height, stage.light.lit("#7a5236"))
    tall = stage.unit * 0.24
    floor = stage.height * 0.80 + tall * 1.07
    furniture.table(stage, sketch, stage.width * 0.5, floor, min(stage.unit * 0.5, stage.width * 0.4), tall)
    stage.sheet(sketch.rgb, sketch.alpha, 0.92)
    stage.ground = 0.80
    stage.size = 0.82


def _small_window(stage: SetBuilder) -> tuple[float, float, float, float]:
    left = 0.14 if stage.light.sun[0] < 0.5 else 0.58
    return left, 0.16, left + 0.28, 0.54


def _wall(stage: SetBuilder, window: tuple[float, float, float, float]) -> None:
    """The wall with the window cut out; brighter around it."""
    light = stage.light
    height, width = stage.height, stage.width
    rows, columns = stage.grid()
    grain = clouded(stage.rng, height, width, 90, 4)[..., None]
    paint = ("#cbb79b", "#b9c2b0", "#c9aa94", "#aeb8c2")[stage.rng.integers(4)]
    middle = ((window[0] + window[2]) / 2 * width, (window[1] + window[3]) / 2 * height)
    fall = np.exp(
        -(((columns - middle[0]) / (width * 0.42)) ** 2) - ((rows - middle[1]) / (height * 0.5)) ** 2
    )
    rgb = light.lit(paint) * (0.70 + 0.32 * fall)[..., None] * (0.95 + 0.1 * grain)
    skirting = int(height * 0.775)
    rgb[skirting:] *= 0.82
    rgb[skirting : skirting + max(2, int(stage.unit * 0.006))] *= 1.25
    alpha = np.full((height, width), 255, np.uint8)
    x0, y0, x1, y1 = (
        int(window[0] * width),
        int(window[1] * height),
        int(window[2] * width),
        int(window[3] * height),
    )
    alpha[y0:y1, x0:x1] = 0
    frame, bar = light.lit("#f3ece0"), max(3, int(stage.unit * 0.022))
    middle_x, middle_y = (x0 + x1) // 2, int(y0 + (y1 - y0) * 0.42)
    for top, bottom, left, right in (
        (y0 - bar, y0, x0 - bar, x1 + bar),
        (y0, y1, x0 - bar, x0),
        (y0, y1, x1, x1 + bar),
        (y0, y1, middle_x - bar // 2, middle_x + bar // 2),
        (middle_y, middle_y + bar // 2, x0, x1),
    ):
        rgb[top:bottom, left:right] = frame * (0.95 + 0.08 * grain[top:bottom, left:right])
        alpha[top:bottom, left:right] = 255
    ledge = int(stage.unit * 0.05)
    out = int(stage.unit * 0.06)
    tone = np.linspace(1.08, 0.74, ledge, dtype=np.float32)[:, None, None]
    rgb[y1 : y1 + ledge, max(0, x0 - out) : x1 + out] = frame * tone
    rgb[y1 + ledge : y1 + ledge + ledge // 2, max(0, x0 - out) : x1 + out] *= 0.62
    stage.sheet(rgb, alpha, 0.42, sharp=stage.has("sill", "窗"))


def _curtains(stage: SetBuilder, window: tuple[float, float, float, float]) -> None:
    height, width = stage.height, stage.width
    rows, columns = stage.grid()
    fold = 0.76 + 0.24 * np.sin(columns / (stage.unit * 0.018) + np.sin(rows / height * 3) * 0.8)
    fabric = stage.light.lit(_FABRICS[stage.rng.integers(len(_FABRICS))])
    alpha = np.zeros((height, width), np.uint8)
    broad = (window[2] - window[0]) * 0.22
    bottom = int(height * min(0.76, window[3] + 0.14))
    for left in (window[0] - broad * 0.9, window[2] - broad * 0.1):
        alpha[
            int(height * (window[1] - 0.05)) : bottom, max(0, int(width * left)) : int(width * (left + broad))
        ] = 255
    rod = slice(int(height * (window[1] - 0.06)), int(height * (window[1] - 0.05)))
    rgb = fabric * fold[..., None]
    alpha[rod, max(0, int(width * (window[0] - broad))) : int(width * (window[2] + broad))] = 255
    rgb[rod] = stage.light.lit("#4a382a")
    stage.sheet(rgb, alpha, 0.44)


def _floor(stage: SetBuilder, top: float, window: tuple[float, float, float, float]) -> None:
    """Planks running towards the wall, with a patch of sun on them."""
    light = stage.light
    height, width = stage.height, stage.width
    first = int(height * top)
    rows = np.arange(first, height, dtype=np.float32)[:, None]
    away = (rows - first) / (height - first) + 1e-3
    across = (np.arange(width, dtype=np.float32)[None] - width * 0.5) / (0.5 + away * 0.9)
    plank = across / (stage.unit * 0.1)
    shade = 0.85 + 0.3 * ((np.floor(plank) * 37.7) % 1)
    grain = clouded(stage.rng, height - first, width, 90, 4)
    rgb = light.lit("#8a5f3e") * np.float32(0.82) * (shade * (0.9 + 0.2 * grain))[..., None]
    rgb[plank % 1 < 0.03] *= 0.6
    if not light.night and light.clear:
        patch = np.zeros((height - first, width), np.uint8)
        x0, x1 = window[0] * width, window[2] * width
        slide = width * (0.08 if light.sun[0] < 0.5 else -0.08)
        corners = ((x0, -5), (x1, -5), (x1 + slide * 2, height - first), (x0 + slide, height - first))
        cv2.fillPoly(patch, [np.array(corners, np.int32)], 255, cv2.LINE_AA)
        soft = np.asarray(cv2.GaussianBlur(patch, (0, 0), height / 90), np.float32)[..., None] / 255
        rgb += (light.key * 0.9 - rgb) * soft * 0.36
    stage.sheet(rgb, np.full((height - first, width), 255, np.uint8), 0.6, y0=first)


def _furnish(stage: SetBuilder, floor: float) -> None:
    """What stands along the wall, by the kind of room."""
    height, width, unit = stage.height, stage.width, stage.unit
    line = height * (floor + 0.015)
    left_window = stage.light.sun[0] < 0.5
    free = 0.52 if left_window else 0.05  # the half of the wall without the window
    fabric = _FABRICS[stage.rng.integers(len(_FABRICS))]

    def across(share: float) -> float:
        return (free + share * 0.43) * width

    wall = Sketch(width, height, stage.light.lit("#6b5a48"))
    if stage.has("kitchen", "chef", "cook", "厨房"):
        furniture.counter(
            stage, wall, (across(-0.1), line - unit * 0.22, across(1.1), line), "#8fa79a", pots=True
        )
        furniture.counter(
            stage, wall, (across(0.0), height * 0.20, across(0.9), height * 0.20 + unit * 0.15), "#8fa79a"
        )
        furniture.pendant(stage, wall, across(0.45 if left_window else 0.6), height * 0.1, unit * 0.09)
        furniture.table(stage, wall, width * (0.28 if left_window else 0.72), line, unit * 0.2, unit * 0.15)
    elif stage.has("bed", "sleep", "卧室"):
        furniture.bed(
            stage, wall, (across(-0.05), line - unit * 0.20, across(1.0), line + unit * 0.02), fabric
        )
        furniture.picture_frame(
            stage, wall, (across(0.35), height * 0.26, across(0.35) + unit * 0.2, height * 0.26 + unit * 0.15)
        )
        furniture.floor_lamp(stage, wall, width * (0.49 if left_window else 0.53), line, unit * 0.34)
    elif stage.has("library", "classroom", "office", "study", "desk", "book", "办公", "图书"):
        furniture.bookcase(stage, wall, (across(0.0), line - unit * 0.56, across(0.46), line), 5)
        furniture.bookcase(stage, wall, (across(0.5), line - unit * 0.56, across(0.96), line), 5)
        furniture.desk(
            stage, wall, width * (0.29 if left_window else 0.71), line + unit * 0.02, unit * 0.24, unit * 0.16
        )
    elif stage.has("cafe", "café", "coffee", "restaurant", "diner", "餐"):
        furniture.counter(stage, wall, (across(0.1), line - unit * 0.25, across(1.1), line), "#6d4b3a")
        for share in (0.2, 0.5, 0.8):
            furniture.pendant(stage, wall, across(share), height * 0.14, unit * 0.09)
        furniture.table(
            stage, wall, width * (0.26 if left_window else 0.74), line + unit * 0.02, unit * 0.15, unit * 0.15
        )
    else:
        furniture.bookcase(stage, wall, (across(0.72), line - unit * 0.5, across(1.0), line), 4)
        furniture.picture_frame(
            stage, wall, (across(0.2), height * 0.24, across(0.2) + unit * 0.24, height * 0.24 + unit * 0.17)
        )
        furniture.sofa(
            stage, wall, (across(-0.02), line - unit * 0.24, across(0.62), line + unit * 0.015), fabric
        )
        furniture.floor_lamp(stage, wall, across(0.675), line, unit * 0.42)
    furniture.plant(stage, wall, width * (0.06 if left_window else 0.95), line + unit * 0.01, unit * 0.3)
    stage.sheet(wall.rgb, wall.alpha, 0.58)


def _rug(stage: SetBuilder) -> None:
    sketch = Sketch(stage.width, stage.height, stage.light.lit("#8f4a3c"))
    furniture.rug(stage, sketch, stage.width * 0.5, stage.height * 0.872, stage.unit * 0.42)
    stage.sheet(sketch.rgb, sketch.alpha, 0.86)

"""Towns: skylines seen from afar and façades along a street."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from sora_kit.backends.animatic.canvas import SetBuilder
from sora_kit.backends.animatic.light import Rgb, rgb_of
from sora_kit.backends.animatic.paint.sky import Picture

__all__ = ("facades", "lamp_posts", "skyline")

_WALLS = ("#5b6675", "#6d6a72", "#4c5a68", "#7a7068", "#64707a")
_FRONTS = ("#6b5d57", "#57616d", "#77685a", "#4e4d58", "#80766b")
_WARM = ("#ffd98a", "#ffe9b8", "#ffc46b", "#cfe4ff")
_NEON = ("#ff4f81", "#3ad6ff", "#ffd23f", "#7cff6b", "#ff8a3d", "#c08bff")


def skyline(
    stage: SetBuilder,
    tall: float,
    base: float,
    near: float,
    depth: float,
    widths: tuple[float, float],
    lamps: float,
) -> None:
    """A row of buildings with windows.

    Args:
        stage: The canvas.
        tall: Height of the tallest, as a share of the unit.
        base: Row they stand on, as a share of the canvas height.
        near: How little haze there is, 0…1.
        depth: Of the sheet.
        widths: Narrowest and widest, as shares of the unit.
        lamps: Share of windows that are lit.
    """
    rng, light = stage.rng, stage.light
    height, width, unit = stage.height, stage.width, stage.unit
    rgb = np.zeros((height, width, 3), np.float32)
    alpha = np.zeros((height, width), np.uint8)
    pane = max(3, int(unit * 0.012 * (0.5 + near)))
    x = -int(0.02 * unit)
    while x < width + 10:
        wide = int(rng.uniform(*widths) * unit)
        top = max(0, int(height * base - unit * rng.uniform(tall * 0.45, tall)))
        left, right = max(0, x), min(width, x + wide)
        wall = light.lit(_WALLS[rng.integers(len(_WALLS))], near) * np.float32(rng.uniform(0.85, 1.1))
        if right > left:
            fall = np.linspace(1.06, 0.84, height - top, dtype=np.float32)[:, None, None]
            rgb[top:, left:right] = wall * fall
            alpha[top:, left:right] = 255
            edge = max(1, wide // 36)
            lit_edge = (
                slice(left, min(width, left + edge)) if light.sun[0] < 0.5 else slice(right - edge, right)
            )
            rgb[top:, lit_edge] = wall + (light.key - wall) * light.edge(0.3)
            _windows(stage, rgb, (left, top, right, height), wall, pane, near, lamps)
            _roof(stage, rgb, alpha, (x, top, wide), wall)
        x += wide + int(rng.uniform(-0.1, 0.3) * wide)
    stage.sheet(rgb, alpha, depth)


def _windows(
    stage: SetBuilder,
    rgb: Picture,
    box: tuple[int, int, int, int],
    wall: Rgb,
    pane: int,
    near: float,
    lamps: float,
) -> None:
    left, top, right, bottom = box
    light, rng = stage.light, stage.rng
    step, rise = int(pane * 1.9), int(pane * 2.3)
    dark = wall * (0.70 if light.night else 0.66) + light.mid * 0.12
    columns = range(left + pane, right - pane, step)
    rows = range(top + rise, bottom - pane * 2, rise)
    lit = rng.random((len(rows), len(columns))) < lamps
    warm = rng.integers(0, len(_WARM), lit.shape)
    for i, y in enumerate(rows):
        for j, x in enumerate(columns):
            shine = rgb_of(_WARM[warm[i, j]])
            colour = light.haze + (shine - light.haze) * min(1.0, near + 0.3) if lit[i, j] else dark
            rgb[y : y + int(pane * 1.2), x : x + pane] = colour


def _roof(
    stage: SetBuilder, rgb: Picture, alpha: npt.NDArray[np.uint8], at: tuple[int, int, int], wall: Rgb
) -> None:
    """Some roofs carry a mast, some a water tank or a stair house."""
    x, top, wide = at
    chance = stage.rng.random()
    tall = int(stage.unit * stage.rng.uniform(0.02, 0.05))
    middle = x + wide // 2
    if chance < 0.22:
        part = slice(max(0, middle), max(0, middle + max(1, wide // 60)))
    elif chance < 0.55:
        tall //= 2
        part = slice(max(0, x + wide // 4), max(0, x + wide // 2))
    else:
        return
    rgb[max(0, top - tall) : top, part] = wall * 0.82
    alpha[max(0, top - tall) : top, part] = 255


def _front(stage: SetBuilder, wide: int, tall: int) -> tuple[Picture, npt.NDArray[np.float32]]:
    """The flat front of one side of a street: colours and alpha."""
    rng, light = stage.rng, stage.light
    rgb = np.zeros((tall, wide, 3), np.float32)
    alpha = np.zeros((tall, wide), np.float32)
    neon = 1.0 if light.night else 0.55
    x = 0
    while x < wide:
        width = int(rng.uniform(0.10, 0.2) * wide)
        top = int(tall * rng.uniform(0, 0.42))
        right = min(wide, x + width)
        wall = light.lit(_FRONTS[rng.integers(len(_FRONTS))], 0.96) * np.float32(rng.uniform(0.8, 1.1))
        rgb[top:, x:right] = wall
        alpha[top:, x:right] = 255
        rgb[top : top + 10, x:right] = wall * 1.25  # cornice
        across, down = width / 7, tall / 22
        for row in range(1, 20):
            y = int(top + down * 1.55 * row)
            if y + down > tall * 0.82:
                break
            rgb[y - 3 : y, x:right] = wall * 0.9
            for column in range(3):
                left = int(x + across * (0.8 + column * 2))
                if left + across > right:
                    continue
                on, warm = rng.random() < light.lamps, _WARM[rng.integers(len(_WARM))]
                pane = rgb_of(warm) if on else wall * 0.55 + light.mid * 0.18
                rgb[y : int(y + down), left : int(left + across)] = pane
        sign = rgb_of(_NEON[rng.integers(len(_NEON))])
        rgb[int(tall * 0.86) :, x:right] = wall * 0.5
        inner = slice(x + width // 8, max(x + width // 8, right - width // 8))
        shop = (
            rgb_of("#ffe2ad")
            * (neon if light.lamps > 0.1 else 0.42)
            * (1 if light.lamps > 0.1 else light.ambient)
        )
        rgb[int(tall * 0.88) : int(tall * 0.97), inner] = shop
        for post in range(inner.start, inner.stop, max(8, width // 5)):
            rgb[int(tall * 0.88) : int(tall * 0.97), post : post + 5] = wall * 0.45
        awning = slice(x + width // 10, max(x + width // 10, right - width // 10))
        rgb[int(tall * 0.835) : int(tall * 0.862), awning] = sign * neon
        if rng.random() < 0.7:
            banner = int(x + width * 0.84)
            rgb[int(tall * 0.52) : int(tall * 0.76), banner : banner + max(3, width // 9)] = sign * neon
        x += width
    return rgb, alpha


def facades(stage: SetBuilder, picture: Picture, vanish: tuple[float, float]) -> Picture:
    """Draw both sides of a street in perspective into a picture, in place.

    Args:
        stage: The canvas.
        picture: The sky.
        vanish: Vanishing point in pixels.

    Returns:
        ``picture``.
    """
    height, width = stage.height, stage.width
    vx, vy = vanish
    wide, tall = 1500, 700
    gap = 0.12 * width
    for near, far in ((-width * 0.10, vx - gap), (width * 1.10, vx + gap)):
        front, cover = _front(stage, wide, tall)
        source = np.array(((0, 0), (wide, 0), (wide, tall), (0, tall)), np.float32)
        target = np.array(
            (
                (near, vy - stage.unit * 1.31),
                (far, vy - stage.unit * 0.24),
                (far, vy + stage.unit * 0.035),
                (near, vy + stage.unit * 0.44),
            ),
            np.float32,
        )
        warp = cv2.getPerspectiveTransform(source, target)
        drawn = np.asarray(
            cv2.warpPerspective(front, warp, (width, height), flags=cv2.INTER_AREA), np.float32
        )
        alpha = np.asarray(cv2.warpPerspective(cover, warp, (width, height)), np.float32)[..., None] / 255
        away = np.clip(np.abs(np.arange(width, dtype=np.float32) - vx) / (width * 0.5), 0, 1)[None, :, None]
        haze = stage.light.haze
        drawn = haze * alpha + (drawn - haze * alpha) * np.clip(0.35 + away * 0.8, 0, 1)
        picture *= 1 - alpha
        picture += drawn
    return picture


def lamp_posts(stage: SetBuilder, places: tuple[float, ...], depth: float = 1.15) -> None:
    """Street lamps at the sides; they glow when it is dark."""
    light = stage.light
    height, width, unit = stage.height, stage.width, stage.unit
    top, arm = height * 0.20, unit * 0.085
    rgb = np.empty((height, width, 3), np.float32)
    rgb[:] = light.lit("#20242b") * 0.6
    alpha = np.zeros((height, width), np.uint8)
    heads = []
    for place in places:
        x = place * width
        towards = 1 if place < 0.5 else -1
        head = (int(x + towards * arm), int(top - unit * 0.025))
        cv2.line(alpha, (int(x), height), (int(x), int(top)), 255, max(2, int(unit * 0.010)), cv2.LINE_AA)
        cv2.line(alpha, (int(x), int(top)), head, 255, max(2, int(unit * 0.007)), cv2.LINE_AA)
        cv2.ellipse(alpha, head, (int(unit * 0.02), int(unit * 0.008)), 0, 0, 360, 255, -1, cv2.LINE_AA)
        heads.append(head)
    stage.sheet(rgb, alpha, depth)
    if light.lamps < 0.3:
        return
    rows, columns = stage.grid()
    glow = np.zeros((height, width), np.float32)
    for x, y in heads:
        glow += np.exp(-np.sqrt((columns - x) ** 2 + (rows - y - unit * 0.01) ** 2) / (unit * 0.05))
    rgb[:] = rgb_of("#ffdf9e")
    stage.sheet(rgb, np.clip(glow - 0.004, 0, 1) * 235, depth)

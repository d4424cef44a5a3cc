"""A street in central perspective, wet and mirroring by night and in the rain."""

from __future__ import annotations

import cv2
import numpy as np

from sora_kit.backends.animatic.canvas import SetBuilder
from sora_kit.backends.animatic.light import rgb_of
from sora_kit.backends.animatic.noise import clouded
from sora_kit.backends.animatic.paint.buildings import facades, lamp_posts
from sora_kit.backends.animatic.paint.sky import Picture, sky

__all__ = ("build",)


def build(stage: SetBuilder) -> None:
    """Paint it."""
    light = stage.light
    height, width = stage.height, stage.width
    vanish = (width * 0.5, height * 0.56)
    picture = sky(stage, 0.35)
    rows, columns = stage.grid()
    glow = np.exp(
        -(((columns - vanish[0]) / (width * 0.2)) ** 2 + ((rows - vanish[1]) / (height * 0.16)) ** 2)
    )
    warm = light.horizon + (rgb_of("#ffb070") - light.horizon) * (0.5 if light.lamps > 0.1 else 0.1)
    picture += (warm - picture) * glow[..., None] * 0.55
    facades(stage, picture, vanish)
    wet = 0.62 if light.night or stage.scene.weather == "rain" else 0.12
    _road(stage, picture, vanish, wet)
    stage.backdrop(picture, 0.55)
    stage.ground = 0.82
    stage.mirror = 0.45 * wet
    stage.foreground()
    if stage.scene.framing != "close-up":
        lamp_posts(stage, (0.10, 0.90))


def _road(stage: SetBuilder, picture: Picture, vanish: tuple[float, float], wet: float) -> None:
    """Asphalt, markings and pavements from the vanishing point down, in place."""
    light = stage.light
    height, width = stage.height, stage.width
    first = int(vanish[1] + stage.unit * 0.035)
    rows = np.arange(first, height, dtype=np.float32)[:, None]
    away = np.clip((rows - vanish[1]) / (height - vanish[1]), 1e-3, 1)
    across = (np.arange(width, dtype=np.float32)[None] - vanish[0]) / (away * width * 0.95)
    grain = clouded(stage.rng, height - first, width, 120, 4)[..., None]
    floor = light.lit("#4a4d55") * np.float32(0.72) * (0.8 + 0.4 * grain)
    mirror = np.ascontiguousarray(picture[max(0, first - (height - first)) : first][::-1])
    mirror = np.asarray(cv2.resize(mirror, (width, height - first)), np.float32)
    mirror = np.asarray(cv2.GaussianBlur(mirror, (0, 0), sigmaX=2.5, sigmaY=14), np.float32)
    floor += (mirror - floor) * (wet * (0.55 + 0.45 * grain))
    lane = (np.abs(across) < 0.012) & ((1.6 / away % 1) < 0.5)
    border = np.abs(np.abs(across) - 0.42) < 0.008
    paint = ((lane | border) * 0.65).astype(np.float32)[..., None]
    floor += (rgb_of("#e8dcae") * light.ambient - floor) * paint
    pavement = (np.abs(across) > 0.44)[..., None]
    picture[first:] = np.where(pavement, floor * 1.18 + 6, floor)

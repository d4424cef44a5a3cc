"""The title card: what is shown when nothing in the words could be drawn.

A made-up picture would pretend to have understood. A card sets the words themselves, large, on a quiet
ground, and says below which of them found no picture.
"""

from __future__ import annotations

import cv2
import numpy as np

from sora_kit.backends.animatic import text
from sora_kit.backends.animatic.layers import Pixels, laid_over
from sora_kit.backends.animatic.light import Light, Rgb, rgb_of
from sora_kit.backends.animatic.stamps import Canvas

__all__ = ("card",)

_GROUNDS = (
    ("#14263d", "#41687f", "#8fb1b8"),
    ("#2a1930", "#7a4257", "#c98d78"),
    ("#142b2a", "#467463", "#a3bf94"),
    ("#1d2030", "#575a78", "#a9a3b8"),
)
_INK, _AMBER = (252, 250, 244, 250), (255, 206, 110)


def card(words: str, width: int, height: int, light_or_seed: Light | int, message: str = "") -> Pixels:
    """Set ``words`` as a title.

    Args:
        words: Any string; long ones are cut after a few lines.
        width: In pixels.
        height: In pixels.
        light_or_seed: A light whose sky colours are the ground, or a seed that chooses one.
        message: A small line below ("not drawn: quarterly, revenue"), or empty.

    Returns:
        (height, width, 4) uint8 RGBA, opaque.
    """
    seed = light_or_seed if isinstance(light_or_seed, int) else round(float(light_or_seed.sun[0]) * 1e6)
    rng = np.random.default_rng(abs(seed))
    dark, middle, bright = _colours(light_or_seed, rng)
    ground = _sweep(width, height, dark, middle, bright, rng)
    canvas = Canvas(width, height)
    for _ in range(14):
        radius = rng.uniform(0.02, 0.09) * height
        shade = (int(bright[0]), int(bright[1]), int(bright[2]), int(rng.uniform(8, 26)))
        canvas.disc(rng.uniform(0, width), rng.uniform(0, height), radius, shade)
    _set(canvas, words, message)
    frame = np.asarray(cv2.cvtColor(ground, cv2.COLOR_RGB2RGBA), np.uint8)
    laid_over(frame, canvas.image)
    return frame


def _colours(light_or_seed: Light | int, rng: np.random.Generator) -> tuple[Rgb, Rgb, Rgb]:
    if isinstance(light_or_seed, Light):
        # A bright sky would leave white letters without contrast.
        return light_or_seed.zenith * 0.42, light_or_seed.mid * 0.52, light_or_seed.horizon * 0.62
    dark, middle, bright = _GROUNDS[int(rng.integers(len(_GROUNDS)))]
    return rgb_of(dark), rgb_of(middle), rgb_of(bright)


def _sweep(width: int, height: int, dark: Rgb, middle: Rgb, bright: Rgb, rng: np.random.Generator) -> Pixels:
    """A lit studio wall that darkens to its corners; a little noise keeps it free of bands."""
    y = np.linspace(-0.46, 0.54, max(2, height // 4), dtype=np.float32)[:, None]
    x = np.linspace(-0.5, 0.5, max(2, width // 4), dtype=np.float32)[None, :]
    far = np.sqrt(x * x + y * y)[..., None]
    inner = bright * 0.72 + (middle - bright * 0.72) * np.clip(far * 2.0, 0, 1)
    wall = cv2.resize(inner + (dark - inner) * np.clip(far * 1.9 - 0.45, 0, 1), (width, height))
    noise = rng.normal(0, 1.4, (128, 128, 1)).astype(np.float32)
    tiled = np.tile(noise, (-(-height // 128), -(-width // 128), 1))[:height, :width]
    return np.asarray(np.clip(wall + tiled, 0, 255), np.uint8)


def _set(canvas: Canvas, words: str, message: str) -> None:
    width, height = canvas.width, canvas.height
    short = min(width, height)
    room = width * 0.80
    face, lines = _fitted(words.upper(), room, short)
    step = round(face.size * 1.06)
    small = text.Face("ui", max(9, round(short * 0.030)))
    notes = text.wrap(message, small, room, 3)
    y = (height - step * len(lines) - small.size * (2.2 + 1.4 * len(notes))) / 2
    y = max(y, height * 0.10)
    for line in lines:
        x = (width - text.text_width(line, face)) / 2
        canvas.text(x, y, line, face, _INK, shadow=short * 0.006)
        y += step
    half = short * 0.065
    y += short * 0.035
    canvas.box(width / 2 - half, y, width / 2 + half, y + max(2, short * 0.006), _AMBER)
    y += short * 0.040
    for note in notes:
        x = (width - text.text_width(note, small)) / 2
        canvas.text(x, y, note, small, (236, 238, 242, 220), shadow=short * 0.003)
        y += round(small.size * 1.4)


def _fitted(words: str, room: float, short: int) -> tuple[text.Face, list[str]]:
    """The largest size at which the title takes three lines, or five at the smallest."""
    size = round(short * 0.15)
    least = max(10, round(short * 0.055))
    while size > least:
        face = text.Face("title", size)
        lines = text.wrap(words, face, room, 3)
        if lines and not lines[-1].endswith("…"):
            return face, lines
        size = max(least, int(size * 0.86))
    face = text.Face("title", least)
    return face, text.wrap(words, face, room, 5) or ([text.NO_FONT] if words.strip() else [])

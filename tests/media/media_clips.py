"""Colours, pictures and sound that the media tests make their files of."""

from __future__ import annotations

import numpy as np

from sora_kit.media.sound import SAMPLE_RATE

COLOURS = [(200, 40, 40), (40, 180, 60), (50, 80, 200), (220, 200, 40), (150, 60, 170), (60, 190, 190)]


def flat(width: int, height: int, colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


def tone(seconds: float, hertz: float = 440.0, level: float = 0.4) -> np.ndarray:
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.stack([np.sin(2 * np.pi * hertz * t) * level] * 2, axis=1).astype(np.float32)

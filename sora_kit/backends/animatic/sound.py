"""A quiet bed of sound, so that every clip has a track: air, water or traffic, rain, and a soft pad.

Ambience is noise, coloured by where the shot plays; the pad is a chord, coloured by the time of day.
The bed is the same for the same takes and stays well below speech level.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sora_kit.backends.animatic.reel import Take
from sora_kit.language.scene import Scene

__all__ = ("RATE", "ambience")

RATE = 48_000
"""Samples per second."""

Sound = npt.NDArray[np.float32]

_CORNER = {  # above this many hertz the noise of a place falls off
    "ocean": 600, "beach": 520, "street": 220, "city": 180, "interior": 90, "space": 60, "underwater": 120,
    "snow": 150, "stage": 80, "sky": 420, "forest": 380, "meadow": 320, "mountain": 300, "desert": 260,
}  # fmt: skip
_SWELL = {"ocean": 0.55, "beach": 0.6, "sky": 0.4, "desert": 0.4}  # how much it comes and goes
_CHORDS = {
    "night": (110.0, 130.81, 164.81),
    "dusk": (130.81, 164.81, 196.0),
    "golden": (146.83, 185.0, 220.0),
    "storm": (98.0, 116.54, 146.83),
    "dawn": (146.83, 185.0, 246.94),
}
_PLAIN_CHORD = (130.81, 164.81, 220.0)
_FADE = 0.18  # seconds at a cut


def ambience(takes: Sequence[Take]) -> Sound:
    """The sound of a reel: (samples, 2) float32 at `RATE`, as long as the takes together."""
    ends = np.cumsum([take.seconds for take in takes])
    total = round(float(ends[-1]) * RATE)
    sound = np.zeros((total, 2), np.float32)
    begin = 0
    for take, end in zip(takes, ends, strict=True):
        last = min(total, round(float(end) * RATE))
        if last > begin:
            sound[begin:last] += _place(take, last - begin)
            sound[begin:last] += _pad(take.scene, last - begin, begin)[:, None]
        begin = last
    _fade(sound, 0.4)
    return np.asarray(np.clip(sound, -0.9, 0.9), np.float32)


def _place(take: Take, samples: int) -> Sound:
    """Coloured noise of the place, with rain on top, faded at both ends."""
    rng = np.random.default_rng(take.seed ^ 0x50D)
    scene = take.scene
    bed = _coloured(rng, samples, 30, _CORNER.get(scene.setting, 200)) * 0.05
    swell = _SWELL.get(scene.setting, 0.25)
    t = np.arange(samples, dtype=np.float32) / RATE
    for side in (0, 1):
        bed[:, side] *= 1 - swell * (0.5 - 0.5 * np.sin(2 * np.pi * 0.13 * t + side * 0.7 + take.seed % 7))
    if scene.weather == "rain" or scene.time == "storm":
        bed += _coloured(rng, samples, 900, 6000) * 0.035
    _fade(bed, _FADE)
    return bed


def _coloured(rng: np.random.Generator, samples: int, low: float, high: float) -> Sound:
    """Noise between two corner frequencies, peak 1.

    Only a few seconds are made and repeated, crossfaded: the ear can't tell, and it takes a tenth of
    the time.
    """
    seconds = 6
    length = seconds * RATE
    hertz = np.fft.rfftfreq(length, 1 / RATE).astype(np.float32)
    shape = (hertz / low) ** 2 / (1 + (hertz / low) ** 2) / (1 + (hertz / high) ** 2)
    loop = np.empty((length, 2), np.float32)
    for side in (0, 1):
        phase = rng.uniform(0, 2 * np.pi, len(hertz)).astype(np.float32)
        # An inverse transform is periodic, so the loop has no seam.
        loop[:, side] = np.fft.irfft(shape * np.exp(1j * phase), length)
    loop /= np.abs(loop).max() + 1e-9
    return np.tile(loop, (samples // length + 1, 1))[:samples].copy()


def _pad(scene: Scene, samples: int, begin: int) -> Sound:
    """Three slow sines; its phase runs on over cuts."""
    t = (np.arange(samples, dtype=np.float64) + begin) / RATE
    tone = np.zeros(samples)
    for i, hertz in enumerate(_CHORDS.get(scene.time, _PLAIN_CHORD)):
        tone += np.sin(2 * np.pi * hertz * t + 0.3 * np.sin(2 * np.pi * 0.17 * t + i))
    pad = (tone * 0.018).astype(np.float32)
    _fade(pad[:, None], _FADE)
    return pad


def _fade(sound: Sound, seconds: float) -> None:
    """Fade in and out, in place."""
    span = min(int(seconds * RATE), len(sound) // 2)
    if span < 1:
        return
    ramp = np.sin(np.linspace(0, np.pi / 2, span, dtype=np.float32))[:, None]
    sound[:span] *= ramp
    sound[-span:] *= ramp[::-1]

"""The light of a shot: sky colours, haze, ambient and key light.

Everything in a picture is lit by one `Light`, scenery and cast alike, which is what makes them look
as if they were in the same place. A surface has an *albedo* (its colour under white light). It is
multiplied by the ambient light and then mixed with the haze the farther away it is; sunlit edges are
mixed with the key colour by whoever draws them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sora_kit.language.scene import Scene, Time

__all__ = ("Albedo", "Light", "Rgb", "light_for", "rgb_of")

Rgb: TypeAlias = npt.NDArray[np.float32]
"""(3,) float32 red, green, blue in 0…255."""

Albedo: TypeAlias = str | npt.NDArray[np.floating] | tuple[float, float, float]
"""``#rrggbb``, or the same as three numbers in 0…255."""


def rgb_of(colour: Albedo) -> Rgb:
    """A colour as (3,) float32 in 0…255."""
    if isinstance(colour, str):
        digits = colour.lstrip("#")
        return np.array([int(digits[i : i + 2], 16) for i in (0, 2, 4)], np.float32)
    return np.asarray(colour, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """The light of one shot. Colours are (3,) float32 in 0…255."""

    time: Time
    """Time of day it stands for."""

    zenith: Rgb
    """Sky overhead."""

    mid: Rgb
    """Sky halfway down."""

    horizon: Rgb
    """Sky just above the horizon."""

    haze: Rgb
    """What distance fades to."""

    ambient: Rgb
    """Multipliers per channel for everything that is not in direct light, about 0.3…1.1."""

    key: Rgb
    """Sun, moon or lamp: the colour of lit edges."""

    sun: tuple[float, float]
    """Where the key light comes from: x and y as shares of the canvas, from the top left."""

    night: bool
    """Whether windows and lamps are lit and edges stay dim."""

    def lit(self, albedo: Albedo, depth: float = 1.0, k: float = 1.0) -> Rgb:
        """The colour of a surface in this light.

        Args:
            albedo: Its colour under white light.
            depth: 1 at the subject, towards 0 far away, where only haze is left.
            k: Brightness of the surface's shading, 1 for none.

        Returns:
            (3,) float32 in 0…255.
        """
        near = np.clip(rgb_of(albedo) * self.ambient * k, 0, 255)
        return np.asarray(self.haze + (near - self.haze) * depth, np.float32)

    def edge(self, share: float) -> float:
        """How much of the key colour a lit edge takes, given its ``share`` by day."""
        return share * (0.38 if self.night else 1.0)

    @property
    def clear(self) -> bool:
        """Whether sun or moon can be seen."""
        return self.time not in ("storm", "fog")

    @property
    def lamps(self) -> float:
        """Share of windows and lamps that are on, 0…1."""
        return {"night": 0.5, "dusk": 0.42, "storm": 0.34, "fog": 0.2, "dawn": 0.16}.get(self.time, 0.05)


_PALETTES: dict[str, tuple[str, str, str, str, tuple[float, float, float], str, float]] = {
    # zenith, mid, horizon, haze, ambient, key, height of the sun (share of the canvas from the top)
    "day": ("#3b7cc4", "#8ac0e8", "#e8f2f3", "#cfe2ec", (1.02, 1.0, 0.98), "#fff5d8", 0.23),
    "golden": ("#46628f", "#e2a071", "#ffdca3", "#f2bd8b", (1.12, 0.92, 0.74), "#fff0c0", 0.46),
    "dusk": ("#26284f", "#a24d78", "#ffab76", "#c07b83", (0.86, 0.68, 0.74), "#ffd2a0", 0.55),
    "dawn": ("#5a6ca6", "#d9a9b4", "#fde6cb", "#e5c9c4", (1.0, 0.90, 0.88), "#fff0d8", 0.50),
    "night": ("#060a1c", "#122049", "#31507f", "#1e355f", (0.34, 0.42, 0.62), "#f4f1df", 0.22),
    "storm": ("#2f3a47", "#5a6873", "#98a5aa", "#84929a", (0.66, 0.70, 0.74), "#d9e2e6", 0.20),
    "fog": ("#93a0a8", "#b6c0c4", "#d8dcdb", "#ccd2d2", (0.86, 0.87, 0.87), "#f4f2ea", 0.30),
    # places whose light is their own
    "snowy day": ("#7f97b4", "#bccadb", "#eff3f7", "#dfe7ee", (0.98, 1.0, 1.04), "#ffffff", 0.30),
    "space": ("#04050e", "#0a0d22", "#141a3a", "#0b0f26", (0.85, 0.90, 1.0), "#dfe8ff", 0.25),
    "underwater": ("#8fe0df", "#1d7fa3", "#06304f", "#1f7f9f", (0.58, 0.86, 0.95), "#d8fff4", 0.02),
    "dark water": ("#2c6f8c", "#0d3f60", "#041b33", "#0c3a58", (0.34, 0.56, 0.72), "#b9ecff", 0.02),
}


def light_for(scene: Scene, seed: int = 0) -> Light:
    """The light of a scene.

    Args:
        scene: Its setting and time decide.
        seed: Chooses the side that the sun stands on.
    """
    time: Time = scene.time
    palette: str = time
    if scene.setting == "snow" and time == "day":
        palette = "snowy day"
    elif scene.setting == "space":
        palette = "space"
    elif scene.setting == "underwater":
        palette = "dark water" if time in ("night", "storm") else "underwater"
    zenith, mid, horizon, haze, ambient, key, height = _PALETTES[palette]
    # Never straight above the middle, where the subject would hide it.
    across = np.random.default_rng(seed).uniform(0.14, 0.36)
    return Light(
        time=time,
        zenith=rgb_of(zenith),
        mid=rgb_of(mid),
        horizon=rgb_of(horizon),
        haze=rgb_of(haze),
        ambient=np.array(ambient, np.float32),
        key=rgb_of(key),
        sun=(float(across if seed % 2 else 1 - across), height),
        night=time == "night" or palette in ("space", "dark water"),
    )

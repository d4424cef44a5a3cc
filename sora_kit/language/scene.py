"""What a piece of text shows, in the words of a film crew.

A `Scene` is the reading of one shot: where, when, what weather, who does what, how the camera sees
it, and which words were *not* understood. The animatic draws from it, prompt enhancement writes from
it, and the prompt panel shows it as chips, so that text and preview always agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ("Camera", "Framing", "Scene", "Setting", "Subject", "Time", "Weather")

Setting = Literal[
    "beach", "city", "desert", "forest", "interior", "meadow", "mountain", "ocean", "sky", "snow",
    "space", "street", "underwater", "stage",
]  # fmt: skip
"""Where it plays. ``stage`` is the neutral studio sweep, for a subject without a place."""

Time = Literal["day", "golden", "dusk", "dawn", "night", "storm", "fog"]
Weather = Literal["", "rain", "snow", "leaves", "petals", "fireflies", "confetti", "bubbles", "embers"]
Camera = Literal[
    "push in", "pull back", "pan left", "pan right", "tilt up", "tilt down", "track", "handheld",
    "orbit", "static",
]  # fmt: skip
Framing = Literal["wide", "medium", "close-up"]


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody or something in the shot."""

    noun: str
    """Canonical noun (``cat`` for kitten, kitty, 小猫), or an emoji name for the long tail (``violin``)."""

    word: str
    """As typed."""

    colour: str = ""
    """``#rrggbb`` from the prompt ("a red car"), or empty for the subject's own colour."""

    count: int = 1
    """How many, 1 to 5."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The reading of one shot."""

    text: str
    """The words that were read."""

    seconds: float = 0.0
    """Length of the shot; 0 for a still."""

    setting: Setting = "stage"
    time: Time = "day"
    weather: Weather = ""
    camera: Camera = "push in"
    framing: Framing = "medium"

    subjects: tuple[Subject, ...] = ()
    """At most three, in order of mention."""

    action: str = ""
    """What the first subject does, as an English verb stem (``run``), or empty."""

    said: frozenset[str] = frozenset()
    """Which of the fields were read from the text; the rest are defaults or carried over."""

    unread: tuple[str, ...] = ()
    """Content words that changed nothing in the picture, in order."""

    @property
    def understood(self) -> bool:
        """Whether the text gave a place or a subject; if not, a title card is honest."""
        return bool(self.subjects) or "setting" in self.said

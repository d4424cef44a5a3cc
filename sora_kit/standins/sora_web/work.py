"""Tasks, and where they stand at a moment.

Nothing runs in the background: a task has a start and three lengths, and its phase follows from the
time. A video is ``queued`` (progress null), ``running`` (0 to 1), then for a moment in no list at all
(``gap``), then ``done``: a draft. A picture has no gap, because it never leaves its one list.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ("Latency", "Phase", "Task")

Phase = Literal["queued", "running", "gap", "done"]

STUCK = 0.97
"""Progress that a task which never ends comes near."""


@dataclass(frozen=True, slots=True)
class Latency:
    """How long a task takes, in seconds of the stand-in's clock.

    Args:
        queue: Pending with progress null.
        render: Pending with progress from 0 to 1.
        gap: Neither pending nor a draft. Pictures have none.
        spread: Each task's lengths are drawn from ±this fraction, 0 to 1.
    """

    queue: float = 2.0
    render: float = 7.0
    gap: float = 1.0
    spread: float = 0.0

    def __post_init__(self) -> None:
        if min(self.queue, self.render, self.gap) < 0 or not 0 <= self.spread <= 1:
            raise ValueError("lengths are 0 or more seconds, and spread is 0 to 1")

    @classmethod
    def total(cls, seconds: float) -> Latency:
        """From submission to draft in ``seconds``: a fifth queued, a tenth of gap."""
        return cls(seconds * 0.2, seconds * 0.7, seconds * 0.1)

    def drawn(self, rng: random.Random) -> Latency:
        """The lengths of one task."""
        by = 1 + rng.uniform(-self.spread, self.spread)
        return Latency(self.queue * by, self.render * by, self.gap * by)


@dataclass(slots=True, eq=False)
class Task:
    """One accepted video or picture."""

    id: str
    kind: Literal["video", "image"]
    generation: str
    """Id of the draft or picture that it becomes."""

    created: float
    """Unix seconds."""

    latency: Latency
    body: dict[str, Any]
    """What was asked for, as sent."""

    width: int
    height: int
    seconds: float
    """Length of the video; 0 for pictures."""

    fates: frozenset[str] = frozenset()
    """Kinds of faults that decide how it goes on and ends."""

    cameos: list[dict[str, Any]] = field(default_factory=list)
    """Characters that its prompt mentions."""

    parent_post: str | None = None
    """The post that it remixes."""

    skew: float = 0.0
    """Seconds by which its times are told wrong."""

    @property
    def prompt(self) -> str:
        """The words that were sent."""
        return str(self.body.get("prompt") or self.body.get("user_prompt") or "")

    @property
    def ended(self) -> float:
        """When its result is there, in Unix seconds; infinite for one that never ends."""
        if "never_ends" in self.fates:
            return float("inf")
        gap = self.latency.gap if self.kind == "video" else 0.0
        return self.created + self.latency.queue + self.latency.render + gap

    def phase(self, now: float) -> Phase:
        """Where it stands."""
        age = now - self.created
        if age < self.latency.queue:
            return "queued"
        if "never_ends" in self.fates or age < self.latency.queue + self.latency.render:
            return "running"
        return "gap" if now < self.ended else "done"

    def busy(self, now: float) -> bool:
        """Whether it takes one of its account's places."""
        return self.phase(now) in {"queued", "running"}

    def progress(self, now: float) -> float | None:
        """0 to 1; null while queued."""
        phase = self.phase(now)
        if phase == "queued" or "progress_null" in self.fates:
            return None
        if phase != "running":
            return 1.0
        part = (now - self.created - self.latency.queue) / self.latency.render if self.latency.render else 1.0
        return round(min(part, STUCK if "never_ends" in self.fates else 1.0), 4)

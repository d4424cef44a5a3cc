"""How patient the engine is with hosted backends.

Values come from the workspace's settings (``engine.…``), so that every runner of a workspace uses the
same; what is not set there has the default below.
"""

from __future__ import annotations

from dataclasses import dataclass

from sora_kit.store import Settings

__all__ = ("Limits",)


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds."""

    video_seconds: float = 3000.0
    """A video that takes longer than this asks for a decision. Nothing is ordered again by itself."""

    image_seconds: float = 300.0
    other_seconds: float = 600.0
    """The same for pictures, and for texts and characters."""

    poll_seconds: float | None = None
    """Time between two looks at an account's tasks; None leaves it to the backend."""

    settle_seconds: float | None = None
    """After so long a call without an answer that is not found upstream never arrived; None leaves it
    to the backend. Shorter than a request can be under way, it risks to buy twice."""

    unreachable_seconds: float = 900.0
    """A lost answer whose fate cannot be asked for so long asks for a decision."""

    tries: int = 5
    """Tries of one call, counting failures of connection and backend only."""

    searched: int = 100
    """How many accounts are asked for a source that was never in this workspace, until one knows it."""

    busy_tries: int = 50
    """How often an account that is busy elsewhere is asked again."""

    pause_seconds: float = 2.0
    """After the first failure; doubled after each."""

    linger_seconds: float = 120.0
    """A cancelled task that still runs upstream keeps its slot for so long."""

    cancel_seconds: float = 1.0
    """Most time that stopping something upstream may take."""

    def of(self, kind: str) -> float:
        """The limit of a kind of request."""
        if kind == "image":
            return self.image_seconds
        return self.other_seconds if kind in ("enhance", "character") else self.video_seconds

    @classmethod
    def read(cls, settings: Settings) -> Limits:
        """The limits of a workspace.

        Raises:
            InvalidInput: One of them is not a positive number.
        """
        return settings.limits("engine", cls)

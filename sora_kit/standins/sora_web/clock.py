"""The time that the stand-in lives by.

Everything that depends on time (phases of tasks, quotas, tokens, signed links) asks one clock, so a day
of quota or three days of a link pass in a test by one call.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

__all__ = ("Clock", "iso")


class Clock:
    """A clock that begins with the real time and may run faster.

    Args:
        speed: Its seconds per real second; 0 stands still and only moves by `advance`.

    Raises:
        ValueError: ``speed`` is negative.
    """

    def __init__(self, speed: float = 1.0) -> None:
        if speed < 0:
            raise ValueError("a clock cannot run backwards")
        self.speed = speed
        self._start = time.time()
        self._origin = time.monotonic()
        self._skipped = 0.0

    def time(self) -> float:
        """Now, in Unix seconds."""
        return self._start + (time.monotonic() - self._origin) * self.speed + self._skipped

    def advance(self, seconds: float) -> None:
        """Skip some of its seconds.

        Raises:
            ValueError: ``seconds`` is negative.
        """
        if seconds < 0:
            raise ValueError("a clock cannot run backwards")
        self._skipped += seconds


def iso(seconds: float) -> str:
    """Unix seconds as ``2026-01-01T00:00:00Z``."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

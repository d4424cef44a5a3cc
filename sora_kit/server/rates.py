"""Requests a minute, counted by each server process for itself.

A key has a bucket that holds as many requests as it may send in a minute, and fills again steadily: a burst
up to the whole number is fine, and a steady sender is never refused. Counting in memory costs half a
microsecond; servers of one workspace do not add their counts, so behind a balancer of three a key may send
three times as many. Jobs at once and budgets hold across all processes (`sora_kit.store.allowance`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ("Rates", "Taken", "spoken")


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of asking for one more request."""

    limit: int
    """Requests a minute."""
    left: int
    """Requests that may follow at once."""
    full: float
    """Seconds until the whole minute's number is there again."""
    wait: float
    """Seconds until this one may be sent again; 0 if it may pass."""

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """As OpenAI has them."""
        return [
            (b"x-ratelimit-limit-requests", b"%d" % self.limit),
            (b"x-ratelimit-remaining-requests", b"%d" % self.left),
            (b"x-ratelimit-reset-requests", spoken(self.full).encode()),
        ]


class Rates:
    """The buckets of one process.

    Args:
        clock: Seconds, never going back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.buckets: dict[str, tuple[float, float]] = {}
        """Id of a key → requests that were left, and when."""

    def take(self, key: str, limit: int) -> Taken:
        """Take one request of a key that may send ``limit`` a minute."""
        now = self.clock()
        left, then = self.buckets.get(key, (float(limit), now))
        left = min(float(limit), left + (now - then) * limit / 60)
        wait = 0.0
        if left >= 1:
            left -= 1
        else:
            wait = (1 - left) * 60 / limit
        self.buckets[key] = (left, now)
        return Taken(limit, int(left), (limit - left) * 60 / limit, wait)


def spoken(seconds: float) -> str:
    """A span as OpenAI writes it: ``20ms``, ``1.5s``, ``6m0s``."""
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    if seconds < 60:
        return f"{round(seconds, 1):g}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest}s"

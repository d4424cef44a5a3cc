"""Counting requests: one dictionary, two additions for each.

A request is counted by its method, its route (the template, so that ids and strangers' paths make no new
rows) and its status, with the time to the first byte of the answer: a stream's end says nothing about the
server. The Prometheus client turns it into text when somebody asks (`sora_kit.server.metrics`).
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

__all__ = ("BOUNDS", "Meter", "Row")

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Upper ends of the classes of time, in seconds; pictures are answered when they are made."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNKNOWN = "other"


@dataclass(slots=True)
class Row:
    """What is known of requests of one kind."""

    seconds: float = 0.0
    """To the first byte, all together."""

    classes: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    """How many took up to each of `BOUNDS`, and longer than all."""

    @property
    def count(self) -> int:
        """How many there were."""
        return sum(self.classes)


class Meter:
    """The requests of one server since it began."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str, int], Row] = {}

    def count(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """Count one.

        Args:
            method: Its method.
            route: The template of its address; None where there is nothing.
            status: Of the answer; 0 if nobody waited for it.
            seconds: To its first byte.
        """
        key = (method if method in METHODS else UNKNOWN, route or UNKNOWN, status)
        if (row := self.rows.get(key)) is None:
            row = self.rows[key] = Row()
        row.seconds += seconds
        row.classes[bisect_left(BOUNDS, seconds)] += 1

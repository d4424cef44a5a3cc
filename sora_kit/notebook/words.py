"""Numbers and times as people say them: ``10 s``, ``2 min ago``, ``1.4 MB``."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ("ago", "clock", "count", "length", "short", "size")


def length(seconds: float) -> str:
    """A duration: ``4 s``, ``2.5 s``, ``3 min 20 s``, ``1 h 5 min``."""
    if seconds < 60:
        return f"{round(seconds, 1):g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def ago(moment: float, now: float) -> str:
    """How long ago, coarsely. Both in Unix seconds; a moment in the future counts as now."""
    passed = now - moment
    if passed < 10:
        return "just now"
    for limit, unit, name in ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h")):
        if passed < limit:
            return f"{int(passed // unit)} {name} ago"
    days = int(passed // 86_400)
    return "yesterday" if days == 1 else f"{days} days ago"


def clock(moment: float) -> str:
    """The exact time in the reader's zone, for hover texts."""
    return datetime.fromtimestamp(moment, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def size(octets: int) -> str:
    """File size in decimal units: ``812 kB``, ``1.4 MB``."""
    if octets < 1000:
        return f"{octets} B"
    if octets < 1_000_000:
        return f"{octets / 1000:.0f} kB"
    return f"{octets / 1_000_000:.1f} MB"


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 clip``, ``3 clips``; ``many`` for irregular plurals."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def short(text: str, limit: int = 80) -> str:
    """The text on one line, cut at a word where possible, with an ellipsis when it was cut."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    head = line[: limit - 1]
    at_word = head.rsplit(" ", 1)[0]
    return (at_word if len(at_word) > limit * 0.6 else head).rstrip(" ,.;:") + "…"

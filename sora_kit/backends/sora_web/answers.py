"""Reading JSON that somebody else wrote.

Nothing about an answer is taken for granted: a field may be missing, null or of another type. The
functions here walk a path and give the value if it is what was asked for, and a plain default if
not, so that no parser raises anything but the typed failures.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

__all__ = ("ahead", "at", "decode", "flag", "items", "moment", "number", "retry_after", "text", "whole")

MOST_TEXT = 20_000
"""Characters of one text that are kept."""

AGREED = 2.0


def decode(body: bytes) -> Any:
    """Read JSON.

    Raises:
        ValueError: It is none.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError("not JSON") from error


def at(data: Any, *path: str | int) -> Any:
    """The value at the end of a path of keys and indexes, or None."""
    for step in path:
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and 0 <= step < len(data):
            data = data[step]
        else:
            return None
    return data


def text(data: Any, *path: str | int) -> str:
    """A text without space around it; empty if there is none."""
    value = at(data, *path)
    return value[:MOST_TEXT].strip() if isinstance(value, str) else ""


def number(data: Any, *path: str | int) -> float | None:
    """A finite number, or None. True and False are no numbers."""
    value = at(data, *path)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        value = float(value)
    except OverflowError:
        return None
    return value if math.isfinite(value) else None


def whole(data: Any, *path: str | int) -> int | None:
    """A number, rounded down, or None."""
    value = number(data, *path)
    return None if value is None else math.floor(value)


def flag(data: Any, *path: str | int) -> bool:
    """Whether there is a true value, and it is the JSON value ``true``."""
    return at(data, *path) is True


def items(data: Any, *path: str | int) -> list[dict[str, Any]]:
    """The objects of a list; what is no object is left out."""
    value = at(data, *path)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def moment(data: Any, *path: str | int) -> float | None:
    """A time in Unix seconds, from a number or from ISO 8601 (UTC if it names no zone), or None."""
    if (seconds := number(data, *path)) is not None:
        return seconds
    try:
        read = datetime.fromisoformat(text(data, *path))
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that the header of that name asks to wait, at most a day, or None."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - now
        except (ValueError, TypeError, OverflowError, IndexError):
            return None
    return min(max(seconds, 0.0), 86_400.0) if math.isfinite(seconds) else None


def ahead(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds by which the clock that wrote the ``Date`` header is ahead of ours, or None.

    The header counts whole seconds and travels for a while, so clocks that agree to `AGREED` seconds
    count as the same.
    """
    try:
        seconds = parsedate_to_datetime(headers.get("date", "")).timestamp() - now
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return seconds if abs(seconds) > AGREED else 0.0

"""Byte ranges (RFC 9110, 14): one range is served, a malformed or multiple one gets the whole file."""

from __future__ import annotations

import re

__all__ = ("Unsatisfiable", "wanted")

_SPEC = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII | re.IGNORECASE)


class Unsatisfiable(Exception):
    """No byte of the file lies in the range: 416."""


def wanted(header: str | None, size: int) -> slice | None:
    """The bytes that a ``Range`` header asks for, of a file of ``size`` bytes; None for all.

    Raises:
        Unsatisfiable: The range begins behind the end, or is the last 0 bytes.
    """
    spec = _SPEC.fullmatch((header or "").replace(" ", ""))
    if spec is None or not (spec[1] or spec[2]):
        return None
    if not spec[1]:
        if not int(spec[2]):
            raise Unsatisfiable
        return slice(max(0, size - int(spec[2])), size)
    start, last = int(spec[1]), int(spec[2]) if spec[2] else size - 1
    if start >= size:
        raise Unsatisfiable
    return None if last < start else slice(start, min(last + 1, size))

"""Byte ranges and conditional requests (RFC 9110, sections 13 and 14), as pure functions.

Browsers play a video by asking for pieces of it: without 206 answers Chromium cannot seek and Safari
does not play at all. Litestar answers every ``Range`` with the whole file, so the rules stand here.
Media never change under their address, hence entity tags are strong and there are no dates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ("Slice", "Unsatisfiable", "matches", "wanted")

_SPEC = re.compile(r"\s*bytes\s*=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Slice:
    """The bytes ``start`` to ``stop - 1`` of a file."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def content_range(self, size: int) -> str:
        """The value of ``Content-Range`` for a file of ``size`` bytes."""
        return f"bytes {self.start}-{self.stop - 1}/{size}"


class Unsatisfiable(Exception):
    """No byte of the file lies in the range: answer 416."""


def wanted(header: str | None, size: int, *, if_range: str | None = None, etag: str = "") -> Slice | None:
    """What part of a file of ``size`` bytes a request asks for.

    Args:
        header: The ``Range`` header.
        size: Length of the file in bytes.
        if_range: The ``If-Range`` header: the range counts only if the file is still that one.
        etag: The file's entity tag with its quotes.

    Returns:
        The slice, or None for the whole file: no header, a malformed one, another unit, an ``If-Range``
        that does not match, or several ranges (a server may answer those with the whole).

    Raises:
        Unsatisfiable: The range begins behind the end, or asks for the last 0 bytes.
    """
    if header is None or (if_range is not None and if_range.strip() != etag):
        return None
    spec = _SPEC.fullmatch(header)
    if spec is None or not (spec[1] or spec[2]):
        return None
    if not spec[1]:
        suffix = int(spec[2])
        if not suffix or not size:
            raise Unsatisfiable
        return Slice(max(0, size - suffix), size)
    start = int(spec[1])
    last = int(spec[2]) if spec[2] else size - 1
    if spec[2] and last < start:
        return None  # malformed by the RFC, so it is as if it were not there
    if start >= size:
        raise Unsatisfiable
    return Slice(start, min(last + 1, size))


def matches(header: str | None, etag: str) -> bool:
    """Whether ``If-None-Match`` names the entity tag (compared weakly, as for GET and HEAD)."""
    if header is None:
        return False
    names = [name.strip().removeprefix("W/") for name in header.split(",")]
    return "*" in names or etag in names

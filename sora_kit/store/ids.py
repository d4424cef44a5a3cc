"""Identifiers: a prefix that says what it is, then 26 characters that sort by time of creation.

The layout is that of a ULID (48 bits of milliseconds, 80 more bits, Crockford's base 32, lower case), so
that ``order by id`` is ``order by created``. The first ten of those 80 bits are the fraction of the
millisecond, because what one caller asks for in a row is to run in that order; the other 70 are random,
and nobody guesses a neighbour's id.
"""

from __future__ import annotations

import secrets
import time

__all__ = ("new_id", "new_token")

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str) -> str:
    """A fresh id such as ``job_01k9btrqrnen792yvt703dp0tq``."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    number = (((milliseconds << 10) | (rest * 1024 // 1_000_000)) << 70) | secrets.randbits(70)
    return f"{prefix}_" + "".join(ALPHABET[(number >> shift) & 31] for shift in range(125, -5, -5))


def new_token() -> str:
    """A path part of 128 random bits, for media addresses that need no key."""
    return secrets.token_urlsafe(16).replace("-", "x").replace("_", "y")

"""Identifiers in the shapes that the protocol shows. Clients treat them as opaque."""

from __future__ import annotations

import secrets

__all__ = ("file_id", "hex_id", "ulid", "user_id")

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def ulid(prefix: str, now: float) -> str:
    """``task_01k9btrqrnen792yvt703dp0tq``: 26 lower-case characters, the first 10 of them the time.

    Args:
        prefix: ``task_`` or ``gen_``.
        now: Unix seconds.
    """
    number = (int(now * 1000) << 80) | secrets.randbits(80)
    return prefix + "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def hex_id(prefix: str) -> str:
    """``s_690ce161c2488191a3476e9969911522``: 32 lower-case hexadecimal digits."""
    return prefix + secrets.token_hex(16)


def file_id() -> str:
    """``file_00000000`` and so on: the kind behind an asset pointer."""
    return "file_" + secrets.token_hex(12)


def user_id() -> str:
    """``user-`` and 24 letters and digits."""
    return "user-" + "".join(secrets.choice(_ALPHANUMERIC) for _ in range(24))

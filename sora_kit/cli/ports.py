"""Free ports."""

from __future__ import annotations

import ipaddress
import socket

from sora_kit.errors import ServerError

__all__ = ("is_free", "is_loopback", "next_free")

TRIES = 50


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now.

    Raises:
        ServerError: This machine has no such address.
    """
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise ServerError(
            f"There is no address {host!r} to listen on",
            why=str(error.strerror or error),
            fix="Use 127.0.0.1 for this machine only, or 0.0.0.0 for all networks",
            param="host",
        ) from error
    with socket.socket(family, kind, proto) as probe:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows would share a port that is in use
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:  # a port whose last connections are still closing is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError:
            return False
    return True


def next_free(host: str, port: int, *, taken: tuple[int, ...] = ()) -> int:
    """``port``, or the next one above it that is free and not in ``taken``.

    Raises:
        ServerError: None of the next fifty is free.
    """
    for candidate in range(port, min(port + TRIES, 65536)):
        if candidate not in taken and is_free(host, candidate):
            return candidate
    raise ServerError(
        f"No port from {port} to {port + TRIES - 1} is free on {host}",
        fix="Choose another with --port",
        param="port",
    )

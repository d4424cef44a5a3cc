"""Claiming a port.

The socket is bound *and* listening when `claim` returns, so a port that it reports belongs to this
process: with ``SO_REUSEADDR`` two processes may both bind an idle port, and only ``listen`` decides.
It is made with ``IPPROTO_TCP`` because asyncio switches Nagle's algorithm off only for sockets that say
so; otherwise every keep-alive request waits 44 ms for an acknowledgement.
"""

from __future__ import annotations

import errno
import os
import socket
import sys

from sora_kit.errors import ServerError

__all__ = ("claim", "is_loopback")

_TRIES = 50
"""How many ports after the wanted one are tried."""

_BACKLOG = 2048
_WSAEACCES = 10013  # Windows: the port is held exclusively by somebody else


def claim(host: str, port: int, *, fallback: bool) -> socket.socket:
    """A listening socket.

    Args:
        host: Name or address of this machine, ``127.0.0.1`` for local use only, ``0.0.0.0`` for all.
        port: 0 to 65535; 0 lets the system choose.
        fallback: Take one of the next ports when the wanted one is taken.

    Raises:
        ServerError: The port is taken (and ``fallback`` is false), may not be used, or the address is
            not one of this machine.
    """
    if not 0 <= port <= 65535:
        raise ServerError(
            f"{port} is not a port", why="Ports go from 0 to 65535", fix="Try port=8000", param="port"
        )
    family, address = _resolve(host)
    last = min(port + _TRIES, 65535) if fallback and port else port
    for candidate in range(port, last + 1):
        try:
            return _listen(family, address, candidate)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, _WSAEACCES):
                raise _explained(error, host, candidate) from error
    if last == port:
        raise ServerError(
            f"Port {port} is taken",
            why="Another program, perhaps another sora_kit, listens there",
            fix=f"Stop that program, or use another port, for example port={min(port + 1, 65535)} "
            "or port=0 for any free one",
            param="port",
        )
    raise ServerError(
        f"Ports {port} to {last} are all taken", fix="Use port=0 for any free one", param="port"
    )


def is_loopback(host: str) -> bool:
    """Whether an address can only be reached from this machine."""
    return host.startswith("127.") or host in {"::1", "localhost", "::ffff:127.0.0.1"}


def _resolve(host: str) -> tuple[socket.AddressFamily, str]:
    """Family and numeric address; IPv4 first, because "localhost" is asked for as 127.0.0.1."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise ServerError(
            f"{host} is not an address of this machine",
            fix="Use 127.0.0.1 for this machine only, or 0.0.0.0 for all its networks",
            param="host",
        ) from error
    family, _, _, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return family, str(address[0])


def _listen(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform == "win32":  # there, SO_REUSEADDR would let us steal a port that is in use
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        elif os.name == "posix":  # a port of a server that just stopped is free
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def _explained(error: OSError, host: str, port: int) -> ServerError:
    if error.errno == errno.EACCES:
        return ServerError(
            f"Port {port} may not be used",
            why="Ports below 1024 are kept for the system",
            fix="Use a port from 1024 on, for example 8000",
            param="port",
        )
    return ServerError(
        f"{host} cannot be listened on",
        why=error.strerror or "",
        fix="Use 127.0.0.1 for this machine only, or 0.0.0.0 for all its networks",
        param="host",
    )

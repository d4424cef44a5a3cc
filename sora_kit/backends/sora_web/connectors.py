"""Connections for aiohttp that ask before a request leaves.

aiohttp tells how a call failed, not how far it had come. Between getting a connection (with all
handshakes behind it) and the first byte of the request there is one place in it, the end of
`connect`: there the call's `Leaving` is asked, and from there on the request may have been accepted.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar

import aiohttp
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from aiohttp_socks import ProxyConnector

__all__ = ("Direct", "Leaving", "Socks", "leaving")


class Leaving:
    """How far a call came.

    Args:
        guard: Called immediately before the first byte of the request leaves. What it raises stops the
            request, and comes out of the call as it is.
    """

    def __init__(self, guard: Callable[[], None] | None = None) -> None:
        self.sent = False
        """Its first byte was let go, so that it may have been accepted."""

        self.stopped: Exception | None = None
        """What the guard raised."""

        self._guard = guard

    def go(self) -> None:
        """Let the request go, unless the guard stops it."""
        if self._guard is not None:
            try:
                self._guard()
            except Exception as error:
                self.stopped = error
                raise
        self.sent = True


_CALL: ContextVar[Leaving] = ContextVar("call")


@contextlib.contextmanager
def leaving(guard: Callable[[], None] | None = None) -> Iterator[Leaving]:
    """Watch the call that this task makes inside the block."""
    call = Leaving(guard)
    token = _CALL.set(call)
    try:
        yield call
    finally:
        _CALL.reset(token)


class Direct(aiohttp.TCPConnector):
    """Connections to a host, or to the HTTP proxy in between."""

    async def connect(
        self,
        req: ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 (aiohttp's own signature)
    ) -> Connection:
        """A connection on which the request goes out at once."""
        connection = await super().connect(req, traces, timeout)
        try:
            _CALL.get().go()
        except BaseException:
            connection.release()
            raise
        return connection


class Socks(Direct, ProxyConnector):
    """The same through a SOCKS5 proxy, which looks the names up."""

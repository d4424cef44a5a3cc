"""Connections for httpcore on plain asyncio streams.

httpcore speaks to the network through one small interface. Its usual implementation goes through anyio,
so that it also runs on trio, and half of the time of a short call goes there. We run on asyncio alone.
"""

# ruff: noqa: ASYNC109 (time limits are arguments of httpcore's interface)

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx
from aiohappyeyeballs import start_connection

__all__ = ("Streams", "Transport")

BUFFER = 256 * 1024
"""Bytes that are read ahead; results are megabytes."""

HEAD_START = 0.25
"""Seconds after which the next address of a host is tried beside the first."""


class Stream(httpcore.AsyncNetworkStream):
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes; none at the end."""
        with told(httpcore.ReadTimeout, httpcore.ReadError):
            async with asyncio.timeout(timeout):
                return await self.reader.read(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send bytes."""
        with told(httpcore.WriteTimeout, httpcore.WriteError):
            self.writer.write(buffer)
            async with asyncio.timeout(timeout):
                await self.writer.drain()

    async def aclose(self) -> None:
        """Close it at once: what was not sent by now never is."""
        self.writer.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """The same connection, encrypted from now on."""
        with told(httpcore.ConnectTimeout, httpcore.ConnectError):
            try:
                async with asyncio.timeout(timeout):
                    await self.writer.start_tls(ssl_context, server_hostname=server_hostname)
            except BaseException:
                await self.aclose()
                raise
        return self

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks about a connection."""
        match info:
            case "is_readable":  # an idle connection that is has been closed by the other side
                return self.reader.at_eof() or self.writer.is_closing()
            case "ssl_object":
                return self.writer.get_extra_info("ssl_object")
            case "client_addr":
                return self.writer.get_extra_info("sockname")
            case "server_addr":
                return self.writer.get_extra_info("peername")
            case "socket":
                return self.writer.get_extra_info("socket")
        return None


class Streams(httpcore.AsyncNetworkBackend):
    """Opens connections."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 (httpx was not told to use one)
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to a host, by whichever of its addresses answers."""
        with told(httpcore.ConnectTimeout, httpcore.ConnectError):
            async with asyncio.timeout(timeout):
                where = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
                connected = await start_connection(where, happy_eyeballs_delay=HEAD_START)
                try:
                    reader, writer = await asyncio.open_connection(sock=connected, limit=BUFFER)
                except BaseException:
                    connected.close()
                    raise
        for option in socket_options or ():
            writer.get_extra_info("socket").setsockopt(*option)
        return Stream(reader, writer)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class Transport(httpx.AsyncHTTPTransport):
    """httpx's transport, on these connections."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._pool._network_backend = Streams()  # noqa: SLF001 (httpx has no way to give it; tested)


@contextmanager
def told(late: type[Exception], failed: type[Exception]) -> Iterator[None]:
    """Turn what asyncio raises into what httpcore does."""
    try:
        yield
    except TimeoutError as error:
        raise late(str(error)) from error
    except (OSError, EOFError) as error:
        raise failed(str(error)) from error

"""Loopback parts for the tests of the Sora web wire: a scripted upstream and two kinds of proxy.

All are plain asyncio. The upstream replays replies by (method, path) and notes what came on which
connection; the proxies note every target that was asked of them, and resolve all names to loopback.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

REASONS = {200: "OK", 201: "Created", 204: "No Content"}


@dataclass
class Seen:
    """One request as it came."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    connection: int

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    """What to answer; ``raw`` replaces everything and then the connection is closed."""

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    reset: bool = False
    delay: float = 0.0

    def encoded(self) -> bytes:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        head = {"Content-Type": "application/json", **self.headers}
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'X')}"]
        lines += [f"{name}: {value}" for name, value in head.items()]
        if self.status != 204:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode() + (b"" if self.status == 204 else body)


Answering = Reply | Callable[[Seen], Reply]


class Server:
    """Something that listens on loopback and closes its connections at the end."""

    def __init__(self) -> None:
        self.port = 0
        self.connections = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def running(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[Any]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        self.connections += 1
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                await self.talk(reader, writer, self.connections)
        except asyncio.CancelledError:
            pass  # the end of the test; asyncio's server would complain about it
        finally:
            self._tasks.discard(task)
            writer.close()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        raise NotImplementedError


async def head_of(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]]:
    """Method, target and headers (names in lower case)."""
    raw = await reader.readuntil(b"\r\n\r\n")
    first, *rest = raw.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    return method, target, {k.lower(): v for k, v in (line.split(": ", 1) for line in rest if line)}


async def body_of(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int((await reader.readline()).strip(), 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readexactly(2)
        return body
    return await reader.readexactly(int(headers.get("content-length", "0")))


class Upstream(Server):
    """Replays replies; what is unknown is 404."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Seen] = []
        self.replies: dict[tuple[str, str], list[Answering]] = defaultdict(list)

    def on(self, method: str, path: str, *replies: Answering) -> None:
        """Answer with these, one after the other; the last one stays."""
        self.replies[method, path] = list(replies)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/backend"

    @property
    def last(self) -> Seen:
        return self.seen[-1]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        while True:
            method, target, headers = await head_of(reader)
            path, _, query = target.partition("?")
            seen = Seen(method, path, query, headers, await body_of(reader, headers), number)
            self.seen.append(seen)
            known = self.replies.get((method, path))
            reply: Answering = Reply({"error": {"message": "Not found"}}, 404)
            if known:
                reply = known.pop(0) if len(known) > 1 else known[0]
            if callable(reply):
                reply = reply(seen)
            if reply.delay:
                await asyncio.sleep(reply.delay)
            if reply.reset:
                writer.transport.abort()
                return
            writer.write(reply.encoded() if reply.raw is None else reply.raw)
            await writer.drain()
            if reply.raw is not None:
                return


class Proxy(Server):
    """Notes the targets that were asked of it."""

    def __init__(self, password: str = "") -> None:
        super().__init__()
        self.password = password
        self.targets: list[tuple[str, int]] = []
        self.stuck = False
        self.garbage = b""

    async def pipe(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, first: bytes = b""
    ) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        there_writer.write(first)

        async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            with contextlib.suppress(ConnectionError):
                while piece := await source.read(65_536):
                    sink.write(piece)
                    await sink.drain()
            sink.close()

        try:
            await asyncio.gather(copy(reader, there_writer), copy(there_reader, writer))
        finally:
            there_writer.close()


class Socks5(Proxy):
    """A SOCKS5 proxy with optional user name (``user``) and password."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        _, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        if self.stuck:
            await asyncio.sleep(60)
        if self.garbage:
            writer.write(self.garbage)
            await writer.drain()
            return
        wanted = 2 if self.password else 0
        writer.write(bytes([5, wanted if wanted in methods else 0xFF]))
        if wanted not in methods:
            return
        if self.password:
            _, size = await reader.readexactly(2)
            user = await reader.readexactly(size)
            password = await reader.readexactly((await reader.readexactly(1))[0])
            good = (user, password) == (b"user", self.password.encode())
            writer.write(bytes([1, 0 if good else 1]))
            if not good:
                return
        _, _, _, kind = await reader.readexactly(4)
        if kind == 1:
            host = ".".join(map(str, await reader.readexactly(4)))
        else:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        port = int.from_bytes(await reader.readexactly(2), "big")
        self.targets.append((host, port))
        writer.write(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        await self.pipe(reader, writer, port)


class Connect(Proxy):
    """An HTTP proxy: tunnels for https, forwarding for http. It notes tunnels and forwarded requests."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        while True:
            method, target, headers = await head_of(reader)
            if self.password and "proxy-authorization" not in headers:
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            if method == "CONNECT":
                host, _, port = target.rpartition(":")
                self.targets.append((host, int(port)))
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await self.pipe(reader, writer, int(port))
                return
            place, _, rest = target.removeprefix("http://").partition("/")
            host, _, port = place.rpartition(":")
            self.targets.append((host, int(port)))
            body = await body_of(reader, headers)
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", int(port))
            lines = [f"{method} /{rest} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
            there_writer.write("\r\n".join(lines).encode("latin-1") + body)
            raw = await there_reader.readuntil(b"\r\n\r\n")
            fields = dict(
                line.lower().split(": ", 1) for line in raw.decode("latin-1").split("\r\n")[1:] if line
            )
            writer.write(raw + await there_reader.readexactly(int(fields.get("content-length", "0"))))
            await writer.drain()
            there_writer.close()

"""Connections that cannot be held for ever, and requests that cannot be endless.

uvicorn waits for a request's headers as long as its client likes, and with its fast parser takes as many of
them as come. `Guard` sits between uvicorn's protocols and the socket and ends what goes over a limit
(`sora_kit.server.limits`):

    headers too long, too many              431
    headers too slow                        408
    a body too slow                         408, or a cut if the answer has begun
    an answer that nobody reads             a cut
    more connections than are served        503, before anything is read

What clients ask most is answered here, too, if uvicorn's fast parser is installed (`sora_kit.server.quick`).

One timer a connection at most, and none while a handler works: a player that reads and a stream that waits
cost nothing. Refusals are OpenAI's envelope and are not logged, as nobody knows yet who asks.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import h11
import msgspec
from uvicorn.protocols.http.h11_impl import H11Protocol

from sora_kit.server.envelope import Problem
from sora_kit.server.limits import Limits

try:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
except ImportError:  # only with `uvicorn[standard]`
    HttpToolsProtocol = None  # type: ignore[assignment, misc]

if TYPE_CHECKING:
    from asyncio import Transport

__all__ = ("Guard", "guarded")

SLOW = Problem(408, "The request took too long to arrive. Send it without pauses.", "request_timeout")
LARGE = Problem(
    431, "The request's headers are too large or too many. Send fewer or shorter ones.", "headers_too_large"
)
INVALID = Problem(400, "This is no HTTP request. Send HTTP/1.1.", "invalid_request")
BUSY = Problem(
    503, "The server has too many open connections. Try again in a while.", "too_many_connections",
    headers={"retry-after": "5"},
)  # fmt: skip

Front = Callable[[Mapping[str, Any]], tuple[bytes, bytes] | None]
"""Takes the scope of a ``GET`` and returns head and body of its answer, or None."""

REASONS = {400: "Bad Request", 408: "Request Timeout", 431: "Request Header Fields Too Large",
           503: "Service Unavailable"}  # fmt: skip


class Guard(asyncio.Protocol):
    """The part that both of uvicorn's protocols share; see the module. A mixin, before one of them."""

    limits: Limits
    most: int
    """Connections at a time."""

    front: Front | None = None

    transport: Any
    cycle: Any
    flow: Any
    connections: set[Any]
    loop: asyncio.AbstractEventLoop

    refusal: Problem = INVALID
    timer: asyncio.TimerHandle | None = None
    stuck: asyncio.TimerHandle | None = None
    head: int = 0
    """Bytes of the headers that are coming."""

    begun: float = 0.0
    last: float = 0.0
    received: int = 0
    """Of the body that is coming: when it began, when the last piece came, how much there is."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        # uvicorn's own log of requests has whole addresses, and what somebody put into their queries
        self.access_log = False

    # what is coming in; each protocol knows in its own way

    def in_head(self) -> bool:
        """Whether a request has begun and its headers have not ended."""
        raise NotImplementedError

    def in_body(self) -> bool:
        """Whether a body is coming."""
        raise NotImplementedError

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """A client connects."""
        super().connection_made(transport)
        if len(self.connections) > self.most:
            self.refuse(BUSY)
        else:
            self.timer = self.loop.call_later(self.limits.head_seconds, self.late)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self.forget()
        if self.stuck is not None:
            self.stuck.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Something came."""
        if self.transport.is_closing():
            return
        before = self.in_body()
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self.in_head():
            self.head += len(data)
            if self.head > self.limits.head_bytes:
                self.refuse(LARGE)
            elif self.timer is None:
                self.timer = self.loop.call_later(self.limits.head_seconds, self.late)
            return
        self.head = 0
        if not self.in_body():
            self.forget()
            return
        self.last = time.monotonic()
        if not before:
            self.forget()
            self.begun, self.received = self.last, 0
            self.timer = self.loop.call_later(self.limits.stall_seconds, self.look)
        self.received += len(data)

    def late(self) -> None:
        """The headers have not come in time."""
        self.timer = None
        if self.head or self.in_head():
            self.refuse(SLOW)
        else:
            self.transport.close()  # nothing was ever asked

    def look(self) -> None:
        """See whether the body still comes."""
        self.timer = None
        if self.transport.is_closing() or not self.in_body():
            return
        now, stall = time.monotonic(), self.limits.stall_seconds
        if self.flow.read_paused:  # it is the handler who does not take it
            self.last = now
            self.begun += stall
        elif now - self.last >= stall or (now - self.begun - stall) * self.limits.body_rate > self.received:
            if self.cycle is not None and self.cycle.response_started:
                self.transport.abort()
            else:
                self.refuse(SLOW)
            return
        self.timer = self.loop.call_later(max(0.01, self.last + stall - now), self.look)

    def pause_writing(self) -> None:
        """The client does not read what it gets."""
        super().pause_writing()
        if self.stuck is None:
            self.stuck = self.loop.call_later(self.limits.stall_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """It does again."""
        if self.stuck is not None:
            self.stuck.cancel()
            self.stuck = None
        super().resume_writing()

    def forget(self) -> None:
        """Nothing is waited for."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words
        """What uvicorn calls for a request that its parser refuses."""
        self.refuse(self.refusal)

    def refuse(self, problem: Problem) -> None:
        """Answer without the application, and close."""
        self.forget()
        body = msgspec.json.encode(problem.body())
        lines = [
            f"HTTP/1.1 {problem.status} {REASONS[problem.status]}",
            "content-type: application/json",
            f"content-length: {len(body)}",
            "cache-control: no-store",
            "x-content-type-options: nosniff",
            "connection: close",
            *(f"{name}: {value}" for name, value in problem.headers.items()),
        ]
        self.transport.write("\r\n".join([*lines, "", ""]).encode() + body)
        self.transport.close()


class GuardedH11(Guard, H11Protocol):
    """The guard over h11, which limits only headers that have not ended."""

    def data_received(self, data: bytes) -> None:
        """Something came."""
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            head, end, _ = (self.conn.trailing_data[0] + data).partition(b"\r\n\r\n")
            if len(head) > self.limits.head_bytes or (end and head.count(b"\r\n") > self.limits.headers):
                self.refuse(LARGE)
                return
        super().data_received(data)

    def in_head(self) -> bool:
        """Bytes are there, and no request."""
        return self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])

    def in_body(self) -> bool:
        """The request is not whole."""
        return self.conn.their_state is h11.SEND_BODY


if HttpToolsProtocol is not None:

    class GuardedHttpTools(Guard, HttpToolsProtocol):
        """The guard over httptools, which limits nothing."""

        place = "idle"
        named = 0
        """Bytes of the headers that the parser has told, trailers included."""

        joined: ClassVar[tuple[list[tuple[bytes, bytes]], bytes]] = ([], b"")
        """The last headers of every answer, and what became of them."""

        answered = False
        """Whether the request that comes was answered without the application."""

        def in_head(self) -> bool:
            """A request has begun."""
            return self.place == "head"

        def in_body(self) -> bool:
            """The request is not whole."""
            return self.place == "body"

        def on_message_begin(self) -> None:
            """The first byte of a request."""
            self.place, self.named = "head", 0
            super().on_message_begin()

        def on_url(self, url: bytes) -> None:
            """A piece of its address."""
            self.count(len(url))
            super().on_url(url)

        def on_header(self, name: bytes, value: bytes) -> None:
            """A header, or one behind the body."""
            self.count(len(name) + len(value) + 4)
            if self.place == "head":  # uvicorn would add a trailer to the headers that handlers see
                super().on_header(name, value)

        def on_headers_complete(self) -> None:
            """There are no more."""
            if len(self.headers) > self.limits.headers:
                self.refusal = LARGE
                raise ValueError("too many headers")
            self.place = "body"
            if self.parser.get_method() == b"GET" and self.free():
                self.answered = self.answer()
            if not self.answered:
                self._unset_keepalive_if_required()  # an answer in the same piece of data may have set it
                super().on_headers_complete()

        def on_message_complete(self) -> None:
            """The request is whole."""
            self.place = "idle"
            if not self.answered:
                super().on_message_complete()
                return
            self.answered = False
            self.on_response_complete()

        def free(self) -> bool:
            """Whether an answer may be written now: it is this request's turn, and its client reads."""
            return (
                (self.cycle is None or self.cycle.response_complete)
                and not self.flow.write_paused
                and self.parser.should_keep_alive()
                and self.parser.get_http_version() == "1.1"
                and not self.transport.is_closing()
            )

        def answer(self) -> bool:
            """Write an answer that needs no application; whether there was one."""
            scope: Any = self.scope
            scope["path"] = self.url.decode("ascii", "replace")
            if self.front is None or (found := self.front(scope)) is None:
                return False
            head, body = found
            self.transport.write(b"".join((head, self.common(), b"\r\n", body)))
            return True

        def common(self) -> bytes:
            """The headers of every answer, as they go over the wire; uvicorn makes new ones each second."""
            headers, joined = self.joined
            if headers is not self.server_state.default_headers:
                headers = self.server_state.default_headers
                joined = b"".join(b"%b: %b\r\n" % pair for pair in headers)
                type(self).joined = (headers, joined)
            return joined

        def count(self, size: int) -> None:
            """Stop the parser at the limit."""
            self.named += size
            if self.named > self.limits.head_bytes:
                self.refusal = LARGE
                raise ValueError("headers too large")


def guarded(limits: Limits, front: Front | None = None) -> type[asyncio.Protocol]:
    """The fastest of uvicorn's protocols that is installed, with these limits.

    Args:
        limits: How much is taken.
        front: Finds answers that need no application; see `sora_kit.server.quick`.
    """
    base: type[Guard] = GuardedH11 if HttpToolsProtocol is None else GuardedHttpTools
    own = {"limits": limits, "most": limits.open_at_once(), "front": staticmethod(front) if front else None}
    return type(base.__name__, (base,), own)

"""What happens around each request: an id, a clock and a row in the request log.

`Tracing` is plain ASGI around the whole Litestar application, so that answers made before any route
was found (404, CORS) are traced too. Handlers fill in what they learn (owner, job, model, body) through
`trace_of`. The row is given away just before the last piece of the answer leaves, so whoever has the
answer finds its row; one task writes what has gathered a few times a second, off the loop, where
secrets and media are masked too. Headers and queries are never written.

Of an answer no more is held than is kept: the beginning of a text, the last part of a stream, and of
media their type and size.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import operator
import random
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from litestar.enums import ScopeType

from sora_kit.errors import SoraKitError
from sora_kit.server.meter import Meter
from sora_kit.server.sockets import is_loopback
from sora_kit.store.masking import mask, size_word
from sora_kit.store.requests import Answered

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Message, Receive, Scope, Send

    from sora_kit.server.quick import Quick
    from sora_kit.studio import Studio

__all__ = ("SUMMARY", "Trace", "Tracing", "client_address", "trace_of")

log = logging.getLogger("sora_kit.server")

LOGGED = ("/v1/", "/admin/")
"""Paths under these leave a row."""

WRITE_SECONDS = 0.25
"""How long rows gather before they are written."""

SUMMARY = ("time", "method", "path", "status", "owner", "job", "model", "ms", "error")

LEFT = 499
"""Status of a request whose client left before it was answered, as nginx has it."""


def new_id() -> str:
    """An id of a request. It is no secret, and chance from the system would let other threads go first."""
    return f"req_{random.getrandbits(96):024x}"


@dataclass(slots=True)
class Trace:
    """Facts about one request, for its row in the log."""

    id: str = field(default_factory=new_id)
    started: float = field(default_factory=time.perf_counter)
    answered: float = 0.0
    """When the first byte of the answer left, by the same clock; 0 before."""

    status: int = 0
    owner: str = ""
    """Id of the API key."""

    job: str | None = None
    model: str | None = None
    error: str | None = None
    """Code of the error, if the request failed (a stream can fail after its status 200)."""

    asked: Any = field(default="", repr=False)
    """The body, without its media (`sora_kit.store.masking.outline`); `read_body` sets it."""

    headers: Iterable[tuple[bytes, bytes]] = ()
    """Headers for whatever is answered, besides its id."""


summary = operator.attrgetter(*SUMMARY)
"""What `Server.requests` tells of a request, in the order of `SUMMARY`."""


def trace_of(scope: Mapping[str, Any] | Scope) -> Trace:
    """The trace of a request's scope; a fresh one if the application runs without `Tracing`."""
    state = cast("dict[str, Any]", scope).setdefault("state", {})
    if (trace := state.get("sora_kit_trace")) is None:
        trace = state["sora_kit_trace"] = Trace()
    return cast("Trace", trace)


class Tracing:
    """ASGI middleware that gives every answer an ``x-request-id`` and a row in the log.

    Args:
        app: The application.
        studio: Whose log it is.
        recent: Where the last ``/v1`` requests are remembered, without bodies.
        quick: Finds answers that need no application.
        meter: Counts all requests.
    """

    def __init__(
        self,
        app: ASGIApp,
        studio: Studio,
        recent: deque[tuple[Any, ...]],
        quick: Quick | None = None,
        meter: Meter | None = None,
    ) -> None:
        self.app = app
        self.meter = meter or Meter()
        self.quick = quick
        self.studio = studio
        self.recent = recent
        self.writing: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, with its trace."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        # litestar rewrites scope["path"] while routing, so it is kept from before
        method, path = scope["method"], scope["path"]
        trace = trace_of(scope)
        written = method == "OPTIONS" or not path.startswith(LOGGED)
        # an answer of /admin is the log itself, or what can be asked again
        heard = Heard(self.studio.requests.body_limit if not written and path.startswith("/v1/") else 0)

        async def traced(message: Message) -> None:
            nonlocal written
            if message["type"] == "http.response.start":
                trace.status = message["status"]
                trace.answered = time.perf_counter()
                own = (b"x-request-id", trace.id.encode())
                message["headers"] = [*message.get("headers", ()), *trace.headers, own]
                heard.begin(message["headers"])
            elif not written:
                heard.more(cast("bytes", message.get("body", b"")))
                if not message.get("more_body", False):
                    written = True
                    self._add(scope, method, path, trace, heard)
            await send(message)

        try:
            await self.app(scope, receive, traced)
        finally:
            if not written:  # the client left, maybe in the middle of a stream
                trace.error = trace.error or "client_left"
                trace.status = trace.status or LEFT
                self._add(scope, method, path, trace, heard)
            seconds = (trace.answered or time.perf_counter()) - trace.started
            self.meter.count(method, scope.get("path_template"), trace.status or LEFT, seconds)

    def at_once(self, scope: Mapping[str, Any]) -> tuple[bytes, bytes] | None:
        """Head and body of an answer that needs no application, counted and logged; else None.

        What was asked for is there then, so its path holds no secret.
        """
        started = time.perf_counter()
        try:
            found = self.quick.find(scope) if self.quick is not None else None
        except SoraKitError:
            return None  # the application meets it, too, and says so
        except Exception:  # the caller is a parser, which would take it for a bad request
            log.exception("An answer could not be looked up")
            return None
        if found is None:
            return None
        known = found.known
        seconds = time.perf_counter() - started
        if known.told is not None:
            row = Answered(
                method="GET",
                path=scope["path"],
                status=known.status,
                ms=round(seconds * 1000, 1),
                owner=found.owner,
                client=found.client,
                job=known.job,
                model=known.model,
                answered=known.told,
                masked=True,
            )
            self._keep(row)
        self.meter.count("GET", known.route, known.status, seconds)
        return b"%bx-request-id: %b\r\n" % (known.head, new_id().encode()), known.body

    def _add(self, scope: Scope, method: str, path: str, trace: Trace, heard: Heard) -> None:
        known = tuple(presented(scope))
        row = Answered(
            method=method,
            path=mask(path[:1000], known),
            status=trace.status,
            ms=round((time.perf_counter() - trace.started) * 1000, 1),
            owner=trace.owner,
            client=client_address(scope),
            job=trace.job,
            model=mask(trace.model, known) if trace.model else None,
            error=trace.error,
            asked=trace.asked,
            answered=heard.text(),
            answered_size=heard.whole,
            known=known,
        )
        self._keep(row)

    def _keep(self, row: Answered) -> None:
        if row.path.startswith("/v1/"):
            self.recent.append(summary(row))
        self.studio.requests.add(row)
        if self.writing is None or self.writing.done():
            self.writing = asyncio.get_running_loop().create_task(self._write_soon(), name="sora-kit-log")

    async def _write_soon(self) -> None:
        await asyncio.sleep(WRITE_SECONDS)
        await self._write()

    async def _write(self) -> None:
        try:
            # a write may have to wait for another process's write, so it is not done on the loop
            await asyncio.to_thread(self.studio.requests.flush)
        except Exception:  # a full disk must not turn finished answers into failures
            log.exception("The request log could not be written")

    async def aclose(self) -> None:
        """Write what is left."""
        if self.writing is not None:
            self.writing.cancel()
            await asyncio.wait({self.writing})
        await self._write()
        if self.quick is not None:
            self.quick.revisions.close()


class Heard:
    """What is kept of an answer while it goes by.

    Args:
        limit: Characters to keep; 0 keeps nothing.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.kind = ""
        self.size = 0
        self.kept = bytearray()

    @property
    def streamed(self) -> bool:
        """Whether its last part counts, and not its first."""
        return self.kind == "text/event-stream"

    @property
    def whole(self) -> int:
        """Bytes of the answer of which `text` is the beginning; 0 if it is not its beginning."""
        return self.size if self.kept and not self.streamed else 0

    def begin(self, headers: Any) -> None:
        """Look at the headers."""
        kind = next((value for name, value in headers if name.lower() == b"content-type"), b"")
        self.kind = kind.decode("latin-1").partition(";")[0].strip().lower()

    def more(self, data: bytes) -> None:
        """Look at a piece."""
        self.size += len(data)
        if not self.limit or not (self.kind.startswith("text/") or self.kind.endswith("json")):
            return
        if self.streamed:
            self.kept += data
            if len(self.kept) > 2 * self.limit:
                del self.kept[: -self.limit]
        elif (room := 4 * self.limit - len(self.kept)) > 0:  # masking shortens media that stand first
            self.kept += data[:room]

    def text(self) -> str:
        """The text that is kept, or a word for what is no text."""
        if not self.size or not self.limit:
            return ""
        if not self.kept:
            return f"<{self.kind or 'bytes'}, {size_word(self.size)}>"
        kept = bytes(self.kept)
        if self.streamed and self.size > self.limit:
            kept = kept[-self.limit :].partition(b"\n")[2]  # half a line may hold half a secret
            return "…\n" + kept.decode("utf-8", "replace")
        return kept.decode("utf-8", "replace")


def presented(scope: Scope) -> set[str]:
    """Whatever came as a credential, valid or not, in whole and in its parts."""
    found: set[str] = set()
    for name, value in scope["headers"]:
        if name.lower() in (b"authorization", b"x-api-key", b"api-key", b"cookie", b"proxy-authorization"):
            text = value.decode("latin-1").strip()
            found |= {text, text.partition(" ")[2].strip()}
            if name.lower() == b"cookie":
                found |= {pair.partition("=")[2].strip(' "') for pair in text.split(";")}
    return found


def client_address(scope: Mapping[str, Any] | Scope) -> str:
    """The address of who asks. ``X-Forwarded-For`` is believed from a proxy on this machine only."""
    peer = scope.get("client")
    host = str(peer[0]) if peer else ""
    if is_loopback(host):
        for name, value in scope["headers"]:
            if name.lower() == b"x-forwarded-for":
                # the last one is what the proxy itself saw; those before it are the client's claim
                claimed = value.decode("latin-1").rpartition(",")[2].strip()
                try:
                    return str(ipaddress.ip_address(claimed))
                except ValueError:
                    return host
    return host

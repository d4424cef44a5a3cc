"""What happens around each request: an id, a clock and a row in the request log.

`Tracing` is plain ASGI around the whole Litestar application, so that answers made before any route
was found (404, CORS) are traced too. Handlers fill in what they learn (owner, job, model) through
`trace_of`. The row is written just before the last piece of the answer leaves, so whoever has the
answer finds its row; headers, queries and bodies are never written.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from litestar.enums import ScopeType

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Message, Receive, Scope, Send

    from sora_kit.studio import Studio

__all__ = ("Trace", "Tracing", "trace_of")

log = logging.getLogger("sora_kit.server")


@dataclass(slots=True)
class Trace:
    """Facts about one request, for its row in the log."""

    id: str = field(default_factory=lambda: "req_" + secrets.token_hex(12))
    started: float = field(default_factory=time.perf_counter)
    status: int = 0
    owner: str = ""
    """Id of the API key."""

    job: str | None = None
    model: str | None = None
    error: str | None = None
    """Code of the error, if the request failed (a stream can fail after its status 200)."""


def trace_of(scope: Mapping[str, Any] | Scope) -> Trace:
    """The trace of a request's scope; a fresh one if the application runs without `Tracing`."""
    state = cast("dict[str, Any]", scope).setdefault("state", {})
    return cast("Trace", state.setdefault("sora_kit_trace", Trace()))


class Tracing:
    """ASGI middleware that gives every answer an ``x-request-id`` and every ``/v1`` request a row."""

    def __init__(self, app: ASGIApp, studio: Studio, recent: deque[dict[str, Any]]) -> None:
        self.app = app
        self.studio = studio
        self.recent = recent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, with its trace."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        # litestar rewrites scope["path"] while routing, so it is kept from before
        method, path = scope["method"], scope["path"]
        trace = trace_of(scope)
        written = method == "OPTIONS" or not path.startswith("/v1/")

        async def traced(message: Message) -> None:
            nonlocal written
            if message["type"] == "http.response.start":
                trace.status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", trace.id.encode())]
            elif not written and not message.get("more_body", False):
                written = True
                await self._write(method, path, trace)
            await send(message)

        try:
            await self.app(scope, receive, traced)
        finally:
            if not written:  # the client left in the middle of a stream
                trace.error = trace.error or "client_left"
                await self._write(method, path, trace)

    async def _write(self, method: str, path: str, trace: Trace) -> None:
        row: dict[str, Any] = {
            "method": method,
            "path": path,
            "status": trace.status,
            "owner": trace.owner,
            "job": trace.job,
            "model": trace.model,
            "ms": round((time.perf_counter() - trace.started) * 1000, 1),
        }
        self.recent.append({"time": time.time(), **row, "error": trace.error})
        try:
            # a write may have to wait for another process's write, so it is not done on the loop
            await asyncio.to_thread(self.studio.log_request, **row, error_code=trace.error)
        except Exception:  # a full disk must not turn a finished answer into a failure
            log.exception("The request log could not be written (%s)", trace.id)

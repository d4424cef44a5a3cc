"""``HEAD`` wherever there is ``GET`` under ``/v1``.

A ``HEAD`` is answered by the ``GET`` of its address, of which only the beginning is sent. Behind that the
handler sees a client that left, so that a file or a stream is not read to its end for nobody.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from litestar.enums import ScopeType

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ("Heads",)

PREFIX = "/v1/"


class Heads:
    """ASGI middleware that answers ``HEAD``.

    Args:
        app: The application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != ScopeType.HTTP or scope["method"] != "HEAD" or not _ours(scope):
            await self.app(scope, receive, send)
            return
        begun = asyncio.Event()

        async def beginning(message: Message) -> None:
            if begun.is_set():
                return
            await send(message)
            if message["type"] == "http.response.start":
                begun.set()
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        read = False

        async def asked() -> Any:
            nonlocal read
            if not read:
                read = True
                return await receive()
            await begun.wait()
            return {"type": "http.disconnect"}

        inner: dict[str, Any] = {**scope, "method": "GET"}
        try:
            await self.app(cast("Scope", inner), asked, beginning)
        finally:
            if (template := inner.get("path_template")) is not None:
                # whoever counts requests looks here for the route that was found
                cast("dict[str, Any]", scope)["path_template"] = template


def _ours(scope: Scope) -> bool:
    return str(scope["path"]).startswith(PREFIX)

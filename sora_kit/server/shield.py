"""What every answer carries and how every request ends, whoever answers.

`Shield` is plain ASGI around the application. It

- adds the headers that keep browsers from guessing, framing, leaking addresses and storing secrets. Media
  may be shown by any page: a notebook, Voilà and Jupyter are other origins;
- removes the request's files when it is over (`sora_kit.server.incoming.Spool`);
- lingers behind an answer that was given before the body had come: a connection that is closed on a
  client which still sends is reset, and the answer may be lost with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from litestar.enums import ScopeType

from sora_kit.server.incoming import Spool

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ("ANY", "Shield")

ANY = ("*",)
"""Every page may ask: nothing is granted by a cookie, so a page without a key gets nothing."""

LINGER_SECONDS = 5.0

Headers = list[tuple[bytes, bytes]]

ALL: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
PAGES: Headers = [
    *ALL,
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-frame-options", b"DENY"),
    (b"cache-control", b"no-store"),
]
ALONE = b"default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"
"""For a clip that is opened by itself: the browser makes a page around it."""

MEDIA: Headers = [
    *ALL,
    (b"content-security-policy", ALONE),
    (b"cross-origin-resource-policy", b"cross-origin"),
]

OPEN = b"access-control-allow-origin"


class Shield:
    """ASGI middleware; see the module.

    Args:
        app: The application.
        origins: Pages that may ask, as in `sora_kit.server.app.create_app`.
    """

    def __init__(self, app: ASGIApp, origins: Collection[str] = ANY) -> None:
        self.app = app
        self.closed = "*" not in origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        more = MEDIA if scope["path"].startswith("/media/") else PAGES
        whole = refused = False

        async def watched() -> Any:
            nonlocal whole
            message = await receive()
            whole = not cast("dict[str, Any]", message).get("more_body", False)
            return message

        async def shielded(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                refused = message["status"] == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
                message["headers"] = self.dressed(message.get("headers", ()), more)
            elif refused and not whole and not message.get("more_body", False):
                await send(cast("Message", {**message, "more_body": True}))
                await linger(scope, receive)
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        try:
            await self.app(scope, watched, shielded)
        finally:
            spool = scope["state"].get("sora_kit_spool")
            if isinstance(spool, Spool) and spool.folder is not None:
                await asyncio.to_thread(spool.close)

    def dressed(self, given: Any, more: Headers) -> Headers:
        """The headers of an answer with ours; what a handler chose stays."""
        found = [
            (name, value)
            for name, value in given
            # players' answers say so by themselves, before anybody could choose otherwise
            if not (self.closed and value == b"*" and name.lower() == OPEN)
        ]
        there = {name.lower() for name, _ in found}
        return [*found, *(pair for pair in more if pair[0] not in there)]


async def linger(scope: Scope, receive: Receive) -> None:
    """Read on for a moment and throw away."""
    if any(name == b"expect" for name, _ in scope["headers"]):
        return  # this client waits for leave to send, and has got its answer instead
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            while True:
                message: Any = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return

"""Where every call comes in: it is counted, recognised, and broken if a fault says so.

The gate reads the whole body first (so that a refusal reaches a client that still sends), finds out
whose call it is, and asks which faults act. Breaking the way needs the connection itself, which ASGI
does not give: it is looked up among uvicorn's, by the client's address.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import sys
from collections.abc import Callable, Iterable
from email.utils import formatdate
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any, cast

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from sora_kit.standins.sora_web.account import Account
from sora_kit.standins.sora_web.call import Call
from sora_kit.standins.sora_web.endpoints import ENDPOINTS
from sora_kit.standins.sora_web.refusals import CHALLENGE, REFUSALS, Refusal, refusal
from sora_kit.standins.sora_web.world import World

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

__all__ = ("SESSION_COOKIE", "Gate", "session_of")

SESSION_COOKIE = "__Secure-next-auth.session-token"

_OPEN = ("auth_session", "oauth_token", "media")
"""Endpoints that need no access token."""

_GUARDED = ("nf_create", "storyboard", "extension", "video_gen", "post_create")
"""Writes that carry ``openai-sentinel-token`` upstream."""

_ANYWHERE = ("me", "subscriptions", "bootstrap")
"""Endpoints that an account may use before it is onboarded."""

_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""On, for 0 seconds: closing the connection then resets it."""

Transports = Callable[[tuple[str, int]], Iterable[asyncio.Transport]]


class Gate(ASGIMiddleware):
    """The middleware of all routes of the protocol.

    Args:
        world: The state.
        transports: Open connections by the client's address.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, world: World, transports: Transports) -> None:
        self.world = world
        self.transports = transports

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let one call through, or not."""
        endpoint = cast("HTTPRouteHandler", scope["route_handler"]).name or ""
        if endpoint not in ENDPOINTS:  # the stand-in's own
            await next_app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        raw = await _read(receive)
        caller = self._caller(endpoint, headers, raw)
        email = caller.email if caller else None
        self.world.ledger.call(endpoint, email)
        faults = self.world.faults.due(email, endpoint)
        call = Call(self.world, endpoint, headers, raw, faults)
        wire = _Wire(call, scope, receive, send, self.transports)
        for fault in faults:
            if fault.kind == "slow":
                await asyncio.sleep(fault.seconds or 0)
        if call.has("connection_reset"):
            await wire.reset()
            return
        if call.has("html_instead_of_json"):
            await wire.answer(Refusal(200, CHALLENGE))
            return
        try:
            for fault in faults:
                if fault.kind in REFUSALS:
                    raise self._named(fault.kind, caller)
            call.who = self._admit(endpoint, headers)
        except Refusal as refused:
            await wire.answer(refused)
            return
        scope["state"]["call"] = call
        await next_app(scope, _replay(raw, receive), wire.send)
        await wire.end()

    def _caller(self, endpoint: str, headers: dict[str, str], raw: bytes) -> Account | None:
        """Whose call it seems to be, good token or not: for counting and for faults."""
        if endpoint == "auth_session":
            return self.world.by_session(session_of(headers))
        if endpoint == "oauth_token":
            with contextlib.suppress(ValueError, AttributeError):
                return self.world.by_refresh(str(json.loads(raw).get("refresh_token") or ""))
            return None
        return self.world.holder(_bearer(headers))

    def _admit(self, endpoint: str, headers: dict[str, str]) -> Account | None:
        if endpoint in _OPEN:
            return None
        account = self.world.authenticate(_bearer(headers))
        if account.country is not None:
            raise refusal("unsupported_country_code", param=account.country)
        if not account.onboarded and endpoint not in _ANYWHERE:
            raise refusal("unauthorized")
        if self.world.strict and endpoint in _GUARDED and not headers.get("openai-sentinel-token"):
            raise refusal("sentinel_block")
        return account

    def _named(self, kind: str, caller: Account | None) -> Refusal:
        """The refusal that a fault asks for, with the account's own numbers where it has any."""
        if kind == "rate_limit_exhausted" and caller and caller.quota.used:
            left = caller.quota.state(self.world.clock.time())["access_resets_in_seconds"]
            return refusal(kind, resets=left)
        return refusal(kind)


class _Wire:
    """The way back of one call."""

    def __init__(
        self, call: Call, scope: Scope, receive: Receive, send: Send, transports: Transports
    ) -> None:
        self.call = call
        self._client = scope.get("client")
        self._receive = receive
        self._send = send
        self._transports = transports
        self._start: Message | None = None
        self._parts: list[bytes] = []
        self._held = call.has("truncated_body") or call.has("cut_after_acceptance")

    async def send(self, message: Message) -> None:
        """Send on, with the stand-in's date; or hold back what a fault will cut."""
        if message["type"] == "http.response.start":
            now = self.call.now + self.call.skew
            message["headers"] = [*message["headers"], (b"date", formatdate(now, usegmt=True).encode())]
            self._start = message
        elif message["type"] == "http.response.body":
            self._parts.append(message["body"] if self._held else b"")
        if not self._held:
            await self._send(message)

    async def end(self) -> None:
        """Do what was held back for."""
        if not self._held or self._start is None:
            return
        if self.call.has("cut_after_acceptance"):
            await self.reset()
            return
        await self._send(self._start)
        whole = b"".join(self._parts)
        await self._send({"type": "http.response.body", "body": whole[: len(whole) // 2], "more_body": True})
        for transport in self._own():
            transport.close()  # what is written goes out first
        await self._gone()

    async def answer(self, refused: Refusal) -> None:
        """Send a refusal."""
        html = isinstance(refused.body, str)
        body = refused.body.encode() if isinstance(refused.body, str) else json.dumps(refused.body).encode()
        headers = [
            (b"content-type", b"text/html; charset=utf-8" if html else b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]
        await self.send({"type": "http.response.start", "status": refused.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body, "more_body": False})
        await self.end()

    async def reset(self) -> None:
        """Reset the connection: the client sees an error of the transport, not an end."""
        for transport in self._own():
            plain: socket.socket | None = transport.get_extra_info("socket")
            if plain is not None:
                with contextlib.suppress(OSError):  # it may have gone by itself
                    plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
            transport.abort()
        await self._gone()

    def _own(self) -> list[asyncio.Transport]:
        return list(self._transports(self._client)) if self._client else []

    async def _gone(self) -> None:
        """Return when uvicorn knows that the client is gone; before that it would complain."""
        while (await self._receive())["type"] != "http.disconnect":
            pass


def session_of(headers: dict[str, str]) -> str:
    """The session token in a call's cookies, or ""."""
    try:
        cookies: SimpleCookie = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies[SESSION_COOKIE].value if SESSION_COOKIE in cookies else ""


def _bearer(headers: dict[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def _read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message: Any = await receive()
        parts.append(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return b"".join(parts)


def _replay(raw: bytes, receive: Receive) -> Receive:
    """The body once more, then whatever the client does."""
    told = False

    async def again() -> Any:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": raw, "more_body": False}

    return again

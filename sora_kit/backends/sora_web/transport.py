"""Connections: one HTTP client for each account and proxy.

An account must never be seen from two addresses, and two accounts must never share a connection.
So every pair of account and proxy has an `httpx.AsyncClient` of its own with few connections. All
of them share one `SSLContext` (each costs a tenth of a second and some megabytes), and a client that
nobody used for a while is closed. Proxy settings of the environment and ``.netrc`` do not apply, no
cookie is kept, and nothing is repeated here: whether a call may be made again is the engine's decision.

httpx tells how a call failed, not how far it had come. httpcore's trace does: see `Progress`.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ssl
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpcore
import httpx

from sora_kit.backends.sora_web.streams import Transport
from sora_kit.errors import InvalidInput

__all__ = ("MEDIA", "QUICK", "UPLOAD", "WRITE", "Clients", "Patience", "Progress", "check_proxy")

PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one kind of call may take, in seconds."""

    total: float
    """From the first byte of the connection to the last of the answer, a proxy's handshake included."""

    silence: float
    """Without a single byte in either direction."""

    connect: float = 15.0

    def timeout(self) -> httpx.Timeout:
        """For httpx; the total is held by the caller."""
        return httpx.Timeout(self.silence, connect=self.connect, pool=self.total)


QUICK = Patience(total=30, silence=20)
"""Questions: accounts, lists, states."""

WRITE = Patience(total=60, silence=45)
"""Calls that start something."""

UPLOAD = Patience(total=300, silence=60)
"""Calls that carry a file."""

MEDIA = Patience(total=900, silence=30)
"""Results."""


_CONNECTED = frozenset({"connection.connect_tcp.complete", "socks.connect_tcp.complete"})
_LEAVING = frozenset({"http11.send_request_headers.started", "http11.send_request_body.started"})
_UNUSABLE = frozenset(
    {
        "socks.setup_socks5_connection.failed",
        *(f"{layer}.start_tls.failed" for layer in ("connection", "proxy", "socks")),
    }
)


class Progress:
    """How far a call came; pass `trace` as httpx's extension of that name.

    Args:
        guard: Called immediately before the first byte of the request leaves. What it raises stops the
            request, and comes out of the call as it is.
    """

    def __init__(self, guard: Callable[[], None] | None = None) -> None:
        self.sent = False
        """The end of the request was handed over, so that it may have been accepted."""

        self.stopped: Exception | None = None
        """What the guard raised."""

        self._guard = guard

        self._stream: httpcore.AsyncNetworkStream | None = None

    async def trace(self, event: str, info: dict[str, Any]) -> None:
        """Note one step of the connection."""
        if event in _CONNECTED:
            self._stream = info["return_value"]
        elif event in _UNUSABLE and self._stream is not None:
            # httpcore leaves it open when the handshake on it fails or is cut short.
            await self._stream.aclose()
        elif event in _LEAVING and info["request"].method != b"CONNECT":
            # A tunnel is opened by a request of its own, which reaches the proxy only.
            if event == "http11.send_request_body.started":
                self.sent = True
            elif self._guard is not None:
                try:
                    self._guard()
                except Exception as error:
                    self.stopped = error
                    raise


@dataclass(slots=True)
class _Slot:
    client: httpx.AsyncClient
    users: int = 0
    left: float = field(default_factory=time.monotonic)


class Clients:
    """The clients of all accounts. Belongs to the event loop that it is first used on.

    Args:
        tls: Certificates to trust instead of the usual ones (a closed network's own authority).
        idle: Seconds after which an unused client is closed.
        connections: Most connections of one account at a time.
    """

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, idle: float = 60.0, connections: int = 4
    ) -> None:
        self._tls = tls
        self._idle = idle
        self._limits = httpx.Limits(
            max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=idle
        )
        self._slots: dict[tuple[str, str], _Slot] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._closing: set[asyncio.Task[int]] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._slots)

    @contextlib.asynccontextmanager
    async def use(self, account: str, proxy: str = "") -> AsyncIterator[httpx.AsyncClient]:
        """The client of an account, which is not closed as long as the block runs.

        Args:
            account: Any word that names the account.
            proxy: ``http://``, ``https://``, ``socks5://`` or ``socks5h://`` URL, or empty for none.

        Raises:
            InvalidInput: The proxy is no such URL.
            RuntimeError: After `aclose`.
        """
        if self._closed:
            raise RuntimeError("These clients are closed")
        slot = self._slots.get((account, proxy))
        if slot is None:
            slot = self._slots[account, proxy] = _Slot(self._made(proxy))
        slot.users += 1
        try:
            yield slot.client
        finally:
            slot.users -= 1
            slot.left = time.monotonic()
            self._wake()

    async def close_idle(self) -> int:
        """Close the clients that nobody used for a while; done by itself, too.

        Returns:
            How many were closed.
        """
        line = time.monotonic() - self._idle
        gone = [key for key, slot in self._slots.items() if not slot.users and slot.left <= line]
        # Out of the table first: closing waits, and nobody may get a client that is about to close.
        for slot in [self._slots.pop(key) for key in gone]:
            await slot.client.aclose()
        return len(gone)

    async def aclose(self) -> None:
        """Close everything; calls under way fail."""
        self._closed = True
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._closing:
            await asyncio.wait(self._closing)
        slots = list(self._slots.values())
        self._slots.clear()
        for slot in slots:
            await slot.client.aclose()

    def _made(self, proxy: str) -> httpx.AsyncClient:
        tls = self._tls or _usual_trust()
        via = None
        if proxy:
            url = check_proxy(proxy)
            via = httpx.Proxy(url, ssl_context=tls if url.scheme == "https" else None)
        return httpx.AsyncClient(
            transport=Transport(verify=tls, proxy=via, limits=self._limits, trust_env=False),
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"User-Agent": "sora_kit"},
        )

    def _wake(self) -> None:
        """Look for idle clients some time after the last use, though nobody may call again."""
        if self._timer is None and not self._closed:
            self._timer = asyncio.get_running_loop().call_later(self._idle, self._look)

    def _look(self) -> None:
        self._timer = None
        task = asyncio.get_running_loop().create_task(self.close_idle())
        self._closing.add(task)
        task.add_done_callback(self._looked)

    def _looked(self, task: asyncio.Task[int]) -> None:
        self._closing.discard(task)
        if self._slots:
            self._wake()


def check_proxy(text: str) -> httpx.URL:
    """Read the URL of a proxy.

    Raises:
        InvalidInput: It is none; the text, which may hold a password, is not repeated.
    """
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL("")
    if url.scheme not in PROXY_SCHEMES or not url.host:
        raise InvalidInput(
            "The address of the proxy is not understood",
            why=f"It must begin with one of {', '.join(f'{scheme}://' for scheme in PROXY_SCHEMES)}",
            fix="Write it like socks5://user:password@host:1080",
            param="proxy",
        )
    return url


@functools.cache
def _usual_trust() -> ssl.SSLContext:
    """The public authorities, or those of ``SSL_CERT_FILE``."""
    return httpx.create_ssl_context()

"""Connections: one HTTP session for each account and proxy.

An account must never be seen from two addresses, and two accounts must never share a connection.
So every pair of account and proxy has an `aiohttp.ClientSession` of its own with few connections. All
of them share one `SSLContext` (each costs a tenth of a second and some megabytes), and a session that
nobody used for a while is closed. Proxy settings of the environment and ``.netrc`` do not apply and no
cookie is kept. Nothing that starts something is repeated here: whether such a call may be made again is
the engine's decision. (aiohttp asks a mere question once more if its kept connection was closed meanwhile.)

It is aiohttp because a gateway lives on these calls: one takes a fifth of the processor time that it
takes with httpx (0.25 against 1.3 ms, on kept connections).
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import yarl
from aiohttp_socks import ProxyType

from sora_kit.backends.sora_web.connectors import Direct, Socks
from sora_kit.errors import InvalidInput
from sora_kit.media.guarded import usual_trust

__all__ = ("MEDIA", "QUICK", "UPLOAD", "WRITE", "Clients", "Patience", "check_proxy")

PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")
SOCKS_PORT = 1080


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one kind of call may take, in seconds."""

    total: float
    """From the first byte of the connection to the last of the answer, a proxy's handshake included."""

    silence: float
    """Without a single byte of the answer, once the request is out."""

    connect: float = 15.0

    def timeout(self) -> aiohttp.ClientTimeout:
        """For aiohttp; the total is held by the caller."""
        return aiohttp.ClientTimeout(sock_connect=self.connect, sock_read=self.silence)


QUICK = Patience(total=30, silence=20)
"""Questions: accounts, lists, states."""

WRITE = Patience(total=60, silence=45)
"""Calls that start something."""

UPLOAD = Patience(total=300, silence=60)
"""Calls that carry a file."""

MEDIA = Patience(total=900, silence=30)
"""Results."""


@dataclass(slots=True)
class _Slot:
    session: aiohttp.ClientSession
    users: int = 0
    left: float = field(default_factory=time.monotonic)


class Clients:
    """The sessions of all accounts. Belongs to the event loop that it is first used on.

    Args:
        tls: Certificates to trust instead of the usual ones (a closed network's own authority).
        idle: Seconds after which an unused session is closed.
        connections: Most connections of one account at a time.
    """

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, idle: float = 60.0, connections: int = 4
    ) -> None:
        self._tls = tls
        self._idle = idle
        self._most = connections
        self._slots: dict[tuple[str, str], _Slot] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._closing: set[asyncio.Task[int]] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._slots)

    @contextlib.asynccontextmanager
    async def use(self, account: str, proxy: str = "") -> AsyncIterator[aiohttp.ClientSession]:
        """The session of an account, which is not closed as long as the block runs.

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
            yield slot.session
        finally:
            slot.users -= 1
            slot.left = time.monotonic()
            self._wake()

    async def close_idle(self) -> int:
        """Close the sessions that nobody used for a while; done by itself, too.

        Returns:
            How many were closed.
        """
        line = time.monotonic() - self._idle
        gone = [key for key, slot in self._slots.items() if not slot.users and slot.left <= line]
        # Out of the table first: closing waits, and nobody may get a session that is about to close.
        for slot in [self._slots.pop(key) for key in gone]:
            await slot.session.close()
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
            await slot.session.close()

    def _made(self, proxy: str) -> aiohttp.ClientSession:
        via = check_proxy(proxy) if proxy else None
        tls = self._tls or usual_trust()
        connector: aiohttp.TCPConnector
        if via is None or via.scheme.startswith("http"):
            connector = Direct(ssl=tls, limit=self._most, keepalive_timeout=self._idle)
        else:
            connector = Socks(
                proxy_type=ProxyType.SOCKS5,
                host=via.host or "",
                port=via.port or SOCKS_PORT,
                username=via.user,
                password=via.password,
                rdns=True,
                ssl=tls,
                limit=self._most,
                keepalive_timeout=self._idle,
            )
            via = None
        return aiohttp.ClientSession(
            connector=connector,
            proxy=via,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "sora_kit"},
            requote_redirect_url=False,
        )

    def _wake(self) -> None:
        """Look for idle sessions some time after the last use, though nobody may call again."""
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


def check_proxy(text: str) -> yarl.URL:
    """Read the URL of a proxy.

    Raises:
        InvalidInput: It is none; the text, which may hold a password, is not repeated.
    """
    try:
        url = yarl.URL(text)
        understood = url.scheme in PROXY_SCHEMES and bool(url.host) and url.port != 0
    except ValueError:
        understood = False
    if not understood:
        raise InvalidInput(
            "The address of the proxy is not understood",
            why=f"It must begin with one of {', '.join(f'{scheme}://' for scheme in PROXY_SCHEMES)}",
            fix="Write it like socks5://user:password@host:1080",
            param="proxy",
        )
    return url

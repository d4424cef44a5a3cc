"""Running a stand-in: a server in a thread of its own, beside tests or a command.

It has a loop of its own, so a blocking client in the same process cannot starve it, and both ``with``
and ``async with`` work.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from sora_kit.errors import ServerError
from sora_kit.standins.sora_web.account import Account, NewAccount, account_view
from sora_kit.standins.sora_web.clock import Clock
from sora_kit.standins.sora_web.faults import Fault
from sora_kit.standins.sora_web.work import Latency
from sora_kit.standins.sora_web.world import World

if TYPE_CHECKING:
    import uvicorn
    from litestar import Litestar

__all__ = ("SoraWebStandin",)

START_SECONDS = 10.0
STOP_SECONDS = 5.0
GRACE_SECONDS = 0.25
"""How long open answers may take to end by themselves."""


class SoraWebStandin:
    """A server that speaks the protocol of the Sora web backend.

    Use it in a ``with`` or ``async with`` statement, or call `start` and `stop`.

        async with SoraWebStandin(["a@example.com"], latency=2) as standin:
            standin.url                                     # http://127.0.0.1:40123
            standin.accounts["a@example.com"].access_token
            standin.fault("heavy_load", endpoint="nf_create", nth=1)

    Args:
        accounts: E-mails, or `NewAccount` for more than an e-mail.
        latency: From submission to draft in seconds, or a `Latency`.
        clock: Real time if None; ``Clock(speed=60)`` runs faster, ``Clock(speed=0)`` only when told.
        host: Address to listen on.
        port: 0 takes any free one.
        concurrency: Videos that one account may have running.
        token_seconds: Life of an access token.
        media_seconds: Life of a signed link.
        ownership: Whether what belongs to another account is hidden (404).
        strict: Whether a write without ``openai-sentinel-token`` is refused.
        window: Seconds in which the same submission counts as a duplicate.
        seed: Of what is drawn by chance.

    Raises:
        ValueError: Two accounts have the same e-mail, or a length is negative.
    """

    def __init__(
        self,
        accounts: Iterable[str | NewAccount] = ("a@example.com",),
        *,
        latency: float | Latency = 10.0,
        clock: Clock | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        concurrency: int = 3,
        token_seconds: float = 8 * 86_400.0,
        media_seconds: float = 3 * 86_400.0,
        ownership: bool = True,
        strict: bool = False,
        window: float = 600.0,
        seed: int = 0,
    ) -> None:
        self.clock = clock or Clock()
        self.world = World(
            [NewAccount(one) if isinstance(one, str) else one for one in accounts],
            clock=self.clock,
            latency=latency if isinstance(latency, Latency) else Latency.total(latency),
            concurrency=concurrency,
            token_seconds=token_seconds,
            media_seconds=media_seconds,
            ownership=ownership,
            strict=strict,
            window=window,
            seed=seed,
        )
        self.host = host
        self.port = port
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    # -- looking and breaking ---------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where it is reached, for example ``http://127.0.0.1:8600``."""
        return self.world.files.base

    @property
    def backend_url(self) -> str:
        """The base of the web backend: `url` and ``/backend``."""
        return f"{self.url}/backend"

    @property
    def accounts(self) -> dict[str, Account]:
        """The accounts by e-mail."""
        return self.world.accounts

    def fault(
        self,
        kind: str,
        *,
        account: str | None = None,
        endpoint: str | None = None,
        nth: int | Sequence[int] | None = None,
        seconds: float | None = None,
    ) -> Fault:
        """Set a fault; the arguments are those of `Fault`.

        Raises:
            InvalidInput: A value is unknown or out of range.
        """
        return self.world.faults.add(self.world.known(Fault(kind, account, endpoint, nth, seconds)))

    def clear_faults(self) -> None:
        """Take all faults away."""
        self.world.faults.clear()

    def reset(self) -> None:
        """Forget all that happened, faults too; the accounts begin anew with new tokens. Time goes on."""
        self.world.reset()

    def stats(self) -> dict[str, Any]:
        """What ``/__stats`` answers."""
        return self.world.ledger.view(self.world.running())

    def describe(self) -> dict[str, Any]:
        """Addresses and accounts with their tokens, as JSON."""
        return {
            "url": self.url,
            "backend_url": self.backend_url,
            "accounts": [account_view(one) for one in self.accounts.values()],
        }

    # -- running ----------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Begin to answer.

        Raises:
            ServerError: The port is taken or the address is not this machine's.
        """
        if self._thread is not None:
            return self
        from sora_kit.standins.sora_web.app import create_app

        app = create_app(self.world, self._transports)
        listener = _listen(self.host, self.port)
        self.port = listener.getsockname()[1]
        name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - read, not bound
        self.world.files.base = f"http://{f'[{name}]' if ':' in name else name}:{self.port}"
        up = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(app, listener, up)), name="sora-web-standin", daemon=True
        )
        self._thread.start()
        if not up.wait(START_SECONDS):
            raise ServerError(
                "The stand-in did not start", fix="Run it again; report it if that happens twice"
            )
        return self

    def stop(self) -> None:
        """Answer no more. Stopping twice is fine."""
        thread, loop = self._thread, self._loop
        if thread is None or loop is None:
            return
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(self._end)
        thread.join(STOP_SECONDS)
        self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)

    def __repr__(self) -> str:
        state = self.url if self._thread else "stopped"
        return f"<SoraWebStandin {state}, {len(self.accounts)} accounts>"

    async def _serve(self, app: Litestar, listener: socket.socket, up: threading.Event) -> None:
        import uvicorn

        class Quiet(uvicorn.Server):
            @contextlib.contextmanager
            def capture_signals(self) -> Iterator[None]:
                """Leave signals to whoever owns the process."""
                yield

        config = uvicorn.Config(
            app,
            http="h11",
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,  # the date is the stand-in's own, and may be wrong on request
        )
        self._loop = asyncio.get_running_loop()
        self._server = Quiet(config)
        serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        while not self._server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.002)
        up.set()
        await serving
        listener.close()

    def _end(self) -> None:
        if self._server is not None and self._loop is not None:
            self._server.should_exit = True
            self._loop.call_later(GRACE_SECONDS, self._cut_off)

    def _cut_off(self) -> None:
        if self._server is not None:
            self._server.force_exit = True
            for transport in self._transports(None):
                transport.abort()

    def _transports(self, client: tuple[str, int] | None) -> list[asyncio.Transport]:
        """Open connections: those of a client's address, or all."""
        if self._server is None:
            return []
        connections: list[Any] = list(self._server.server_state.connections)
        return [c.transport for c in connections if client is None or c.client == tuple(client)]


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Made with ``IPPROTO_TCP``: asyncio switches Nagle's algorithm off only where that stands.
    """
    listener: socket.socket | None = None
    try:
        family, kind, _, _, address = min(
            socket.getaddrinfo(host, port, type=socket.SOCK_STREAM),
            key=lambda found: found[0] != socket.AF_INET,
        )
        listener = socket.socket(family, kind, socket.IPPROTO_TCP)
        if sys.platform == "win32":  # there, SO_REUSEADDR would let us steal a port that is in use
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(512)
        listener.setblocking(False)
    except (OSError, OverflowError) as error:
        if listener is not None:
            listener.close()
        raise ServerError(
            f"The stand-in cannot listen on {host}, port {port}",
            why=getattr(error, "strerror", None) or str(error),
            fix="Use another port, or port 0 for any free one",
            param="port",
        ) from error
    return listener

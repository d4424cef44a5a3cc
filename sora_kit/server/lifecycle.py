"""Starting and stopping the server inside a process that has other things to do.

uvicorn's ``Server.serve`` runs as a task on the studio's own loop, on sockets that are claimed
beforehand (`sora_kit.server.sockets`). ``Server.run`` is never called: it wants a loop of its own and
breaks in a notebook. Signals stay with whoever owns the process.

A stop has three parts: open streams are told to end, idle connections are closed, and whoever is still
there after a moment is cut off. Jobs go on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import uvicorn

from sora_kit.errors import ServerError, SoraKitError
from sora_kit.server.app import create_app
from sora_kit.server.connections import guarded
from sora_kit.server.limits import Limits
from sora_kit.server.manners import Manners
from sora_kit.server.origins import chosen
from sora_kit.server.sockets import claim
from sora_kit.server.trace import SUMMARY

if TYPE_CHECKING:
    from sora_kit.studio import Studio

__all__ = ("Server", "start")

log = logging.getLogger("sora_kit.server")

GRACE_SECONDS = 0.25
"""How long open answers may take to end by themselves when the server stops."""

START_SECONDS = 10.0
STOP_SECONDS = 5.0


class Server:
    """A running server. Made by `start`; usable from any thread.

    Args:
        studio: The studio that it serves.
        listener: A listening socket.
        host: The address as it was asked for.
        new_key: An API key that was made for this start, or None.
        origins: Pages whose code may ask.
        manners: How chats are answered, where it was said.
    """

    def __init__(
        self,
        studio: Studio,
        listener: socket.socket,
        *,
        host: str,
        new_key: str | None,
        origins: Sequence[str],
        manners: Manners,
    ) -> None:
        self.studio = studio
        self.host = host
        self.port: int = listener.getsockname()[1]
        self.new_key = new_key
        """The plain key, to be shown once; it is stored hashed and cannot be read again."""
        self._listener = listener
        limits = Limits.read(studio.settings)
        self._app = create_app(studio, origins=origins, limits=limits)
        self._app.state.manners = manners
        config = uvicorn.Config(
            self._app,
            http=guarded(limits, self._app.state.tracing.at_once),
            h11_max_incomplete_event_size=limits.head_bytes,
            lifespan="off",  # nothing to open or close: the studio is open already
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # sora_kit.server.addresses decides what to believe
            timeout_keep_alive=65,  # longer than clients keep idle connections, so that they close first
        )
        self._uvicorn = _Uvicorn(config)
        self._app.state.connections = self._uvicorn.server_state.connections
        self._task: asyncio.Task[None] | None = None
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where it is reached from this machine, for example ``http://127.0.0.1:8000``."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(self.host, self.host)  # noqa: S104 - read, not bound
        return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{self.port}"

    @property
    def running(self) -> bool:
        """Whether it answers."""
        return self._task is not None and not self._task.done() and self._uvicorn.started

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The last requests to ``/v1``, oldest first: time, method, path, status, job, model, ms, error."""
        return [dict(zip(SUMMARY, row, strict=True)) for row in self._app.state.recent]

    def stop(self) -> None:
        """Stop answering, in less than a second. Jobs go on. Stopping twice is fine."""
        with self._lock:
            if self._task is None or self._task.done():
                return
            if self.studio.loop.inside():
                raise RuntimeError(
                    "stop() blocks, and the caller is on sora_kit's own loop; `await aclose()` there"
                )
            self.studio.loop.run(self.aclose(), timeout=STOP_SECONDS)

    async def aclose(self) -> None:
        """As `stop`, for callers on the studio's loop."""
        task = self._task
        if task is None or task.done():
            return
        with contextlib.suppress(SoraKitError):  # if it cannot be withdrawn, it expires with the heartbeat
            self.studio.advertise("")
        self._app.state.stopping.set()
        self.studio.hub.wake()
        self._uvicorn.should_exit = True
        await asyncio.wait({task}, timeout=GRACE_SECONDS)
        self._uvicorn.cut_off()
        await asyncio.wait({task}, timeout=STOP_SECONDS)
        await self._app.state.tracing.aclose()

    async def _open(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._serve(), name="sora-kit-server")
        async with asyncio.timeout(START_SECONDS):
            while not self._uvicorn.started:
                if self._task.done():
                    raise ServerError("The server did not start", why=str(self._task.exception() or ""))
                await asyncio.sleep(0.005)
        self.studio.advertise(self.url)

    async def _serve(self) -> None:
        try:
            await self._uvicorn.serve(sockets=[self._listener])
        except SystemExit as error:  # how uvicorn says that the application would not start
            raise ServerError("The application did not start", why=str(error)) from None
        finally:
            self._listener.close()

    def __repr__(self) -> str:
        return f"<Server {self.url} {'running' if self.running else 'stopped'}>"


def start(
    studio: Studio,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    fallback: bool = True,
    first_key: bool = True,
    cors_origins: Sequence[str] | None = None,
    media_style: str | None = None,
    wait_seconds: float | None = None,
) -> Server:
    """Serve a studio, and return when it answers.

    Args:
        studio: An open studio; the server runs on its loop.
        host: ``127.0.0.1`` for this machine only; ``0.0.0.0`` for all networks.
        port: 0 takes any free port.
        fallback: Take one of the next ports when ``port`` is taken.
        first_key: Make an API key when the workspace has none. A server that only plays clips has
            nobody to show it to.
        cors_origins: Pages whose code may ask, such as ``https://app.example``; ``*`` for all. None takes
            the workspace's setting ``server.cors_origins``, or all: a page gets nothing without a key.
        media_style: How chats show clips: ``link``, ``html``, ``fence`` or ``auto``; None leaves it to the
            environment and the settings, see `sora_kit.server.manners`.
        wait_seconds: How long a request without a stream waits for its result; None as above.

    Returns:
        The running server. When the workspace had no API key yet, ``new_key`` holds the first one.

    Raises:
        ServerError: The port is taken or may not be used, or ``host`` is not this machine's.
        InvalidInput: One of ``cors_origins``, a limit in the settings, or another argument is none.
    """
    origins = chosen(cors_origins, studio.settings)
    manners = Manners(media_style, wait_seconds)
    listener = claim(host, port, fallback=fallback)
    try:
        made = studio.keys.first() if first_key else None
        server = Server(
            studio,
            listener,
            host=host,
            new_key=made.secret if made else None,
            origins=origins,
            manners=manners,
        )
        studio.loop.run(server._open(), timeout=START_SECONDS + 1)  # noqa: SLF001 - the other half of this module
    except BaseException:
        listener.close()
        raise
    return server


class _Uvicorn(uvicorn.Server):
    """uvicorn without its hold on signals, and with a way to end its connections."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone, whatever thread this runs on."""
        yield

    def cut_off(self) -> None:
        """Drop all open connections; their requests see a client that left, and nobody waits for them."""
        self.force_exit = True
        for connection in list(self.server_state.connections):
            if transport := getattr(connection, "transport", None):
                transport.abort()

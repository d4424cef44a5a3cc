"""Opening a workspace and closing it again."""

from __future__ import annotations

import atexit
import concurrent.futures.thread  # noqa: F401  # see the end of this module
import contextlib
import os
import sys
import threading
import weakref
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, cast

from sora_kit import backends
from sora_kit.accounts import Accounts
from sora_kit.engine.hub import Hub
from sora_kit.engine.intake import Intake
from sora_kit.engine.loop import the_loop
from sora_kit.engine.pool import Pool
from sora_kit.engine.role import Choice, Role
from sora_kit.engine.slots import LOCAL
from sora_kit.errors import InvalidInput, SoraKitError, StudioClosed
from sora_kit.store import Characters, Clips, Jobs, Keys, RequestLog, RunnerRecord, Settings, Workspace
from sora_kit.store.characters import Cast
from sora_kit.store.clips import Source
from sora_kit.store.secrets import Secrets
from sora_kit.store.sequels import Sequels
from sora_kit.studio.hooks import Hooks

if TYPE_CHECKING:
    from sora_kit.engine.runner import Runner
    from sora_kit.server import Server
    from sora_kit.studio.following import Following

__all__ = ("Opened", "as_coroutine", "named_backend")

T = TypeVar("T")


class Opened:
    """An open workspace: its tables, its part in running jobs, and its end. See `Studio`."""

    def __init__(
        self, workspace: str | Path | None = None, *, backend: str | None = None, role: Choice = "auto"
    ) -> None:
        self.loop = the_loop()
        self.workspace = Workspace(workspace)
        database, media = self.workspace.database, self.workspace.media
        self.jobs_table = Jobs(database)
        self.clips_table = Clips(database, media, cast("Source", self))  # the finished class is one
        self.characters_table = Characters(database, media, cast("Cast", self))
        self.keys = Keys(database)
        self.settings = Settings(database)
        self.accounts = Accounts(database, Secrets(database, self.workspace.folder))
        self.webhooks = Hooks(database, self.accounts.secrets, self.loop)
        self.requests = RequestLog(database)
        self.sequels = Sequels(database)
        self.intake = Intake(media)
        self.backend = named_backend(
            backend or os.environ.get("SORA_KIT_BACKEND") or self.settings.get("backend")
        )
        self.server: Server | None = None
        self.served: dict[str, Any] = {}
        """What the server was started with."""
        self.media_server: Server | None = None
        """Plays clips in a notebook while no API server runs; see `sora_kit.notebook.urls`."""
        self.closed = False
        self.owner = ""
        """Whose jobs are started here where nobody says: ``visitor_…`` on a page whose visitors have a
        gallery each, or empty."""
        self.accounts.ensure_local(LOCAL)
        self.loop.run(self.open(role))
        opened.add(self)
        if "pandas" in sys.modules:  # from now on `df.sora` works on every table, not only on ours
            import_module("sora_kit.notebook.accessor")

    async def open(self, role: Choice) -> None:
        """The part of opening that belongs on the loop."""
        self.hub = Hub(self.jobs_table)
        self.pool = Pool(size=max(2, (os.cpu_count() or 2) // 2 + 1))
        self.part = Role(self.workspace, role, self.make_runner)
        await self.part.start()

    def make_runner(self) -> Runner:
        """A runner over our tables."""
        from sora_kit.engine.runner import Runner

        runner = Runner(self.workspace, self.jobs_table, self.clips_table, self.accounts, self.hub, self.pool)
        runner.go_on = cast("Following", self).go_on_with_all  # the finished class is one
        return runner

    @property
    def role(self) -> Literal["runner", "client"]:
        """Whether this process runs jobs. A client becomes a runner when the last runner dies."""
        return self.part.name

    def runners(self) -> list[RunnerRecord]:
        """Processes that run this workspace's jobs or serve it, alive."""
        return self.part.live()

    def advertise(self, url: str) -> None:
        """Tell every opener of the workspace the address of our server; "" takes it back."""
        if self.loop.inside():
            self.part.advertise(url)
        else:
            self.loop.run(as_coroutine(lambda: self.part.advertise(url)))

    def must_be_open(self) -> None:
        """Refuse to begin what would never end.

        Raises:
            StudioClosed: The studio was closed, or this process was forked from the one that opened it.
        """
        if self.closed:
            raise StudioClosed("This studio is closed", fix="Open the workspace again with Studio(...)")
        if not self.loop.thread.is_alive():
            raise StudioClosed(
                "This studio belongs to another process",
                why="A forked process does not inherit the threads that do the work",
                fix="Open the workspace with Studio(...) in the new process",
            )

    def close(self) -> None:
        """Stop serving and running. Unfinished jobs go on when the workspace is opened again."""
        if self.closed:
            return
        self.closed = True
        opened.discard(self)
        if not self.loop.thread.is_alive():
            return  # forked: what is open belongs to the other process
        for server in (self.server, self.media_server):
            if server is not None:
                with contextlib.suppress(SoraKitError):
                    server.stop()
        self.loop.run(self.shut(), timeout=20)
        self.workspace.database.close()

    async def shut(self) -> None:
        """The part of closing that belongs on the loop."""
        await self.part.close()
        await self.pool.close()
        await self.hub.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


opened: weakref.WeakSet[Opened] = weakref.WeakSet()


def close_all() -> None:
    """Close what is still open when the process ends."""
    for studio in list(opened):
        with contextlib.suppress(Exception):  # the process ends; the heartbeat expires by itself
            studio.close()


# Thread pools stop before `atexit` runs, and closing needs them. This private twin of it runs earlier, the
# last registered first, so the thread pools' own end must be registered (by its import) before ours.
getattr(threading, "_register_atexit", atexit.register)(close_all)


def named_backend(name: str | None) -> str:
    """A backend's name, checked.

    Raises:
        InvalidInput: There is none of that name.
    """
    name = name or "animatic"
    if name not in backends.names():
        raise InvalidInput(
            f"There is no backend {name!r}",
            why=f"This version has {', '.join(backends.names())}",
            fix="Check SORA_KIT_BACKEND and the backend=… argument",
            param="backend",
            code="unknown_backend",
        )
    return name


async def as_coroutine(call: Callable[[], T]) -> T:
    """A plain call, to be run on the loop."""
    return call()

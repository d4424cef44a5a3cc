"""Whether this process runs jobs or only submits and watches, and how that changes.

A studio that finds no live runner becomes one. A studio that is a client looks every two seconds and
succeeds the last runner when it dies. One process can run jobs for one workspace only (the durable
engine is one per process), so for a second workspace a child process is started.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from sora_kit.errors import WorkspaceError
from sora_kit.store import RunnerRecord, Runners, Workspace
from sora_kit.store.ids import new_id

if TYPE_CHECKING:
    from sora_kit.engine.runner import Runner

__all__ = ("Choice", "Role")

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
Choice = Literal["auto", "runner", "client"]


class Role:
    """The part that this process plays in a workspace. All methods run on the background loop.

    Args:
        workspace: The workspace.
        choice: ``auto``, or a fixed role.
        make: Makes a runner; called when it is needed, because a client never loads the engine.
    """

    def __init__(self, workspace: Workspace, choice: Choice, make: Callable[[], Runner]) -> None:
        self.workspace = workspace
        self.choice = choice
        self.make = make
        self.runners = Runners(workspace.database)
        self.runner: Runner | None = None
        self.child: subprocess.Popen[bytes] | None = None
        self.task: asyncio.Task[None] | None = None
        self.id = new_id("srv")
        self.url = ""
        self.started = time.time()

    @property
    def name(self) -> Literal["runner", "client"]:
        """The present role."""
        return "runner" if self.runner is not None else "client"

    @property
    def runner_id(self) -> str | None:
        """The runner of this process, which runs what is accepted here; None for a client."""
        return self.runner.id if self.runner is not None else None

    async def start(self) -> None:
        """Take the first role, and keep looking."""
        await self.look()
        if self.runner is None:
            self.task = asyncio.get_running_loop().create_task(self.keep_looking())

    def live(self) -> list[RunnerRecord]:
        """Processes that run jobs or serve, alive."""
        return self.runners.live()

    async def look(self) -> None:
        """Become a runner if that is due."""
        if self.choice == "client" or self.runner is not None:
            return
        if self.choice == "auto" and any(one.role == "runner" for one in self.live()):
            return
        from sora_kit.engine.durable import Durable

        if Durable.busy():
            self.start_child()
            return
        runner = self.make()
        await runner.start()
        self.runner = runner
        if self.url:
            self.runners.remove(self.id)
            runner.advertise(self.url)

    async def keep_looking(self) -> None:
        """A client's vigil: succeed the last runner, keep our address fresh."""
        while self.runner is None:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                if self.url:
                    self.runners.beat(self.id, "server", self.url, self.started)
                await self.look()
            except WorkspaceError as error:
                log.warning("the workspace cannot be used at the moment: %s", error)
            except Exception:  # nobody else would take over from the last runner
                log.exception("looking for a runner failed; trying again")

    def start_child(self) -> None:
        """A process that runs this workspace's jobs for as long as we live."""
        if self.child is not None and self.child.poll() is None:
            return
        command = [sys.executable, "-m", "sora_kit", "worker", "--with-parent", str(os.getpid())]
        environment = dict(os.environ)
        if "://" in self.workspace.place:  # may hold a password, and other users can read command lines
            environment["SORA_KIT_DATABASE_URL"] = self.workspace.place
        else:
            command += ["--workspace", self.workspace.place]
        self.child = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def advertise(self, url: str) -> None:
        """Tell other processes the address of our server; an empty one takes it back."""
        self.url = url
        if self.runner is not None:
            self.runner.advertise(url)
        elif url:
            self.runners.beat(self.id, "server", url, self.started)
        else:
            self.runners.remove(self.id)

    async def close(self) -> None:
        """Give the role up."""
        if self.task is not None:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task
        if self.runner is not None:
            await self.runner.close()
        else:
            with contextlib.suppress(WorkspaceError):
                self.runners.remove(self.id)
        if self.child is not None and self.child.poll() is None:
            self.child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self.child.wait, 5)

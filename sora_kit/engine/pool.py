"""A small pool of drawing processes.

The event loop never computes: frames are drawn in child processes (`sora_kit.engine.render`), one
order at a time each. Children start when they are first needed, are used again, and end after
`IDLE_SECONDS` without work or when this process ends, however it ends: their standard input closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sora_kit.backends.base as failures
from sora_kit.backends.base import BackendError, Cancelled, UpstreamBroken

__all__ = ("Pool",)

log = logging.getLogger(__name__)

IDLE_SECONDS = 60.0
GRACE_SECONDS = 0.4
"""How long a child may take to obey a stop before it is killed."""
LINE_LIMIT = 1 << 22


class Child:
    """One drawing process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    @classmethod
    async def start(cls) -> Child:
        """Start one, with this very interpreter and package."""
        package = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")]))
        detached: dict[str, Any] = (
            {"start_new_session": True} if os.name == "posix" else {"creationflags": 0x200}
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "sora_kit.engine.render",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path}, limit=LINE_LIMIT,
            **detached,  # Ctrl-C in a terminal is for us; we end the children in order
        )  # fmt: skip
        return cls(process)

    def send(self, **order: Any) -> None:
        """Give an order."""
        if self.process.stdin is not None:
            self.process.stdin.write(json.dumps(order).encode() + b"\n")

    async def answer(self) -> dict[str, Any]:
        """The next answer.

        Raises:
            UpstreamBroken: The process died.
        """
        assert self.process.stdout is not None  # noqa: S101 (we asked for a pipe)
        line = await self.process.stdout.readline()
        if not line:
            code = await self.process.wait()
            raise UpstreamBroken(
                "The drawing process ended unexpectedly",
                why=f"It exited with {code}"
                if code >= 0
                else f"It was ended by signal {signal.Signals(-code).name}",
                fix="Try again; if memory is short, ask for a smaller size",
                code="renderer_died",
            )
        answer: dict[str, Any] = json.loads(line)
        return answer

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.returncode is None

    async def end(self) -> None:
        """End it now."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()


class Pool:
    """Drawing processes for one studio. All methods run on the background loop.

    Args:
        size: Most children at the same time.
    """

    def __init__(self, size: int) -> None:
        self.free = asyncio.Semaphore(size)
        self.receiving = asyncio.Lock()
        self.idle: list[Child] = []
        self.busy: set[Child] = set()
        self.numbers = itertools.count(1)
        self.sweeper: asyncio.TimerHandle | None = None
        self.closed = False

    async def run(
        self,
        order: dict[str, Any],
        report: Callable[[float, str], None] | None = None,
        stop: asyncio.Event | None = None,
    ) -> dict[str, Any]:
        """Carry out one order.

        Args:
            order: See `sora_kit.engine.render`, without ``id``.
            report: Called with progress and stage as it goes on.
            stop: When set, the child is told to stop, and killed if it does not.

        Returns:
            The ``done`` part of the answer.

        Raises:
            Cancelled: ``stop`` was set.
            BackendError: The typed failure that the backend raised.
        """
        async with self.free:
            if stop is not None and stop.is_set():
                raise Cancelled
            child = await self.take()
            number = str(next(self.numbers))
            watcher = asyncio.create_task(obey(child, number, stop)) if stop is not None else None
            finished = False
            try:
                child.send(id=number, **order)
                while True:
                    answer = await child.answer()
                    if answer.get("id") != number:
                        continue
                    if "progress" in answer:
                        if report is not None:
                            report(answer["progress"], answer["stage"])
                        continue
                    finished = True
                    return outcome(answer)
            except UpstreamBroken:
                if stop is not None and stop.is_set():
                    raise Cancelled from None
                raise
            finally:
                if watcher is not None:
                    watcher.cancel()
                await self.give(child, reusable=finished)

    async def receive(self, path: Path) -> dict[str, Any]:
        """Look at a file that came from elsewhere, and draw its poster.

        One at a time: it takes milliseconds, and a gateway that draws nothing needs one child only.

        Raises:
            BackendError: As `run` does.
        """
        async with self.receiving:
            return await self.run({"order": "receive", "path": str(path)})

    async def take(self) -> Child:
        """An idle child, or a new one."""
        while self.idle:
            child = self.idle.pop()
            if child.alive:
                break
        else:
            child = await Child.start()
        self.busy.add(child)
        return child

    async def give(self, child: Child, *, reusable: bool) -> None:
        """Take a child back; one that was interrupted in its work is ended."""
        self.busy.discard(child)
        if not reusable or self.closed or not child.alive:
            await child.end()
            return
        self.idle.append(child)
        if self.sweeper is not None:
            self.sweeper.cancel()
        self.sweeper = asyncio.get_running_loop().call_later(IDLE_SECONDS, self.sweep)

    def sweep(self) -> None:
        """End children that have had nothing to do."""
        idle, self.idle = self.idle, []
        for child in idle:
            task = asyncio.ensure_future(child.end())
            task.add_done_callback(lambda done: done.exception())

    async def close(self) -> None:
        """End all children."""
        self.closed = True
        if self.sweeper is not None:
            self.sweeper.cancel()
        children = [*self.idle, *self.busy]
        self.idle.clear()
        await asyncio.gather(*(child.end() for child in children))


async def obey(child: Child, number: str, stop: asyncio.Event) -> None:
    """Pass a stop on to the child, and insist."""
    await stop.wait()
    child.send(stop=number)
    await asyncio.sleep(GRACE_SECONDS)
    await child.end()


def outcome(answer: dict[str, Any]) -> dict[str, Any]:
    """The result in an answer, or the exception that it tells of."""
    if "done" in answer:
        done: dict[str, Any] = answer["done"]
        return done
    if answer.get("cancelled"):
        raise Cancelled
    failed = answer["failed"]
    kind = getattr(failures, failed["class"], BackendError) if failed["class"] else BackendError
    raise kind(failed["what"], why=failed["why"], fix=failed["fix"], code=failed["code"])

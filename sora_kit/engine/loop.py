"""The one background event loop of a process.

All I/O of the kit runs here, on a daemon thread: HTTP clients and servers, watching, the engine. A
notebook's own loop is left alone, so a busy cell never stops the server, and a busy server never
stops a cell. Cells, callbacks and scripts hand coroutines over and wait for futures.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import sys
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ("Loop", "the_loop")

T = TypeVar("T")


class Loop:
    """An event loop on a thread of its own. Use `the_loop`, not a second one."""

    def __init__(self) -> None:
        self.loop = new_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="sora-kit-loop", daemon=True)
        self.thread.start()

    def inside(self) -> bool:
        """Whether the caller is on the loop's thread."""
        return threading.get_ident() == self.thread.ident

    def submit(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Start a coroutine on the loop, from any thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def run(self, work: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """Run a coroutine on the loop and wait for its result.

        Raises:
            RuntimeError: Called on the loop's own thread, where waiting would never end.
            TimeoutError: It took longer than ``timeout`` seconds; it was cancelled.
        """
        if self.inside():
            work.close()
            raise RuntimeError("this blocks, and the caller is on sora_kit's own loop; `await` it there")
        future = self.submit(work)
        try:
            return future.result(timeout)
        except concurrent.futures.TimeoutError:
            future.cancel()
            raise


def new_loop() -> asyncio.AbstractEventLoop:
    """An event loop that can run child processes: uvloop's, which takes half as long for everything.

    There is none for Windows, where Jupyter makes the selector loop the default, which cannot run them.
    """
    if sys.platform == "win32":
        return asyncio.ProactorEventLoop()
    import uvloop

    return uvloop.new_event_loop()


lock = threading.Lock()
loops: list[Loop] = []


def the_loop() -> Loop:
    """The process's loop, started at first use."""
    with lock:
        if not loops or not loops[0].thread.is_alive():
            loops[:] = [Loop()]
        return loops[0]

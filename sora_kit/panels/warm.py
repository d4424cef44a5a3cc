"""`Warm`: Voilà's waiting kernels, without those that a visitor could do nothing with.

Voilà runs the notebook ahead of time in a few kernels and gives a visitor the first one in line, as it
is. That one may have died meanwhile (memory, an administrator), and it may be ended on its way to the
visitor: the culler counts from a kernel's last activity, which for one that waited is long ago, and
looks away from it only while it waits. Either way the visitor would see a page without a studio.

So the line is looked through every few seconds and again before every visit. A kernel that died is
marked as dead, for which the culler clears it away and a page can ask, and another is started in its
place. Kernels are not restarted: a new one under the old name would know nothing of its page.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from voila.tornado.handler import TornadoVoilaHandler

__all__ = ("SECONDS", "Visit", "Warm")

SECONDS = 3.0
"""Between two looks."""


class Warm:
    """Looks after the kernels of a Voilà server.

    Args:
        manager: Voilà's kernel manager.
    """

    def __init__(self, manager: Any) -> None:
        self.manager = manager

    async def look(self) -> None:
        """Mark kernels that died, and let others wait in their place."""
        for kernel_id in self.manager.list_kernel_ids():
            await self._lives(kernel_id)
        for notebook in tuple(self._lines):
            for waiting in tuple(self._lines[notebook]):
                if waiting.done() and not await self._usable(waiting):
                    self._replace(notebook, waiting)

    async def ready(self, notebook: str) -> None:
        """Wait until the first in line can be given away. It is still the first when this returns.

        Args:
            notebook: Name of the page's notebook.
        """
        while line := self._lines.get(notebook):
            first = line[0]
            await asyncio.wait([first])
            if not line or line[0] is not first:
                continue  # somebody else's by now
            if await self._usable(first):
                # as long to come as for a page that lost its connection
                self.manager.get_kernel(first.result()["kernel_id"]).last_activity = datetime.now(UTC)
                return
            self._replace(notebook, first)

    @property
    def _lines(self) -> dict[str, list[asyncio.Task[dict[str, Any]]]]:
        """Notebook → what becomes of its waiting kernels. Voilà has no other way to them."""
        lines: dict[str, list[asyncio.Task[dict[str, Any]]]] = self.manager._pools  # noqa: SLF001 - see above
        return lines

    async def _lives(self, kernel_id: str) -> bool:
        """Whether a kernel's process lives. Asking takes no turn of the loop."""
        if kernel_id not in self.manager:
            return False
        kernel = self.manager.get_kernel(kernel_id)
        if not kernel.has_kernel:  # it is being started or ended
            return True
        if await kernel.is_alive():
            return True
        kernel.execution_state = "dead"
        return False

    async def _usable(self, waiting: asyncio.Task[dict[str, Any]]) -> bool:
        """Whether a kernel that has been started has a page to give."""
        if waiting.cancelled() or waiting.exception() is not None:
            return False
        made = waiting.result()
        run = made["task"]  # of the notebook
        failed = run.done() and (run.cancelled() or run.exception() is not None)
        return not failed and await self._lives(made["kernel_id"])

    def _replace(self, notebook: str, waiting: asyncio.Task[dict[str, Any]]) -> None:
        self.manager.log.warning("A waiting kernel of %s is gone; another takes its place", notebook)
        self._lines[notebook].remove(waiting)
        self.manager.fill_if_needed(delay=0, notebook_name=notebook)


class Visit(TornadoVoilaHandler):  # type: ignore[misc]  # Voilà has no types
    """Answers a visitor with a page whose kernel lives."""

    def initialize(self, warm: Warm, **options: Any) -> None:
        """Take what the rule of the address holds."""
        super().initialize(**options)
        self.warm = warm

    async def get(self, path: str | None = None) -> None:
        """The page."""
        notebook, manager = self.notebook_path, self.kernel_manager
        takes_first = self.should_use_rendered_notebook(
            manager.notebook_data.get(notebook, {}),
            manager.get_pool_size(notebook),
            self.get_argument("template", None),
            self.get_argument("theme", None),
            self.request.arguments,
        )
        if takes_first:
            await self.warm.ready(notebook)
        await super().get(path)

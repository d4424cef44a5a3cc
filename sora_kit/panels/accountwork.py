"""Work on many accounts at once, beside the page.

One piece of work runs at a time. It lives on the studio's background loop, takes the accounts one by one
(plain database work in a thread, calls to backends eight at a time), and tells how far it is four times
a second, so that a panel stays as quick with ten thousand accounts as with one. It can be stopped
between two accounts; what is done stays done.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sora_kit.errors import InvalidInput, SoraKitError
from sora_kit.store.masking import mask
from sora_kit.studio.deeds import Outcome

if TYPE_CHECKING:
    from sora_kit.studio import Studio

__all__ = ("Work",)

T = TypeVar("T")

_log = logging.getLogger(__name__)

AT_ONCE = 8
"""Calls to backends at the same time."""

SHOWN = 200
"""Outcomes that are kept for the page, failures first."""

BEAT = 0.25
"""Seconds between two reports."""


@dataclass(slots=True)
class Count:
    """How far a piece of work is."""

    title: str
    total: int
    began: float = field(default_factory=time.time)
    done: int = 0
    failed: int = 0
    stopped: bool = False
    outcomes: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Count an outcome."""
        self.done += 1
        self.failed += not outcome.ok
        if len(self.outcomes) < SHOWN:
            self.outcomes.append(outcome)
        elif not outcome.ok:  # failures push successes out
            good = next((n for n, one in enumerate(self.outcomes) if one.ok), None)
            if good is not None:
                self.outcomes[good] = outcome

    def shown(self, *, running: bool, listed: bool) -> dict[str, Any]:
        """For the page."""
        rows = [] if running else [one for one in self.outcomes if listed or not one.ok]
        return {
            "title": self.title,
            "total": self.total,
            "done": self.done,
            "failed": self.failed,
            "stopped": self.stopped,
            "running": running,
            "began": self.began,
            "rows": [
                {"label": one.label, "ok": one.ok, "why": one.why}
                for one in sorted(rows, key=lambda one: one.ok)
            ],
            "more": 0 if running else (self.done if listed else self.failed) - len(rows),
        }


class Work(Generic[T]):
    """Runs one piece of work at a time.

    Args:
        studio: The open workspace, whose loop it runs on.
        tell: Gets the state for the page, on the loop's thread.
    """

    def __init__(self, studio: Studio, tell: Callable[[dict[str, Any]], None]) -> None:
        self.studio = studio
        self.tell = tell
        self.count: Count | None = None

    def start(
        self,
        title: str,
        items: Sequence[T],
        do: Callable[[T], Outcome] | Callable[[T], Awaitable[Outcome]],
        *,
        then: Callable[[Count], Any],
        listed: bool = False,
    ) -> None:
        """Begin, and return at once.

        Args:
            title: What is done, such as "Testing".
            items: Whom it is done to.
            do: Does it to one of them: a coroutine function, or a plain one, which runs in a thread.
            then: Called on the loop's thread when all is done.
            listed: Whether successes are listed, too.

        Raises:
            InvalidInput: Something else is still being done.
        """
        if self.count is not None:
            raise InvalidInput(
                f"{self.count.title} is not finished",
                why=f"{self.count.done} of {self.count.total} accounts are done",
                fix="Wait for it, or stop it",
            )
        self.count = count = Count(title, len(items))
        self.studio.loop.submit(self._run(count, items, do, then, listed=listed))

    def stop(self) -> None:
        """Stop after the account that it is at."""
        if self.count is not None:
            self.count.stopped = True

    async def _run(
        self, count: Count, items: Sequence[T], do: Callable[[T], Any], then: Callable[[Count], Any],
        *, listed: bool,
    ) -> None:  # fmt: skip
        telling = asyncio.create_task(self._tell(count, listed=listed))
        try:
            if inspect.iscoroutinefunction(do):
                queue = iter(items)
                await asyncio.gather(*(self._many(count, queue, do) for _ in range(AT_ONCE)))
            else:
                await asyncio.to_thread(self._each, count, items, do)
        finally:
            telling.cancel()
            self.count = None
            self.tell(count.shown(running=False, listed=listed))
        try:
            await asyncio.to_thread(then, count)
        except Exception as error:  # nobody waits for this task
            _note(error)

    async def _tell(self, count: Count, *, listed: bool) -> None:
        while True:
            self.tell(count.shown(running=True, listed=listed))
            await asyncio.sleep(BEAT)

    def _each(self, count: Count, items: Sequence[T], do: Callable[[T], Outcome]) -> None:
        for item in items:
            if count.stopped:
                return
            try:
                count.add(do(item))
            except Exception as error:
                count.add(_failed(item, error))

    async def _many(self, count: Count, queue: Any, do: Callable[[T], Awaitable[Outcome]]) -> None:
        for item in queue:  # one iterator for all: each takes the next
            if count.stopped:
                return
            try:
                count.add(await do(item))
            except Exception as error:
                count.add(_failed(item, error))


def _failed(item: object, error: Exception) -> Outcome:
    """The outcome of an item that raised; what is no error of ours is a fault, and the log has it."""
    label = item if isinstance(item, str) else ""
    if isinstance(error, SoraKitError):
        return Outcome(label, ok=False, why=mask(str(error)))
    _note(error)
    return Outcome(label, ok=False, why=f"This did not work ({type(error).__name__}). The log says more")


def _note(error: Exception) -> None:
    """Log a fault, without what it may quote: in a notebook the log is shown on the page."""
    _log.error("work on accounts failed\n%s", mask("".join(traceback.format_exception(error))))

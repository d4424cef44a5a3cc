"""Watching tasks upstream: one poller for each account, however many of its tasks run.

A poller looks at all tasks of its account in one go, every ``poll_seconds`` of the backend, with a
little jitter. It learns how long tasks of a kind take and looks rarely until the first of them may be
done; it slows down when the backend fails, and when so many accounts are watched that their looks
together would be more than `MOST_LOOKS` a second. Nothing is recorded: whoever restarts, looks again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from sora_kit.accounts import Accounts
from sora_kit.accounts.renewal import Renewal
from sora_kit.backends.base import AccountUnfit, AuthExpired, BackendError, Overloaded, Task
from sora_kit.backends.hosted import Done, Ended, Hosted, Missing, Running
from sora_kit.errors import NotFound, WorkspaceUnreachable

__all__ = ("Watcher",)

log = logging.getLogger(__name__)

MOST_LOOKS = 100.0
"""Looks in a second, of all pollers together."""
QUIET_SECONDS = 15.0
"""Longest time without a look while nothing can be done yet, so that progress moves."""
WORST_SECONDS = 60.0
SAMPLES = 3
"""So many durations are needed before they say anything."""
REMEMBERED = 200
"""So many durations of a sort are kept: the last ones of a batch are its slowest."""
EARLY = 0.9

Tell = Callable[[float | None, str], None]
"""``tell(progress 0…100 or None, stage)``."""


@dataclass(eq=False)
class Watched:
    """One task that runs upstream."""

    id: str
    task: Task
    since: float
    """Unix seconds when it was submitted, by the pool's clock."""
    tell: Tell
    ended: asyncio.Future[Done | Ended] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    @property
    def sort(self) -> tuple[str, str, float]:
        """Tasks of the same sort take about the same time."""
        return self.task.request.kind, self.task.request.model, self.task.request.seconds


class Watcher:
    """All pollers of this process. All methods run on the background loop.

    Args:
        accounts: The pool.
        renewal: Gives usable logins.
        poll: Seconds between two looks; None takes the backend's own.
    """

    def __init__(self, accounts: Accounts, renewal: Renewal, poll: float | None = None) -> None:
        self.accounts = accounts
        self.renewal = renewal
        self.poll = poll
        self.pollers: dict[tuple[str, str], Poller] = {}
        self.durations: dict[tuple[str, str, str, float], deque[float]] = {}

    async def outcome(
        self, backend: Hosted, account: str, task_id: str, task: Task, since: float, tell: Tell
    ) -> Done | Ended:
        """How a task ends.

        Args:
            backend: Where it runs.
            account: Whose it is.
            task_id: The backend's id.
            task: What was ordered.
            since: Unix seconds when it was submitted.
            tell: Called when something is news.
        """
        key = (backend.name, account)
        poller = self.pollers.get(key)
        if poller is None:
            poller = self.pollers[key] = Poller(self, backend, account)
        watched = Watched(task_id, task, since, tell)
        poller.add(watched)
        try:
            return await watched.ended
        finally:
            poller.drop(task_id)

    def earliest(self, backend: str, watched: Watched) -> float:
        """Unix seconds before which it will hardly be done."""
        known = self.durations.get((backend, *watched.sort), ())
        return watched.since + (min(known) * EARLY if len(known) >= SAMPLES else 0.0)

    def learn(self, backend: str, watched: Watched) -> None:
        """Note how long a task took."""
        key = (backend, *watched.sort)
        self.durations.setdefault(key, deque(maxlen=REMEMBERED)).append(self.accounts.clock() - watched.since)

    async def close(self) -> None:
        """Stop all pollers."""
        tasks = [poller.runs for poller in self.pollers.values() if poller.runs is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Poller:
    """Looks at the tasks of one account."""

    def __init__(self, watcher: Watcher, backend: Hosted, account: str) -> None:
        self.watcher = watcher
        self.backend = backend
        self.account = account
        self.open: dict[str, Watched] = {}
        self.woken = asyncio.Event()
        self.failures = 0
        self.wait = 0.0
        """What the backend asked for after a failure."""
        self.rejected = ""
        self.last = time.monotonic()
        self.runs: asyncio.Task[None] | None = None

    def add(self, watched: Watched) -> None:
        """Watch one more."""
        self.open[watched.id] = watched
        self.woken.set()
        if self.runs is None or self.runs.done():
            self.last = time.monotonic()
            self.runs = asyncio.get_running_loop().create_task(self.run())

    def drop(self, task_id: str) -> None:
        """Watch one less; with the last one the poller ends."""
        if self.open.pop(task_id, None) is not None and not self.open:
            self.woken.set()

    async def run(self) -> None:
        """Look until nothing is left to watch."""
        try:
            while self.open:
                if not await self.rest() or not self.open:
                    continue
                try:
                    await self.look()
                except WorkspaceUnreachable as error:
                    log.warning("the workspace cannot be used at the moment: %s", error)
                    self.failures += 1
                except Exception as error:  # a fault of ours must not leave jobs without an end
                    log.exception("looking at the tasks of %s failed", self.account)
                    for one in list(self.open.values()):
                        if not one.ended.done():
                            one.ended.set_exception(error)
                        self.drop(one.id)
                self.last = time.monotonic()
        finally:
            if not self.open:
                self.watcher.pollers.pop((self.backend.name, self.account), None)

    async def rest(self) -> bool:
        """Wait for the next look; False when there is something new to reckon with first."""
        self.woken.clear()
        left = self.last + self.pause() - time.monotonic()
        if left <= 0:
            return True
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.woken.wait(), left)
            return False
        return True

    def pause(self) -> float:
        """Seconds from the last look to the next one."""
        usual = self.backend.poll_seconds if self.watcher.poll is None else self.watcher.poll
        usual = max(usual, len(self.watcher.pollers) / MOST_LOOKS)
        if self.failures:
            return max(self.wait, min(usual * 2.0**self.failures, WORST_SECONDS))
        now = self.watcher.accounts.clock()
        quiet = min(self.watcher.earliest(self.backend.name, one) for one in self.open.values()) - now
        return min(max(usual, quiet), max(usual, QUIET_SECONDS)) * random.uniform(0.9, 1.0)  # noqa: S311 (jitter)

    async def look(self) -> None:
        """One look at all tasks."""
        tasks = dict(self.open)
        try:
            login = await self.watcher.renewal.fresh(self.account, self.rejected)
            self.rejected = ""
            try:
                seen = await self.backend.look(
                    login,
                    {one.id: one.task for one in tasks.values()},
                    min(one.since for one in tasks.values()),
                )
            except AuthExpired:
                self.rejected = login.secrets.get("access_token", "")
                raise
        except NotFound:  # nobody can ask any more
            for one in tasks.values():
                if not one.ended.done():
                    one.ended.set_result(Ended(removed()))
                self.drop(one.id)
            return
        except BackendError as error:
            self.failures += 1
            self.wait = (error.retry_after or 0.0) if isinstance(error, Overloaded) else 0.0
            for one in tasks.values():
                one.tell(None, f"cannot be asked at the moment: {error.what}")
            return
        self.failures, self.wait = 0, 0.0
        for one in tasks.values():
            status = seen.get(one.id, Missing())
            if one.ended.done():
                continue
            if isinstance(status, Done | Ended):
                if isinstance(status, Done):
                    self.watcher.learn(self.backend.name, one)
                one.ended.set_result(status)
                self.drop(one.id)
            elif isinstance(status, Running):
                one.tell(status.progress, status.stage)


def removed() -> AccountUnfit:
    """The end of tasks whose account was removed while they ran."""
    return AccountUnfit(
        "The account was removed while it made this",
        why="Only the account itself can fetch the result",
        fix="Start it again; it is made on another account",
        code="account_removed",
    )

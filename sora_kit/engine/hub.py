"""News of jobs: from the runner in this process at once, from others within half a second.

A follower gets the present state of a job and then its changes. Only the newest snapshot of each job
waits for a slow follower, so nobody piles up memory. While somebody follows, one query every half
second reads the rows that other processes wrote; while nobody does, nothing runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from sora_kit.errors import WorkspaceError
from sora_kit.store.jobs import JobRecord, Jobs

__all__ = ("Hub",)

log = logging.getLogger(__name__)

EVERY_SECONDS = 0.4
MOVING = ("queued", "running")
CROWD = 200
"""So many jobs are told of as often as a follower likes; of more, each less often."""
OVERLAP_SECONDS = 2.0
"""Other processes' clocks and commits may lag by this much; known revisions are skipped anyway."""


class Follower:
    """One who follows; holds the newest snapshot of each job until it is taken.

    Args:
        gap: Gives the seconds between two pieces of news. A new state is told at once.
    """

    def __init__(self, gap: Callable[[], float]) -> None:
        self.gap = gap
        self.fresh: dict[str, JobRecord] = {}
        self.seen: dict[str, JobRecord] = {}
        self.due = 0.0
        """When what is fresh may be told, by the loop's clock."""
        self.waiter: asyncio.Future[None] | None = None

    async def wait(self, seconds: float | None) -> None:
        """Until there is news to tell, somebody wakes us, or so much time is over."""
        loop = asyncio.get_running_loop()
        if self.fresh and (seconds := max(self.due - loop.time(), 0.0)) == 0.0:
            return
        self.waiter = loop.create_future()
        timer = None if seconds is None else loop.call_later(seconds, self.wake)
        try:
            await self.waiter
        finally:
            self.waiter = None
            if timer is not None:
                timer.cancel()

    def take(self) -> list[JobRecord]:
        """What is fresh, told now."""
        fresh, self.fresh = self.fresh, {}
        if fresh:
            self.due = asyncio.get_running_loop().time() + self.gap()
        return list(fresh.values())

    def wake(self) -> None:
        """End the waiting."""
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    def offer(self, news: JobRecord) -> None:
        """Take a snapshot if it is newer than what we know."""
        known = self.seen.get(news.id)
        if known is not None:
            if news.revision < known.revision:
                return
            # a row on disk may be older than what its runner told us last
            if news.progress < known.progress:
                news = news.with_(progress=known.progress)
            if (news.revision, news.progress, news.stage) == (known.revision, known.progress, known.stage):
                return
        self.seen[news.id] = news
        self.fresh[news.id] = news
        if news.state not in MOVING:
            self.due = 0.0
        self.wake_when_due()

    def wake_when_due(self) -> None:
        """End the waiting as soon as there may be news."""
        loop = asyncio.get_running_loop()
        if (pause := self.due - loop.time()) <= 0.0:
            self.wake()
        elif len(self.fresh) == 1:
            loop.call_later(pause, self.wake)


class Hub:
    """Distributes snapshots. All methods run on the background loop."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self.followers: dict[str | None, set[Follower]] = {}
        """By the job that they follow; None for those who follow all."""
        self.watchers: set[asyncio.Task[None]] = set()
        """Those who are called back; they end with the hub."""
        self.closed = False
        self.reader: asyncio.Task[None] | None = None
        self.since = 0.0
        self.runner = ""
        """The runner of this process; it publishes what its jobs do, so their rows are not read again."""

    def publish(self, news: JobRecord) -> None:
        """Tell everybody who follows."""
        for name in (news.id, None):
            for follower in tuple(self.followers.get(name, ())):
                follower.offer(news)

    async def follow(self, job_id: str | None = None) -> AsyncGenerator[JobRecord, None]:
        """Snapshots of one job until it has ended, or of all jobs for ever.

        Raises:
            NotFound: No such job.
        """
        async with aclosing(self.pulses(job_id)) as pulses:
            async for news in pulses:
                if news is not None:
                    yield news

    def enter(self, job_id: str | None, gap: float = 0.0) -> Follower:
        """Somebody follows from now on; they are told the present state of the one job that they follow.

        Raises:
            NotFound: No such job.
        """
        follower = Follower(lambda: gap * max(1.0, len(self.followers) / CROWD))
        self.followers.setdefault(job_id, set()).add(follower)
        try:
            if job_id is not None:
                follower.offer(self.jobs.get(job_id))
            if not any(news.done for news in follower.fresh.values()):
                self.keep_reading()
        except BaseException:
            self.leave(job_id, follower)
            raise
        return follower

    def leave(self, job_id: str | None, follower: Follower) -> None:
        """Somebody follows no longer."""
        self.followers[job_id].discard(follower)
        if not self.followers[job_id]:
            del self.followers[job_id]

    async def pulses(
        self, job_id: str | None = None, every: float | None = None, gap: float = 0.0
    ) -> AsyncGenerator[JobRecord | None, None]:
        """As `follow`, and None after each ``every`` seconds of silence, and when `wake` is called.

        Args:
            job_id: Whom to follow.
            every: Seconds of silence after which None is told.
            gap: Seconds between two pieces of news while few are followed; see `Follower` and `CROWD`.
        """
        follower = self.enter(job_id, gap)
        try:
            while True:
                await follower.wait(every)
                fresh = follower.take()
                if not fresh:
                    yield None
                for news in fresh:
                    yield news
                    if job_id is not None and news.done:
                        return
        finally:
            self.leave(job_id, follower)

    def watch(
        self, callback: Callable[[JobRecord], None], job_id: str | None = None
    ) -> asyncio.Task[None] | None:
        """Call ``callback`` with what `follow` tells from now on, until the hub is closed.

        Returns:
            The task that does it; None if the hub is closed already.

        Raises:
            NotFound: No such job.
        """
        if self.closed:
            return None
        follower = self.enter(job_id)  # here and not in the task, which begins a little later
        watcher = asyncio.get_running_loop().create_task(self.call_back(callback, job_id, follower))

        def ended(_: object) -> None:
            self.watchers.discard(watcher)
            self.leave(job_id, follower)

        self.watchers.add(watcher)
        watcher.add_done_callback(ended)
        return watcher

    async def call_back(
        self, callback: Callable[[JobRecord], None], job_id: str | None, follower: Follower
    ) -> None:
        """Tell a follower's news to its callback."""
        while True:
            await follower.wait(None)
            for news in follower.take():
                try:
                    callback(news)
                except Exception:  # a caller's mistake must not end the news for it
                    log.exception("a callback of Studio.watch failed")
                if job_id is not None and news.done:
                    return

    def wake(self) -> None:
        """Have all who follow look up: something else than a job may have changed."""
        for followers in self.followers.values():
            for follower in followers:
                follower.wake()

    def keep_reading(self) -> None:
        """Start the reader unless it runs."""
        if self.reader is None or self.reader.done():
            self.since = (
                max((job.updated for job in self.jobs.latest(limit=1)), default=0.0) - OVERLAP_SECONDS
            )
            self.reader = asyncio.get_running_loop().create_task(self.read())

    async def read(self) -> None:
        """Read what other processes wrote, until nobody follows any more."""
        while self.followers:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                for news in self.jobs.changed_since(self.since, self.runner):
                    self.publish(news)
                    self.since = max(self.since, news.updated - OVERLAP_SECONDS)
            except WorkspaceError as error:
                log.warning("cannot read the workspace: %s", error)
            except Exception:  # all who follow wait for this task, and nobody would start it again
                log.exception("reading what other processes wrote failed; trying again")

    async def close(self) -> None:
        """Stop reading and calling back; those who follow are cut off by their own tasks.

        A watcher that was left waiting would be destroyed with its loop, with complaints on the screen.
        """
        self.closed = True
        watchers = tuple(self.watchers)
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)
        if self.reader is not None:
            self.reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.reader

"""A job as somebody holds it: await it, watch it, cancel it.

A handle is a name for a row, nothing more: it can be made again from the id at any time and in any
process, dropping it changes nothing, and whoever stops waiting does not stop the job.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import time
from collections.abc import AsyncIterator, Callable, Generator
from typing import Any, Protocol

from sora_kit.engine.loop import Loop
from sora_kit.errors import JobCancelled, JobFailed, JobNeedsYou, StudioClosed
from sora_kit.store import Attempt, Character, Clip, JobRecord

__all__ = ("Job", "JobSource", "stopped_waiting")

TICK_SECONDS = 0.1
"""A kernel handles an interrupt only when its loop wakes up; so a waiting cell wakes it this often."""


class JobSource(Protocol):
    """What a handle asks of the studio it belongs to."""

    loop: Loop
    closed: bool

    def record(self, job_id: str) -> JobRecord:
        """A job's row as it is now."""
        ...

    def clip(self, clip_id: str) -> Clip:
        """A clip by its id."""
        ...

    def character_of(self, job_id: str) -> Character:
        """The character that a job made."""
        ...

    def attempts(self, job_id: str) -> list[Attempt]:
        """Which accounts tried which steps of a job."""
        ...

    def cancel(self, job_id: str) -> bool:
        """Stop a job."""
        ...

    def resume(self, job_id: str, *, again: bool) -> bool:
        """Go on with a job that waits for a person."""
        ...

    def watch(self, callback: Callable[[JobRecord], None], job_id: str | None = None) -> Callable[[], None]:
        """Follow a job; gives a function that ends it."""
        ...


class Job:
    """One job of a workspace.

    ``await job`` (in a notebook) or ``job.result()`` (in a script) gives its `Clip`, its `Character`,
    or the text of an enhanced prompt.

    Args:
        studio: The studio that it belongs to.
        known: A snapshot of its row.
    """

    def __init__(self, studio: JobSource, known: JobRecord) -> None:
        self.studio = studio
        self.id = known.id
        self.known = known

    @property
    def record(self) -> JobRecord:
        """Its row as it is now."""
        if not self.known.done:
            self.known = self.studio.record(self.id)
        return self.known

    @property
    def state(self) -> str:
        """``queued``, ``running``, ``completed``, ``failed``, ``cancelled`` or ``needs_you``."""
        return self.record.state

    @property
    def progress(self) -> float:
        """0 to 100."""
        return self.record.progress

    @property
    def stage(self) -> str:
        """What is going on, in plain words."""
        return self.record.stage

    @property
    def done(self) -> bool:
        """Whether it has ended, one way or another."""
        return self.record.done

    def history(self) -> list[Attempt]:
        """Which accounts tried its steps, oldest first, and what came of it."""
        return self.studio.attempts(self.id)

    def cancel(self) -> bool:
        """Ask it to stop, from any process; it does within half a second.

        Returns:
            False when it had ended already.
        """
        return self.studio.cancel(self.id)

    def resume(self, *, again: bool = False) -> bool:
        """Go on with a job that needs you.

        Args:
            again: False asks the backend once more what became of the order, or waits on for its end.
                True gives that order up and makes it anew, which may buy it twice.

        Returns:
            False when it does not wait for a decision (any more).
        """
        return self.studio.resume(self.id, again=again)

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the result, in a script.

        Args:
            timeout: Seconds to wait; None waits for ever. The job goes on after a timeout.

        Returns:
            A `Clip`; a `Character`; a str for an enhanced prompt.

        Raises:
            JobFailed: It failed; the error says what, why and how to fix it.
            JobCancelled: Somebody cancelled it.
            JobNeedsYou: It waits for your decision.
            TimeoutError: It was not done in time.
            StudioClosed: The studio was closed meanwhile.
            RuntimeError: Called on sora_kit's own loop, which would wait for itself.
        """
        if self.studio.loop.inside():
            raise RuntimeError("job.result() blocks; on sora_kit's own loop use `await job`")
        deadline = None if timeout is None else time.monotonic() + timeout
        ended, leave = self.ended()
        try:
            while not ended.done():
                left = TICK_SECONDS if deadline is None else min(TICK_SECONDS, deadline - time.monotonic())
                if left <= 0:
                    raise TimeoutError(f"{self.id} was not done within {timeout} s; it goes on")
                concurrent.futures.wait([ended], left)
                self.must_be_open()
            last = ended.result()
        except KeyboardInterrupt as stop:
            stopped_waiting(stop, self.way_back)
            raise
        finally:
            leave()
        return self.outcome(last)

    def __await__(self) -> Generator[Any, None, Any]:
        return self.wait().__await__()

    async def wait(self) -> Any:
        """What ``await job`` does; see `result`."""
        ended, leave = self.ended()
        try:
            waiting = asyncio.wrap_future(ended)
            while not waiting.done():
                await asyncio.wait([waiting], timeout=TICK_SECONDS)
                self.must_be_open()
            last = waiting.result()
        except asyncio.CancelledError as stop:  # what a kernel makes of its stop button
            stopped_waiting(stop, self.way_back)
            raise
        finally:
            leave()
        return self.outcome(last)

    @property
    def way_back(self) -> str:
        """What to tell somebody who stopped waiting."""
        return f"The job goes on. studio.job({self.id!r}) gets it back; its .cancel() stops it."

    async def events(self) -> AsyncIterator[JobRecord]:
        """Its present state and every change until it ends, on any event loop.

        Raises:
            StudioClosed: The studio was closed meanwhile.
        """
        loop = asyncio.get_running_loop()
        news: asyncio.Queue[JobRecord] = asyncio.Queue()

        def pass_on(record: JobRecord) -> None:
            loop.call_soon_threadsafe(news.put_nowait, record)

        leave = self.studio.watch(pass_on, self.id)
        try:
            while True:
                try:
                    record = await asyncio.wait_for(news.get(), TICK_SECONDS)
                except TimeoutError:
                    self.must_be_open()
                    continue
                yield record
                if record.done:
                    return
        finally:
            leave()

    def must_be_open(self) -> None:
        """Nobody would ever tell us the end.

        Raises:
            StudioClosed: The studio was closed meanwhile.
        """
        if self.studio.closed:
            raise StudioClosed(
                "The studio was closed",
                why=f"It is told nothing of {self.id} any more",
                fix="The job goes on when its workspace is opened again; studio.job(id) follows it there",
            )

    def ended(self) -> tuple[concurrent.futures.Future[JobRecord], Callable[[], None]]:
        """A future of its last snapshot, and how to stop waiting for it."""
        future: concurrent.futures.Future[JobRecord] = concurrent.futures.Future()

        def look(record: JobRecord) -> None:
            if (record.done or record.state == "needs_you") and not future.done():
                future.set_result(record)

        return future, self.studio.watch(look, self.id)

    def outcome(self, last: JobRecord) -> Any:
        """The result in a last snapshot, or the exception that it tells of."""
        self.known = last
        if last.state == "completed" and last.kind == "character":
            return self.studio.character_of(self.id)
        if last.state == "completed":
            return self.studio.clip(last.clips[0]) if last.clips else last.text
        if last.state == "cancelled":
            raise JobCancelled(f"{self.id} was cancelled", fix="Start it again when you want it")
        told = last.error or {}
        raise (JobNeedsYou if last.state == "needs_you" else JobFailed)(
            told.get("what") or f"{self.id} failed",
            why=told.get("why") or "",
            fix=told.get("fix") or "",
            param=told.get("param"),
            code=told.get("code"),
        )

    def __repr__(self) -> str:
        now = self.record
        how = f"{now.progress:.0f} %" if now.state == "running" else ""
        hint = "" if now.done else ": not done yet; `await job` or job.result()"
        return f"<Job {self.id} {' '.join(filter(None, [now.state, how, now.stage]))}{hint}>"


def stopped_waiting(stop: BaseException, way_back: str) -> None:
    """Tell somebody who stopped waiting how to come back.

    IPython draws a traceback twice and highlights it, which takes a busy computer seconds in which the
    cell seems not to have stopped. Where we only waited there is nothing to be found in it.

    Args:
        stop: The interrupt that is on its way up.
        way_back: What to tell.
    """
    stop.add_note(way_back)
    brief = [f"{type(stop).__name__}: you stopped waiting", way_back]
    setattr(stop, "_render_traceback_", lambda: brief)  # noqa: B010 (IPython's name, unknown to types)

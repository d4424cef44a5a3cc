"""Many jobs under one name, told as one table.

A batch is a row of `Cell`s, each with its request and a key that is derived from the batch's name and
from what the cell asks for. The key is the idempotency key of the cell's job. So whoever builds the
same batch again, in this kernel after a restart or in another one, finds the jobs that are there, and
`start` asks only for what is missing: cells that never had a job, and cells whose job ended without a
result (failed, cancelled, deleted since), which get a new attempt under the next key. A job that
waits for a decision is left alone, because it may have been bought.

Nothing else is remembered: a batch is an arithmetic over rows of the job table, and dropping it
changes nothing.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Generator, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from sora_kit.engine.job import Job, stopped_waiting
from sora_kit.errors import JobNeedsYou, SoraKitError, StudioClosed
from sora_kit.studio.budget import estimate_of
from sora_kit.studio.cells import Cell
from sora_kit.studio.making import Making

if TYPE_CHECKING:
    import pandas as pd

    from sora_kit.planning import Estimate
    from sora_kit.store import Clip, JobRecord

__all__ = ("STATES", "Batch")

TICK_SECONDS = 0.1
"""How often a waiting cell looks; also how late an interrupt can be."""


class Batch:
    """Cells and their jobs. ``await`` it (in a notebook) or call `result` (in a script).

    Args:
        studio: Where the jobs are.
        name: What the batch is called.
        cells: What is wanted.
    """

    noun: ClassVar[str] = "batch"
    ids: ClassVar[tuple[str, str]] = ("id", "job")
    """Names of the columns for the ids of clip and job."""

    def __init__(self, studio: Making, name: str, cells: Iterable[Cell]) -> None:
        self.studio = studio
        self.name = name
        self.cells = tuple(cells)
        self.problems: dict[int, SoraKitError] = {
            number: cell.problem for number, cell in enumerate(self.cells) if cell.problem
        }
        self.jobs: dict[int, str] = {}
        """Number of a cell → id of its latest job."""
        self.known: dict[str, JobRecord] = {}
        """Id of a job → its latest snapshot."""
        self.attempts: dict[int, int] = {}
        self.listeners: list[Callable[[list[int]], None]] = []
        self.settled = threading.Event()
        self.started = False
        self.leave: Callable[[], None] = lambda: None
        self._find()
        self.found = sum(self.state(number) == "completed" for number in range(len(self.cells)))
        """How many cells had a result before anything was started."""

    def start(self) -> None:
        """Ask for what is missing. Calling it again tries again what has failed since.

        A cell that is refused keeps its error and does not stop the others.

        Raises:
            StudioClosed: The studio was closed.
        """
        self.studio.must_be_open()
        self.started = False  # news that come meanwhile conclude nothing
        self.settled.clear()
        self.leave()
        self.leave = self.studio.watch(self._news)
        for number, cell in enumerate(self.cells):
            if cell.request is None or not self._missing(number):
                continue
            attempt = self.attempts.get(number, 0) + 1
            try:
                job = self.studio.submit(cell.request, key=f"{cell.key}.{attempt}")
            except StudioClosed:
                raise
            except SoraKitError as error:
                self.problems[number] = error
            else:
                self.attempts[number] = attempt
                self.problems.pop(number, None)
                self.known[job.id] = job.known
                self.jobs[number] = job.id
        self.started = True
        self._read()

    def cancel(self) -> int:
        """Stop what has not ended; results that are there stay.

        Returns:
            How many jobs were asked to stop.
        """
        return sum(self.studio.cancel(record.id) for record in self._records() if not record.done)

    def result(self, timeout: float | None = None) -> pd.DataFrame:
        """Wait until every cell has ended, in a script. Failures are rows, not exceptions.

        Args:
            timeout: Seconds to wait; None waits for ever. The jobs go on after a timeout.

        Returns:
            The table, as `results` gives it.

        Raises:
            TimeoutError: It was not done in time.
            StudioClosed: The studio was closed meanwhile.
            RuntimeError: Called on sora_kit's own loop, which would wait for itself.
        """
        if self.studio.loop.inside():
            raise RuntimeError("result() blocks; on sora_kit's own loop use `await`")
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            while not self.done:
                self._must_be_open()
                left = TICK_SECONDS if deadline is None else min(TICK_SECONDS, deadline - time.monotonic())
                if left <= 0:
                    raise TimeoutError(f"the {self.noun} was not done within {timeout} s; it goes on")
                self.settled.wait(left)
        except KeyboardInterrupt as stop:
            stopped_waiting(stop, self.way_back)
            raise
        return self.results()

    def __await__(self) -> Generator[Any, None, pd.DataFrame]:
        return self.wait().__await__()

    async def wait(self) -> pd.DataFrame:
        """What ``await`` does; see `result`."""
        try:
            while not self.done:
                self._must_be_open()
                await asyncio.sleep(TICK_SECONDS)
        except asyncio.CancelledError as stop:
            stopped_waiting(stop, self.way_back)
            raise
        return self.results()

    @property
    def way_back(self) -> str:
        """What to tell somebody who stopped waiting."""
        return f"The {self.noun} goes on. Run the cell again to wait for it; nothing is made twice."

    @property
    def done(self) -> bool:
        """Whether nothing moves any more: every cell has ended, or waits for a decision."""
        return all(self.state(n) not in ("queued", "running") for n in range(len(self.cells)))

    def job(self, number: int) -> Job | None:
        """The job of a cell, counted from 0; None when it has none."""
        record = self.record(number)
        return Job(self.studio, record) if record else None

    def record(self, number: int) -> JobRecord | None:
        """The latest snapshot of a cell's job, or None when it has none."""
        return self.known.get(self.jobs.get(number, ""))

    def state(self, number: int) -> str:
        """Of a cell: its job's state, ``failed`` if it cannot be asked, or ``new`` before the start."""
        if number in self.problems:
            return "failed"
        record = self.record(number)
        return record.state if record else "new"

    def error(self, number: int) -> dict[str, Any] | None:
        """``what``, ``why`` and ``fix`` of a cell that failed or needs a decision."""
        if problem := self.problems.get(number):
            return {"what": problem.what, "why": problem.why, "fix": problem.fix, "code": problem.code}
        record = self.record(number)
        if record is None or (record.error is None and record.state != "needs_you"):
            return None
        return record.error or {"what": "It needs your decision", "code": JobNeedsYou.code}

    def clips(self) -> dict[int, Clip]:
        """Number of a cell → its clip, for those that have one."""
        made = self.studio.clips_table.of_jobs(list(self.jobs.values()))
        return {number: made[job] for number, job in self.jobs.items() if job in made}

    def counts(self) -> dict[str, int]:
        """How many cells are in each state that occurs."""
        states = [self.state(number) for number in range(len(self.cells))]
        return {state: states.count(state) for state in dict.fromkeys(states)}

    @property
    def estimate(self) -> Estimate:
        """What the whole batch takes, with what is there already."""
        return estimate_of(self.cells, self.found)

    def results(self) -> pd.DataFrame:
        """What there is so far: one row a cell, its parameters, then what came of it."""
        import pandas as pd

        import sora_kit.notebook.accessor  # noqa: F401  # registers DataFrame.sora
        from sora_kit.store.table_files import typed

        rows = [
            {**cell.parameters, **outcome} for cell, outcome in zip(self.cells, self.outcomes(), strict=True)
        ]
        return typed(pd.DataFrame(rows))

    def outcomes(self) -> list[dict[str, Any]]:
        """The columns of results of every cell, in order."""
        clips, base = self.clips(), self.studio.media_base()
        return [self._outcome(number, clips.get(number), base) for number in range(len(self.cells))]

    def _outcome(self, number: int, clip: Clip | None, base: str | None) -> dict[str, Any]:
        error = self.error(number) or {}
        clip_id, job_id = self.ids
        return {
            clip_id: clip.id if clip else None,
            "state": self.state(number),
            "seconds": clip.seconds if clip else None,
            "video": (clip.address(base) or str(clip.file)) if clip else None,
            "poster": (clip.address(base, "poster") or str(clip.poster_file)) if clip else None,
            "error": error.get("what"),
            "why": error.get("why") or None,
            "fix": error.get("fix") or None,
            job_id: self.jobs.get(number),
        }

    def listen(self, callback: Callable[[list[int]], None]) -> None:
        """Call with the numbers of cells whose job has news, on the background loop."""
        self.listeners.append(callback)

    def _news(self, record: JobRecord) -> None:
        """Take news of any job, on the background loop."""
        numbers = [number for number, job in list(self.jobs.items()) if job == record.id]
        if not numbers:
            return
        self.known[record.id] = record
        self._conclude()
        for callback in self.listeners:
            callback(numbers)

    def _read(self) -> None:
        """Read our jobs as they are now: news from before we listened."""
        for record in self.studio.jobs_table.some(list(self.jobs.values())):
            if record.revision >= self.known[record.id].revision:
                self.known[record.id] = record
        self._conclude()

    def _conclude(self) -> None:
        if not self.started:
            return
        if self.done:
            self.settled.set()
        if all(record.done for record in self._records()):
            self.leave()

    def _find(self) -> None:
        """Look for the jobs of earlier runs of this batch."""
        keys = {cell.key: number for number, cell in enumerate(self.cells) if cell.request}
        for prefix in {key.rsplit("-", 1)[0] for key in keys}:
            for full, record in self.studio.jobs_table.keyed(f"{prefix}-").items():
                key, _, attempt = full.rpartition(".")
                number = keys.get(key)
                if number is not None and int(attempt) > self.attempts.get(number, 0):
                    self.attempts[number] = int(attempt)
                    self.jobs[number] = record.id
                    self.known[record.id] = record

    def _missing(self, number: int) -> bool:
        """Whether a cell has neither a result nor a job that may yet give one."""
        record = self.record(number)
        if record is None or record.state in ("failed", "cancelled"):
            return True
        return record.state == "completed" and not record.text and record.id not in self._made()

    def _made(self) -> set[str]:
        """Jobs of ours that still have their clip."""
        return set(self.studio.clips_table.of_jobs(list(self.jobs.values())))

    def _records(self) -> list[JobRecord]:
        return [self.known[job] for job in dict.fromkeys(list(self.jobs.values()))]

    def _must_be_open(self) -> None:
        if self.studio.closed:
            raise StudioClosed(
                "The studio was closed",
                fix=f"The {self.noun} goes on when its workspace is opened again",
            )

    def __repr__(self) -> str:
        counts = self.counts()
        told = ", ".join(f"{counts[state]} {word}" for state, word in STATES.items() if state in counts)
        hint = "" if self.done else ": `await` it or call .result()"
        return f"<{type(self).__name__} {self.name!r} of {len(self.cells)}: {told}{hint}>"


STATES = {
    "completed": "done",
    "running": "running",
    "queued": "waiting",
    "failed": "failed",
    "needs_you": "need you",
    "cancelled": "cancelled",
    "new": "not started",
}
"""State → what a sum of cells is called."""

"""Waiting for a job in a terminal, with a bar; Ctrl-C cancels the job."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from sora_kit.cli import say

if TYPE_CHECKING:
    from sora_kit.engine.job import Job
    from sora_kit.store import Clip, JobRecord

__all__ = ("wait",)

TICK = 0.1
"""Seconds between looks at the job; also how long Ctrl-C may take to be heard."""

GRACE = 2.0
"""Seconds that a cancelled job gets to say so."""


class Show(Protocol):
    """Shows a job's present state."""

    def __call__(self, record: JobRecord) -> None: ...


def wait(job: Job) -> Clip | str:
    """Show ``job`` until it ends, and answer its result.

    Raises:
        JobFailed: With what, why and fix.
        JobCancelled: Somebody else cancelled it.
        JobNeedsYou: It waits for a decision.
        KeyboardInterrupt: After Ctrl-C, when the job is cancelled.
    """
    try:
        with _bar() if sys.stderr.isatty() else _lines() as show:
            while not ended(record := job.record):
                show(record)
                time.sleep(TICK)
            show(record)
    except KeyboardInterrupt:
        job.cancel()
        deadline = time.monotonic() + GRACE
        while not job.done and time.monotonic() < deadline:
            time.sleep(TICK)
        say.note("Cancelled. Nothing was saved.")
        raise
    result: Clip | str = job.result()
    return result


def ended(record: JobRecord) -> bool:
    """Whether nothing more happens by itself."""
    return record.done or record.state == "needs_you"


def _words(record: JobRecord) -> str:
    if record.state == "queued" and record.place:
        return f"waiting, {record.place} in the queue"
    return record.stage or str(record.state)


@contextlib.contextmanager
def _bar() -> Iterator[Show]:
    """A bar that moves, for people; it vanishes at the end."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=100)
        yield lambda record: progress.update(task, completed=record.progress, description=_words(record))


@contextlib.contextmanager
def _lines() -> Iterator[Show]:
    """A line for each new stage, for logs."""
    last = ""

    def show(record: JobRecord) -> None:
        nonlocal last
        words = _words(record)
        if words != last:
            last = words
            say.note(f"{record.progress:3.0f} %  {words}")

    yield show

"""Durable workflows, for jobs of several steps: the only module that knows DBOS.

DBOS records that a workflow began and what its steps returned, in tables of its own. After a crash
another process is told to take the workflow over and runs its function again; steps that had
returned are not run twice. Three facts shape this module:

* A process has one DBOS, on one database. `launch` refuses a second.
* A step that raises has its exception recorded and raised again at recovery, so our functions return
  their failures as values and never raise. `asyncio.CancelledError` is not recorded: raising it
  leaves the workflow to be recovered, which is what closing and takeovers want.
* Nobody recovers a dead neighbour's workflows by itself; `recover` wraps the (private) call that
  does, and a test notices when an upgrade removes it.

Importing DBOS takes more than a second and 58 MB, so only runners import this module.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Protocol

import sqlalchemy as sa
from dbos import DBOS, SetWorkflowID, WorkflowStatus
from dbos._error import DBOSException as EngineError
from dbos._logger import dbos_logger

__all__ = ("Durable", "EngineError", "Work")

VERSION = "1"
"""Version of the job format. Workflows of another version are never recovered, so keep it."""

OPEN = ("PENDING", "ENQUEUED", "DELAYED")
"""States of a workflow that has not ended."""
ENDING_SECONDS = 1.0
"""The end of a job is told a moment before the end of its workflow is recorded; so long at most."""
FORGET_AT_ONCE = 500


class Work(Protocol):
    """What the workflows of this process do."""

    async def perform(self, job_id: str) -> str:
        """Run one job to its end and tell how it ended; safe to run twice."""
        ...

    async def take_step(self, job_id: str, number: int) -> dict[str, Any]:
        """Carry out one step of its plan; the (small) answer is recorded."""
        ...


working: list[Work] = []


@DBOS.workflow(name="sora_kit.job", max_recovery_attempts=1000)
async def run_job(job_id: str) -> str:
    """One job."""
    return await working[0].perform(job_id)


@DBOS.step(name="sora_kit.step")
async def run_step(job_id: str, number: int) -> dict[str, Any]:
    """One recorded step of a job."""
    return await working[0].take_step(job_id, number)


class Durable:
    """DBOS on one database, for one runner."""

    @classmethod
    def busy(cls) -> bool:
        """Whether this process has launched it already."""
        return bool(working)

    def __init__(self, url: str, executor: str, work: Work) -> None:
        self.url = url
        self.executor = executor
        self.work = work

    def launch(self) -> None:
        """Start. Must be called on the background loop, which DBOS then uses.

        Raises:
            RuntimeError: This process runs jobs for another workspace already.
        """
        if working:
            raise RuntimeError("this process runs jobs for another workspace already")
        if self.url.startswith("sqlite"):
            path = sa.make_url(self.url).database or ""
            with contextlib.closing(sqlite3.connect(path)) as file:
                file.execute("pragma journal_mode = wal")  # DBOS leaves the file as it finds it
        quieten()
        working.append(self.work)
        try:
            DBOS(
                config={
                    "name": "sora_kit",
                    "system_database_url": self.url,
                    "application_version": VERSION,
                    "executor_id": self.executor,
                    "log_level": "ERROR",
                    "enable_otlp": False,
                    "notification_listener_polling_interval_sec": 0.5,  # closing waits for it
                    "scheduler_polling_interval_sec": 600.0,
                }
            )
            DBOS.launch()
        except BaseException:
            working.clear()
            DBOS.destroy()
            raise

    async def start(self, job_id: str, *, anew: bool = False) -> None:
        """See to it that the job's workflow runs, here unless it runs elsewhere. Harmless to repeat.

        A job that was ended and opened again (a person decided, say) gets a workflow of its own each time:
        one that has ended never runs again.

        Args:
            job_id: The job.
            anew: Begin another workflow even though one seems to run: whoever has it does nothing.
        """
        workflow, turn = job_id, 0
        while (status := await self.settled(workflow)) is not None:
            if status.status in OPEN and not anew:
                return
            turn += 1
            workflow = f"{job_id}-{turn}"
        with SetWorkflowID(workflow):
            await DBOS.start_workflow_async(run_job, job_id)

    async def settled(self, workflow: str) -> WorkflowStatus | None:
        """What is recorded of a workflow; of one of ours that has just ended, its end."""
        until = time.monotonic() + ENDING_SECONDS
        while True:
            status = await DBOS.get_workflow_status_async(workflow)
            open_here = status is not None and status.status in OPEN and status.executor_id == self.executor
            if not open_here or time.monotonic() > until:
                return status
            await asyncio.sleep(ENDING_SECONDS / 20)

    async def step(self, job_id: str, number: int) -> dict[str, Any]:
        """Carry out a step, or give the answer that was recorded earlier."""
        return await run_step(job_id, number)

    async def recover(self, executor: str) -> None:
        """Have the workflows of a dead process run again by whoever is alive."""
        await asyncio.to_thread(DBOS._recover_pending_workflows, [executor])  # noqa: SLF001 (no public way; tested)

    async def pending_executors(self) -> set[str]:
        """Ids of the processes that own unfinished workflows."""
        pending = await DBOS.list_workflows_async(status="PENDING", load_input=False, load_output=False)
        return {workflow.executor_id for workflow in pending if workflow.executor_id}

    async def forget(self, age: float) -> int:
        """Delete what was recorded of workflows that ended more than ``age`` seconds ago.

        DBOS keeps them for ever; our job row is the history. Returns how many were deleted, at most
        `FORGET_AT_ONCE`.
        """
        before = datetime.fromtimestamp(time.time() - age, UTC).isoformat()
        ended = await DBOS.list_workflows_async(
            status=["SUCCESS", "ERROR"],
            completed_before=before,
            limit=FORGET_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        if ended:
            await DBOS.delete_workflows_async([workflow.workflow_id for workflow in ended])
        return len(ended)

    async def close(self) -> None:
        """Stop; unfinished workflows stay to be recovered."""
        await in_thread(lambda: DBOS.destroy(workflow_completion_timeout_sec=0))
        working.clear()
        # DBOS lends the loop its thread pool and shuts it down at the end
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(thread_name_prefix="sora-kit"))


async def in_thread(work: Callable[[], None]) -> None:
    """Run something blocking on a thread that no pool owns."""
    done = asyncio.get_running_loop().create_future()
    loop = asyncio.get_running_loop()

    def run() -> None:
        try:
            work()
        except Exception as error:  # handed to the waiter
            loop.call_soon_threadsafe(done.set_exception, error)
        else:
            loop.call_soon_threadsafe(done.set_result, None)

    threading.Thread(target=run, name="sora-kit-close", daemon=True).start()
    await done


def quieten() -> None:
    """DBOS prints to the console; let its log go where the user's logging goes, errors only."""
    for handler in tuple(dbos_logger.handlers):
        if handler.name == "__dbos_console_log_handler__":
            dbos_logger.removeHandler(handler)
    if not dbos_logger.handlers:
        dbos_logger.addHandler(logging.NullHandler())

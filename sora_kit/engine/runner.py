"""A process that runs jobs: its heartbeat, what it takes, whom it succeeds.

One task (`Runner.tend`) does all of it: it refreshes this process's heartbeat row, takes jobs that
nobody runs, obeys cancellations that other processes wrote, and takes over from runners that died.
With nothing to do that is two small queries a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

from sora_kit import backends
from sora_kit.accounts import Accounts
from sora_kit.accounts.renewal import Renewal
from sora_kit.backends.hosted import is_hosted
from sora_kit.engine.durable import Durable
from sora_kit.engine.errands import Errands
from sora_kit.engine.hub import Hub
from sora_kit.engine.limits import Limits
from sora_kit.engine.pool import Pool
from sora_kit.engine.slots import Slots
from sora_kit.engine.webhooks import Posting
from sora_kit.engine.work import Workshop
from sora_kit.errors import WorkspaceError
from sora_kit.store import Attempts, Clips, JobRecord, Jobs, Runners, Settings, Workspace, leftovers
from sora_kit.store.ids import new_id
from sora_kit.store.journal import Journal
from sora_kit.store.webhooks import Webhooks

__all__ = ("Runner",)

log = logging.getLogger(__name__)

TAKE_SECONDS = 0.5
STOP_SECONDS = 0.15
OVERLAP_SECONDS = 10.0
"""Clocks of other computers may lag by so much; a stop that is heard twice does no harm."""
BEAT_SECONDS = 2.0
STUCK_SECONDS = 20.0
"""A job that is taken but makes no progress for so long is handed over anew."""
SCRATCH_SECONDS = 3600.0
FORGET_SECONDS = 3600.0
"""The durable engine's records of a finished job are kept this long; the job's own row stays."""
CLEAN_SECONDS = 600.0
WAKE_SECONDS = 1.0
RENEW_SECONDS = 60.0
EXCHANGE_SECONDS = 8.0
"""Closing waits so long for credentials that are just being exchanged."""


class Runner:
    """Runs the jobs of one workspace in this process. All methods run on the background loop."""

    def __init__(
        self, workspace: Workspace, jobs: Jobs, clips: Clips, accounts: Accounts, hub: Hub, pool: Pool
    ) -> None:
        self.id = new_id("run")
        self.workspace = workspace
        self.jobs = jobs
        self.hub = hub
        self.accounts = accounts
        self.runners = Runners(workspace.database)
        limits = Limits.read(Settings(workspace.database))
        self.renewal = Renewal(accounts, backends.hosted)
        self.slots = Slots(accounts, self.id)
        self.errands = Errands(
            self.id,
            Journal(workspace.database),
            Attempts(workspace.database),
            accounts,
            self.renewal,
            self.slots,
            workspace.media,
            limits,
        )
        self.shop = Workshop(self.id, jobs, clips, workspace.media, hub, pool, self.slots, self.errands)
        self.durable = Durable(workspace.engine_url, self.id, self.shop)
        self.shop.durable = self.durable
        self.posting = Posting(Webhooks(workspace.database, accounts.secrets))
        self.go_on: Callable[[], None] = lambda: None
        """Starts what follows jobs that have ended; see `sora_kit.studio.following`."""
        self.url = ""
        self.started = self.looked = time.time()
        self.wake = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self.tasks: set[asyncio.Task[None]] = set()
        """Jobs that run without the durable engine, or are just handed over to it."""
        self.next_beat = self.next_take = self.next_wake = 0.0
        self.next_renewal = time.monotonic() + RENEW_SECONDS
        self.renewing: asyncio.Task[None] | None = None
        self.next_clean = time.monotonic() + CLEAN_SECONDS

    async def start(self) -> None:
        """Begin to run jobs.

        Raises:
            RuntimeError: This process runs jobs for another workspace already.
        """
        self.durable.launch()
        self.hub.runner = self.id
        self.beat()
        self.sweep_scratch()
        leftovers.sweep(self.workspace.database)
        self.posting.start()
        self.task = asyncio.get_running_loop().create_task(self.tend())

    def new_job(self, record: JobRecord) -> None:
        """A job was written by this very process: run it, or take it at once."""
        if record.runner == self.id:
            self.run(record)
        else:
            self.next_take = 0.0
            self.wake.set()

    def run(self, record: JobRecord) -> None:
        """Run a job that is ours.

        What a plan of one step did stands in journal and media store, and that it is to be done stands in
        its row. Only a plan of several steps needs the durable engine, which records each of them.
        """
        one = len(record.plan["steps"]) == 1
        work = self.shop.perform(record.id) if one else self.durable.start(record.id)
        task = asyncio.get_running_loop().create_task(quietly(work, record.id))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def advertise(self, url: str) -> None:
        """Tell other processes the address of our server."""
        self.url = url
        self.beat()

    def stop_job(self, job_id: str) -> None:
        """Stop a job at once if it runs here."""
        self.shop.stop(job_id)

    def beat(self) -> None:
        """Refresh the heartbeat; after a long freeze find out what we have lost."""
        known = self.runners.beat(self.id, "runner", self.url, self.started)
        if not known and self.shop.running:
            for job in self.jobs.some(list(self.shop.running)):
                if job.done or job.runner != self.id:
                    self.shop.drop(job.id)

    async def tend(self) -> None:
        """Look after everything, until cancelled."""
        while True:
            pause = STOP_SECONDS if self.shop.running else TAKE_SECONDS
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.wake.wait(), pause)
            self.wake.clear()
            try:
                await self.look()
            except WorkspaceError as error:  # a full disk or a busy file passes; the runner stays
                log.warning("the workspace cannot be used at the moment: %s", error)
            except Exception:  # nothing that goes wrong once may end the runner
                if not threading.main_thread().is_alive():
                    return  # the process ends, and its thread pools have stopped already
                log.exception("looking after jobs failed; trying again")

    async def look(self) -> None:
        """One round."""
        now = time.monotonic()
        if self.shop.running:
            for job_id in self.jobs.to_stop(self.looked - OVERLAP_SECONDS):
                self.shop.stop(job_id)
        self.looked = time.time()
        if now >= self.next_beat:
            self.next_beat = now + BEAT_SECONDS
            self.beat()
            await self.succeed()
            self.go_on()
        if now >= self.next_wake:
            self.next_wake = now + WAKE_SECONDS
            if self.accounts.wake():
                self.slots.freed.set()
        if now >= self.next_renewal and (self.renewing is None or self.renewing.done()):
            self.next_renewal = now + RENEW_SECONDS
            self.renewing = asyncio.get_running_loop().create_task(self.renew())
        if now >= self.next_clean:
            self.next_clean = now + CLEAN_SECONDS
            await self.durable.forget(FORGET_SECONDS)
            leftovers.sweep(self.workspace.database)
        if now >= self.next_take:
            self.next_take = now + TAKE_SECONDS
            await self.take()

    async def renew(self) -> None:
        """Renew credentials that end soon."""
        try:
            await self.renewal.tend()
        except Exception:  # jobs renew what they need by themselves
            log.exception("renewing credentials failed")

    async def take(self) -> None:
        """Take jobs that nobody runs."""
        for job in self.jobs.waiting():
            if self.jobs.claim(job.id, self.id):
                self.run(job)

    async def succeed(self) -> None:
        """Take over from runners that died, then whatever fell between two chairs."""
        for dead in self.runners.dead():
            if dead.id != self.id:
                log.info("taking over from runner %s", dead.id)
                await self.durable.recover(dead.id)
                self.runners.remove(dead.id)
        lost = self.jobs.lost(time.time() - STUCK_SECONDS)
        live = [one.id for one in self.runners.live()] if lost else []
        for job in lost:
            ours = job.runner == self.id and job.id not in self.shop.running
            if len(job.plan["steps"]) > 1 and (ours or job.runner not in live):
                await self.rescue(job.id, live, ours=ours)
            elif ours:
                self.run(job)

    async def rescue(self, job_id: str, live: list[str], *, ours: bool) -> None:
        """Hand a job over anew whose workflow was lost."""
        log.info("job %s was lost; it begins again where it was", job_id)
        for executor in await self.durable.pending_executors():
            if executor not in live:
                await self.durable.recover(executor)
        # the engine may believe that somebody alive runs a job which is ours and which nobody runs
        await self.durable.start(job_id, anew=ours and job_id not in self.shop.running)

    def sweep_scratch(self) -> None:
        """Remove work folders that a killed process left behind."""
        for folder in self.workspace.media.scratch.iterdir():
            with contextlib.suppress(OSError):
                if time.time() - folder.stat().st_mtime > SCRATCH_SECONDS:
                    shutil.rmtree(folder) if folder.is_dir() else folder.unlink()

    async def close(self) -> None:
        """Stop; jobs that run here are left to be taken over by the next runner."""
        if self.task is not None:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task
        if self.renewing is not None:
            self.renewing.cancel()
            await asyncio.gather(self.renewing, return_exceptions=True)
        await self.posting.close()
        for job_id in list(self.shop.running):
            self.shop.drop(job_id)
        for _ in range(100):
            if not self.shop.running and not self.tasks:
                break
            await asyncio.sleep(0.01)
        await self.errands.close()
        await self.renewal.close(EXCHANGE_SECONDS)
        await self.slots.close()
        for name in backends.names():
            backend = backends.get(name)
            if is_hosted(backend):
                await backend.close()
        with contextlib.suppress(WorkspaceError):
            self.runners.leave(self.id)
        await self.durable.close()


async def quietly(work: Coroutine[Any, Any, object], job_id: str) -> None:
    """Do a job's work, which tells its failures with the job."""
    try:
        await work
    except Exception:  # the job is taken again when nothing was heard of it for a while
        if threading.main_thread().is_alive():
            log.exception("job %s was interrupted", job_id)

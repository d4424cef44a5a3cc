"""Running one job: its plan's steps, then the clip.

Everything here may run twice at the same time: a frozen process goes on after another one took its
job over. So files are content-addressed, the clip's row is unique per job, and the row that ends the
job is written only if nobody ended it before.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from sora_kit import backends
from sora_kit.backends.base import (
    EFFECTS,
    BackendError,
    Cancelled,
    InvalidRequest,
    Overloaded,
    QuotaExhausted,
)
from sora_kit.backends.hosted import Hosted, Need, is_hosted
from sora_kit.engine.durable import Durable, EngineError
from sora_kit.engine.errand import Errand
from sora_kit.engine.errands import Errands
from sora_kit.engine.hub import Hub
from sora_kit.engine.orders import Orders
from sora_kit.engine.pool import Pool
from sora_kit.engine.slots import LOCAL, Slots
from sora_kit.engine.storing import clip_row, store, store_received
from sora_kit.errors import JobNeedsYou, SoraKitError, WorkspaceUnreachable
from sora_kit.planning import Plan
from sora_kit.store import Clips, JobRecord, Jobs, MediaStore, State
from sora_kit.store.characters import Characters

__all__ = ("Workshop",)

log = logging.getLogger(__name__)

T = TypeVar("T")
Tell = Callable[[float | None, str], None]

DRAWING = Need(LOCAL, "video")
TRIES = 3
SLOW_SECONDS = 2.0
"""Progress of less than `SMALL` percent is written at most this often."""
SMALL = 1.0
RETRY_SECONDS = 1.0
WRITE_SECONDS = 0.5
"""Progress is written at most this often; followers in this process get every report."""
CROWD = 100
"""Of more jobs than this at once, progress is written less often."""


@dataclass
class Running:
    """A job that this process works on."""

    record: JobRecord
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    lost: bool = False
    """Another process has taken it over, or this one closes: leave without a word."""
    written: float = 0.0
    told_stage: str = ""
    told_progress: float = 0.0
    """What was written last."""
    pieces: list[dict[str, Any]] = field(default_factory=list)
    """What the steps so far have made."""
    account: str = ""
    """That serves it, or did last."""
    timings: dict[str, float] = field(default_factory=dict)
    """When each stage was reached, Unix seconds."""

    @cached_property
    def plan(self) -> Plan:
        """Its plan."""
        return Plan.from_json(self.record.plan, self.record.request)

    def mark(self, stage: str, account: str = "") -> None:
        """Note that a stage is reached, and who serves it; of several steps the last one counts."""
        self.timings[stage] = time.time()
        self.account = account or self.account


class Workshop:
    """Runs jobs; implements `sora_kit.engine.durable.Work`."""

    def __init__(
        self,
        me: str,
        jobs: Jobs,
        clips: Clips,
        media: MediaStore,
        hub: Hub,
        pool: Pool,
        slots: Slots,
        errands: Errands,
    ) -> None:
        self.me = me
        self.jobs = jobs
        self.media = media
        self.hub = hub
        self.pool = pool
        self.slots = slots
        self.errands = errands
        self.orders = Orders(clips, media, pool)
        self.running: dict[str, Running] = {}
        self.durable: Durable

    async def perform(self, job_id: str) -> str:
        """Run one job to its end."""
        # Frozen, taken for dead and recovered into this very process: the earlier run leaves. (The durable
        # engine listens to this run only; it would keep the earlier one waiting for our outcome.)
        self.drop(job_id)
        record = await patiently(lambda: self.jobs.begin(job_id, self.me))
        if record is None:
            return "ended before"
        mine = self.running[job_id] = Running(record, timings=dict(record.timings))
        self.hub.publish(record)
        try:
            plan = mine.plan
            # what a lone step made stands in media store and journal; it needs no record of its own
            take = self.durable.step if len(plan.steps) > 1 else self.take_step
            for number in range(len(plan.steps)):
                piece = await take(job_id, number)
                if "cancelled" in piece:
                    return await self.end(mine, "cancelled")
                if "error" in piece:
                    return await self.end(mine, "failed", error=piece["error"])
                if "needs_you" in piece:
                    return await self.end(mine, "needs_you", error=piece["needs_you"])
                mine.pieces.append(piece)
            return await self.complete(mine, plan, mine.pieces[-1])
        except SoraKitError as error:
            return await self.end(mine, "failed", error=told(error))
        except EngineError:
            raise  # it says that another run owns the job now, and must hear that itself
        except Exception as error:
            log.exception("job %s failed by a fault of sora_kit", job_id)
            return await self.end(mine, "failed", error=told(fault(error)))
        finally:
            if self.running.get(job_id) is mine:
                del self.running[job_id]

    async def take_step(self, job_id: str, number: int) -> dict[str, Any]:
        """Carry out one step; failures are values, so that they can be recorded."""
        mine = self.running[job_id]
        plan = mine.plan
        attempt = 1
        while True:
            try:
                return await self.attempt(mine, plan, number)
            except Cancelled:
                if not mine.stop.is_set():
                    self.yield_to_others(mine)
                if mine.lost:
                    raise asyncio.CancelledError from None
                return {"cancelled": True}
            except JobNeedsYou as question:
                return {"needs_you": told(question)}
            except BackendError as error:
                if mine.lost:
                    raise asyncio.CancelledError from None
                effect = EFFECTS.get(type(error))
                if hosted(plan.backend) or effect is None or not effect.retry or attempt == TRIES:
                    return {"error": told(error)}
                self.tell(mine, mine.record.progress, f"Trying again: {error.what}")
                await asyncio.sleep(attempt)
                attempt += 1
            except WorkspaceUnreachable as error:
                # the database restarts, say; the job goes on from where journal and media store are
                log.warning("job %s waits for the workspace: %s", job_id, error)
                await asyncio.sleep(RETRY_SECONDS)
                if mine.lost:
                    raise asyncio.CancelledError from None
            except SoraKitError as error:
                return {"error": told(error)}
            except Exception as error:
                if mine.lost:
                    raise asyncio.CancelledError from None
                log.exception("a step of job %s failed by a fault of sora_kit", job_id)
                return {"error": told(fault(error))}

    async def attempt(self, mine: Running, plan: Plan, number: int) -> dict[str, Any]:
        """One try of one step."""
        step = plan.steps[number]
        share = 100.0 / len(plan.steps)

        def report(progress: float | None, stage: str) -> None:
            reached = mine.record.progress if progress is None else number * share + progress * share / 100.0
            self.tell(mine, reached, stage)

        backend = hosted(plan.backend)
        if backend is not None and step.kind == "make":
            return await self.elsewhere(mine, backend, plan, number, report)
        return await self.here(mine, plan, number, report)

    async def here(self, mine: Running, plan: Plan, number: int, report: Tell) -> dict[str, Any]:
        """A step on this computer: draw, join or cut, and store the file."""
        name = f"{mine.record.id}/{number}"
        waiting = self.slots.take(
            name, DRAWING, lambda place, _: self.wait(mine, place, "all slots are busy")
        )
        await unless(mine.stop, waiting)
        try:
            self.enter(mine)
            with self.media.folder_for_work(mine.record.id) as folder:
                done = await self.pool.run(self.orders.drawing(mine, plan, number, folder), report, mine.stop)
                piece = await asyncio.to_thread(store, self.media, done)
                return piece | self.orders.kept(mine, plan.steps[number])
        finally:
            self.slots.release(name)

    async def elsewhere(
        self, mine: Running, backend: Hosted, plan: Plan, number: int, report: Tell
    ) -> dict[str, Any]:
        """A step on a hosted backend."""
        work = (
            self.media.folder_for_work(mine.record.id) if plan.steps[number].continues is not None else None
        )
        with work or contextlib.nullcontext() as folder:
            task, need = await self.orders.hosted(mine, plan, number, backend, folder)
            errand = Errand(
                job=mine.record.id, number=number, backend=backend, task=task, need=need,
                enter=lambda: self.enter(mine), tell=report, mark=mine.mark,
                wait=lambda place, why: self.wait(mine, place, why),
                store=lambda output: store_received(self.media, self.pool, output),
                resumed=mine.record.timings.get("resumed", 0.0), is_lost=lambda: mine.lost,
            )  # fmt: skip
            return await unless(mine.stop, self.errands.run(errand))

    async def complete(self, mine: Running, plan: Plan, piece: dict[str, Any]) -> str:
        """Write the result and the end of the job in one transaction."""
        record = mine.record
        if "character" in piece.get("understood", {}):
            row = Characters.row(record, piece, plan.backend, piece.get("account", ""))
            return await self.end(mine, "completed", character_row=row, text=row["name"])
        if "text" in piece:
            return await self.end(mine, "completed", text=piece["text"])
        return await self.end(mine, "completed", clip_row=clip_row(record, plan, piece))

    async def end(self, mine: Running, state: State, **result: Any) -> str:
        """End the job unless somebody did already, and tell."""
        job_id, runner = mine.record.id, self.me if state in ("failed", "needs_you") else None
        ended = await patiently(
            lambda: self.jobs.finish(
                job_id, state, timings=mine.timings, account=mine.account, runner=runner, **result
            )
        )
        last = await patiently(lambda: self.jobs.get(job_id)) if ended is None else ended
        self.hub.publish(last)
        return last.state

    def tell(self, mine: Running, progress: float, stage: str, place: int | None = None) -> None:
        """Note how far a job is: to followers at once, to the database now and then."""
        record = mine.record
        mine.record = record.with_(
            progress=max(record.progress, min(progress, 99.0)), stage=stage, place=place
        )
        self.hub.publish(mine.record)
        now = time.monotonic()
        moved = stage != mine.told_stage or mine.record.progress - mine.told_progress >= SMALL
        quick = WRITE_SECONDS if moved else SLOW_SECONDS
        if now - mine.written < quick * max(1.0, len(self.running) / CROWD) and place == record.place:
            return
        mine.told_stage, mine.told_progress = stage, mine.record.progress
        mine.written = now
        kept = self.jobs.progress(
            record.id,
            self.me,
            progress=mine.record.progress,
            stage=stage,
            place=place,
            timings=mine.timings,
            account=mine.account,
        )
        if kept:
            mine.record = mine.record.with_(revision=mine.record.revision + 1)
        else:
            self.yield_to_others(mine)

    def wait(self, mine: Running, place: int | None, why: str) -> None:
        """Note that a job waits for a slot."""
        self.tell(mine, mine.record.progress, why, place)

    def enter(self, mine: Running) -> None:
        """The waiting is over.

        Raises:
            Cancelled: The job ended or went to another process meanwhile.
        """
        record = self.jobs.enter(mine.record.id, self.me)
        if record is None:
            self.yield_to_others(mine)
            raise Cancelled
        mine.record = record.with_(progress=max(record.progress, mine.record.progress))
        mine.written = time.monotonic()
        self.hub.publish(mine.record)

    def yield_to_others(self, mine: Running) -> None:
        """Stop: somebody ended the job or deleted it, or another process has it now."""
        known = self.jobs.some([mine.record.id])
        mine.lost = not (known and known[0].done)
        mine.stop.set()

    def drop(self, job_id: str) -> None:
        """Stop working on a job that is no longer ours, or because this process closes."""
        mine = self.running.get(job_id)
        if mine is not None:
            mine.lost = True
            mine.stop.set()

    def stop(self, job_id: str) -> None:
        """Stop a job because somebody cancelled it."""
        mine = self.running.get(job_id)
        if mine is not None:
            mine.stop.set()


async def unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T:
    """The result of some work, unless it is stopped before.

    Raises:
        Cancelled: It was stopped; the work has ended.
    """
    doing = asyncio.ensure_future(work)
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({doing, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            return doing.result()
        raise Cancelled
    finally:
        stopped.cancel()
        if not doing.done():
            doing.cancel()
            await asyncio.gather(doing, return_exceptions=True)


async def patiently(work: Callable[[], T]) -> T:
    """The result of some work on the database, as soon as that can be reached."""
    while True:
        try:
            return work()
        except WorkspaceUnreachable as error:
            log.warning("waiting for the workspace: %s", error)
            await asyncio.sleep(RETRY_SECONDS)


def hosted(name: str) -> Hosted | None:
    """The backend of that name if it runs elsewhere."""
    backend: object = backends.get(name)
    return backend if is_hosted(backend) else None


def told(error: SoraKitError) -> dict[str, Any]:
    """An error as it is stored with the job."""
    return {
        "what": error.what,
        "why": error.why,
        "fix": error.fix,
        "code": error.code,
        "param": error.param,
        "type": type(error).__name__,
        **({"retry_at": moment} if (moment := retry_at(error)) is not None else {}),
    }


def retry_at(error: SoraKitError) -> float | None:
    """When trying again may help, in Unix seconds, if the backend said so."""
    if isinstance(error, QuotaExhausted):
        return error.resets_at
    if isinstance(error, Overloaded) and error.retry_after is not None:
        return time.time() + error.retry_after
    return None


def fault(error: Exception) -> InvalidRequest:
    """An error of ours, in words that do not blame the user."""
    return InvalidRequest(
        "The job failed by a fault of sora_kit",
        why=f"{type(error).__name__}: {error}",
        fix="Please report it with the prompt; the job can be tried again",
        code="internal_error",
    )

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
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sora_kit.accounts import Accounts
from sora_kit.accounts.pool import LEASE_SECONDS
from sora_kit.backends.base import EFFECTS, BackendError, Cancelled, InvalidRequest
from sora_kit.backends.hosted import Need
from sora_kit.engine.durable import Durable, EngineError
from sora_kit.engine.hub import Hub
from sora_kit.engine.pool import Pool
from sora_kit.errors import SoraKitError
from sora_kit.planning import Plan, Step
from sora_kit.store import Clip, Clips, JobRecord, Jobs, MediaStore, State
from sora_kit.store.ids import new_token

__all__ = ("Workshop",)

log = logging.getLogger(__name__)

TRIES = 3
WRITE_SECONDS = 0.25
"""Progress is written at most this often; followers in this process get every report."""
LOOK_SECONDS = 0.25

MIMES = {"mp4": "video/mp4", "png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}


@dataclass
class Running:
    """A job that this process works on."""

    record: JobRecord
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    lost: bool = False
    """Another process has taken it over, or this one closes: leave without a word."""
    written: float = 0.0
    pieces: list[dict[str, Any]] = field(default_factory=list)
    """What the steps so far have made."""


class Workshop:
    """Runs jobs; implements `sora_kit.engine.durable.Work`."""

    def __init__(
        self, me: str, jobs: Jobs, clips: Clips, media: MediaStore, accounts: Accounts, hub: Hub, pool: Pool
    ) -> None:
        self.me = me
        self.jobs = jobs
        self.clips = clips
        self.media = media
        self.accounts = accounts
        self.hub = hub
        self.pool = pool
        self.running: dict[str, Running] = {}
        self.line: list[str] = []
        self.freed = asyncio.Event()
        self.durable: Durable

    async def perform(self, job_id: str) -> str:
        """Run one job to its end."""
        # Frozen, taken for dead and recovered into this very process: the durable engine now listens to
        # this run only (it would keep the earlier one waiting for our outcome), so the earlier one leaves.
        self.drop(job_id)
        record = self.jobs.begin(job_id, self.me)
        if record is None:
            return "ended before"
        mine = self.running[job_id] = Running(record)
        self.hub.publish(record)
        try:
            plan = Plan.from_json(record.plan, record.request)
            for number in range(len(plan.steps)):
                piece = await self.durable.step(job_id, number)
                if "cancelled" in piece:
                    return self.end(mine, "cancelled")
                if "error" in piece:
                    return self.end(mine, "failed", error=piece["error"])
                mine.pieces.append(piece)
            return self.complete(mine, plan, mine.pieces[-1])
        except SoraKitError as error:
            return self.end(mine, "failed", error=told(error))
        except EngineError:
            raise  # it says that another run owns the job now, and must hear that itself
        except Exception as error:
            log.exception("job %s failed by a fault of sora_kit", job_id)
            return self.end(mine, "failed", error=told(fault(error)))
        finally:
            if self.running.get(job_id) is mine:
                del self.running[job_id]

    async def take_step(self, job_id: str, number: int) -> dict[str, Any]:
        """Carry out one step; failures are values, so that they can be recorded."""
        mine = self.running[job_id]
        plan = Plan.from_json(mine.record.plan, mine.record.request)
        for attempt in range(1, TRIES + 1):
            try:
                return await self.attempt(mine, plan, number)
            except Cancelled:
                if mine.lost:
                    raise asyncio.CancelledError from None
                return {"cancelled": True}
            except BackendError as error:
                if mine.lost:
                    raise asyncio.CancelledError from None
                effect = EFFECTS.get(type(error))
                if effect is None or not effect.retry or attempt == TRIES:
                    return {"error": told(error)}
                self.tell(mine, mine.record.progress, f"Trying again: {error.what}")
                await asyncio.sleep(attempt)
            except SoraKitError as error:
                return {"error": told(error)}
            except Exception as error:
                if mine.lost:
                    raise asyncio.CancelledError from None
                log.exception("a step of job %s failed by a fault of sora_kit", job_id)
                return {"error": told(fault(error))}
        raise AssertionError("unreachable")

    async def attempt(self, mine: Running, plan: Plan, number: int) -> dict[str, Any]:
        """One try of one step: wait for a slot, draw or join, store the file."""
        step = plan.steps[number]
        share = 100.0 / len(plan.steps)

        def report(progress: float, stage: str) -> None:
            self.tell(mine, number * share + progress * share / 100.0, stage)

        async with self.slot(mine, f"{mine.record.id}/{number}", plan.backend):
            with self.media.folder_for_work(mine.record.id) as folder:
                order = self.order(mine, plan, step, folder)
                done = await self.pool.run(order, report, mine.stop)
                return await asyncio.to_thread(self.store, done)

    def order(self, mine: Running, plan: Plan, step: Step, folder: Path) -> dict[str, Any]:
        """What the drawing process is asked for."""
        record = mine.record
        source = self.clips.get(record.request.source) if record.request.source else None

        def made(number: int) -> str:
            piece = mine.pieces[number]
            return str(self.media.path(piece["sha256"], piece["ext"]))

        if step.kind == "join":
            parts = [str(source.file) if source and part == -1 else made(part) for part in step.parts]
            return {"order": "join", "parts": parts, "folder": str(folder)}
        request = step.request or record.request
        video = str(source.file) if source else self.stored(request.video.sha256) if request.video else None
        return {
            "order": "render",
            "backend": plan.backend,
            "request": request.to_json(),
            "seed": record.seed,
            "image": self.stored(request.image.sha256) if request.image else None,
            "video": video,
            "continues": made(step.continues) if step.continues is not None else None,
            "options": options_from(source),
            "folder": str(folder),
        }

    def stored(self, sha256: str) -> str:
        """The path of media that the request refers to."""
        return str(self.media.find(sha256))

    def store(self, done: dict[str, Any]) -> dict[str, Any]:
        """Move what was drawn into the media store."""
        if not done.get("path"):
            return {"text": done["text"]}
        path = Path(done["path"])
        size = path.stat().st_size
        ext = path.suffix.removeprefix(".")
        poster = self.media.put_file(Path(done["poster"]), "jpg")
        facts = {name: done[name] for name in ("width", "height", "seconds", "understood")}
        return {
            "sha256": self.media.put_file(path, ext),
            "ext": ext,
            "bytes": size,
            "poster": poster,
            **facts,
        }

    def complete(self, mine: Running, plan: Plan, piece: dict[str, Any]) -> str:
        """Write the clip and the end of the job in one transaction."""
        record = mine.record
        if "text" in piece:
            return self.end(mine, "completed", text=piece["text"])
        request = record.request
        row = {
            "id": record.id.replace("job_", "clip_", 1),
            "job": record.id,
            "kind": "image" if request.kind == "image" else "video",
            "prompt": record.prompt,
            "model": record.model,
            "style": record.style,
            "backend": plan.backend,
            "preview": plan.preview,
            "seed": record.seed,
            "created": time.time(),
            "parent": record.parent,
            "mime": MIMES[piece["ext"]],
            "token": new_token(),
            "poster_sha256": piece["poster"],
            "request": request.to_json(),
            **{
                key: piece[key]
                for key in ("width", "height", "seconds", "understood", "sha256", "ext", "bytes")
            },
        }
        return self.end(mine, "completed", clip_row=row)

    def end(self, mine: Running, state: State, **result: Any) -> str:
        """End the job unless somebody did already, and tell."""
        self.jobs.finish(mine.record.id, state, **result)
        last = self.jobs.get(mine.record.id)
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
        if now - mine.written < WRITE_SECONDS and place == record.place:
            return
        mine.written = now
        kept = self.jobs.progress(record.id, self.me, progress=mine.record.progress, stage=stage, place=place)
        if kept:
            mine.record = mine.record.with_(revision=mine.record.revision + 1)
        else:
            self.yield_to_others(mine)

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
        self.hub.publish(mine.record)

    def yield_to_others(self, mine: Running) -> None:
        """Stop: somebody ended the job, or another process has it now."""
        mine.lost = not self.jobs.get(mine.record.id).done
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
            self.freed.set()

    @contextlib.asynccontextmanager
    async def slot(self, mine: Running, step: str, backend: str) -> AsyncIterator[None]:
        """A leased slot, waited for in the order in which jobs were asked for.

        Raises:
            Cancelled: The job was stopped while it waited.
        """
        job_id = mine.record.id
        self.line.append(job_id)
        self.line.sort()
        try:
            while (
                mine.stop.is_set()
                or self.line[0] != job_id
                or self.accounts.lease(step, Need(backend, "video")) is None
            ):
                if mine.stop.is_set():
                    raise Cancelled
                place = self.line.index(job_id) + 1
                if place != mine.record.place:
                    self.tell(mine, mine.record.progress, "all slots are busy", place)
                self.freed.clear()
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self.freed.wait(), LOOK_SECONDS)
        finally:
            self.line.remove(job_id)
        renewal = asyncio.create_task(self.keep(step))
        try:
            self.enter(mine)
            yield
        finally:
            renewal.cancel()
            self.accounts.release(step)
            self.freed.set()

    async def keep(self, step: str) -> None:
        """Renew a lease while its work goes on."""
        while True:
            await asyncio.sleep(LEASE_SECONDS / 3)
            self.accounts.renew([step])


def options_from(source: Clip | None) -> dict[str, Any]:
    """What a backend may want to know of the clip that it starts from."""
    if source is None:
        return {}
    return {"source_request": source.request.to_json(), "source_understood": source.understood}


def told(error: SoraKitError) -> dict[str, Any]:
    """An error as it is stored with the job."""
    return {
        "what": error.what,
        "why": error.why,
        "fix": error.fix,
        "code": error.code,
        "param": error.param,
        "type": type(error).__name__,
    }


def fault(error: Exception) -> InvalidRequest:
    """An error of ours, in words that do not blame the user."""
    return InvalidRequest(
        "The job failed by a fault of sora_kit",
        why=f"{type(error).__name__}: {error}",
        fix="Please report it with the prompt; the job can be tried again",
        code="internal_error",
    )

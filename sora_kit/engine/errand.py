"""One step on a hosted backend: a slot, the paid call, the wait, the file.

    take a slot ─▶ prepare ─▶ intend ─▶ call ─▶ submitted ─▶ watch ─▶ fetch ─▶ done
                                 │        │
                                 └────────┴─ answer lost ─▶ settle: found ─▶ submitted
                                                                    not there ─▶ take a slot

The call is made only after its intention stands in the journal, and an intention without an answer is
settled by asking the backend, never by calling again at a guess. Everything else may be repeated. What
a failure does is read in one table, `sora_kit.backends.base.EFFECTS`; what the pool makes of it is
the pool's own affair.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from sora_kit.accounts import Accounts
from sora_kit.accounts.renewal import Renewal
from sora_kit.backends.base import (
    EFFECTS,
    AuthExpired,
    BackendError,
    Cancelled,
    InvalidRequest,
    Output,
    Task,
    TransportFailed,
    UpstreamBroken,
)
from sora_kit.backends.hosted import Done, Ended, Hosted, Login, Need, Started
from sora_kit.engine.limits import Limits
from sora_kit.engine.settle import Settling
from sora_kit.engine.slots import Slots
from sora_kit.engine.watch import Watcher
from sora_kit.errors import JobNeedsYou, NotFound
from sora_kit.store import Attempts, MediaStore
from sora_kit.store.ids import new_token
from sora_kit.store.journal import Entry, Journal

__all__ = ("Errand", "Errands")

log = logging.getLogger(__name__)

FREE = ("enhance", "character")
"""Kinds that cost nothing, so that a lost answer may be asked for again."""
FETCHES = 6
SHARES = {"submit": 2.0, "made": 90.0, "fetched": 97.0}
"""Progress in percent when each part is over."""


class Store(Protocol):
    """Puts a finished file into the workspace; see `sora_kit.engine.work`."""

    async def __call__(self, output: Output) -> dict[str, Any]:
        """The facts of what was stored."""
        ...


@dataclass
class Errand:
    """One step to carry out, and how to speak to its job."""

    job: str
    number: int
    backend: Hosted
    task: Task
    need: Need
    enter: Callable[[], None]
    """The waiting is over; raises `Cancelled` when the job went elsewhere."""
    tell: Callable[[float | None, str], None]
    """``tell(progress 0…100 or None, stage)``."""
    wait: Callable[[int | None, str], None]
    """``wait(place, reason)``."""
    mark: Callable[[str, str], None]
    """Notes that the account reached a stage of the job."""
    store: Store
    resumed: float = 0.0
    """Unix seconds when a person asked to wait on."""
    is_lost: Callable[[], bool] = bool
    """Whether the job is somebody else's now, or this process closes."""
    without: set[str] = field(default_factory=set)
    renewed: set[str] = field(default_factory=set)
    login: Login | None = None
    """What was presented last."""
    calling: asyncio.Task[Entry] | None = None
    """The paid call that was made last, under way or over."""
    slot: str = ""
    """Name of its slot after it was cancelled."""
    tries: int = 0
    waits: int = 0

    @property
    def step(self) -> str:
        """Its key in journal and leases."""
        return f"{self.job}/{self.number}"

    @property
    def words(self) -> str:
        """Digest of what is ordered."""
        order: dict[str, Any] = {"request": self.task.request.to_json(), "options": self.task.options}
        order["image"] = self.task.image.name if self.task.image else None
        return hashlib.sha256(json.dumps(order, sort_keys=True, default=str).encode()).hexdigest()


class Unsure(Exception):
    """The call may have been accepted."""

    def __init__(self, error: BackendError) -> None:
        super().__init__(str(error))
        self.error = error


class NotOurs(Exception):
    """The last look before the call found that it must not be made."""


class Errands:
    """Carries out the hosted steps of this process. All methods run on the background loop."""

    def __init__(
        self,
        me: str,
        journal: Journal,
        attempts: Attempts,
        accounts: Accounts,
        renewal: Renewal,
        slots: Slots,
        media: MediaStore,
        limits: Limits,
    ) -> None:
        self.me = me
        self.journal = journal
        self.attempts = attempts
        self.accounts = accounts
        self.renewal = renewal
        self.slots = slots
        self.media = media
        self.limits = limits
        self.watcher = Watcher(accounts, renewal, limits.poll_seconds)
        self.settling = Settling(journal, renewal, accounts, limits)
        self.calls: set[asyncio.Task[Entry]] = set()
        """Paid calls under way; they are never interrupted, only left alone."""
        self.leaving: set[asyncio.Task[None]] = set()
        self.answers: dict[str, Done] = {}
        """Results that came with the answer of a call."""

    async def run(self, e: Errand) -> dict[str, Any]:
        """Carry out a step; safe to repeat at any point.

        Returns:
            The facts of what was stored.

        Raises:
            BackendError: A typed failure that nothing here can mend.
            JobNeedsYou: Whether it was bought cannot be told, or it takes too long.
            Cancelled: The job went elsewhere.
        """
        entry = self.journal.get(e.step)
        try:
            if entry is not None and entry.state == "done":
                return entry.piece or {}
            if entry is not None:
                self.slots.resume(e.step, entry.account, e.need.feature)
                e.enter()
            if entry is not None and entry.state == "intended":
                entry = await self.resolve(e, entry)
            if entry is None:
                entry = await self.buy(e)
            return await self.collect(e, entry)
        except asyncio.CancelledError:
            if not e.is_lost():
                await self.leave(e)
            raise
        finally:
            if e.step in self.slots.kept:
                self.slots.release(e.step)

    # -- buying

    async def buy(self, e: Errand) -> Entry:
        """A submission, on whatever account can make it."""
        while True:
            lease = await self.slots.take(e.step, replace(e.need, without=frozenset(e.without)), e.wait)
            e.enter()
            try:
                login = await self.renewal.fresh(lease.account)
                return await self.order(e, login)
            except Unsure as unsure:
                error = unsure.error
                self.note(e, lease.account, error)
                entry = self.journal.get(e.step)
                found = await self.resolve(e, entry) if entry is not None else None
                if found is not None:
                    return found
                pause = self.reckon(e, lease.account, error)
            except BackendError as failure:
                error = failure
                self.note(e, lease.account, error)
                if isinstance(error, AuthExpired) and await self.renewable(e, lease.account):
                    pause = 0.0
                else:
                    pause = self.reckon(e, lease.account, error)
            self.slots.release(e.step)
            e.tell(None, f"trying again: {error.what}")
            await asyncio.sleep(pause)

    async def order(self, e: Errand, login: Login) -> Entry:
        """Prepare, intend and call.

        Raises:
            Unsure: It may have been accepted.
            BackendError: It was not.
            Cancelled: Somebody else does it.
        """
        e.tell(None, "sending the order")
        e.login = login
        prepared = await e.backend.prepare(login, e.task)
        entry = Entry(
            step=e.step, job=e.job, backend=e.backend.name, account=login.account, state="intended",
            runner=self.me, token=new_token(), words=e.words, prepared=prepared,
            intended=self.accounts.clock(), submitted=None, task=None,
        )  # fmt: skip
        if not self.journal.intend(entry, None):
            raise Cancelled
        call = e.calling = asyncio.get_running_loop().create_task(self.call(e, login, entry))
        self.calls.add(call)
        call.add_done_callback(self.calls.discard)
        call.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody may wait for it
        return await asyncio.shield(call)

    async def call(self, e: Errand, login: Login, entry: Entry) -> Entry:
        """The paid call, and what the journal says of it."""

        def guard() -> None:
            if not self.journal.may_call(entry):
                raise NotOurs

        try:
            started = await e.backend.submit(login, e.task, entry.prepared, entry.token, guard)
        except NotOurs:
            if self.journal.withdraw(entry):
                await self.tidy(e, entry)
            raise Cancelled from None
        except BackendError as error:
            if arrived(error) and e.task.request.kind not in FREE:
                raise Unsure(error) from error
            self.journal.withdraw(entry)
            await self.tidy(e, entry)
            raise
        return self.accepted(e, entry, started)

    def accepted(self, e: Errand, entry: Entry, started: Started) -> Entry:
        """Write down that it was bought."""
        now = self.accounts.clock()
        task = started.task or entry.token
        if started.done is not None:
            self.answers[e.step] = started.done
        if not self.journal.submitted(entry, task, now):
            raise Cancelled  # somebody took over, and finds it upstream
        self.accounts.submitted(entry.account, e.need.feature, started.balance)
        self.attempts.add(e.job, e.number, entry.account, "submitted")
        e.mark("submitted", entry.account)
        return replace(entry, state="submitted", submitted=now, task=task)

    async def resolve(self, e: Errand, entry: Entry) -> Entry | None:
        """What became of a call without an answer: a submission, or None if it surely never arrived."""
        if e.task.request.kind in FREE:
            self.journal.withdraw(entry)
            return None
        e.tell(None, "asking what became of the last call")
        found = await self.settling.settle(e.backend, e.task, entry)
        if found is None:
            await self.tidy(e, entry)
        else:
            why = "found upstream after its answer was lost"
            self.attempts.add(e.job, e.number, entry.account, "adopted", why)
            e.mark("submitted", entry.account)
        return found

    # -- failures

    def note(self, e: Errand, account: str, error: BackendError) -> None:
        """Tell pool and history of a failure."""
        e.mark("tried", account)
        self.accounts.failed(account, error)
        self.attempts.add(e.job, e.number, account, error.code, error.what)

    async def renewable(self, e: Errand, account: str) -> bool:
        """Whether an account whose credentials were refused has new ones now; once for each job."""
        if account in e.renewed or e.login is None or e.login.account != account:
            return False
        e.renewed.add(account)
        try:
            await self.renewal.fresh(account, e.login.secrets.get("access_token", ""))
        except BackendError:
            return False
        return True

    def reckon(self, e: Errand, account: str, error: BackendError) -> float:
        """Seconds until the next try.

        Raises:
            BackendError: ``error``, when there shall be none.
        """
        effect = EFFECTS.get(type(error))
        if effect is None or not effect.retry:
            if not elsewhere(e, error) or len(e.without) >= self.limits.searched:
                raise error
            self.leave_out(e, account, error)
            return 0.0
        match effect.account:
            case "refresh" | "unfit":
                self.leave_out(e, account, error)
                return 0.0
            case "cool":
                return 0.0  # the pool gives it no more slots until its quota is back
            case "ease":
                e.waits += 1
                if e.waits > self.limits.busy_tries:
                    raise error
                return min(self.limits.pause_seconds * 2.0 ** min(e.waits, 5), 60.0)
        e.tries += 1
        if e.tries >= self.limits.tries:
            raise error
        if effect.account == "rest" and not self.accounts.verdict(others(e, account)).never:
            e.without.add(account)  # its proxy may be what is broken
        asked = getattr(error, "retry_after", None) or 0.0
        return max(asked, min(self.limits.pause_seconds * 2.0 ** (e.tries - 1), 60.0))

    def leave_out(self, e: Errand, account: str, error: BackendError) -> None:
        """Go on without an account; the error stands if nobody is left."""
        e.without.add(account)
        if self.accounts.verdict(replace(e.need, without=frozenset(e.without))).never:
            raise error

    # -- collecting

    async def collect(self, e: Errand, entry: Entry) -> dict[str, Any]:
        """Wait for the end of a task and store its media."""
        tries = 0
        while True:
            status = self.answers.pop(e.step, None) or await self.watch(e, entry)
            if isinstance(status, Ended):
                self.attempts.add(e.job, e.number, entry.account, status.error.code, status.error.what)
                await self.tidy(e, entry)
                raise status.error
            e.mark("made", entry.account)
            e.tell(SHARES["made"], "fetching the result")
            try:
                piece = await self.fetch(e, entry, status)
                break
            except BackendError as error:
                tries += 1
                log.info("fetching the result of %s failed: %s", e.job, error)
                effect = EFFECTS.get(type(error))
                if effect is None or not effect.retry:
                    raise
                if tries >= FETCHES:
                    raise needs_you(
                        "The result is there, but it cannot be fetched", str(error), error.code
                    ) from error
                await asyncio.sleep(min(self.limits.pause_seconds * 2.0 ** (tries - 1), 60.0))
        piece["account"] = entry.account
        self.journal.done(entry, piece)
        self.accounts.succeeded(entry.account)
        e.mark("stored", entry.account)
        await self.tidy(e, entry)
        return piece

    async def watch(self, e: Errand, entry: Entry) -> Done | Ended:
        """The end of a task.

        Raises:
            JobNeedsYou: It takes longer than the limit.
        """
        since = entry.submitted or entry.intended
        left = max(since, e.resumed) + self.limits.of(e.task.request.kind) - self.accounts.clock()

        def tell(progress: float | None, stage: str) -> None:
            share = SHARES["made"] - SHARES["submit"]
            e.tell(None if progress is None else SHARES["submit"] + progress * share / 100.0, stage)

        waiting = self.watcher.outcome(e.backend, entry.account, entry.task or "", e.task, since, tell)
        try:
            return await asyncio.wait_for(waiting, max(left, 1.0))
        except TimeoutError:
            raise needs_you(
                "The backend has not finished within the time limit",
                f"It was submitted {self.limits.of(e.task.request.kind) / 60:.0f} min ago and may still come",
                "upstream_timeout",
            ) from None

    async def fetch(self, e: Errand, entry: Entry, done: Done) -> dict[str, Any]:
        """The media of a finished task, stored."""
        login = await self.renewal.fresh(entry.account)
        with self.media.folder_for_work(e.job) as folder:
            try:
                output = await e.backend.fetch(login, e.task, done, folder)
            except AuthExpired:
                await self.renewal.fresh(entry.account, login.secrets.get("access_token", ""))
                raise
            e.mark("fetched", entry.account)
            e.tell(SHARES["fetched"], "storing the result")
            return await e.store(output)

    async def tidy(self, e: Errand, entry: Entry) -> None:
        """Take down what was put up for the call."""
        if not entry.prepared:
            return
        try:
            await e.backend.tidy(await self.renewal.fresh(entry.account), entry.prepared)
        except (BackendError, NotFound) as error:
            log.warning("what %s put up could not be taken down: %s", e.job, error)

    async def leave(self, e: Errand) -> None:
        """Somebody cancelled the job: stop it upstream, or leave its slot taken while it runs there."""
        entry = self.journal.get(e.step)
        if entry is None or entry.state == "done":
            return
        e.slot = self.slots.linger(e.slot or e.step, self.limits.linger_seconds)
        if entry.state == "intended":
            if e.calling is not None and not e.calling.done():
                e.calling.add_done_callback(lambda call: self.left(e, call))
            return
        try:
            async with asyncio.timeout(self.limits.cancel_seconds):
                if await e.backend.cancel(await self.renewal.fresh(entry.account), entry.task or ""):
                    self.slots.release(e.slot)
                await self.tidy(e, entry)
        except (BackendError, TimeoutError) as error:
            log.info("%s could not be stopped upstream: %s", e.job, error)

    def left(self, e: Errand, call: asyncio.Task[Entry]) -> None:
        """The answer came to a call whose job was cancelled meanwhile."""
        if call.cancelled():
            return
        if call.exception() is None:
            leaving = asyncio.get_running_loop().create_task(self.leave(e))
            self.leaving.add(leaving)
            leaving.add_done_callback(self.leaving.discard)
        elif not isinstance(call.exception(), Unsure):
            self.slots.release(e.slot)  # it was refused, so nothing runs upstream

    async def close(self) -> None:
        """Stop watching. Paid calls get a moment to hear their answer."""
        await self.watcher.close()
        if self.calls:
            await asyncio.wait(self.calls, timeout=self.limits.cancel_seconds)
        for call in self.calls:
            call.cancel()


def arrived(error: BackendError) -> bool:
    """Whether a failed call may have been accepted all the same."""
    return isinstance(error, TransportFailed | UpstreamBroken) and error.sent


def elsewhere(e: Errand, error: BackendError) -> bool:
    """Whether another account may own what this one does not know."""
    foreign = e.task.request.source is not None and not e.need.account
    return foreign and isinstance(error, InvalidRequest) and error.code == "not_found_upstream"


def others(e: Errand, account: str) -> Need:
    """The same need, from anybody else."""
    return replace(e.need, without=frozenset({*e.without, account}))


def needs_you(what: str, why: str, code: str) -> JobNeedsYou:
    """The end of what can be decided without a person."""
    return JobNeedsYou(
        what,
        why=why,
        fix="`job.resume()` looks again, `job.resume(again=True)` orders it anew, `job.cancel()` gives it up",
        code=code,
    )

"""Getting a step submitted: on which account, how often to try, and the one call that may cost money.

The call is made only after its intention stands in the journal, and an intention without an answer is
settled by asking the backend, never by calling again at a guess. What a failure does is read in one
table, `sora_kit.backends.base.EFFECTS`; what the pool makes of it is the pool's own affair.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

from sora_kit.accounts import Accounts
from sora_kit.accounts.renewal import Renewal
from sora_kit.backends.base import (
    EFFECTS,
    AccountUnfit,
    AuthExpired,
    BackendError,
    Cancelled,
    InvalidRequest,
    TransportFailed,
    UpstreamBroken,
)
from sora_kit.backends.hosted import Login, Need, Started
from sora_kit.engine.errand import Errand, tidy
from sora_kit.engine.limits import Limits
from sora_kit.engine.settle import Settling
from sora_kit.engine.slots import Slots
from sora_kit.errors import NotFound
from sora_kit.store import Attempts
from sora_kit.store.ids import new_token
from sora_kit.store.journal import Entry, Journal

__all__ = ("Buying", "Unsure")

FREE = ("enhance", "character")
"""Kinds that cost nothing, so that a lost answer may be asked for again."""


class Unsure(Exception):
    """The call may have been accepted."""

    def __init__(self, error: BackendError) -> None:
        super().__init__(str(error))
        self.error = error


class NotOurs(Exception):
    """The last look before the call found that it must not be made."""


class Buying:
    """Submits steps. All methods run on the background loop.

    Args:
        me: Id of this runner.
        journal: Where intentions stand.
        attempts: The history that people see.
        accounts: The pool.
        renewal: Gives usable logins.
        slots: Of the pool, for this process.
        limits: How patient to be.
    """

    def __init__(
        self,
        me: str,
        journal: Journal,
        attempts: Attempts,
        accounts: Accounts,
        renewal: Renewal,
        slots: Slots,
        limits: Limits,
    ) -> None:
        self.me = me
        self.journal = journal
        self.attempts = attempts
        self.accounts = accounts
        self.renewal = renewal
        self.slots = slots
        self.limits = limits
        self.settling = Settling(journal, renewal, accounts, limits)
        self.calls: set[asyncio.Task[Entry]] = set()
        """Paid calls under way; they are never interrupted, only left alone."""

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
            except NotFound:  # the account was removed at this very moment
                e.without.add(lease.account)
                pause, error = 0.0, gone()
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
                await tidy(self.renewal, e, entry)
            raise Cancelled from None
        except BackendError as error:
            if arrived(error) and e.task.request.kind not in FREE:
                raise Unsure(error) from error
            self.journal.withdraw(entry)
            await tidy(self.renewal, e, entry)
            raise
        return self.accepted(e, entry, started)

    def accepted(self, e: Errand, entry: Entry, started: Started) -> Entry:
        """Write down that it was bought."""
        now = self.accounts.clock()
        task = started.task or entry.token
        e.answer = started.done
        with self.journal.database.write():
            if not self.journal.submitted(entry, task, now):
                raise Cancelled  # somebody took over, and finds it upstream
            with contextlib.suppress(NotFound):  # removed at this very moment; it was bought all the same
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
            await tidy(self.renewal, e, entry)
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


def gone() -> AccountUnfit:
    """The failure of a step whose account was removed."""
    return AccountUnfit("The account was removed", fix="Add it again, or another one", code="account_removed")


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

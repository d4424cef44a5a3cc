"""Waiting for a slot on an account, fairly.

Those who need the same wait in one line, oldest job first, across all processes of a workspace: each
process keeps its own waiters in memory and a row for each in the database, and only the oldest of a
line asks for a lease. One task of the process hands out slots, tells the waiting their place and the
reason, and renews the leases that are held, all of them in one transaction.
"""

from __future__ import annotations

import asyncio
import bisect
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sora_kit.accounts import Accounts, Lease
from sora_kit.accounts.pool import LEASE_SECONDS
from sora_kit.backends.base import AccountUnfit
from sora_kit.backends.hosted import Feature, Need
from sora_kit.errors import WorkspaceError

__all__ = ("LOCAL", "Slots")

log = logging.getLogger(__name__)

LOCAL = "animatic"
"""The drawing places of this computer are an account of this backend in the pool, for all that draw here."""

LOOK_SECONDS = 0.25
"""Slots that other processes give back are seen within this time."""
WORD_SECONDS = 1.0
FRONT = 20
"""Those at the front hear every change of their place, the others every `FAR_SECONDS`."""
FAR_SECONDS = 5.0

Tell = Callable[[int | None, str], None]
"""``tell(place from 1, reason)``."""


@dataclass(eq=False)
class Waiter:
    """One step that waits."""

    step: str
    need: Need
    tell: Tell
    got: asyncio.Future[Lease] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    told: float = 0.0


class Slots:
    """The slots that this process holds and waits for. All methods run on the background loop.

    Args:
        accounts: The pool.
        me: Id of this runner.
    """

    def __init__(self, accounts: Accounts, me: str) -> None:
        self.accounts = accounts
        self.me = me
        self.lines: dict[tuple[str, frozenset[str]], list[Waiter]] = {}
        self.kept: set[str] = set()
        self.freed = asyncio.Event()
        self.server: asyncio.Task[None] | None = None
        self.next_renewal = self.next_word = 0.0

    async def take(self, step: str, need: Need, tell: Tell) -> Lease:
        """A slot for a step, renewed until it is released.

        Args:
            step: Names the slot.
            need: What the account must have.
            tell: Called with place and reason while it waits.

        Raises:
            AccountUnfit: Nobody can ever serve it (code ``no_account``).
        """
        line = self.accounts.step_line(need)
        if (line, need.without) not in self.lines and self.accounts.first(line, step):
            lease = self.accounts.lease(step, need)
            if lease is not None:
                self.keep(step)
                return lease
        waiter = Waiter(step, need, tell)
        queue = self.lines.setdefault((line, need.without), [])
        bisect.insort(queue, waiter, key=lambda one: one.step)
        # who failed on some accounts already waits for the rest of them, and must not hold up the others
        if not need.without:
            self.accounts.wait(step, line, self.me)
        self.next_word = 0.0
        self.serve()
        try:
            return await waiter.got
        except asyncio.CancelledError:
            if waiter.got.done() and not waiter.got.cancelled() and waiter.got.exception() is None:
                self.release(step)
            raise
        finally:
            with contextlib.suppress(ValueError):
                queue.remove(waiter)
            if not queue:
                self.lines.pop((line, need.without), None)
            if not need.without:
                self.accounts.leave([step])
            self.freed.set()  # the next in line may be first now

    def resume(self, step: str, account: str, feature: Feature) -> None:
        """Hold the slot of a step that runs upstream already, whatever the account's state is."""
        self.accounts.resume(step, account, feature)
        self.keep(step)

    def keep(self, step: str) -> None:
        """Renew it from now on."""
        self.kept.add(step)
        self.serve()

    def release(self, step: str) -> None:
        """Give a slot back."""
        self.kept.discard(step)
        self.accounts.release(step)
        self.freed.set()

    def linger(self, step: str, seconds: float) -> str:
        """Leave a slot taken for a while: what was cancelled here still runs upstream. Gives its new name."""
        self.kept.discard(step)
        return self.accounts.linger(step, seconds)

    def serve(self) -> None:
        """Start the serving task unless it runs."""
        if self.server is None or self.server.done():
            self.next_renewal = time.monotonic() + LEASE_SECONDS / 3
            self.server = asyncio.get_running_loop().create_task(self.run())
        self.freed.set()

    async def run(self) -> None:
        """Hand out, tell and renew, as long as anybody waits or holds."""
        while self.lines or self.kept:
            pause = LOOK_SECONDS if self.lines else max(0.0, self.next_renewal - time.monotonic())
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.freed.wait(), pause)
            self.freed.clear()
            try:
                self.look()
            except WorkspaceError as error:  # a busy database passes
                log.warning("slots cannot be given out at the moment: %s", error)
            except Exception:  # everybody waits for this task, and nobody would start it again
                log.exception("giving out slots failed; trying again")

    def look(self) -> None:
        """One round."""
        now = time.monotonic()
        for (line, _), queue in list(self.lines.items()):
            self.hand_out(line, queue)
        if self.lines and now >= self.next_word:
            self.next_word = now + WORD_SECONDS
            self.say_why(now)
        if self.kept and now >= self.next_renewal:
            self.next_renewal = now + LEASE_SECONDS / 3
            self.accounts.renew(self.kept)

    def hand_out(self, line: str, queue: list[Waiter]) -> None:
        """Give slots to a line, oldest first."""
        for waiter in list(queue):
            if waiter.got.done():
                continue
            if not self.accounts.first(line, waiter.step):
                return
            lease = self.accounts.lease(waiter.step, waiter.need)
            if lease is None:
                return
            self.keep(waiter.step)
            waiter.got.set_result(lease)
            if not waiter.need.without:
                self.accounts.leave([waiter.step])

    def say_why(self, now: float) -> None:
        """Tell places and reasons; send away those whom nobody can ever serve."""
        places = self.accounts.places(self.me)
        for queue in list(self.lines.values()):
            waiting = [waiter for waiter in queue if not waiter.got.done()]
            if not waiting:
                continue
            verdict = self.accounts.verdict(waiting[0].need)
            for index, waiter in enumerate(waiting):
                if verdict.never:
                    waiter.got.set_exception(nobody(verdict.never))
                    continue
                place = places.get(waiter.step, index + 1)
                if place <= FRONT or now - waiter.told > FAR_SECONDS:
                    waiter.told = now
                    waiter.tell(place, verdict.why)

    async def close(self) -> None:
        """Stop serving. Leases that are held expire by themselves."""
        if self.server is not None:
            self.server.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.server


def nobody(why: str) -> AccountUnfit:
    """The failure of a step that no account can ever serve."""
    return AccountUnfit(
        "No account can do this",
        why=why,
        fix="Add an account that can (`sora-kit accounts add`), or choose another model or backend",
        code="no_account",
    )

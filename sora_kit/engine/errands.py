"""Carrying out errands: buying, then collecting, from wherever a step was left."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from sora_kit.accounts import Accounts
from sora_kit.accounts.renewal import Renewal
from sora_kit.backends.base import BackendError
from sora_kit.engine.buying import Buying, Unsure
from sora_kit.engine.collecting import Collecting
from sora_kit.engine.errand import Errand, tidy
from sora_kit.engine.limits import Limits
from sora_kit.engine.slots import Slots
from sora_kit.store import Attempts, MediaStore
from sora_kit.store.journal import Entry, Journal

__all__ = ("Errands",)

log = logging.getLogger(__name__)


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
        self.journal = journal
        self.renewal = renewal
        self.slots = slots
        self.limits = limits
        self.buying = Buying(me, journal, attempts, accounts, renewal, slots, limits)
        self.collecting = Collecting(journal, attempts, accounts, renewal, media, limits)
        self.leaving: set[asyncio.Task[None]] = set()

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
                entry = await self.buying.resolve(e, entry)
            if entry is None:
                entry = await self.buying.buy(e)
            return await self.collecting.collect(e, entry)
        except asyncio.CancelledError:
            if not e.is_lost():
                await self.leave(e)
            raise
        finally:
            if e.step in self.slots.kept:
                self.slots.release(e.step)

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
                await tidy(self.renewal, e, entry)
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
        await self.collecting.watcher.close()
        calls = self.buying.calls
        if calls:
            await asyncio.wait(calls, timeout=self.limits.cancel_seconds)
        for call in calls:
            call.cancel()

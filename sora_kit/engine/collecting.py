"""Collecting what was submitted: the wait, the file, the end.

Nothing here costs anything, so all of it may be repeated: whoever takes a job over watches its task
anew and fetches its media again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

from sora_kit.accounts import Accounts
from sora_kit.accounts.renewal import Renewal
from sora_kit.backends.base import EFFECTS, AuthExpired, BackendError
from sora_kit.backends.hosted import Done, Ended
from sora_kit.engine.errand import Errand, tidy
from sora_kit.engine.limits import Limits
from sora_kit.engine.watch import Watcher
from sora_kit.errors import JobNeedsYou, NotFound
from sora_kit.store import Attempts, MediaStore
from sora_kit.store.journal import Entry, Journal

__all__ = ("Collecting",)

log = logging.getLogger(__name__)

FETCHES = 6
SHARES = {"submit": 2.0, "made": 90.0, "fetched": 97.0}
"""Progress in percent when each part is over."""


class Collecting:
    """Collects results. All methods run on the background loop.

    Args:
        journal: Where submissions stand.
        attempts: The history that people see.
        accounts: The pool.
        renewal: Gives usable logins.
        media: Where files go.
        limits: How patient to be.
    """

    def __init__(
        self,
        journal: Journal,
        attempts: Attempts,
        accounts: Accounts,
        renewal: Renewal,
        media: MediaStore,
        limits: Limits,
    ) -> None:
        self.journal = journal
        self.attempts = attempts
        self.accounts = accounts
        self.renewal = renewal
        self.media = media
        self.limits = limits
        self.watcher = Watcher(accounts, renewal, limits.poll_seconds)

    async def collect(self, e: Errand, entry: Entry) -> dict[str, Any]:
        """Wait for the end of a task and store its media."""
        tries = 0
        while True:
            status = e.answer or await self.watch(e, entry)
            e.answer = None
            if isinstance(status, Ended):
                self.attempts.add(e.job, e.number, entry.account, status.error.code, status.error.what)
                await tidy(self.renewal, e, entry)
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
        with self.journal.database.write():
            self.journal.done(entry, piece)
            with contextlib.suppress(NotFound):  # the account was removed meanwhile
                self.accounts.succeeded(entry.account)
        e.mark("stored", entry.account)
        await tidy(self.renewal, e, entry)
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
        async with self.media.afolder_for_work(e.job) as folder:
            try:
                output = await e.backend.fetch(login, e.task, done, folder)
            except AuthExpired:
                await self.renewal.fresh(entry.account, login.secrets.get("access_token", ""))
                raise
            e.mark("fetched", entry.account)
            e.tell(SHARES["fetched"], "storing the result")
            return await e.store(output)


def needs_you(what: str, why: str, code: str) -> JobNeedsYou:
    """The end of what can be decided without a person."""
    return JobNeedsYou(
        what,
        why=why,
        fix="`job.resume()` looks again, `job.resume(again=True)` orders it anew, `job.cancel()` gives it up",
        code=code,
    )

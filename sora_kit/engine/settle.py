"""What became of a paid call whose answer was lost.

The process died between the call and its answer, or the connection did. The account's lists are read
again and again: a task that no step of ours knows, began since, and says the same words, is the one. If
after ``settle_seconds`` (longer than any request is under way) there still is none, the call never
arrived. Where that cannot be told for certain, a person decides; nothing is bought at a guess.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

from sora_kit.accounts import Accounts
from sora_kit.accounts.renewal import Renewal
from sora_kit.backends.base import AuthExpired, BackendError, Task
from sora_kit.backends.hosted import Found, Hosted
from sora_kit.engine.limits import Limits
from sora_kit.errors import JobNeedsYou
from sora_kit.store.journal import Entry, Journal

__all__ = ("Settling", "choose")

LEEWAY_SECONDS = 600.0
"""A backend's clock may be wrong by so much; what other steps ordered is known anyway."""


class Settling:
    """Settles intentions without an answer."""

    def __init__(self, journal: Journal, renewal: Renewal, accounts: Accounts, limits: Limits) -> None:
        self.journal = journal
        self.renewal = renewal
        self.accounts = accounts
        self.limits = limits

    async def settle(self, backend: Hosted, task: Task, entry: Entry) -> Entry | None:
        """The submission that the call became, or None if it surely never arrived.

        Raises:
            JobNeedsYou: It cannot be told.
        """
        clock = self.accounts.clock
        patience = self.limits.settle_seconds or backend.settle_seconds
        deadline = entry.intended + patience
        give_up = max(deadline, clock()) + self.limits.unreachable_seconds
        rejected = ""
        while True:
            late = clock() >= deadline
            over = clock() >= deadline + patience
            try:
                login = await self.renewal.fresh(entry.account, rejected)
                rejected = ""
                try:
                    found = await backend.find(login, task, entry.token, entry.intended)
                except AuthExpired:
                    rejected = login.secrets.get("access_token", "")
                    raise
            except BackendError as error:
                if clock() >= give_up:
                    raise undecided(f"The account cannot be asked: {error.what}") from error
            else:
                if found is None:
                    raise undecided("The backend cannot be asked for it")
                settled, now = self.reckon(entry, found, late=late, over=over)
                if settled:
                    return now
            await asyncio.sleep(min(self.limits.poll_seconds or backend.poll_seconds, 5.0))

    def reckon(
        self, entry: Entry, found: Sequence[Found], *, late: bool, over: bool
    ) -> tuple[bool, Entry | None]:
        """Whether it is settled now, and how.

        Args:
            entry: The call.
            found: What the account's lists show.
            late: Whether it would have arrived by now.
            over: Whether the others that wait for their answer, too, have had time to find theirs.

        Raises:
            JobNeedsYou: More tasks fit than were ordered, and it is late.
        """
        now = self.journal.get(entry.step)
        if now is None or now.state != "intended" or now.token != entry.token:
            return True, now if now is not None and now.state != "intended" else None
        known = self.journal.known(entry.backend, [one.task for one in found])
        fresh = [one for one in found if one.task not in known and not before(one, entry)]
        rivals = self.journal.rivals(entry)
        pick = choose(fresh, equal=sum(one.words == entry.words for one in rivals), others=len(rivals))
        if isinstance(pick, Found):
            when = pick.created or entry.intended
            if self.journal.submitted(entry, pick.task, when):
                return True, self.journal.get(entry.step)
            return False, None  # another step was faster with that task: look again
        if not late:
            return False, None
        if pick == "several" and rivals and not over:
            return False, None  # they take what is theirs, and then it may be clear
        if pick == "several":
            raise undecided("More tasks than one may be it")
        self.journal.withdraw(entry)
        return True, None


def before(one: Found, entry: Entry) -> bool:
    """Whether a task is older than the call."""
    return one.created is not None and one.created < entry.intended - LEEWAY_SECONDS


def choose(found: Sequence[Found], equal: int, others: int) -> Found | Literal["none", "several"]:
    """The task that a call became.

    Args:
        found: Tasks that no step knows, begun since the call.
        equal: Other calls with the very same order that wait for their answer, too. Which of two equal
            tasks belongs to which of two equal orders does not matter.
        others: All other calls of the account that wait for their answer.
    """
    same = sorted((one for one in found if one.same), key=lambda one: (one.created or 0.0, one.task))
    if same:
        return same[0] if len(same) <= equal + 1 else "several"
    unclear = [one for one in found if one.same is None]
    if not unclear:
        return "none"
    return unclear[0] if len(unclear) == 1 and not others else "several"


def undecided(why: str) -> JobNeedsYou:
    """The question to the person."""
    return JobNeedsYou(
        "It is not known whether the backend accepted the order",
        why=why,
        fix="Look at the account. `job.resume()` asks again, `job.resume(again=True)` orders it anew (and "
        "may buy it twice), `job.cancel()` gives it up",
        code="submission_unknown",
    )

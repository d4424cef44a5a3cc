"""What clients did: calls, accepted submissions, and which of those say the same thing twice.

A submission is a duplicate if, within a window before it, another one had the same words and
parameters, on whatever account, or the same ``Idempotency-Key``. Upstream knows no such key and carries
both out, so the stand-in does as well; it only counts what a client that buys nothing twice never does.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ("Ledger", "Submission")


@dataclass(frozen=True, slots=True)
class Submission:
    """One accepted submission."""

    task: str
    account: str
    endpoint: str
    prompt: str
    at: float
    """Unix seconds of the stand-in's clock."""

    key: str | None
    """Its ``Idempotency-Key``, if one was sent."""

    duplicate_of: str | None
    """The earlier task that asked for the same."""


class Ledger:
    """Counts of one stand-in.

    Args:
        window: Seconds in which the same words count as a duplicate.
    """

    def __init__(self, window: float) -> None:
        self.window = window
        self.calls: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """Calls by endpoint and account; "" for calls without one."""

        self.submissions: list[Submission] = []
        self.most: Counter[str] = Counter()
        """The most videos that ran at once, by account."""

        self._asked: dict[str, tuple[float, str]] = {}
        self._keys: dict[str, tuple[float, str]] = {}

    def call(self, endpoint: str, account: str | None) -> None:
        """Count one call."""
        self.calls[endpoint][account or ""] += 1

    def accept(
        self, endpoint: str, account: str, body: dict[str, Any], task: str, *, now: float, key: str | None
    ) -> Submission:
        """Write an accepted submission down."""
        asked = json.dumps([endpoint, body], sort_keys=True)
        same = self._recent(self._asked, asked, now) or (self._recent(self._keys, key, now) if key else None)
        self._asked[asked] = (now, task)
        if key:
            self._keys[key] = (now, task)
        prompt = str(body.get("prompt") or body.get("user_prompt") or "")
        made = Submission(task, account, endpoint, prompt, now, key, same)
        self.submissions.append(made)
        return made

    def running(self, account: str, count: int) -> None:
        """Note how many videos of an account run now."""
        self.most[account] = max(self.most[account], count)

    def view(self, running: dict[str, int]) -> dict[str, Any]:
        """All counts as JSON.

        Args:
            running: Videos that run now, by account.
        """
        submissions = list(self.submissions)
        return {
            "calls": {endpoint: dict(counts) for endpoint, counts in list(self.calls.items())},
            "accepted_submissions": len(submissions),
            "accepted_by_account": dict(Counter(one.account for one in submissions)),
            "duplicate_submissions": sum(one.duplicate_of is not None for one in submissions),
            "running": running,
            "max_concurrent": {account: self.most[account] for account in running},
            "submissions": [asdict(one) for one in submissions],
        }

    def _recent(self, seen: dict[str, tuple[float, str]], what: str, now: float) -> str | None:
        at, task = seen.get(what, (float("-inf"), ""))
        return task if now - at <= self.window else None

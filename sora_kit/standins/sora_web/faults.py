"""Faults on request: what breaks, for whom, where, and at which call.

A fault counts the calls that match its account and endpoint, from the moment it is set, and acts on the
``nth`` of them, or on all. There are three families: a *refusal* is answered instead of the work; a
*wire* fault breaks the way; a *fate* lets the submission pass and decides how its task goes on.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sora_kit.errors import InvalidInput
from sora_kit.standins.sora_web.endpoints import ENDPOINTS, SUBMISSIONS
from sora_kit.standins.sora_web.refusals import REFUSALS

__all__ = ("FATES", "KINDS", "WIRE", "Fault", "Faults")

WIRE: dict[str, str] = {
    "connection_reset": "the connection is reset before anything is done",
    "slow": "the answer comes `seconds` later (real time; default 5)",
    "truncated_body": "the work is done, and half of the answer arrives",
    "html_instead_of_json": "the work is not done; status 200 with a page",
    "cut_after_acceptance": "the work is done, then the connection is reset without an answer",
    "duplicate_delivery": "a submission is carried out twice; a list shows every item twice",
    "clock_skew": "all times in the answer, its Date header and new tokens are `seconds` off (default 3600)",
}

FATES: dict[str, str] = {
    "never_ends": "the task stays running for ever",
    "progress_null": "the task's progress is null until its end",
    "no_url": "the draft, or the picture that succeeded, has no URL",
    "sora_content_violation": "the draft is a violation with a reason",
    "sora_error": "the draft has kind `sora_error` and no URL",
    "image_failed": "the picture's task fails with a message",
    "unknown_status": "the task's status is a word that no client knows, until its end",
    "cameo_failed": "the character cannot be made",
}

KINDS: tuple[str, ...] = (*REFUSALS, *WIRE, *FATES)
"""All kinds of faults."""

_SECONDS = {"slow": 5.0, "clock_skew": 3600.0}


@dataclass(slots=True, eq=False)
class Fault:
    """One fault that is set.

    Args:
        kind: One of `KINDS`.
        account: An e-mail; None for every account.
        endpoint: A name of `ENDPOINTS`; None for every endpoint, or for all submissions for a fate.
        nth: 1 for the next matching call, or several such numbers; None for every one.
        seconds: Of ``slow`` and ``clock_skew``.
        id: Given by the stand-in.

    Raises:
        InvalidInput: A value is unknown or out of range.
    """

    kind: str
    account: str | None = None
    endpoint: str | None = None
    nth: int | Sequence[int] | None = None
    seconds: float | None = None
    id: int = 0
    seen: int = field(default=0, init=False)
    """Matching calls so far."""

    hits: int = field(default=0, init=False)
    """How often it acted."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidInput(
                f"{self.kind!r} is no fault", fix=f"Use one of {', '.join(KINDS)}", param="kind"
            )
        if self.account is not None and not isinstance(self.account, str):
            raise InvalidInput("account is no text", fix="Use an e-mail", param="account")
        if self.endpoint is not None and self.endpoint not in [*ENDPOINTS]:
            fix = f"Use one of {', '.join(ENDPOINTS)}"
            raise InvalidInput(f"{self.endpoint!r} is no endpoint", fix=fix, param="endpoint")
        if any(isinstance(n, bool) or not isinstance(n, int) or n < 1 for n in self._numbers()):
            raise InvalidInput("nth is no number of a call", fix="Count from 1: 1, or [1, 3]", param="nth")
        if self.seconds is None:
            self.seconds = _SECONDS.get(self.kind)
        elif isinstance(self.seconds, bool) or not isinstance(self.seconds, int | float):
            raise InvalidInput("seconds is not a number", fix="Use a number such as 2.5", param="seconds")
        elif self.kind == "slow" and self.seconds < 0:
            raise InvalidInput("An answer cannot come early", fix="Use 0 or more seconds", param="seconds")

    def matches(self, account: str | None, endpoint: str) -> bool:
        """Whether it is about this call."""
        if self.account is not None and self.account != account:
            return False
        if self.endpoint is not None:
            return self.endpoint == endpoint
        if self.kind == "cameo_failed":
            return endpoint in {"character_upload", "character_from_generation"}
        return self.kind not in FATES or endpoint in SUBMISSIONS

    def acts(self) -> bool:
        """Count one matching call, and say whether the fault acts on it."""
        self.seen += 1
        due = self.nth is None or self.seen in self._numbers()
        self.hits += due
        return due

    def _numbers(self) -> list[Any]:
        if self.nth is None:
            return []
        return list(self.nth) if isinstance(self.nth, list | tuple) else [self.nth]

    def view(self) -> dict[str, Any]:
        """As JSON."""
        names = ("id", "kind", "account", "endpoint", "nth", "seconds", "seen", "hits")
        return {name: getattr(self, name) for name in names}


class Faults:
    """The faults that are set."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._all: dict[int, Fault] = {}

    def add(self, fault: Fault) -> Fault:
        """Set one, and give it its id."""
        fault.id = next(self._numbers)
        self._all[fault.id] = fault
        return fault

    def remove(self, number: int) -> bool:
        """Take one away; whether it was there."""
        return self._all.pop(number, None) is not None

    def clear(self) -> None:
        """Take all away."""
        self._all.clear()

    def __iter__(self) -> Iterator[Fault]:
        return iter(list(self._all.values()))

    def due(self, account: str | None, endpoint: str) -> list[Fault]:
        """Count a call, and name the faults that act on it, in the order in which they were set."""
        return [fault for fault in self if fault.matches(account, endpoint) and fault.acts()]

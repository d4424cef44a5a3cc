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
from dataclasses import dataclass, field
from typing import Any, Protocol

from sora_kit.accounts.renewal import Renewal
from sora_kit.backends.base import BackendError, Output, Task
from sora_kit.backends.hosted import Done, Hosted, Login, Need
from sora_kit.errors import NotFound
from sora_kit.store.journal import Entry

__all__ = ("Errand", "tidy")

log = logging.getLogger(__name__)


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
    answer: Done | None = None
    """The result, where it came with the answer of the call."""
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


async def tidy(renewal: Renewal, e: Errand, entry: Entry) -> None:
    """Take down what was put up for the call, if anything was."""
    if not entry.prepared:
        return
    try:
        await e.backend.tidy(await renewal.fresh(entry.account), entry.prepared)
    except (BackendError, NotFound) as error:
        log.warning("what %s put up could not be taken down: %s", e.job, error)

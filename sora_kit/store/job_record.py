"""A snapshot of one job."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal

from sora_kit.language.request import Request

__all__ = ("FINAL", "JobRecord", "State")

State = Literal["queued", "running", "completed", "failed", "cancelled", "needs_you"]
FINAL: frozenset[str] = frozenset({"completed", "failed", "cancelled"})
"""States that never change again."""


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A snapshot of one job."""

    id: str
    """``job_…``"""
    kind: str
    """``video``, ``image``, ``enhance``, ``remix``, ``extend`` or ``character``."""
    state: State
    stage: str
    """What is going on, in plain words; empty when there is nothing to say."""
    progress: float
    """0 to 100; never falls."""
    place: int | None
    """Place in the queue from 1, None when it does not wait."""
    prompt: str
    """The prompt, without style tags and references."""
    model: str
    style: str | None
    backend: str
    owner: str
    """Id of the API key that asked, or empty for somebody at this computer."""
    attempts: int
    """How often a process began to work on it."""
    request: Request = field(repr=False)
    plan: dict[str, Any] = field(repr=False)
    clips: tuple[str, ...]
    """Ids of the results."""
    text: str
    """The result of an `enhance` job."""
    error: dict[str, Any] | None
    """``what``, ``why``, ``fix``, ``code`` and ``param`` of a failure."""
    created: float
    started: float | None
    finished: float | None
    """Unix seconds."""
    parent: str | None
    """Id of the clip that it was made from."""
    runner: str | None
    """Id of the process that runs it."""
    seed: int
    updated: float
    revision: int
    """Counts changes of the row."""
    account: str = ""
    """Id of the account that served it last; empty for work on this computer."""
    timings: dict[str, float] = field(default_factory=dict, repr=False)
    """Stage (``submitted``, ``made``, ``fetched``, ``stored``, …) → Unix seconds when it was reached."""

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self.state in FINAL

    def with_(self, **changes: Any) -> JobRecord:
        """A copy with some fields changed."""
        if not changes.keys() <= FIELDS:
            raise TypeError(f"a job has no {', '.join(changes.keys() - FIELDS)}")
        new = object.__new__(JobRecord)  # `replace` takes five times as long, and jobs move all the time
        for name in FIELDS:
            object.__setattr__(new, name, changes[name] if name in changes else getattr(self, name))
        return new


FIELDS = frozenset(one.name for one in fields(JobRecord))

"""A studio that lives by the clock of its stand-in, so that quotas and tokens end when both say so."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from sora_kit import Studio
from sora_kit.backends.sora_web import calling, errors, starting, tokens

__all__ = ("live_by",)


def live_by(clock: Callable[[], float], studio: Studio, patch: pytest.MonkeyPatch) -> None:
    """Tell the pool and the backend another time than this computer's; to be called before the first job.

    Leases, heartbeats and pauses stay with the real time, as do the times that are written with jobs.

    Args:
        clock: Unix seconds.
        studio: A runner without accounts.
        patch: Takes it back.
    """
    studio.accounts.clock = clock
    # "It resets in 3600 s" becomes a time where the answer is read.
    for module in (calling, errors, starting, tokens):
        patch.setattr(module, "time", SimpleNamespace(time=clock, monotonic=time.monotonic))

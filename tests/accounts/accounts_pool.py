"""Parts that several tests of accounts share."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from sora_kit.accounts import Accounts
from sora_kit.backends.hosted import Need
from sora_kit.store import Workspace
from sora_kit.store.secrets import Secrets

VIDEO = Need("sora_web", "video")
IMAGE = Need("sora_web", "image")
OTHER = Need("sora_web", "other")


class Clock:
    """A time that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = float(int(time.time()))

    def __call__(self) -> float:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += seconds


def opened(folder: Path, clock: Callable[[], float] = time.time) -> Accounts:
    """The pool of a workspace in ``folder``."""
    workspace = Workspace(folder)
    return Accounts(workspace.database, Secrets(workspace.database, folder), clock=clock)


def filled(pool: Accounts, count: int, **fields: object) -> list[str]:
    """Ids of so many new accounts."""
    return [pool.add("sora_web", access_token=f"token-{n}-" + "x" * 30, **fields).id for n in range(count)]

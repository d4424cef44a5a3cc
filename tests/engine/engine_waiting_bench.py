"""The bench of the tests about waiting: a studio, a stand-in, and one clock that both live by.

A test may skip the clock forward: hours of quota pass in no time. Tasks last as long as a test says
(`Bench.lasting`).
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sora_web_studio import LIMITS, sora_web_studio
from sora_web_time import live_by

from sora_kit import Job, Studio
from sora_kit.accounts import Account
from sora_kit.standins.sora_web import Latency, NewAccount, SoraWebStandin
from sora_kit.standins.sora_web.account import Account as Given
from sora_kit.store.tables import lease, waiting

LINGER = 2.0
PATIENCE = 60.0
"""A picture that takes longer needs a decision, unless a test says otherwise (`Bench.patience`)."""
HOURS = 3600.0
QUICK = Latency(0.1, 0.3, 0.1)
LONG = Latency(10.0, 1e5, 0.1)
"""Until the clock is skipped."""


@dataclass
class Bench:
    """A studio, its stand-in, and what a test made with them."""

    studio: Studio
    standin: SoraWebStandin
    given: dict[str, Given] = field(default_factory=dict)
    """The stand-in's accounts by their ids in the pool."""
    jobs: list[Job] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def account(self, *, plan: str = "chatgpt_plus", quota: int = 1000, **fields: Any) -> Account:
        """A new account, in the stand-in and in the pool."""
        email = f"{next(self.numbers)}@example.com"
        given = self.standin.world.add(NewAccount(email, plan=plan, quota=quota, period=HOURS))
        added = self.studio.accounts.add("sora_web", access_token=given.access_token, **fields)
        self.given[added.id] = given
        return added

    def now(self, account: Account) -> Account:
        return self.studio.accounts.get(account.id)

    def lasting(self, latency: Latency) -> None:
        """What is accepted from now on takes so long."""
        self.standin.world.latency = latency

    def patience(self, seconds: float = PATIENCE) -> None:
        """A picture that takes longer from now on needs a decision."""
        assert self.studio.part.runner is not None
        collecting = self.studio.part.runner.errands.collecting
        collecting.limits = replace(collecting.limits, image_seconds=seconds)

    def skip(self, seconds: float = 2e5) -> None:
        """Let time pass: by default so much that all that runs ends."""
        self.standin.clock.advance(seconds)

    def video(self, words: str = "A cat", **options: Any) -> Job:
        self.jobs.append(self.studio.video(f"{words}, number {next(self.numbers)}", **options))
        return self.jobs[-1]

    def image(self, words: str = "A dog", **options: Any) -> Job:
        self.jobs.append(self.studio.image(f"{words}, number {next(self.numbers)}", **options))
        return self.jobs[-1]

    def bought(self, *jobs: Job) -> list[str]:
        """Prompts of accepted submissions, in the order in which they were accepted."""
        ours = {job.record.prompt for job in jobs or self.jobs}
        return [one["prompt"] for one in self.standin.stats()["submissions"] if one["prompt"] in ours]

    def rows(self, table: sa.Table) -> list[Any]:
        with self.studio.workspace.database.read() as connection:
            return list(connection.execute(sa.select(table)))


@contextmanager
def opened(folder: Path) -> Iterator[Bench]:
    """A bench on a new workspace."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        standin = stack.enter_context(SoraWebStandin([], latency=QUICK, concurrency=50, window=60.0))
        limits = {"linger_seconds": LINGER, "image_seconds": PATIENCE, "unreachable_seconds": 1.0}
        studio = stack.enter_context(
            sora_web_studio(
                folder, standin, **{**LIMITS, "poll_seconds": 0.3, "settle_seconds": 1.0, **limits}
            )
        )
        live_by(standin.clock.time, studio, patch)
        yield Bench(studio, standin)


@contextmanager
def cleared(opened: Bench) -> Iterator[Bench]:
    """No accounts, no faults, no open jobs, quick tasks, nothing learnt."""
    studio, standin = opened.studio, opened.standin
    assert studio.part.runner is not None
    studio.part.runner.errands.collecting.watcher.durations.clear()
    standin.world.latency, standin.world.concurrency = QUICK, 50
    opened.jobs = []
    opened.patience()
    yield opened
    standin.clear_faults()
    for job in opened.jobs:
        job.cancel()
    until(lambda: all(job.done for job in opened.jobs))
    until(lambda: not studio.part.runner.shop.running)
    assert not opened.rows(waiting), "a place in a line was left behind"
    for account in studio.accounts.list(backend="sora_web"):
        studio.accounts.remove(account.id)
    assert not opened.rows(lease), "a slot was left behind"


def until(true: Callable[[], Any], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def runs(job: Job) -> bool:
    """Whether it was accepted upstream."""
    return any(one.outcome in ("submitted", "adopted") for one in job.history())


def in_line(*jobs: Job) -> Callable[[], bool]:
    """Whether jobs wait and know their places."""
    return lambda: all(job.record.place is not None for job in jobs)

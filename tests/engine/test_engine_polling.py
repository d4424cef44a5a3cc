"""One poller for each account: how seldom it asks, and how soon it knows.

How late a result is known is measured between the looks themselves: the stand-in tells when it had the
result, the engine when it knew, and a heartbeat on the engine's own loop how late a busy machine made
everything. Calls are counted by the stand-in.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sora_web_studio import sora_web_studio
from sora_web_time import live_by

from sora_kit import Job, Studio
from sora_kit.backends.base import Task
from sora_kit.backends.hosted import Done, Login, Status
from sora_kit.backends.sora_web import SoraWebBackend
from sora_kit.engine.watch import Watcher
from sora_kit.standins.sora_web import Clock, Latency, NewAccount, SoraWebStandin
from sora_kit.store.journal import Journal

POLL = 0.5
LISTS = ("pending", "drafts", "drafts_v2", "recent_tasks")
"""Calls that a look is made of."""


@dataclass
class Look:
    """One look of a poller."""

    account: str
    began: float
    ended: float = 0.0
    done: set[str] = field(default_factory=set)
    """Tasks that it showed as finished."""


class Looks(list[Look]):
    """All looks, oldest first; times are Unix seconds, as those of jobs are."""

    def rests(self) -> list[float]:
        """Seconds between the looks."""
        return [after.began - before.ended for before, after in itertools.pairwise(self)]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    seen = Looks()
    look = SoraWebBackend.look

    async def noted(
        self: SoraWebBackend, login: Login, tasks: Mapping[str, Task], since: float
    ) -> dict[str, Status]:
        this = Look(login.account, time.time())
        seen.append(this)
        try:
            told = await look(self, login, tasks, since)
        finally:
            this.ended = time.time()
        this.done = {name for name, status in told.items() if isinstance(status, Done)}
        return told

    monkeypatch.setattr(SoraWebBackend, "look", noted)
    return seen


class Heartbeat:
    """How late the engine's loop is, at worst."""

    def __init__(self) -> None:
        self.worst = 0.0

    async def beat(self) -> None:
        while True:
            due = time.monotonic() + 0.05
            await asyncio.sleep(0.05)
            self.worst = max(self.worst, time.monotonic() - due)


@contextmanager
def heartbeat(studio: Studio) -> Iterator[Heartbeat]:
    heart = Heartbeat()
    beating = studio.loop.submit(heart.beat())
    try:
        yield heart
    finally:
        beating.cancel()


@contextmanager
def ticking(clock: Clock) -> Iterator[list[tuple[float, float]]]:
    """Move a clock that stands still as fast as the real one; what it said when, as ``(clock, real)``."""
    ticks: list[tuple[float, float]] = []
    stop = threading.Event()

    def tick() -> None:
        last = time.monotonic()
        while not stop.wait(0.02):
            now = time.monotonic()
            clock.advance(now - last)
            last = now
            ticks.append((clock.time(), time.time()))

    thread = threading.Thread(target=tick, name="ticking")
    thread.start()
    try:
        yield ticks
    finally:
        stop.set()
        thread.join()


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def list_calls(standin: SoraWebStandin) -> int:
    """Calls of lists so far."""
    calls = standin.stats()["calls"]
    return sum(sum(calls.get(name, {}).values()) for name in LISTS)


def tasks_of(studio: Studio, jobs: list[Job]) -> dict[str, str]:
    """The stand-in's task of each job."""
    journal = Journal(studio.workspace.database)
    entries = [(job.id, journal.get(f"{job.id}/0")) for job in jobs]
    return {job: entry.task for job, entry in entries if entry is not None and entry.task}


def watcher(studio: Studio) -> Watcher:
    assert studio.part.runner is not None
    return studio.part.runner.errands.collecting.watcher


@pytest.mark.timeout(180)
def test_a_hundred_jobs_of_one_account_are_watched_by_few_looks(
    workspace: Path, looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(speed=0)
    account = NewAccount("a@example.com", quota=1000)
    latency = Latency(1.0, 8.0, 0.5, spread=0.25)
    with (
        SoraWebStandin([account], latency=latency, clock=clock, concurrency=200) as standin,
        sora_web_studio(workspace, standin, poll_seconds=POLL) as studio,
    ):
        live_by(clock.time, studio, monkeypatch)
        given = standin.accounts["a@example.com"]
        studio.accounts.add("sora_web", access_token=given.access_token, video_cap=-1)
        jobs = [studio.video(f"Kitten number {number}") for number in range(100)]
        # no time passes for the stand-in until all of them run
        until(lambda: len(tasks_of(studio, jobs)) == 100)
        with ticking(clock) as ticks, heartbeat(studio) as heart:
            for job in jobs:
                job.result(60)
        asked = list_calls(standin)

        records = [job.record for job in jobs]
        of_each = sum((one.timings["made"] - one.timings["submitted"]) / POLL for one in records)
        print(f"{asked} calls in {len(looks)} looks; one poller for each job had made {of_each:.0f} calls")
        assert asked * 20 <= of_each

        # exactly: the first look that began after the stand-in had a result showed it
        ended = {
            task.id: next(real for told, real in ticks if told >= task.ended) for task in given.tasks.values()
        }
        for task, had in ended.items():
            first = next(one for one in looks if one.began >= had or task in one.done)
            assert task in first.done

        # and no rest between two looks was longer than the interval
        last = [one.began for one in looks].index(max(one.began for one in looks if one.done))
        begun = next(index for index, one in enumerate(looks) if one.ended >= ticks[0][1])
        rests = looks.rests()[begun:last]
        slow = max(one.ended - one.began for one in looks)
        print(f"rests ≤ {max(rests):.2f} s, looks ≤ {slow:.2f} s, the loop late by ≤ {heart.worst:.2f} s")
        assert max(rests) <= POLL + 2 * heart.worst

        by_job = tasks_of(studio, jobs)
        late = [one.timings["made"] - ended[by_job[one.id]] for one in records]
        print(f"known after {sum(late) / len(late):.2f} s on average, at worst {max(late):.2f} s")
        assert max(late) <= POLL + 2 * slow + 4 * heart.worst

        assert not watcher(studio).pollers
        assert standin.stats()["duplicate_submissions"] == 0


def test_it_learns_how_long_a_kind_of_job_takes(workspace: Path, looks: Looks) -> None:
    with (
        SoraWebStandin(["a@example.com"], latency=Latency(0.5, 3.0, 0.2)) as standin,
        sora_web_studio(workspace, standin, poll_seconds=0.2) as studio,
    ):
        given = standin.accounts["a@example.com"]
        studio.accounts.add("sora_web", access_token=given.access_token, video_cap=3)
        counts, lates = [], []
        for batch in range(2):
            before = len(looks)
            with heartbeat(studio) as heart:
                jobs = [studio.video(f"Bird number {number} of batch {batch}") for number in range(3)]
                for job in jobs:
                    job.result(60)
            counts.append(len(looks) - before)
            by_job = tasks_of(studio, jobs)
            slow = max(one.ended - one.began for one in looks[before:])
            for job in jobs:
                late = job.record.timings["made"] - given.tasks[by_job[job.id]].ended
                lates.append(late - 2 * slow - 4 * heart.worst)
        print(f"{counts[0]} looks, then {counts[1]}")
        assert counts[1] * 2 <= counts[0]
        assert max(lates) <= 0.2, "what was learnt made it late"


def test_a_batch_of_slow_jobs_does_not_teach_it_to_be_late(workspace: Path) -> None:
    """Of a batch the slowest end last: they must not be all that is remembered."""
    clock = Clock(speed=0)
    with (
        SoraWebStandin(["a@example.com"], latency=1.0, clock=clock) as standin,
        sora_web_studio(workspace, standin, poll_seconds=0.2) as studio,
    ):
        watched = watcher(studio)
        sort = ("sora_web", "video", "sora2-landscape-10s", 10.0)
        given = standin.accounts["a@example.com"]
        studio.accounts.add("sora_web", access_token=given.access_token)
        job = studio.video("A cat", model="sora2-landscape-10s")
        until(lambda: any(poller.open for poller in watched.pollers.values()))
        (poller,) = watched.pollers.values()
        (one,) = poller.open.values()
        assert one.sort == sort[1:]
        since = one.since
        for seconds in range(60, 160):  # a hundred jobs that took a minute and more
            one.since = time.time() - seconds
            watched.learn("sora_web", one)
        one.since = since
        assert watched.earliest("sora_web", one) - since == pytest.approx(0.9 * 60, abs=1)
        clock.advance(2)
        job.result(60)


def test_a_list_that_fails_is_asked_less_often_until_it_answers(workspace: Path, looks: Looks) -> None:
    with (
        SoraWebStandin(["a@example.com"], latency=Latency(0.5, 6.0, 0.2)) as standin,
        sora_web_studio(workspace, standin, poll_seconds=0.3) as studio,
    ):
        given = standin.accounts["a@example.com"]
        studio.accounts.add("sora_web", access_token=given.access_token)
        fault = standin.fault("heavy_load", endpoint="pending", nth=[2, 3, 4])
        stages = set()
        job = studio.video("A cat runs")
        leave = studio.watch(lambda record: stages.add(record.stage), job.id)
        job.result(60)
        leave()
        assert fault.hits == 3
        rests = [rest + 0.001 for rest in looks.rests()]  # the loop's clock counts milliseconds
        assert rests[1] >= 0.6
        assert rests[2] >= 1.2
        assert rests[3] >= 2.4
        assert min(rests[4:]) < 0.6, "it went on as before"
        assert "cannot be asked at the moment: Sora is overloaded" in stages
        assert studio.attempts(job.id)[-1].outcome == "submitted"
        assert studio.accounts.list(backend="sora_web")[0].errors == 0


def test_each_account_has_a_poller_of_its_own(workspace: Path, looks: Looks) -> None:
    with (
        SoraWebStandin(["a@example.com", "b@example.com"], latency=Latency(0.5, 2.0, 0.2)) as standin,
        sora_web_studio(workspace, standin, poll_seconds=0.3) as studio,
    ):
        ids = [
            studio.accounts.add("sora_web", access_token=given.access_token, video_cap=3, image_cap=3).id
            for given in standin.accounts.values()
        ]
        jobs: list[Job] = [studio.video(f"Kitten number {number}") for number in range(4)]
        jobs += [studio.image(f"Dog number {number}") for number in range(2)]
        until(lambda: sorted(account for _, account in watcher(studio).pollers) == sorted(ids))
        for job in jobs:
            job.result(60)
        assert {look.account for look in looks} == set(ids)
        for account in ids:
            mine = sorted((look.began, look.ended) for look in looks if look.account == account)
            assert all(before[1] <= after[0] for before, after in itertools.pairwise(mine)), "two at a time"
        until(lambda: not watcher(studio).pollers, 5)
        shown = Counter(studio.clip(job.record.clips[0]).account for job in jobs)
        assert sum(shown.values()) == 6

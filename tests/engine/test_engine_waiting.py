"""Waiting for an account: who is next, what one is told, when waiting is of no use, and what ends it.

All tests share a studio and a stand-in. The pool and the stand-in live by one clock, which a test may
skip forward: hours of quota pass in no time. Tasks last as long as a test says (`Bench.lasting`).
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from sora_web_studio import LIMITS, sora_web_studio
from sora_web_time import live_by

from sora_kit import Job, Studio
from sora_kit.accounts import Account
from sora_kit.errors import JobCancelled, JobFailed, JobNeedsYou
from sora_kit.standins.sora_web import Latency, NewAccount, SoraWebStandin
from sora_kit.standins.sora_web.account import Account as Given
from sora_kit.store.tables import lease, waiting

pytestmark = pytest.mark.timeout(180)

LINGER = 2.0
IMAGE_SECONDS = 1.5
"""A picture that takes longer needs a decision."""
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


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        standin = stack.enter_context(SoraWebStandin([], latency=QUICK, concurrency=50, window=60.0))
        folder = tmp_path_factory.mktemp("waiting") / "workspace"
        limits = {"linger_seconds": LINGER, "image_seconds": IMAGE_SECONDS, "unreachable_seconds": 1.0}
        studio = stack.enter_context(
            sora_web_studio(
                folder, standin, **{**LIMITS, "poll_seconds": 0.3, "settle_seconds": 1.0, **limits}
            )
        )
        live_by(standin.clock.time, studio, patch)
        yield Bench(studio, standin)


@pytest.fixture
def bench(opened: Bench) -> Iterator[Bench]:
    """No accounts, no faults, no open jobs, quick tasks, nothing learnt."""
    studio, standin = opened.studio, opened.standin
    assert studio.part.runner is not None
    studio.part.runner.errands.collecting.watcher.durations.clear()
    standin.world.latency, standin.world.concurrency = QUICK, 50
    opened.jobs = []
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


# -- who is next -------------------------------------------------------------------------------------------


def test_the_oldest_goes_first_and_each_is_told_its_place_and_the_reason(bench: Bench) -> None:
    bench.account(video_cap=1)
    bench.lasting(LONG)
    first = bench.video()
    until(lambda: runs(first))
    others = [bench.video() for _ in range(4)]
    until(in_line(*others))
    until(lambda: [job.record.place for job in others] == [1, 2, 3, 4])
    assert {job.stage for job in others} == {"the only account is busy"}
    assert {job.state for job in others} == {"queued"}
    assert first.record.place is None
    bench.lasting(QUICK)
    bench.skip()
    for job in others:
        job.result(60)
        assert job.record.place is None
    assert bench.bought() == [job.record.prompt for job in bench.jobs]


def test_the_reason_counts_accounts(bench: Bench) -> None:
    for _ in range(2):
        bench.account(video_cap=1)
    bench.lasting(LONG)
    running = [bench.video() for _ in range(2)]
    until(lambda: all(runs(job) for job in running))
    waiter = bench.video()
    until(lambda: waiter.stage == "all 2 accounts are busy")
    bench.skip()
    until(lambda: runs(waiter))


SECOND = """
import sys
from sora_kit import Studio
with Studio(sys.argv[1], role="runner", backend="sora_web") as studio:
    print("ready", flush=True)
    for line in sys.stdin:
        print(studio.video(line.strip()).id, flush=True)
"""


def test_the_oldest_goes_first_across_processes(bench: Bench) -> None:
    bench.account(video_cap=1)
    bench.lasting(LONG)
    first = bench.video()
    until(lambda: runs(first))
    command = [sys.executable, "-c", SECOND, str(bench.studio.workspace.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        try:
            assert other.stdout.readline().strip() == "ready"
            for number in range(6):
                if number % 2:
                    bench.video()
                else:
                    print(f"A bird, number {next(bench.numbers)}", file=other.stdin, flush=True)
                    bench.jobs.append(bench.studio.job(other.stdout.readline().strip()))
            waiters = bench.jobs[1:]
            until(in_line(*waiters))
            until(lambda: [job.record.place for job in waiters] == [1, 2, 3, 4, 5, 6])
            assert len({job.record.runner for job in waiters}) == 2, "both processes have some of them"
            bench.lasting(QUICK)
            bench.skip()
            for job in waiters:
                job.result(60)
        finally:
            other.stdin.close()
            other.wait(20)
    assert bench.bought() == [job.record.prompt for job in bench.jobs]


def test_a_job_for_pro_at_the_head_does_not_hold_up_ordinary_ones(bench: Bench) -> None:
    pro = bench.account(plan="chatgpt_pro", video_cap=1)
    bench.lasting(LONG)
    busy = bench.video()
    until(lambda: runs(busy))
    plus = bench.account(video_cap=1)
    special = bench.video(model="sora2pro-landscape-10s")
    until(in_line(special))
    bench.lasting(QUICK)
    ordinary = bench.video()
    assert ordinary.result(30).account == plus.id
    assert (special.state, special.record.place, special.stage) == ("queued", 1, "the only account is busy")
    bench.skip()
    assert special.result(30).account == pro.id


def test_images_and_videos_have_limits_of_their_own(bench: Bench) -> None:
    account = bench.account(image_cap=1, video_cap=2)
    bench.lasting(Latency(0.1, 0.9, 0.1))
    videos = [bench.video() for _ in range(3)]
    images = [bench.image() for _ in range(2)]
    until(lambda: sum(map(runs, videos)) == 2)
    until(lambda: sum(map(runs, images)) == 1)
    until(in_line(videos[2], images[1]))
    assert (videos[2].record.place, images[1].record.place) == (1, 1), "they wait in two lines"
    most = [0, 0]
    while not all(job.done for job in bench.jobs):
        now = bench.now(account)
        most = [max(most[0], now.videos_in_use), max(most[1], now.images_in_use)]
        time.sleep(0.05)
    assert most == [2, 1]
    assert {job.state for job in bench.jobs} == {"completed"}


# -- quotas ------------------------------------------------------------------------------------------------


def test_a_job_waits_for_a_used_up_quota_and_goes_on_by_itself(bench: Bench) -> None:
    account = bench.account(quota=1)
    bench.video().result(30)
    returns = bench.now(account).quota_resets
    assert bench.now(account).state == "cooling"
    assert returns == pytest.approx(bench.standin.clock.time() + HOURS, abs=30)
    job = bench.video()
    at = time.strftime("%H:%M UTC", time.gmtime(returns))
    until(lambda: job.stage == f"all quotas are used up; the next returns at {at}")
    assert bench.image().result(30), "pictures use up no quota"
    assert job.state == "queued"
    bench.skip(HOURS)
    job.result(30)
    assert [one.outcome for one in job.history()] == ["submitted"]
    assert bench.now(account).enabled


def test_a_quota_that_was_used_up_elsewhere_is_learnt_from_the_refusal(bench: Bench) -> None:
    account = bench.account(quota=1)
    bench.given[account.id].quota.take(bench.standin.clock.time())
    job = bench.video()
    until(lambda: "all quotas are used up; the next returns at" in job.stage)
    assert [one.outcome for one in job.history()] == ["insufficient_quota"]
    assert bench.now(account).state == "cooling"
    bench.skip(HOURS)
    job.result(30)
    assert [one.outcome for one in job.history()] == ["insufficient_quota", "submitted"]
    assert len(bench.bought()) == 1


def test_fewer_at_once_after_the_backend_said_that_too_many_run(bench: Bench) -> None:
    bench.standin.world.concurrency = 1
    account = bench.account(video_cap=3)
    bench.lasting(Latency(0.1, 0.6, 0.1))
    jobs = [bench.video() for _ in range(5)]
    until(lambda: bench.now(account).eased_cap == 1)
    for job in jobs:
        job.result(60)
    refused = [one for job in jobs for one in job.history() if one.outcome == "too_many_concurrent"]
    assert 1 <= len(refused) <= 6, "it keeps running into the wall"
    assert len(bench.bought()) == 5
    now = bench.now(account)
    assert (now.state, now.video_cap, now.eased_cap) == ("ready", 3, 1)
    bench.skip(301)
    until(lambda: bench.now(account).eased_cap is None)
    assert "lifted" in [one.what for one in bench.studio.accounts.events(account.id)]


# -- never -------------------------------------------------------------------------------------------------


def fails_at_once(job: Job, why: str) -> None:
    """It fails soon, because nobody can do it, and says why."""
    began = time.monotonic()
    with pytest.raises(JobFailed) as told:
        job.result(20)
    assert time.monotonic() - began < 10
    assert (told.value.code, told.value.why) == ("no_account", why)
    assert told.value.what == "No account can do this"
    assert "sora-kit accounts add" in told.value.fix
    assert job.record.error is not None
    assert job.record.error["type"] == "AccountUnfit"
    assert job.history() == []


def test_no_account_at_all(bench: Bench) -> None:
    fails_at_once(bench.video(), "no account of sora_web yet")


def test_no_account_has_the_plan(bench: Bench) -> None:
    bench.account()
    fails_at_once(bench.video(model="sora2pro-landscape-10s"), "no account has ChatGPT Pro")


def test_the_owner_of_the_source_is_disabled(bench: Bench) -> None:
    owner = bench.account()
    clip = bench.video(model="sora2-landscape-10s").result(30)
    bench.account()
    bench.studio.accounts.disable(owner.id)
    bench.jobs.append(bench.studio.extend(clip, "It jumps", model="sora2-extension-10s"))
    fails_at_once(bench.jobs[-1], "the account that owns the source is disabled")
    bench.studio.accounts.remove(owner.id)
    bench.jobs.append(bench.studio.extend(clip, "It runs", model="sora2-extension-10s"))
    fails_at_once(bench.jobs[-1], "the account that owns the source was removed")


def test_everything_is_switched_off(bench: Bench) -> None:
    account = bench.account(image_enabled=False)
    fails_at_once(bench.image(), "images are switched off for all accounts")
    bench.studio.accounts.disable(account.id)
    fails_at_once(bench.video(), "all accounts of sora_web are disabled")


def test_one_that_waits_fails_when_nobody_is_left(bench: Bench) -> None:
    account = bench.account(video_cap=1)
    bench.lasting(LONG)
    running, waiter = bench.video(), bench.video()
    until(in_line(waiter))
    bench.studio.accounts.disable(account.id)
    fails_at_once(waiter, "all accounts of sora_web are disabled")
    # what runs goes on: it is bought, and the owner's switch is for what comes
    assert running.state == "running"
    bench.skip()
    assert running.result(30).account == account.id


def test_an_account_that_is_removed_while_its_job_runs(bench: Bench) -> None:
    account = bench.account()
    bench.lasting(LONG)
    job = bench.video()
    until(lambda: runs(job))
    bench.studio.accounts.remove(account.id)
    with pytest.raises(JobFailed) as told:
        job.result(30)
    assert told.value.code == "account_removed"
    assert "removed" in told.value.what
    assert len(bench.bought()) == 1


# -- cancelling --------------------------------------------------------------------------------------------


def test_cancelling_one_that_waits(bench: Bench) -> None:
    bench.account(video_cap=1)
    bench.lasting(LONG)
    running, unwanted, next_one = bench.video(), bench.video(), bench.video()
    until(lambda: (unwanted.record.place, next_one.record.place) == (1, 2))
    assert unwanted.cancel()
    assert unwanted.state == "cancelled"
    until(lambda: next_one.record.place == 1)
    with pytest.raises(JobCancelled):
        unwanted.result(5)
    bench.lasting(QUICK)
    bench.skip()
    running.result(30)
    next_one.result(30)
    assert bench.bought(unwanted) == []


def test_a_job_that_was_cancelled_upstream_keeps_its_slot_for_a_while(bench: Bench) -> None:
    """It cannot be stopped there, so its account has one place less until it may have ended."""
    account = bench.account(video_cap=1)
    bench.lasting(LONG)
    running, waiter = bench.video(), bench.video()
    until(in_line(waiter))
    running.cancel()
    until(lambda: running.state == "cancelled", 5)
    cancelled = time.time()
    time.sleep(LINGER / 2)
    assert bench.now(account).videos_in_use == 1
    assert not runs(waiter)
    until(lambda: runs(waiter))
    until(lambda: "submitted" in waiter.record.timings)
    assert waiter.record.timings["submitted"] - cancelled > LINGER - 0.5
    assert bench.bought(running, waiter) == [running.record.prompt, waiter.record.prompt]


# -- what needs a person -----------------------------------------------------------------------------------


def needs(job: Job, code: str) -> None:
    """It stops and asks."""
    with pytest.raises(JobNeedsYou) as asked:
        job.result(30)
    assert asked.value.code == code
    for way in ("job.resume()", "job.resume(again=True)", "job.cancel()"):
        assert way in asked.value.fix
    assert job.state == "needs_you"
    assert not job.done


def test_a_late_result_is_found_when_one_waits_on(bench: Bench) -> None:
    account = bench.account()
    bench.lasting(LONG)
    job = bench.image()
    needs(job, "upstream_timeout")
    assert bench.now(account).images_in_use == 0
    assert job.resume()
    needs(job, "upstream_timeout")
    bench.skip()
    assert job.resume()
    assert job.result(30).account == account.id
    assert len(bench.bought()) == 1, "waiting on buys nothing"
    assert not job.resume()


def test_giving_up_and_ordering_anew(bench: Bench) -> None:
    bench.account()
    bench.lasting(LONG)
    job = bench.image()
    needs(job, "upstream_timeout")
    bench.lasting(QUICK)
    assert job.resume(again=True)
    job.result(30)
    assert len(bench.bought()) == 2, "that is what was asked for"
    assert [one.outcome for one in job.history()] == ["submitted", "submitted"]


def test_giving_up_altogether(bench: Bench) -> None:
    account = bench.account()
    bench.lasting(LONG)
    job = bench.image()
    needs(job, "upstream_timeout")
    assert job.cancel()
    assert job.state == "cancelled"
    assert not job.resume()
    with pytest.raises(JobCancelled):
        job.result(5)
    assert bench.now(account).images_in_use == 0


@pytest.mark.parametrize("again", [False, True])
def test_a_lost_answer_that_cannot_be_settled(bench: Bench, again: bool) -> None:
    account = bench.account()
    email = bench.given[account.id].email
    bench.standin.fault("cut_after_acceptance", account=email, endpoint="nf_create", nth=1)
    bench.standin.fault("heavy_load", account=email, endpoint="pending")
    job = bench.video()
    needs(job, "submission_unknown")
    assert len(bench.bought()) == 1
    bench.standin.clear_faults()
    assert job.resume(again=again)
    job.result(30)
    outcomes = [one.outcome for one in job.history()]
    assert outcomes == ["transport_failed", "submitted" if again else "adopted"]
    assert len(bench.bought()) == (2 if again else 1)


def test_what_a_waiting_job_is_told_can_be_read_as_json(bench: Bench) -> None:
    """The row is what other programs read."""
    fails = bench.video()
    with pytest.raises(JobFailed):
        fails.result(20)
    assert json.loads(json.dumps(fails.record.error))["fix"]

"""Waiting for an account: who is next, what one is told, when waiting is of no use, and what ends it."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from engine_waiting_bench import HOURS, LINGER, LONG, QUICK, Bench, in_line, runs, until

from sora_kit import Job
from sora_kit.errors import JobCancelled, JobFailed
from sora_kit.standins.sora_web import Latency

pytestmark = pytest.mark.timeout(180)


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


def test_a_job_that_is_deleted_while_it_waits_holds_up_nobody(bench: Bench) -> None:
    """Another process cancels it and deletes its row before its runner has looked at it."""
    bench.account(video_cap=1)
    bench.lasting(LONG)
    running, unwanted, next_one = bench.video(), bench.video(), bench.video()
    until(lambda: (unwanted.record.place, next_one.record.place) == (1, 2))
    jobs = bench.studio.jobs_table
    bench.jobs.remove(unwanted)
    assert jobs.ask_to_cancel(unwanted.id)
    jobs.remove([unwanted.id])
    until(lambda: next_one.record.place == 1)
    bench.lasting(QUICK)
    bench.skip()
    running.result(30)
    next_one.result(30)
    assert [one["prompt"] for one in bench.standin.stats()["submissions"]].count(unwanted.known.prompt) == 0


def test_a_job_that_was_cancelled_upstream_keeps_its_slot_for_a_while(bench: Bench) -> None:
    """It cannot be stopped there, so its account has one place less until it may have ended."""
    account = bench.account(video_cap=1)
    bench.lasting(LONG)
    running, waiter = bench.video(), bench.video()
    until(in_line(waiter))
    asked = time.time()
    running.cancel()
    until(lambda: running.state == "cancelled", 5)
    assert bench.now(account).videos_in_use == 1
    until(lambda: "submitted" in waiter.record.timings)
    assert waiter.record.timings["submitted"] - asked > LINGER
    assert bench.bought(running, waiter) == [running.record.prompt, waiter.record.prompt]

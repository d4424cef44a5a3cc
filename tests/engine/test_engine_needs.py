"""Jobs that stop and ask a person, and what the answers do."""

from __future__ import annotations

import json

import pytest
from engine_waiting_bench import LONG, QUICK, Bench

from sora_kit import Job
from sora_kit.errors import JobCancelled, JobFailed, JobNeedsYou

pytestmark = pytest.mark.timeout(180)


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
    bench.patience(0.5)
    job = bench.image()
    needs(job, "upstream_timeout")
    assert bench.now(account).images_in_use == 0
    assert job.resume()
    needs(job, "upstream_timeout")
    bench.skip()
    bench.patience()
    assert job.resume()
    assert job.result(30).account == account.id
    assert len(bench.bought()) == 1, "waiting on buys nothing"
    assert not job.resume()


def test_giving_up_and_ordering_anew(bench: Bench) -> None:
    bench.account()
    bench.lasting(LONG)
    bench.patience(0.5)
    job = bench.image()
    needs(job, "upstream_timeout")
    bench.lasting(QUICK)
    bench.patience()
    assert job.resume(again=True)
    job.result(30)
    assert len(bench.bought()) == 2, "that is what was asked for"
    assert [one.outcome for one in job.history()] == ["submitted", "submitted"]


def test_giving_up_altogether(bench: Bench) -> None:
    account = bench.account()
    bench.lasting(LONG)
    bench.patience(0.5)
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

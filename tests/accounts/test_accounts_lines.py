"""Who is next, and why somebody waits."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa
from accounts_pool import IMAGE, VIDEO, Clock, filled

from sora_kit.accounts import Accounts
from sora_kit.backends.base import AccountUnfit, QuotaExhausted, TransportFailed
from sora_kit.backends.hosted import Balance, Need
from sora_kit.store import Runners
from sora_kit.store.tables import account, runner

PRO = Need("sora_web", "video", plan="chatgpt_pro")


def test_the_oldest_step_of_a_line_is_first(pool: Accounts) -> None:
    runners = Runners(pool.database)
    for name in ("r1", "r2"):
        runners.beat(name, "runner", "", 1.0)
    line, other = pool.step_line(VIDEO), pool.step_line(IMAGE)
    assert line != other
    pool.wait("job_2/0", line, "r1")
    pool.wait("job_1/0", line, "r2")
    pool.wait("job_0/0", other, "r2")
    assert pool.first(line, "job_1/0")
    assert not pool.first(line, "job_2/0")
    assert pool.first(line, "job_0/9"), "one that has no row is asked for, too"
    assert pool.places("r1") == {"job_2/0": 2}
    assert pool.places("r2") == {"job_1/0": 1, "job_0/0": 1}
    pool.leave(["job_1/0", "unknown"])
    assert pool.first(line, "job_2/0")
    assert pool.places("r1") == {"job_2/0": 1}


def test_steps_of_dead_runners_hold_nobody_up(pool: Accounts) -> None:
    runners = Runners(pool.database)
    runners.beat("dead", "runner", "", 1.0)
    runners.beat("live", "runner", "", 1.0)
    line = pool.step_line(VIDEO)
    pool.wait("job_1/0", line, "dead")
    pool.wait("job_2/0", line, "live")
    assert not pool.first(line, "job_2/0")
    with pool.database.write() as connection:
        gone = sa.update(runner).where(runner.c.id == "dead").values(seen=time.time() - 8.5)
        connection.execute(gone)
    assert pool.first(line, "job_2/0")
    assert pool.places("live") == {"job_2/0": 1}
    pool.wait("job_1/0", line, "live")
    assert pool.places("live") == {"job_1/0": 1, "job_2/0": 2}


def test_lines_have_names_that_fit(pool: Accounts) -> None:
    long = Need("b" * 32, "video", plan="p" * 40, account="a" * 40)
    assert len(pool.step_line(long)) <= 120
    assert len(Accounts.step_line(Need("b" * 90, "video", plan="p" * 40))) <= 120
    assert pool.step_line(VIDEO) == pool.step_line(Need("sora_web", "video", without=frozenset("x")))


def plan(pool: Accounts, which: str, name: str) -> None:
    with pool.database.write() as connection:
        connection.execute(sa.update(account).where(account.c.id == which).values(plan=name))


def test_nobody_ever_can(pool: Accounts) -> None:
    assert pool.verdict(VIDEO).never == "no account of sora_web yet"
    one, two = filled(pool, 2)
    assert pool.verdict(VIDEO).never == ""
    assert pool.verdict(PRO).never == "no account has ChatGPT Pro"
    plan(pool, one, "chatgpt_pro")
    assert pool.verdict(PRO).never == ""
    failed = Need("sora_web", "video", without=frozenset({one, two}))
    assert pool.verdict(failed).never == "every account that could do it has failed at it"
    pool.edit(one, video_enabled=False)
    assert pool.verdict(PRO).never == "videos are switched off for all accounts"
    pool.failed(two, AccountUnfit("no"))
    assert pool.verdict(VIDEO).never.startswith("every account that could do it needs new credentials")
    pool.disable(one)
    pool.disable(two)
    assert pool.verdict(VIDEO).never == "all accounts of sora_web are disabled"


def test_the_owner_of_a_source_never_can(pool: Accounts) -> None:
    one, _ = filled(pool, 2)
    pinned = Need("sora_web", "video", account=one)
    assert pool.verdict(pinned).why == "the account that owns the source is busy"
    pool.disable(one)
    assert pool.verdict(pinned).never == "the account that owns the source is disabled"
    pool.remove(one)
    assert pool.verdict(pinned).never == "the account that owns the source was removed"


def test_why_somebody_waits(pool: Accounts, clock: Clock) -> None:
    clock.now = 86_400.0 * 20_000 + 14 * 3600
    one, two, three = filled(pool, 3, video_cap=1)
    for n in range(3):
        assert pool.lease(f"s{n}", VIDEO)
    assert pool.verdict(VIDEO).why == "all 3 accounts are busy"
    pool.submitted(one, "video", Balance(0, True, clock.now + 300))
    pool.failed(two, QuotaExhausted("x", resets_at=clock.now + 600))
    assert pool.verdict(VIDEO).why == "the only account is busy"
    pool.failed(three, QuotaExhausted("x", resets_at=clock.now + 2 * 86_400))
    verdict = pool.verdict(VIDEO)
    assert verdict.why == "all quotas are used up; the next returns at 14:05 UTC"
    assert verdict.at == clock.now + 300
    assert verdict.never == ""
    assert pool.verdict(IMAGE).why == "the only account is busy", "images of the first are not used up"
    assert "2024-10-06" in pool.get(three).cause


def test_pauses_have_their_own_reason(pool: Accounts, clock: Clock) -> None:
    (one,) = filled(pool, 1)
    for _ in range(3):
        pool.failed(one, TransportFailed("no way"))
    verdict = pool.verdict(VIDEO)
    assert verdict.why.startswith("all accounts pause after failed connections; the next returns at ")
    assert verdict.at == clock.now + 60


@pytest.mark.parametrize("name", ["animatic", "other"])
def test_this_computer_has_places_for_drawing(pool: Accounts, name: str) -> None:
    pool.ensure_local(name)
    pool.ensure_local(name)
    (one,) = pool.list()
    need = Need(name, "video")
    got = [pool.lease(f"s{n}", need) for n in range(one.video_cap + 1)]
    assert got[-1] is None
    assert all(got[:-1])
    assert "busy" in pool.verdict(need).why

"""The same pool on PostgreSQL, where writers really run at the same time."""

from __future__ import annotations

import threading
import time

import pytest
import sqlalchemy as sa
from accounts_pool import VIDEO, filled

from sora_kit.accounts import Accounts
from sora_kit.backends.base import QuotaExhausted
from sora_kit.backends.hosted import Balance, Need
from sora_kit.store import Runners
from sora_kit.store.tables import lease

pytestmark = pytest.mark.postgres


def test_threads_never_share_a_slot(postgres: Accounts) -> None:
    ids = filled(postgres, 3, video_cap=2)
    over: list[int] = []
    got: list[str] = []

    def work(name: str) -> None:
        for n in range(25):
            found = postgres.lease(f"{name}/{n}", VIDEO)
            if found is None:
                continue
            got.append(found.account)
            with postgres.database.read() as connection:
                query = sa.select(sa.func.count()).where(lease.c.account == found.account)
                over.append(connection.execute(query).scalar_one())
            postgres.release(f"{name}/{n}")

    threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(over) <= 2
    assert set(got) == set(ids)
    assert all(one.videos_in_use == 0 for one in postgres.list()), "what is shown is exact afterwards"


def test_the_same_step_has_one_slot_however_often_it_is_asked_for(postgres: Accounts) -> None:
    filled(postgres, 4)
    got: list[str | None] = []

    def work() -> None:
        found = postgres.lease("job/0", VIDEO)
        got.append(found.account if found else None)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(got)) == 1
    assert got[0] is not None
    assert sum(one.videos_in_use for one in postgres.list()) == 1


def test_nobody_is_turned_away_while_there_is_room(postgres: Accounts) -> None:
    filled(postgres, 1, video_cap=8)
    got: list[object] = []

    def work(n: int) -> None:
        got.append(postgres.lease(f"s{n}", VIDEO))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(got), "a row that another one had locked is waited for"


def test_turns_modes_waking_and_verdicts(postgres: Accounts) -> None:
    one, two = filled(postgres, 2, video_cap=1)
    turns = []
    for n in range(6):
        found = postgres.lease(f"s{n}", VIDEO)
        turns.append(found.account if found else None)
        postgres.release(f"s{n}")
    assert turns == [one, two] * 3
    for mode in ("least_busy", "random", "round_robin"):
        postgres.set_mode(mode)
        assert postgres.lease("m", VIDEO)
        postgres.release("m")
    postgres.submitted(one, "video", Balance(0, True, time.time() + 400))
    postgres.failed(two, QuotaExhausted("x", resets_at=time.time() + 900))
    assert postgres.verdict(VIDEO).why.startswith("all quotas are used up")
    assert (
        postgres.verdict(Need("sora_web", "video", plan="chatgpt_pro")).never == "no account has ChatGPT Pro"
    )
    assert postgres.wake() == []
    postgres.clock = lambda: time.time() + 500
    assert postgres.wake() == [one]
    assert postgres.resume("r", two, "video").account == two
    postgres.linger("r", 5)
    assert postgres.renew(["r", "x"]) == set()
    with postgres.database.write() as connection:
        connection.execute(sa.update(lease).values(expires=time.time() - 1))
    postgres.wake()
    assert postgres.get(two).videos_in_use == 0


def test_lines_sort_by_bytes(postgres: Accounts) -> None:
    Runners(postgres.database).beat("r1", "runner", "", 1.0)
    line = postgres.step_line(VIDEO)
    for step in ("job_b/0", "job_B/0", "job_a/0"):
        postgres.wait(step, line, "r1")
    assert postgres.places("r1") == {"job_B/0": 1, "job_a/0": 2, "job_b/0": 3}
    assert postgres.first(line, "job_B/0")
    assert not postgres.first(line, "job_a/0")


def test_the_book_and_the_key(postgres: Accounts) -> None:
    (one,) = filled(postgres, 1)
    assert postgres.secrets.rotate() == 1
    assert postgres.login(one).secrets["access_token"].startswith("token-0")
    assert [r.outcome for r in postgres.import_accounts([{"access_token": "t" * 30}, {}])] == [
        "added",
        "failed",
    ]
    postgres.remove(one)
    assert len(postgres.table()) == 1

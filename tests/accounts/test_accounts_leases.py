"""Slots: never too many, in turn, and back by themselves."""

from __future__ import annotations

import collections
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from accounts_pool import IMAGE, OTHER, VIDEO, Clock, filled, opened
from sqlite_watch import watched

from sora_kit.accounts import MODES, Accounts, Lease
from sora_kit.accounts.leasing import LEASE_SECONDS
from sora_kit.backends.base import TooManyConcurrent
from sora_kit.backends.hosted import Need
from sora_kit.errors import InvalidInput, NotFound
from sora_kit.store.tables import account, lease


def given(pool: Accounts, step: str, need: Need = VIDEO) -> str | None:
    """Id of the account that a step gets."""
    found = pool.lease(step, need)
    return found.account if found else None


def test_round_robin_is_strict(pool: Accounts) -> None:
    ids = filled(pool, 5, video_cap=2)
    turns = [given(pool, f"s{n}") for n in range(10)]
    assert turns == [*ids, *ids]
    assert given(pool, "one more") is None


def test_round_robin_goes_on_where_it_was_after_slots_came_back(pool: Accounts) -> None:
    ids = filled(pool, 4, video_cap=1)
    turns = []
    for n in range(12):
        turns.append(given(pool, f"s{n}"))
        pool.release(f"s{n}")
    assert turns == ids * 3


def test_the_same_step_keeps_its_slot(pool: Accounts) -> None:
    filled(pool, 3)
    first = pool.lease("job/0", VIDEO)
    again = pool.lease("job/0", VIDEO)
    assert isinstance(first, Lease)
    assert again is not None
    assert again.account == first.account
    assert sum(one.videos_in_use for one in pool.list()) == 1


def test_an_account_that_failed_at_a_step_is_not_given_to_it_again(pool: Accounts) -> None:
    one, two = filled(pool, 2)
    assert given(pool, "job/0") == one
    need = Need("sora_web", "video", without=frozenset({one}))
    assert given(pool, "job/0", need) == two
    assert pool.get(one).videos_in_use == 0
    assert given(pool, "job/0", Need("sora_web", "video", without=frozenset({one, two}))) is None


def test_only_the_owner_of_a_source_gets_a_pinned_step(pool: Accounts) -> None:
    _, two, _ = filled(pool, 3, video_cap=1)
    pinned = Need("sora_web", "video", account=two)
    assert given(pool, "a", pinned) == two
    assert given(pool, "b", pinned) is None


def test_a_plan_is_asked_for(pool: Accounts) -> None:
    one, two = filled(pool, 2)
    with pool.database.write() as connection:
        connection.execute(sa.update(account).where(account.c.id == two).values(plan="chatgpt_pro"))
    pro = Need("sora_web", "video", plan="chatgpt_pro")
    assert [given(pool, f"s{n}", pro) for n in range(4)] == [two, two, two, None]
    assert given(pool, "any") == one


def test_images_and_videos_have_limits_of_their_own(pool: Accounts) -> None:
    filled(pool, 1, image_cap=1, video_cap=1)
    assert given(pool, "v")
    assert given(pool, "i", IMAGE)
    assert given(pool, "v2") is None
    assert given(pool, "i2", IMAGE) is None
    assert all(given(pool, f"o{n}", OTHER) for n in range(20)), "texts are not limited in number"


def test_switched_off_features_are_left_out(pool: Accounts) -> None:
    (one,) = filled(pool, 1, video_enabled=False)
    assert given(pool, "v") is None
    assert given(pool, "i", IMAGE) == one
    pool.edit(one, video_enabled=True, image_enabled=False)
    assert given(pool, "v") == one
    assert given(pool, "i2", IMAGE) is None
    pool.disable(one)
    assert given(pool, "v2") is None
    assert given(pool, "o", OTHER) is None


def test_no_limit_is_no_limit(pool: Accounts) -> None:
    filled(pool, 1, video_cap=-1, image_cap=0)
    assert all(given(pool, f"v{n}") for n in range(50))
    assert all(given(pool, f"i{n}", IMAGE) for n in range(50))
    assert (pool.list()[0].image_cap, pool.list()[0].video_cap) == (-1, -1)


def expire(pool: Accounts, *steps: str) -> None:
    """Let leases run out, as when their holder died long ago."""
    with pool.database.write() as connection:
        query = sa.update(lease).where(lease.c.step.in_(steps)).values(expires=time.time() - 1)
        connection.execute(query)


def test_slots_of_the_dead_come_back_alone(pool: Accounts) -> None:
    filled(pool, 1, video_cap=2)
    assert given(pool, "a")
    assert given(pool, "b")
    assert given(pool, "c") is None
    expire(pool, "a")
    assert given(pool, "c")
    assert pool.renew(["a", "b", "c"]) == {"b", "c"}
    assert pool.list()[0].videos_in_use == 2
    expire(pool, "b", "c")
    pool.wake()
    assert pool.list()[0].videos_in_use == 0, "what is shown is swept, too"


def test_renewing_many_takes_one_transaction(pool: Accounts) -> None:
    filled(pool, 1, video_cap=-1)
    steps = {f"s{n}" for n in range(1200)}
    held = pool.list()[0].id
    rows = [{"step": one, "account": held, "expires": time.time() + 1} for one in steps]
    with pool.database.write() as connection:
        connection.execute(sa.insert(lease), rows)
    with watched(pool.database) as asked:
        assert pool.renew(steps | {"unknown"}) == steps
    assert sum(sql.startswith("begin") for sql in asked) == 1
    with pool.database.read() as connection:
        soonest = connection.execute(sa.select(sa.func.min(lease.c.expires))).scalar_one()
    assert soonest > time.time() + LEASE_SECONDS - 5
    assert pool.renew([]) == set()


def test_a_cancelled_task_keeps_its_slot_until_upstream_is_done(pool: Accounts) -> None:
    filled(pool, 1, video_cap=1)
    assert given(pool, "a")
    pool.linger("a", 60)
    assert pool.renew(["a"]) == set()
    pool.release("a")
    assert given(pool, "b") is None
    with pool.database.write() as connection:
        connection.execute(sa.update(lease).values(expires=time.time() - 1))
    assert given(pool, "b")


def test_what_is_submitted_gets_its_slot_whatever_the_account_is(pool: Accounts) -> None:
    (one,) = filled(pool, 1, video_cap=1)
    assert given(pool, "a")
    pool.disable(one)
    assert pool.resume("b", one, "video").account == one
    assert pool.resume("b", one, "video").account == one
    assert pool.get(one).videos_in_use == 2
    pool.enable(one)
    pool.release("a")
    assert given(pool, "c") is None, "the resumed one fills it"
    with pytest.raises(NotFound, match="acc_nope"):
        pool.resume("d", "acc_nope", "video")


def test_removing_an_account_takes_its_slots_along(pool: Accounts) -> None:
    (one,) = filled(pool, 1)
    assert given(pool, "a")
    pool.remove(one)
    pool.release("a")
    assert pool.renew(["a"]) == set()
    assert pool.list() == []


def test_least_busy_prefers_free_hands_then_long_rest(pool: Accounts) -> None:
    one, two, three = filled(pool, 3, video_cap=3)
    pool.set_mode("least_busy")
    assert {given(pool, "a"), given(pool, "b"), given(pool, "c")} == {one, two, three}
    holder = pool.lease("b", VIDEO)
    assert holder is not None
    pool.release("b")
    assert given(pool, "d") == holder.account
    busy = collections.Counter(given(pool, f"x{n}") for n in range(6))
    assert set(busy.values()) == {2}


def test_random_reaches_everybody_about_equally(pool: Accounts) -> None:
    ids = filled(pool, 5, video_cap=1)
    pool.set_mode("random")
    seen: collections.Counter[str | None] = collections.Counter()
    for n in range(200):
        seen[given(pool, f"s{n}")] += 1
        pool.release(f"s{n}")
    assert set(seen) == set(ids)
    assert min(seen.values()) > 15


def test_changing_the_mode_ranks_anew_and_is_seen_by_all_openers(pool: Accounts, workspace: Path) -> None:
    ids = filled(pool, 3, video_cap=1)
    other = opened(workspace)
    for mode in (*MODES, "round_robin"):
        pool.set_mode(mode)
        assert other.mode() == mode
    assert [given(other, f"s{n}") for n in range(3)] == ids
    with pytest.raises(InvalidInput, match="round_robin"):
        pool.set_mode("fastest")
    other.database.close()


@pytest.mark.parametrize(
    ("need", "mode", "index"),
    [
        (VIDEO, "round_robin", "account_for_video"),
        (VIDEO, "random", "account_for_video"),
        (VIDEO, "least_busy", "account_for_video"),
        (Need("sora_web", "video", without=frozenset("x")), "round_robin", "account_for_video"),
        (Need("sora_web", "video", plan="chatgpt_pro"), "round_robin", "account_for_plan"),
        (IMAGE, "round_robin", "account_for_image"),
        (OTHER, "round_robin", "account_by_rank"),
    ],
)
def test_a_slot_is_found_through_indices_only(pool: Accounts, need: Need, mode: str, index: str) -> None:
    filled(pool, 2)
    with pool.database.write() as connection:
        connection.execute(sa.update(account).values(plan="chatgpt_pro"))
    pool.set_mode(mode)
    with watched(pool.database) as asked:
        assert pool.lease("a", need) is not None
    statements = [sql for sql in asked if sql.lstrip().startswith(("SELECT", "UPDATE", "DELETE"))]
    assert len(statements) <= 6
    plans = []
    for sql in statements:
        with pool.database.read() as connection:
            rows = connection.usual().exec_driver_sql(f"explain query plan {sql}").all()
        plans.append(" ".join(str(row[3]) for row in rows))
    assert any(f"USING INDEX {index}" in plan for plan in plans), plans
    for plan in plans:
        assert "SCAN account" not in plan, "it costs the same with ten thousand accounts"
        assert "SCAN lease" not in plan
        assert "ORDER BY" not in plan, "the order comes from the index, too"


def test_no_counter_can_drift(pool: Accounts) -> None:
    """C-11: releasing twice, or without having, never makes room that is not there."""
    (one,) = filled(pool, 1, video_cap=2)
    assert given(pool, "a")
    assert given(pool, "b")
    for _ in range(3):
        pool.release("a")
        pool.release("never held")
    assert given(pool, "c")
    assert given(pool, "d") is None
    assert pool.get(one).videos_in_use == 2


def test_stored_flags_are_worked_out_anew_however_wrong_they_were(pool: Accounts) -> None:
    (one,) = filled(pool, 1, video_cap=1)
    assert given(pool, "a")
    with pool.database.write() as connection:
        connection.execute(sa.update(account).values(videos_in_use=7, image_free=False))
    pool.release("a")
    assert pool.get(one).videos_in_use == 0
    assert given(pool, "i", IMAGE) == one


def test_eased_accounts_run_fewer_for_a_while(pool: Accounts, clock: Clock) -> None:
    (one,) = filled(pool, 1, video_cap=3)
    assert all(given(pool, step) for step in "abc")
    pool.failed(one, TooManyConcurrent("Too many at once"))
    pool.release("a")
    assert given(pool, "d") is None
    pool.release("b")
    assert given(pool, "d")
    clock.move(301)
    assert given(pool, "e"), "no waking was needed"


CHILD = """
import json, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from accounts_pool import VIDEO, opened
pool = opened(Path(sys.argv[1]))
me, taken, over = sys.argv[2], [], 0
while time.time() < float(sys.argv[4]):
    pass
for n in range(20):
    found = pool.lease(f"{me}/{n}", VIDEO)
    if found:
        taken.append(found.account)
        over = max([over] + [one.videos_in_use - one.video_cap for one in pool.list()])
        if n % 3:
            pool.release(f"{me}/{n}")
print(json.dumps([taken, over]))
"""


def test_processes_never_share_a_slot(pool: Accounts, workspace: Path) -> None:
    ids = filled(pool, 4, video_cap=2)
    begin = str(time.time() + 2.0)
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, str(workspace), f"p{n}", str(Path(__file__).parent), begin],
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(3)
    ]
    answers = [json.loads(run.communicate(timeout=60)[0]) for run in runs]
    assert all(over <= 0 for _, over in answers)
    assert {one for taken, _ in answers for one in taken} <= set(ids)
    with pool.database.read() as connection:
        query = sa.select(lease.c.account, sa.func.count()).group_by(lease.c.account)
        held = {row[0]: row[1] for row in connection.execute(query)}
    assert all(count <= 2 for count in held.values())


def test_threads_never_share_a_slot(pool: Accounts) -> None:
    filled(pool, 2, video_cap=3)
    got: list[str | None] = []

    def work(name: str) -> None:
        got.extend(given(pool, f"{name}/{n}") for n in range(6))

    threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 24
    assert sum(one is not None for one in got) == 6

"""What keys' limits mean for jobs, whatever process accepts them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from postgres_server import Postgres

from sora_kit.errors import LimitReached, NotAllowed, SoraKitError
from sora_kit.language import Request
from sora_kit.store import JobRecord, Jobs, Keys, Workspace
from sora_kit.store.allowance import Usage, midnight, permit
from sora_kit.store.database import Database
from sora_kit.store.ids import new_id
from sora_kit.store.tables import charge


class Shop:
    """A key, and jobs that it asks for."""

    def __init__(self, database: Database, **limits: Any) -> None:
        self.database = database
        self.keys, self.jobs = Keys(database), Jobs(database)
        self.owner = self.keys.create("ann", **limits).id

    def ask(self, dollars: float = 0.0, *, key: str | None = None, **changes: Any) -> JobRecord:
        """A job of the key, accepted as the studio does it."""
        estimate = {"seconds": 1.0, "dollars": dollars, "calls": 1, "sentence": ""}
        now = time.time()
        new = JobRecord(
            id=new_id("job"), kind="video", state="queued", stage="", progress=0.0, place=None, prompt="A",
            model="sora-2", style=None, backend="paid", owner=self.owner, attempts=0,
            request=Request("video", "A cat", "sora-2", seconds=4, width=1280, height=720),
            plan={"estimate": estimate, "preview": False}, clips=(), text="", error=None, created=now,
            started=None, finished=None, parent=None, runner=None, seed=7, updated=now, revision=0,
        )  # fmt: skip
        return self.jobs.add(replace(new, **changes), key, limited=True)

    def end(self, job: JobRecord, state: Any = "completed", *, ordered: bool) -> None:
        """It ends, ordered from its backend or not."""
        assert self.jobs.finish(job.id, state, timings={"submitted": 1.0} if ordered else {})

    @property
    def used(self) -> Usage:
        return self.keys.usage([self.owner])[self.owner]

    def count(self) -> int:
        return len(self.jobs.latest(owner=self.owner))


@pytest.fixture
def shop(workspace: Path) -> Callable[..., Shop]:
    return lambda **limits: Shop(Workspace(workspace).database, **limits)


def test_a_refused_job_was_never_there(shop: Callable[..., Shop]) -> None:
    one = shop(at_once=1)
    first = one.ask()
    with pytest.raises(LimitReached, match=r"has 1 jobs in hand.*1 at once") as caught:
        one.ask()
    assert caught.value.code == "too_many_jobs"
    assert caught.value.retry_after
    assert one.count() == 1
    one.end(first, ordered=True)
    assert one.ask().state == "queued"


def test_the_same_idempotency_key_is_the_same_job_and_takes_no_place(shop: Callable[..., Shop]) -> None:
    one = shop(at_once=1, budget=1)
    first = one.ask(1.0, key="k")
    assert one.ask(1.0, key="k").id == first.id
    assert one.used == Usage(running=1, jobs=1, spent=1.0)


def test_scopes_and_models(shop: Callable[..., Shop]) -> None:
    one = shop(scopes="images", models="gpt-image*")
    with pytest.raises(NotAllowed, match="may not make videos") as caught:
        one.ask()
    assert caught.value.code == "insufficient_permissions"
    with pytest.raises(NotAllowed, match=r"may not use the model sora-2.*gpt-image") as caught:
        one.ask(kind="image")
    assert (caught.value.code, caught.value.param) == ("model_not_allowed", "model")
    assert one.ask(kind="image", model="gpt-image-landscape").state == "queued"
    with pytest.raises(NotAllowed):
        permit(one.database, one.owner, "video", "gpt-image")
    permit(one.database, one.owner, "image", "gpt-image")
    permit(one.database, "", "video", "sora-2")
    permit(one.database, "nobody's", "video", "sora-2")


def test_a_key_that_ended_meanwhile_accepts_nothing(shop: Callable[..., Shop]) -> None:
    one = shop()
    one.keys.edit("ann", enabled=False)
    with pytest.raises(NotAllowed, match="not valid any more"):
        one.ask()
    one.keys.edit("ann", enabled=True, expires=time.time() + 0.05)
    time.sleep(0.06)
    with pytest.raises(NotAllowed, match="not valid any more"):
        one.ask()
    one.keys.revoke("ann")
    with pytest.raises(NotAllowed, match="not valid any more"):
        one.ask()


def test_a_budget_holds_what_was_ordered_or_may_be(shop: Callable[..., Shop]) -> None:
    one = shop(budget=1.0)
    first, second = one.ask(0.4), one.ask(0.4)
    with pytest.raises(LimitReached, match=r"costs about \$0.40.*\$0.20 of \$1.00 left today") as caught:
        one.ask(0.4)
    assert caught.value.code == "insufficient_quota"
    assert 0 < caught.value.retry_after <= 86_400
    one.end(first, "failed", ordered=False)
    assert one.used.spent == pytest.approx(0.4), "what was never ordered costs nothing"
    third = one.ask(0.6)
    one.end(second, "failed", ordered=True)
    one.end(third, "needs_you", ordered=False)
    assert one.used.spent == pytest.approx(1.0), "what failed after it was ordered does, and what may be"
    assert one.ask(0.0, plan={"estimate": {"dollars": 0.0}, "preview": True}).state == "queued"
    with pytest.raises(NotAllowed, match="price of this backend is not known") as other:
        one.ask(0.0)
    assert other.value.code == "price_not_known"


def test_deleting_does_not_give_the_money_back(shop: Callable[..., Shop]) -> None:
    one = shop(budget=1.0)
    paid, free = one.ask(0.5), one.ask(0.5)
    one.end(paid, ordered=True)
    one.end(free, "cancelled", ordered=False)
    one.jobs.remove([paid.id, free.id])
    assert one.count() == 0
    assert one.used.spent == pytest.approx(0.5)
    running = one.ask(0.5)
    one.jobs.remove([running.id])
    assert one.used.spent == pytest.approx(1.0), "what has not ended is not removed"


def test_a_budget_begins_anew_at_midnight(shop: Callable[..., Shop]) -> None:
    one = shop(budget=1.0)
    yesterday = one.ask(1.0)
    with one.database.write() as connection:
        connection.execute(sa.update(charge).values(time=midnight(time.time()) - 1))
    one.end(yesterday, ordered=True)
    assert one.ask(1.0).state == "queued"
    assert midnight(86_400.0 * 3 + 5) == 86_400.0 * 3


def race(places: list[Database], owner: str, most: int, dollars: float) -> tuple[int, set[str]]:
    """Ask from all databases at once; how many were accepted, and how others were refused."""
    accepted, codes = [], set()
    gate = threading.Barrier(len(places))

    def work(database: Database) -> None:
        mine = Shop.__new__(Shop)
        mine.database, mine.keys, mine.jobs, mine.owner = database, Keys(database), Jobs(database), owner
        gate.wait()
        for _ in range(most):
            try:
                accepted.append(mine.ask(dollars))
            except SoraKitError as error:
                codes.add(error.code)

    threads = [threading.Thread(target=work, args=(one,)) for one in places]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return len(accepted), codes


@pytest.mark.parametrize(
    ("limits", "code"), [({"at_once": 3}, "too_many_jobs"), ({"budget": 3.0}, "insufficient_quota")]
)
def test_no_two_processes_take_the_last_place(workspace: Path, limits: dict[str, Any], code: str) -> None:
    places = [Workspace(workspace).database for _ in range(4)]
    one = Shop(places[0], **limits)
    assert race(places, one.owner, 3, 1.0) == (3, {code})
    assert one.used.running == 3


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("limits", "code"), [({"at_once": 3}, "too_many_jobs"), ({"budget": 3.0}, "insufficient_quota")]
)
def test_nor_on_postgresql(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: dict[str, Any], code: str
) -> None:
    monkeypatch.setenv("SORA_KIT_MEDIA_STORE", str(tmp_path))
    url = postgres.database()
    places = [Workspace(url).database for _ in range(4)]
    one = Shop(places[0], **limits)
    assert race(places, one.owner, 3, 1.0) == (3, {code})
    first = one.jobs.latest()[0]
    one.end(first, "cancelled", ordered=False)
    one.jobs.remove([first.id])
    assert one.used == Usage(running=2, jobs=2, spent=2.0)
    for place in places:
        place.close()

"""Calls that come again, and pages of jobs, in SQLite and PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from postgres_server import Postgres

from sora_kit.language import Request
from sora_kit.store import JobRecord, Jobs, Workspace
from sora_kit.store.calls import KEEP_SECONDS, Calls
from sora_kit.store.database import Database
from sora_kit.store.ids import new_id
from sora_kit.store.pages import page_of_jobs
from sora_kit.store.tables import call


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(
    request: pytest.FixtureRequest, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    place: Path | str = workspace
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        monkeypatch.setenv("SORA_KIT_MEDIA_STORE", str(workspace))
        place = server.database()
    opened = Workspace(place).database
    yield opened
    opened.close()


@pytest.fixture
def calls(database: Database) -> Calls:
    return Calls(database)


def fresh(owner: str = "a", **changes: object) -> JobRecord:
    one = JobRecord(
        id=new_id("job"), kind="video", state="cancelled", stage="", progress=0.0, place=None, prompt="A cat",
        model="sora-2", style=None, backend="animatic", owner=owner, attempts=0,
        request=Request("video", "A cat", "sora-2", seconds=4, width=720, height=1280), plan={}, clips=(),
        text="", error=None, created=1.0, started=None, finished=None, parent=None, runner=None, seed=7,
        updated=1.0, revision=0,
    )  # fmt: skip
    return replace(one, **changes)  # type: ignore[arg-type]


def age(calls: Calls, seconds: float) -> None:
    with calls.database.write() as connection:
        connection.execute(sa.update(call).values(seen=call.c.seen - seconds))


def test_a_repetition_has_the_name_of_its_first_sending(calls: Calls):
    first = calls.again("a", "x", 0, 60)
    assert calls.again("a", "x", 0, 60) != first
    assert {calls.again("a", "x", 1, 60) for _ in range(2)} >= {first}
    for owner, digest in (("b", "x"), ("a", "y")):
        assert calls.again(owner, digest, 1, 60) != first


def test_the_unanswered_one_comes_first_and_each_serves_one_repetition(calls: Calls):
    names = [calls.again("a", "x", 0, 60) for _ in range(4)]
    for name in (names[0], names[2], names[3]):
        calls.answered(name)
    assert calls.again("a", "x", 1, 60) == names[1]
    assert {calls.again("a", "x", 1, 60) for _ in range(3)} == set(names) - {names[1]}
    assert calls.again("a", "x", 1, 60) not in names  # a fifth caller, whose first sending never came


def test_repetitions_at_the_same_time_get_different_names(calls: Calls):
    names = {calls.again("a", "x", 0, 60) for _ in range(8)}
    with ThreadPoolExecutor(8) as threads:
        again = list(threads.map(lambda _: calls.again("a", "x", 1, 60), range(8)))
    assert set(again) == names


def test_a_window_ends(calls: Calls):
    first = calls.again("a", "x", 0, 60)
    age(calls, 50)
    assert calls.again("a", "x", 1, 60) == first
    age(calls, 50)  # counted from the repetition
    assert calls.again("a", "x", 2, 60) == first
    age(calls, 61)
    assert calls.again("a", "x", 3, 60) != first


def test_a_key_goes_with_a_body_once_it_has_a_job(calls: Calls):
    jobs = Jobs(calls.database)
    assert calls.same("a", "k", "x") is True
    assert calls.same("a", "k", "y") is True  # no job came of the first
    jobs.add(fresh("a"), key="k")
    assert calls.same("a", "k", "y") is True
    assert calls.same("a", "k", "x") is False
    assert calls.same("b", "k", "x") is True
    jobs.add(fresh("a"), key="older")
    assert calls.same("a", "older", "x") is None


def test_one_key_at_the_same_time(calls: Calls):
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda _: calls.same("a", "k", "x"), range(8)))


def test_old_rows_go_but_for_keys_whose_job_is_there(calls: Calls):
    Jobs(calls.database).add(fresh("a"), key="kept")
    with calls.database.write() as connection:
        calls.pruned[calls.database.url] = time.time()
        calls.write(connection, "a", "x", key="kept")
        calls.write(connection, "a", "x", key="gone")
        calls.write(connection, "a", "x")
    age(calls, KEEP_SECONDS + 1)
    calls.pruned.clear()
    calls.again("a", "new", 0, 60)
    with calls.database.read() as connection:
        left = sorted(str(row.key or row.digest) for row in connection.execute(sa.select(call)))
    assert left == ["kept", "new"]


def test_pages_of_jobs(database: Database):
    jobs = Jobs(database)
    mine = sorted(jobs.add(fresh(owner)).id for owner in ("a", "", "a", "", "a"))
    jobs.add(fresh("b"))
    jobs.add(fresh("a", kind="image"))
    jobs.add(fresh("a", state="completed"))  # without a result

    def page(after: str | None, limit: int, *, ascending: bool) -> tuple[list[str], bool]:
        return page_of_jobs(database, "a", {"video"}, after=after, limit=limit, ascending=ascending)

    assert page(None, 5, ascending=True) == (mine, False)
    assert page(None, 3, ascending=False) == (mine[:1:-1], True)
    assert page(mine[2], 3, ascending=False) == (mine[1::-1], False)
    assert page(mine[1], 2, ascending=True) == (mine[2:4], True)
    assert page(None, 0, ascending=True) == ([], True)
    jobs.remove([mine[1]])
    assert page(mine[1], 2, ascending=True) == (mine[2:4], True)

"""What deleted jobs leave behind, and when it goes."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from sora_kit import Studio
from sora_kit.language import Request
from sora_kit.store import Attempts, Database, JobRecord, Jobs, Workspace, tables
from sora_kit.store.journal import Entry, Journal
from sora_kit.store.leftovers import KNOWN_SECONDS, sweep

LONG_AGO = time.time() - KNOWN_SECONDS - 60


@pytest.fixture
def database(workspace: Path) -> Database:
    return Workspace(workspace).database


def job(database: Database, name: str) -> str:
    """A job that has ended."""
    wish = Request("image", "A cat", "gpt-image", width=360, height=360)
    record = JobRecord(
        id=name, kind="image", state="completed", stage="", progress=100.0, place=None, prompt="A cat",
        model="gpt-image", style=None, backend="sora_web", owner="", attempts=1, request=wish, plan={},
        clips=(), text="", error=None, created=1.0, started=1.0, finished=2.0, parent=None, runner=None,
        seed=7, updated=2.0, revision=0,
    )  # fmt: skip
    return Jobs(database).add(record).id


def bought(database: Database, job_id: str, when: float, *, answered: bool = True) -> str:
    """An entry of the journal; its step."""
    journal = Journal(database)
    entry = Entry(
        f"{job_id}/0", job_id, "sora_web", "acc", "intended", "run", job_id, "w", {}, when, None, None
    )
    assert journal.intend(entry, None)
    if answered:
        assert journal.submitted(entry, f"task of {job_id}", when)
        journal.done(replace(entry, state="submitted"), {"sha256": "0"})
    Attempts(database).add(job_id, 0, "acc", "submitted")
    return entry.step


def left(database: Database, *steps: str) -> list[str]:
    return [step for step in steps if Journal(database).get(step) is not None]


def test_what_was_bought_goes_with_its_job(database: Database) -> None:
    old = [bought(database, job(database, f"job_{number}"), LONG_AGO) for number in range(2)]
    lost = bought(database, job(database, "job_lost"), time.time(), answered=False)
    Jobs(database).remove(["job_0", "job_lost"])
    assert left(database, *old, lost) == old[1:]
    assert Attempts(database).of("job_0") == []
    assert len(Attempts(database).of("job_1")) == 1


def test_a_job_that_has_not_ended_keeps_all(database: Database) -> None:
    step = bought(database, job(database, "job_0"), LONG_AGO)
    with database.write() as connection:
        connection.execute(sa.update(tables.job).values(state="running"))
    Jobs(database).remove(["job_0"])
    assert left(database, step) == [step]
    assert Attempts(database).of("job_0")


def test_a_task_that_was_just_bought_is_known_for_an_hour(database: Database) -> None:
    """Else a call that is looked for among the account's tasks could be taken to have become this one."""
    step = bought(database, job(database, "job_0"), time.time())
    Jobs(database).remove(["job_0"])
    assert sweep(database) == 0
    assert Journal(database).known("sora_web", ["task of job_0"]) == {"task of job_0"}
    with database.write() as connection:
        connection.execute(sa.update(tables.journal).values(submitted=LONG_AGO))
    assert sweep(database) == 1
    assert left(database, step) == []


def test_opening_a_workspace_removes_what_earlier_versions_left(workspace: Path, database: Database) -> None:
    orphans = [bought(database, f"job_gone_{number}", LONG_AGO) for number in range(3)]
    orphans.append(bought(database, "job_lost", time.time(), answered=False))
    kept = bought(database, job(database, "job_here"), LONG_AGO)
    with Studio(workspace, role="runner"):  # in this process, or in a child if another studio has it
        while left(database, *orphans, kept) != [kept]:
            time.sleep(0.02)
        assert Attempts(database).of("job_gone_0") == []
        assert len(Attempts(database).of("job_here")) == 1

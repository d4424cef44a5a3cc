"""Workspaces, their tables, and what happens when they cannot be used."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from sora_kit.errors import InvalidInput, NotFound, WorkspaceFull, WorkspaceTooNew, WorkspaceUnreadable
from sora_kit.language import Request
from sora_kit.store import JobRecord, Jobs, Keys, RequestLog, Runners, Settings, Workspace
from sora_kit.store.database import SCHEMA
from sora_kit.store.ids import new_id
from sora_kit.store.requests import Answered
from sora_kit.store.runners import STALE_SECONDS, is_dead, process_is_gone
from sora_kit.store.tables import METADATA


def fresh(owner: str = "") -> JobRecord:
    return JobRecord(
        id=new_id("job"), kind="image", state="queued", stage="", progress=0.0, place=None, prompt="A cat",
        model="gpt-image", style=None, backend="animatic", owner=owner, attempts=0,
        request=Request("image", "A cat", "gpt-image", width=360, height=360), plan={}, clips=(), text="",
        error=None, created=1.0, started=None, finished=None, parent=None, runner=None, seed=7, updated=1.0,
        revision=0,
    )  # fmt: skip


@pytest.fixture
def jobs(workspace: Path) -> Jobs:
    return Jobs(Workspace(workspace).database)


def test_migrations_make_exactly_the_tables(workspace: Path) -> None:
    database = Workspace(workspace).database
    assert database.schema() == SCHEMA
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_a_workspace_is_opened_by_many_at_the_same_time(workspace: Path) -> None:
    code = "import sys; from sora_kit.store import Workspace; print(Workspace(sys.argv[1]).database.schema())"
    runs = [
        subprocess.Popen([sys.executable, "-c", code, str(workspace)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert [run.communicate(timeout=60)[0].strip() for run in runs] == [SCHEMA] * 4


def test_sqlite_is_in_wal_mode(workspace: Path) -> None:
    Workspace(workspace)
    with sqlite3.connect(workspace / "studio.sqlite") as file:
        assert file.execute("pragma journal_mode").fetchone() == ("wal",)


def test_newer_tables_are_left_alone(workspace: Path) -> None:
    database = Workspace(workspace).database
    with database.write() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    before = (workspace / "studio.sqlite").read_bytes()
    with pytest.raises(WorkspaceTooNew, match=r"9999.*pip install -U"):
        Workspace(workspace)
    assert (workspace / "studio.sqlite").read_bytes() == before


def test_a_newer_folder_is_left_alone(workspace: Path) -> None:
    workspace.mkdir()
    (workspace / "workspace.toml").write_text("format = 99\n")
    with pytest.raises(WorkspaceTooNew, match="format is 99"):
        Workspace(workspace)
    assert sorted(p.name for p in workspace.iterdir()) == ["workspace.toml"]


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("not a folder")
    with pytest.raises(WorkspaceUnreadable, match="taken"):
        Workspace(tmp_path / "taken")


def test_a_damaged_database_is_named(workspace: Path) -> None:
    workspace.mkdir()
    (workspace / "studio.sqlite").write_bytes(b"this is not a database" * 500)
    with pytest.raises(WorkspaceUnreadable, match="studio.sqlite"):
        Workspace(workspace)


def test_a_full_database_says_so_and_keeps_what_it_had(jobs: Jobs) -> None:
    first = jobs.add(fresh())
    with jobs.database.read() as connection:
        connection.driver.execute("pragma max_page_count = 1")
    with pytest.raises(WorkspaceFull, match=r"full.*Free some space"):
        for _ in range(200):
            jobs.add(replace(fresh(), prompt="x" * 20_000))
    assert jobs.get(first.id) == first


def test_a_job_reads_back_as_written(jobs: Jobs) -> None:
    new = fresh()
    assert jobs.add(new) == new
    assert jobs.get(new.id) == new
    with pytest.raises(NotFound, match="job_nope"):
        jobs.get("job_nope")


def test_an_idempotency_key_gives_the_same_job_per_owner(jobs: Jobs) -> None:
    first = jobs.add(fresh("a"), key="k")
    assert jobs.add(fresh("a"), key="k").id == first.id
    assert jobs.add(fresh("b"), key="k").id != first.id
    assert jobs.add(fresh("a")).id != jobs.add(fresh("a")).id


def test_only_one_runner_gets_a_job(jobs: Jobs) -> None:
    job = jobs.add(fresh())
    runners = Runners(jobs.database)
    runners.beat("one", "runner", "", 0.0)
    assert [one.id for one in jobs.waiting()] == [job.id]
    assert jobs.claim(job.id, "one")
    assert jobs.waiting() == []
    assert not jobs.claim(job.id, "two"), "the first one lives, whether or not the second has heard of it"
    runners.remove("one")
    assert jobs.claim(job.id, "two"), "the first one died before it began"


def test_a_job_ends_once(jobs: Jobs) -> None:
    job = jobs.add(fresh())
    assert jobs.begin(job.id, "me") is not None
    assert jobs.finish(job.id, "completed", text="done")
    assert not jobs.finish(job.id, "failed", error={"what": "too late"})
    assert jobs.begin(job.id, "other") is None
    assert (jobs.get(job.id).state, jobs.get(job.id).error) == ("completed", None)


def test_progress_never_falls_and_belongs_to_the_runner(jobs: Jobs) -> None:
    job = jobs.add(fresh())
    jobs.begin(job.id, "me")
    assert jobs.progress(job.id, "me", progress=40, stage="Drawing", place=None)
    assert jobs.progress(job.id, "me", progress=10, stage="Drawing", place=None)
    assert jobs.get(job.id).progress == 40
    assert not jobs.progress(job.id, "thawed", progress=90, stage="Drawing", place=None)


def test_cancelling_a_waiting_job_ends_it_and_a_running_one_is_asked(jobs: Jobs) -> None:
    waiting, running = jobs.add(fresh()), jobs.add(fresh())
    jobs.begin(running.id, "me")
    assert jobs.get(running.id).state == "queued", "it still waits for a slot"
    assert jobs.enter(running.id, "me") is not None
    assert jobs.enter(running.id, "thawed") is None
    assert jobs.ask_to_cancel(waiting.id)
    assert jobs.get(waiting.id).state == "cancelled"
    assert jobs.to_stop(0.0) == [waiting.id], "whoever has it in hand hears of it"
    assert jobs.ask_to_cancel(running.id)
    assert jobs.get(running.id).state == "running"
    assert set(jobs.to_stop(0.0)) == {running.id, waiting.id}
    assert jobs.to_stop(time.time() + 60) == []
    assert not jobs.ask_to_cancel(waiting.id)


def test_jobs_are_listed_newest_first_in_pages(jobs: Jobs) -> None:
    made = [jobs.add(replace(fresh(), id=f"job_{n:026d}")).id for n in range(5)]
    page = jobs.latest(limit=2)
    assert [job.id for job in page] == made[:2:-1]
    assert [job.id for job in jobs.latest(limit=9, before=page[-1].id)] == made[2::-1]


def test_keys_are_stored_hashed_and_checked(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Workspace(workspace).database
    keys = Keys(database)
    new = keys.first()
    assert new is not None
    assert keys.first() is None
    assert new.secret not in repr(new)
    assert keys.check(new.secret) is not None
    assert keys.check(new.secret + "x") is None
    database.close()
    stored = b"".join(path.read_bytes() for path in workspace.glob("studio.sqlite*"))
    assert new.secret.encode() not in stored
    with pytest.raises(InvalidInput, match="already"):
        keys.create("default")
    keys.revoke("default")
    assert keys.check(new.secret) is None
    with pytest.raises(NotFound, match="nobody"):
        keys.revoke("nobody")
    monkeypatch.setenv("SORA_KIT_API_KEY", "from-outside")
    assert keys.check("from-outside") is not None
    assert keys.first() is None


def test_a_dead_runner_is_recognised(workspace: Path) -> None:
    runners = Runners(Workspace(workspace).database)
    assert not runners.beat("me", "runner", "http://x", 1.0)
    assert runners.beat("me", "runner", "http://x", 1.0)
    (me,) = runners.live()
    assert not is_dead(me)
    assert is_dead(replace(me, seen=me.seen - STALE_SECONDS - 1))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert process_is_gone(gone.pid)
    assert is_dead(replace(me, pid=gone.pid))
    assert not process_is_gone(os.getppid())
    runners.leave("me")
    assert [one.id for one in runners.dead()] == ["me"]


def test_settings_and_the_request_log(workspace: Path) -> None:
    database = Workspace(workspace).database
    settings = Settings(database)
    assert settings.get("backend", "animatic") == "animatic"
    settings.set("backend", {"name": "other"})
    settings.set("backend", {"name": "another"})
    assert settings.get("backend") == {"name": "another"}
    log = RequestLog(database)
    log.add(Answered("GET", "/v1/models", 200, 1.5))
    log.add(Answered("POST", "/v1/videos", 400, 2.5, error="invalid_value"))
    assert [(row["path"], row["error"]) for row in log.latest()] == [
        ("/v1/videos", "invalid_value"),
        ("/v1/models", None),
    ]


@dataclass(frozen=True)
class Patience:
    tries: int = 5
    seconds: float = 2.0
    pause: float | None = None


def test_limits_are_read_from_settings(workspace: Path) -> None:
    settings = Settings(Workspace(workspace).database)
    assert settings.limits("room", Patience) == Patience()
    for name, value in (("tries", 7), ("seconds", 3), ("pause", 0.5)):
        settings.set(f"room.{name}", value)
    settings.set("other.tries", 9)
    assert settings.limits("room", Patience) == Patience(7, 3, 0.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [("tries", 0), ("tries", 1.5), ("seconds", -1), ("pause", "8"), ("pause", True), ("seconds", [1])],
)
def test_a_limit_that_is_none_names_its_setting(workspace: Path, name: str, value: object) -> None:
    settings = Settings(Workspace(workspace).database)
    settings.set(f"room.{name}", value)
    with pytest.raises(InvalidInput, match=f"The setting room.{name} is") as caught:
        settings.limits("room", Patience)
    assert caught.value.fix

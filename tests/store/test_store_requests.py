"""The request log: written late, read whole, pruned, and joined with what its jobs learn."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from sora_kit.errors import WorkspaceError
from sora_kit.store import RequestLog, Settings, Workspace
from sora_kit.store.database import Database
from sora_kit.store.dataframe import log_frame
from sora_kit.store.requests import Answered, durations
from sora_kit.store.tables import account, request_log


@pytest.fixture
def database(workspace: Path) -> Database:
    return Workspace(workspace).database


def rows_in(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(request_log)).scalar_one())


def test_a_row_is_written_later_and_found_at_once(database: Database) -> None:
    log = RequestLog(database)
    log.add(Answered("GET", "/v1/models", 200, 1.0))
    assert rows_in(database) == 0
    assert [row["path"] for row in log.latest()] == ["/v1/models"]
    assert rows_in(database) == 1


def test_a_reader_waits_for_a_write_that_is_under_way(database: Database) -> None:
    log, counts = RequestLog(database), []
    for number in range(300):
        log.add(Answered("GET", f"/v1/{number}", 200, 1.0))
    readers = [threading.Thread(target=lambda: counts.append(len(log.latest(1000)))) for _ in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert counts == [300] * 4


def test_rows_are_pruned_by_number_and_age(database: Database) -> None:
    settings = Settings(database)
    settings.set("log.keep_rows", 5)
    log = RequestLog(database)
    for number in range(600):
        log.add(Answered("GET", f"/v1/{number}", 200, 1.0))
    log.flush()
    assert [row["path"] for row in log.latest()] == [f"/v1/{n}" for n in range(599, 594, -1)]
    settings.set("log.keep_rows", 10_000)
    settings.set("log.keep_days", 1)
    log.add(Answered("GET", "/v1/old", 200, 1.0, time=time.time() - 90_000))
    log.flush()
    log.prune()
    assert "/v1/old" not in [row["path"] for row in log.latest()]
    assert rows_in(database) == 5


def test_bodies_are_masked_cut_and_can_be_switched_off(database: Database) -> None:
    log, settings = RequestLog(database), Settings(database)
    body = {"prompt": "a kitten", "password": "hunter2", "raw": "word " * 3000}
    row = Answered("POST", "/v1/videos", 200, 1.0, asked=body, answered='{"token": "sesame"}')
    log.add(row)
    (found,) = log.latest()
    assert "a kitten" in found["asked"]
    assert "hunter2" not in found["asked"]
    assert len(found["asked"]) == 4096
    assert found["answered"] == '{"token": "***"}'
    settings.set("log.body_bytes", 0)
    log.add(row)
    assert [(row["asked"], row["answered"]) for row in log.latest(1)] == [("", "")]
    settings.set("log.body_bytes", "nonsense")
    log.add(row)
    assert len(log.latest(1)[0]["asked"]) == 4096


def test_hostile_fields_fit_their_columns(database: Database) -> None:
    log = RequestLog(database)
    log.add(Answered("PROPFINDLONG", "/v1/\x00" + "a b" * 500, 404, 1.0, model="m\x00" * 90, error="e" * 99))
    (row,) = log.latest()
    assert len(row["method"]) == 8
    assert len(row["path"]) == 500
    assert len(row["model"]) == 64
    assert "\x00" not in row["path"] + row["model"]


def test_a_full_disk_loses_rows_and_says_so(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    log = RequestLog(database)
    log.add(Answered("GET", "/v1/models", 200, 1.0))
    with database.engine.connect() as other:
        other.exec_driver_sql("drop table request_log")
        other.commit()
    with pytest.raises(WorkspaceError):
        log.flush()
    assert not log.waiting


def test_stages_are_differences_of_the_moments_that_there_are() -> None:
    moments = {"queued": 10.0, "started": 12.0, "made": 20.0, "fetched": 20.5, "stored": 21.25, "other": 3}
    assert durations(moments) == {"waiting": 2.0, "making": 8.0, "fetching": 0.5, "storing": 0.75}
    assert durations({"started": 5.0, "made": 4.0}) == {"making": 0.0}
    assert durations({"started": "soon"}) == durations(None) == {}


def test_what_its_job_learns_later_is_joined(studio) -> None:
    from sora_kit.store.tables import job

    made = studio.image("A cat")
    made.result(timeout=60)
    studio.requests.add(Answered("POST", "/v1/images/generations", 200, 5.0, job=made.id))
    with studio.workspace.database.write() as connection:
        connection.execute(
            sa.insert(account).values(id="acc_9", backend="sora_web", label="studio A", last_used=0.0)
        )
        moments = {"queued": 1.0, "started": 2.5, "made": 4.0}
        connection.execute(sa.update(job).values(account="acc_9", timings=moments))
    row = studio.log().iloc[0]
    assert (row["account"], row["waiting"], row["making"]) == ("studio A", 1.5, 1.5)
    assert row["fetching"] != row["fetching"]  # NaN: it had no such stage


@pytest.mark.parametrize("filled", [True, False])
def test_the_frame_has_proper_types(database: Database, filled: bool) -> None:
    log = RequestLog(database)
    if filled:
        log.add(Answered("GET", "/v1/models", 200, 1.5))
    frame = log_frame(log.latest())
    assert str(frame["time"].dtype).endswith(", UTC]")
    assert {str(frame[name].dtype) for name in ("method", "key", "account", "model", "error")} == {"category"}
    assert {str(frame[name].dtype) for name in ("ms", "waiting", "storing")} == {"float64"}
    assert str(frame["status"].dtype) == "int64"


def test_a_row_costs_little(database: Database) -> None:
    log = RequestLog(database)
    asked = {"model": "sora-2", "prompt": "A red kite over a meadow, slowly", "seconds": "8"}
    answered = '{"id": "video_01k9btrqrnen792yvt703dp0tq", "object": "video", "status": "queued", "n": 1}' * 6
    began = time.process_time()
    for _ in range(1000):
        log.add(
            Answered("POST", "/v1/videos", 200, 5.0, asked=asked, answered=answered, known=("sk-aaaaaaa",))
        )
    log.flush()
    assert (time.process_time() - began) / 1000 < 0.0009  # 0.1 to 0.2 ms on a quiet machine

"""A backup goes from SQLite to PostgreSQL and back; the log is written there too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from postgres_server import Postgres

from sora_kit import Studio
from sora_kit.store import Attempts, RequestLog, Settings, Workspace
from sora_kit.store.archive import PARTS
from sora_kit.store.backup import export
from sora_kit.store.requests import Answered
from sora_kit.store.restore import restore

pytestmark = pytest.mark.postgres


def rows(workspace: Workspace) -> dict[str, list[dict[str, Any]]]:
    found = {}
    with workspace.database.read() as connection:
        for part in PARTS:
            names = [c for c in part.table.c if c.name not in part.without | {"updated"}]
            query = sa.select(*names).order_by(*part.table.primary_key)
            found[part.table.name] = [dict(row) for row in connection.execute(query).mappings()]
    return found


def test_there_and_back(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Studio(tmp_path / "here") as studio:
        one = studio.image("A lighthouse in fog", seed=2**40)
        assert [step.outcome for step in one.history()] == []
        clip = one.result(timeout=90)
        Attempts(studio.workspace.database).add(one.id, 0, "acc_1", "overloaded", "Ümläut")
        Settings(studio.workspace.database).set("log.keep_days", 3.5)
        studio.requests.add(Answered("GET", "/v1/\x00models", 200, 1.23456789, asked={"a": "b\x00"}))
        studio.requests.flush()
        assert [step.outcome for step in one.history()] == ["overloaded"]
    here = Workspace(tmp_path / "here")
    export(here, tmp_path / "out.zip", log=True)
    monkeypatch.setenv("SORA_KIT_MEDIA_STORE", str(tmp_path / "there"))
    there = Workspace(postgres.database())
    report = restore(there, tmp_path / "out.zip")
    assert report.counts["clips"] == report.counts["attempts"] == report.counts["log"] == 1
    assert rows(there) == rows(here)
    assert not any(restore(there, tmp_path / "out.zip").counts.values())
    RequestLog(there.database).add(Answered("GET", "/v1/\x00models", 200, 1.0, answered="\x00"))
    export(there, tmp_path / "back.zip", log=True, since=clip.created - 1)
    back = Workspace(tmp_path / "back")
    restore(back, tmp_path / "back.zip")
    assert rows(back)["clip"] == rows(here)["clip"]
    assert rows(back)["request_log"] == rows(there)["request_log"]
    there.database.close()
    assert back.media.path(clip.sha256, clip.ext).read_bytes() == clip.file.read_bytes()


def test_the_log_on_postgresql(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORA_KIT_MEDIA_STORE", str(tmp_path / "media"))
    database = Workspace(postgres.database()).database
    log = RequestLog(database)
    for number in range(700):
        log.add(
            Answered("GET", f"/v1/\x00{number}", 200 + number % 2, 1.0, answered="a\x00b", model="m" * 99)
        )
    assert len(log.latest(1000)) == 700
    assert log.latest(1, status=201)[0]["status"] == 201
    assert log.counts(0.0)["statuses"] == {"200": 350, "201": 350}
    Settings(database).set("log.keep_rows", 10)
    log.prune()
    assert len(log.latest(1000)) == 10
    database.close()

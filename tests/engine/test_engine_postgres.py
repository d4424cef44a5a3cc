"""The same studio on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest
from postgres_server import Postgres

from sora_kit import Studio
from sora_kit.errors import WorkspaceError, WorkspaceUnreadable

pytestmark = pytest.mark.postgres


def test_a_studio_on_postgresql(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = postgres.database()
    monkeypatch.setenv("SORA_KIT_MEDIA_STORE", str(tmp_path / "media"))
    with Studio(database) as studio:
        assert studio.role == "runner"
        made = studio.image("A cat in the garden", key="once").result(60)
        assert made.file.is_relative_to(tmp_path)
        assert studio.image("A cat in the garden", key="once").result(5).id == made.id
        with Studio(database) as second:
            assert second.role == "client"
            assert second.clips() == [made]


def test_a_database_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORA_KIT_MEDIA_STORE", str(tmp_path / "media"))
    with pytest.raises(WorkspaceUnreadable, match="127.0.0.1"):
        Studio("postgresql://me:secret@127.0.0.1:1/none")
    with pytest.raises(WorkspaceError, match="mysql"):
        Studio("mysql://me@127.0.0.1/none")

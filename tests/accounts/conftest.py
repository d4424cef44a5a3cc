"""Pools on real databases, with a clock that tests move."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from accounts_pool import Clock, opened
from postgres_server import Postgres

from sora_kit.accounts import Accounts
from sora_kit.store import Workspace
from sora_kit.store.secrets import Secrets


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty workspace, to be copied: making the tables takes longer than most tests."""
    folder = tmp_path_factory.mktemp("empty") / "workspace"
    pool = opened(folder)
    pool.set_global_proxy("http://127.0.0.1:1")  # makes the key, too, which is slow to derive
    pool.set_global_proxy("")
    pool.database.close()
    return folder


@pytest.fixture
def pool(empty: Path, workspace: Path, clock: Clock) -> Iterator[Accounts]:
    shutil.copytree(empty, workspace)
    made = opened(workspace, clock)
    yield made
    made.database.close()


@pytest.fixture
def postgres(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Accounts]:
    """A pool on an empty PostgreSQL database."""
    monkeypatch.setenv("SORA_KIT_MEDIA_STORE", str(tmp_path / "media"))
    database = Workspace(postgres.database()).database
    yield Accounts(database, Secrets(database, tmp_path))
    database.close()

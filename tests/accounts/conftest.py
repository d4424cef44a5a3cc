"""Pools on real databases, with a clock that tests move."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from accounts_pool import Clock, opened

from sora_kit.accounts import Accounts
from sora_kit.store.database import Database
from sora_kit.store.secrets import Secrets
from sora_kit.store.tables import METADATA


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


@pytest.fixture(scope="session")
def postgres_url(require: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a database on a server of our own, in a temporary folder."""
    programs = require("postgres")
    folder = tmp_path_factory.mktemp("pg")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root:
        shutil.chown(folder, "postgres")

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), *arguments]
        if root:  # the server refuses to run as root
            command = ["runuser", "-u", "postgres", "--", *command]
            for parent in folder.parents:  # each time: another test run may have closed them again
                if parent.stat().st_uid == 0 and parent != Path("/"):
                    parent.chmod(parent.stat().st_mode | 0o011)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60)

    data = str(folder / "data")
    run("initdb", "-D", data, "-A", "trust", "-U", "studio", "--no-sync")
    options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off"
    run("pg_ctl", "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield f"postgresql+psycopg://studio@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")


@pytest.fixture
def postgres(postgres_url: str, tmp_path: Path) -> Iterator[Accounts]:
    """A pool on an empty PostgreSQL database."""
    database = Database(postgres_url)
    with database.write() as connection:
        for table in METADATA.sorted_tables:
            connection.execute(sa.delete(table))
    yield Accounts(database, Secrets(database, tmp_path))
    database.close()

"""The same studio on PostgreSQL."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sora_kit import Studio
from sora_kit.errors import WorkspaceError, WorkspaceUnreadable

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def database(require: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a database on a server of our own, in a temporary folder."""
    programs = require("postgres")
    folder = tmp_path_factory.mktemp("pg")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), *arguments]
        if hasattr(os, "geteuid") and os.geteuid() == 0:  # the server refuses to run as root
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60)

    if hasattr(os, "geteuid") and os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        for parent in folder.parents:
            if parent.stat().st_uid == 0 and parent != Path("/"):
                parent.chmod(parent.stat().st_mode | 0o011)
    data = str(folder / "data")
    run("initdb", "-D", data, "-A", "trust", "-U", "studio", "--no-sync")
    options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off"
    run("pg_ctl", "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield f"postgresql://studio@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")


def test_a_studio_on_postgresql(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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

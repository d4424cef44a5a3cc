"""The command, run as people run it: as a process, in a folder of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


class Command:
    """Runs ``sora-kit`` in ``folder`` on ``workspace``."""

    def __init__(self, folder: Path, workspace: Path) -> None:
        self.folder = folder
        self.workspace = workspace
        self.started: list[subprocess.Popen[str]] = []

    def environment(self) -> dict[str, str]:
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        return os.environ | {
            "SORA_KIT_WORKSPACE": str(self.workspace),
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONUNBUFFERED": "1",
        }

    def __call__(
        self, *arguments: str, stdin: str = "", timeout: float = 100, **env: str
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        return subprocess.run(
            [sys.executable, "-m", "sora_kit", *arguments],
            cwd=self.folder,
            env=self.environment() | env,
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout,
        )

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """Start it; what it says goes to ``log``."""
        with self.log.open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "sora_kit", *arguments],
                cwd=self.folder,
                env=self.environment() | env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    @property
    def log(self) -> Path:
        return self.folder / "log.txt"

    def said(self, pattern: str, process: subprocess.Popen[str], seconds: float = 60) -> str:
        """Wait until it has said something, and answer the pattern's first group."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := re.search(pattern, self.log.read_text("utf-8"), re.MULTILINE):
                return found.group(1) if found.groups() else found.group()
            if process.poll() is not None:
                break
            time.sleep(0.05)
        pytest.fail(f"never said {pattern!r}, exit code {process.poll()}:\n{self.log.read_text('utf-8')}")

    def interrupt(self, process: subprocess.Popen[str], number: int = signal.SIGINT) -> tuple[int, float]:
        """Signal its whole group, as a terminal does for Ctrl-C; exit code and seconds until the end."""
        begin = time.monotonic()
        os.killpg(process.pid, number)
        return process.wait(20), time.monotonic() - begin


@pytest.fixture
def sora(tmp_path: Path, workspace: Path) -> Iterator[Command]:
    """``sora("models")`` runs the command in an empty folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    command = Command(folder, workspace)
    yield command
    for process in command.started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

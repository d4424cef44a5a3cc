"""The programs that the clients are: made once, kept in pytest's cache.

Each Python client gets a virtual environment of its own with exactly the version that is asked for, so
that no client bends what sora_kit itself is tested with; node's packages go into a folder beside. What
fills them is the pip of the tests, as a copy of pip in each would take longer to make than the rest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

__all__ = ("LITELLM", "NEWEST", "Toolbox")

NEWEST = "newest"
LITELLM = "litellm==1.106.2"
"""A fixed one: its newest may want packages that are newer than an index has, and pip tries them all."""

MINUTES = 10


class Toolbox:
    """Makes and finds programs.

    Args:
        folder: Where they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def python(self, name: str, *requirements: str) -> Path:
        """The Python of a virtual environment with these packages."""
        home = self.folder / name
        found = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        mark = home / "made.txt"
        wanted = "\n".join((sys.version, *requirements))
        if not mark.is_file() or mark.read_text() != wanted:
            shutil.rmtree(home, ignore_errors=True)
            failed = self.run(sys.executable, "-m", "venv", "--without-pip", str(home))
            failed = failed or self.run(
                sys.executable, "-m", "pip", "--python", str(found), "install", "-q", "--no-compile",
                "--disable-pip-version-check", *requirements,
            )  # fmt: skip
            if failed:
                missing(
                    f"pip could not install {' '.join(requirements)}",
                    "Make a package index reachable",
                    failed,
                )
            mark.write_text(wanted)
        return found

    def node(self, name: str, *packages: str) -> tuple[Path, Path]:
        """The program ``node``, and a folder whose scripts may import these packages."""
        node, npm = shutil.which("node"), shutil.which("npm")
        if not node or not npm:
            missing("node is not installed", "Install it (Debian: apt-get install nodejs npm)")
        home = self.folder / name
        mark = home / "made.txt"
        if not mark.is_file() or mark.read_text() != "\n".join(packages):
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(parents=True)
            (home / "package.json").write_text('{"private": true, "type": "module"}')
            failed = self.run(
                npm, "install", "--no-audit", "--no-fund", "--loglevel=error", *packages, cwd=home
            )
            if failed:
                missing(f"npm could not install {' '.join(packages)}", "Make a registry reachable", failed)
            mark.write_text("\n".join(packages))
        return Path(node), home

    def program(self, name: str) -> Path:
        """A program of the system."""
        if not (found := shutil.which(name)):
            missing(f"{name} is not installed", f"Install it (Debian: apt-get install {name})")
        return Path(found)

    def run(self, *command: str, cwd: Path | None = None) -> str:
        """Run a command; what it said if it failed."""
        try:
            done = subprocess.run(
                command, cwd=cwd, capture_output=True, text=True, timeout=60 * MINUTES,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"it took longer than {MINUTES} minutes"
        return "" if done.returncode == 0 else (done.stderr + done.stdout)[-2000:] or "it failed"


def missing(what: str, cure: str, told: str = "") -> NoReturn:
    """Skip a test that needs something; in CI it fails."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}, and CI must run this test. {cure}. {told}", pytrace=False)
    pytest.skip(f"{what}. {cure}. {told}")

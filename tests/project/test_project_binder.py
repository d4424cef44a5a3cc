"""Binder builds the repository as it is meant to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def dockerfile() -> str:
    """What repo2docker would build; it needs no Docker to say so."""
    if sys.platform == "win32":
        pytest.skip("repo2docker does not run on Windows")
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", "."]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout + answer.stderr


def test_python_is_the_one_that_we_ask_for(dockerfile: str) -> None:
    assert "python-3.11" in (ROOT / "binder" / "runtime.txt").read_text()
    assert "Building conda environment for python=3.11" in dockerfile


def test_the_repository_is_there_before_it_is_installed(dockerfile: str) -> None:
    copied = dockerfile.index("COPY --chown=0:0 src/ ${REPO_DIR}/")
    assert copied < dockerfile.index('pip install --no-cache-dir -r "binder/requirements.txt"')


def test_captions_have_their_font(dockerfile: str) -> None:
    assert "fonts-noto-cjk" in dockerfile


def test_both_scripts_run(dockerfile: str) -> None:
    assert "RUN ./binder/postBuild" in dockerfile
    assert 'R2D_ENTRYPOINT="${REPO_DIR}/binder/start"' in dockerfile


def test_start_hands_over_to_the_server() -> None:
    answer = subprocess.run(
        ["bash", str(ROOT / "binder" / "start"), "sh", "-c", "echo backend: $SORA_KIT_BACKEND"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert answer.stdout == "backend: animatic\n"

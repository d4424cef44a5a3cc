"""`studio --admin` and `--gallery`: the operator's page beside the visitors', and what visitors share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from sora_kit.cli.app import app
from sora_kit.store import Settings, Workspace


def test_without_a_password_there_is_no_operators_page(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SORA_KIT_WORKSPACE", str(workspace))
    answer = CliRunner().invoke(app, ["studio", "--admin", "--no-browser"])
    assert answer.exit_code == 1
    assert "--admin needs SORA_KIT_ADMIN_PASSWORD" in answer.stderr
    assert not workspace.exists()


@pytest.mark.server
@pytest.mark.kernel
@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
def test_the_operators_page_stands_beside_the_visitors(
    sora: Any, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SORA_KIT_ADMIN_PASSWORD", "correct horse battery")
    process = sora.start("studio", "--admin", "--gallery", "own", "--no-browser", "--port", "18867")
    url = sora.said(r"^Operator +(\S+)", process)
    page = httpx.get(url, timeout=60, trust_env=False)
    assert page.status_code == 200
    assert "sora_kit operator" in page.text
    opened = Workspace(workspace)
    assert Settings(opened.database).get("studio.gallery") == "own"
    opened.database.close()
    sora.interrupt(process)

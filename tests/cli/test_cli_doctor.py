"""The doctor finds what is there, and what is broken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sora_kit.cli import checks
from sora_kit.cli.app import app
from sora_kit.store import Workspace


def examine(workspace: Path) -> tuple[int, dict[str, dict[str, str]]]:
    answer = CliRunner().invoke(app, ["doctor", "--json", "--workspace", str(workspace)])
    data = json.loads(answer.stdout)
    assert data["ok"] == (answer.exit_code == 0)
    return answer.exit_code, {one["name"]: one for one in data["checks"]}


def test_a_healthy_installation(workspace: Path) -> None:
    code, found = examine(workspace)
    assert code == 0, found
    assert not workspace.exists()  # looking changes nothing
    assert found["animatic"]["level"] == "ok"
    assert found["kernel"]["level"] == "ok"
    for name in (
        "version",
        "packages",
        "workspace",
        "disk",
        "port 8866",
        "port 8000",
        "page",
        "fonts",
        "chromium",
    ):
        assert found[name]["level"] in ("ok", "warn"), found[name]


def test_an_open_workspace(workspace: Path) -> None:
    Workspace(workspace)
    _, found = examine(workspace)
    assert str(workspace) in found["workspace"]["text"]
    assert "schema" in found["workspace"]["text"]
    assert found["runners"]["text"].startswith("none")


def test_a_workspace_from_the_future_is_bad(workspace: Path) -> None:
    workspace.mkdir()
    (workspace / "workspace.toml").write_text("format = 99\n")
    code, found = examine(workspace)
    assert code == 1
    assert found["workspace"]["level"] == "bad"
    assert "pip install" in found["workspace"]["fix"]


def test_little_space_is_a_warning(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "LOW_DISK", 1e18)
    (finding,) = checks.disk(str(workspace))
    assert finding.level == "warn"
    assert finding.fix


def test_a_check_that_fails_is_a_finding() -> None:
    def broken(_place: str | None) -> Iterator[checks.Finding]:
        raise RuntimeError("no")
        yield

    (finding,) = checks.look(broken, None)
    assert finding.level == "bad"
    assert finding.name == "broken"


def test_people_read_one_line_for_each_thing(workspace: Path) -> None:
    answer: Any = CliRunner().invoke(app, ["doctor", "--workspace", str(workspace)])
    heads = [line for line in answer.stdout.splitlines() if not line.startswith(" ")]
    assert all(line.split()[0] in ("ok", "warn", "bad") for line in heads)


def test_a_sora_web_deployment_and_its_accounts(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sora_kit.standins.sora_web import SoraWebStandin

    assert not {"sora_web", "accounts"} & examine(workspace)[1].keys(), "nothing is set up"
    with SoraWebStandin() as standin:
        monkeypatch.setenv("SORA_KIT_SORA_WEB_URL", standin.backend_url)
        found = examine(workspace)[1]
    assert found["sora_web"]["level"] == "ok"
    assert found["accounts"]["text"] == "0 of 0 ready"
    gone = examine(workspace)[1]["sora_web"]
    assert gone["level"] == "warn"
    assert "standin" in gone["fix"]

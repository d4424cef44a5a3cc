"""Accounts from the terminal, and that no token is ever printed."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sora_kit.accounts import Accounts
from sora_kit.cli.app import app
from sora_kit.standins.sora_web import SoraWebStandin
from sora_kit.store import Workspace
from sora_kit.store.secrets import Secrets

SECRET = "PlantedSecret0123456789abcdefghijKLMNOP"


@pytest.fixture
def run(workspace: Path) -> Any:
    def run(*words: str, stdin: str = "", group: str = "accounts") -> Any:
        answer = CliRunner().invoke(app, [group, *words, "--workspace", str(workspace)], input=stdin)
        assert SECRET not in answer.output, "no secret is ever printed"
        return answer

    return run


@pytest.fixture
def pool(workspace: Path) -> Accounts:
    opened = Workspace(workspace)
    return Accounts(opened.database, Secrets(opened.database, workspace))


def test_secrets_come_from_a_file_stdin_or_a_silent_prompt(run: Any, pool: Accounts, tmp_path: Path) -> None:
    token = tmp_path / "token.txt"
    token.write_text(f"1{SECRET}\n")
    first = run("add", "--access-token", f"@{token}", "--label", "one").stdout.strip()
    second = run("add", "--session-token", "-", stdin=f"2{SECRET}\n").stdout.strip()
    third = run("add", "--label", "three", stdin=f"3{SECRET}\n").stdout.strip()
    held = [pool.login(one).secrets for one in (first, second, third)]
    assert held == [
        {"access_token": f"1{SECRET}"},
        {"session_token": f"2{SECRET}"},
        {"access_token": f"3{SECRET}"},
    ]
    missing = run("add", "--access-token", f"@{tmp_path / 'none'}")
    assert missing.exit_code == 1
    assert "none" in missing.stderr


def test_the_life_of_an_account(run: Any, pool: Accounts) -> None:
    assert "accounts add" in run("list").stderr
    run("add", "--access-token", SECRET, "--label", "main", "--video-cap", "2", "--remark", "x")
    assert run("edit", "main", "--remark", "", "--no-images").exit_code == 0
    shown = json.loads(run("show", "main", "--json").stdout)
    assert (shown["remark"], shown["image_enabled"], shown["video_cap"]) == ("", False, 2)
    assert shown["access_token"] == f"{SECRET[:4]}…{SECRET[-4:]}"
    assert "main" in run("show", "main").stdout
    assert run("disable", "main").exit_code == 0
    assert "disabled" in run("list").stdout
    assert run("enable", "--all").exit_code == 0
    assert [row["what"] for row in json.loads(run("events", "main", "--json").stdout)] == [
        "enabled", "disabled", "updated", "added",
    ]  # fmt: skip
    assert run("mode").stdout.strip() == "round_robin"
    assert run("mode", "random").stdout.strip() == "random"
    assert run("mode", "fast").exit_code == 1
    assert run("remove", "nobody").exit_code == 1
    assert run("remove").exit_code == 1
    run("disable", "main")
    assert run("remove", "--disabled").exit_code == 0
    assert pool.list() == []


def test_proxies(run: Any, pool: Accounts) -> None:
    run("add", "--access-token", SECRET, "--label", "main")
    assert run("proxy").stdout.strip() == "none"
    assert run("proxy", f"socks5://me:{SECRET}@p.example:1080").stdout.strip() == "socks5://…@p.example:1080"
    assert "http://own.example:1" in run("proxy", "http://own.example:1", "-a", "main").stdout
    assert pool.login(pool.find("main").id).proxy == "http://own.example:1"
    assert run("proxy", "").stdout.strip() == "none"
    assert run("proxy", "words").exit_code == 1


def test_import_and_export(run: Any, pool: Accounts, tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    file.write_text(
        json.dumps([{"email": "a@example.com", "access_token": SECRET}, {"email": "b@example.com"}])
    )
    answer = run("import", str(file), "--json")
    assert answer.exit_code == 1
    assert [row["outcome"] for row in json.loads(answer.stdout)] == ["added", "failed"]
    assert run("import", "-", "--mode", "rt", "--client-id", "app", stdin=f"rt_{SECRET}\n").exit_code == 0
    assert json.loads(run("export").stdout)[0]["email"] == "a@example.com"
    out = tmp_path / "secret.json"
    assert run("export", "--secrets", str(out)).exit_code == 0
    rows = json.loads(out.read_text())
    assert rows[0]["access_token"] == SECRET
    assert (rows[1]["refresh_token"], rows[1]["client_id"]) == (f"rt_{SECRET}", "app")
    if sys.platform != "win32":
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert len(pool.list()) == 2


@pytest.fixture
def standin(monkeypatch: pytest.MonkeyPatch) -> Iterator[SoraWebStandin]:
    with SoraWebStandin(["a@example.com"]) as server:
        monkeypatch.setenv("SORA_KIT_SORA_WEB_URL", server.backend_url)
        yield server


def test_testing_accounts(run: Any, pool: Accounts, standin: SoraWebStandin) -> None:
    run("add", "--session-token", "-", stdin=standin.accounts["a@example.com"].session_token)
    answer = run("test", "--all")
    assert answer.exit_code == 0, answer.output
    assert "ChatGPT Plus, 30 left" in answer.stdout
    run("add", "--access-token", SECRET)
    answer = run("test", "--all", "--json")
    assert answer.exit_code == 1
    assert [row["outcome"] for row in json.loads(answer.stdout)] == ["ok", "failed"]
    assert [one.state for one in pool.list()] == ["ready", "expired"]


def test_the_key_is_changed(run: Any, pool: Accounts, workspace: Path, tmp_path: Path) -> None:
    run("add", "--access-token", SECRET)
    before = (workspace / "secret.key").read_text()
    assert run(group="rotate-key").exit_code == 0
    assert (workspace / "secret.key").read_text() != before
    (one,) = pool.list()
    assert pool.login(one.id).secrets["access_token"] == SECRET, "a pool that was open all the time"
    new = tmp_path / "new.txt"
    new.write_text("a new key text for the environment\n")
    answer = run("--new", f"@{new}", group="rotate-key")
    assert "SORA_KIT_SECRET_KEY" in answer.stderr
    assert not (workspace / "secret.key").exists()

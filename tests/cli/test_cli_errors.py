"""Bad input: one line that says what, why and how to fix it; exit code 1; nothing started."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from sora_kit.cli.app import app


@pytest.fixture
def run(workspace: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setenv("SORA_KIT_WORKSPACE", str(workspace))
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, list(words))


def explained(answer: Result, *words: str) -> None:
    """It failed with one line that holds ``words``."""
    assert answer.exit_code == 1, answer.output
    assert answer.stdout == ""
    assert answer.stderr.startswith("error: ")
    assert answer.stderr.count("\n") == 1
    assert "Traceback" not in answer.stderr
    for word in words:
        assert word in answer.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["A cat", "--model", "sora2-landscap-10s"], ["sora2-landscap-10s", "Did you mean"]),
        (["A cat", "--model", "gpt-17"], ["gpt-17", "sora-kit models"]),
        (["A cat", "--style", "anmie"], ["anmie", "anime"]),
        (["A cat", "--model", "sora-2", "--size", "10x10"], ["10x10"]),
        (["A cat", "--model", "sora-2", "--size", "large"], ["large"]),
        (["A cat", "--model", "sora2-landscape-10s", "--seconds", "11"], ["11"]),
        (["[8.0s] A cat [8.0s] A dog", "--model", "sora2-landscape-10s"], ["16", "10"]),
        ([""], ["prompt"]),
        (["   "], ["prompt"]),
        (["cat " * 25_000], ["prompt"]),
        (["A cat", "--backend", "nobody"], ["nobody"]),
        (["A cat", "--image", "missing.png"], ["missing.png"]),
    ],
)
def test_what_does_not_fit(run: Any, words: list[str], told: list[str]) -> None:
    explained(run("generate", "--plan", *words), *told)


def test_a_text_file_is_no_picture(run: Any, tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("I am a text.")
    explained(run("generate", "--plan", "A cat", "--image", "notes.png"))


def test_nothing_is_started_when_the_place_does_not_fit(sora: Any) -> None:
    answer = sora("generate", "A cat", "-o", "cat.mov")
    assert answer.returncode == 1
    assert ".mp4" in answer.stderr
    assert list(sora.folder.iterdir()) == []
    assert not list((sora.workspace / "media").rglob("*.mp4"))


def test_a_workspace_from_the_future(run: Any, workspace: Path) -> None:
    workspace.mkdir()
    (workspace / "workspace.toml").write_text("format = 99\n")
    explained(run("generate", "--plan", "A cat"), "newer", "pip install")
    explained(run("keys", "list"), "newer", "pip install")
    assert [p.name for p in workspace.iterdir()] == ["workspace.toml"]


def test_a_workspace_that_is_a_file(run: Any, workspace: Path) -> None:
    workspace.write_text("I am a file.")
    explained(run("keys", "list"), "workspace")


def test_a_busy_port_that_was_asked_for(run: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        explained(run("serve", "--port", port), port)


@pytest.mark.parametrize("command", ["serve", "studio"])
def test_other_machines_are_let_in_only_with_a_secret(run: Any, command: str) -> None:
    explained(run(command, "--host", "0.0.0.0"), "SORA_KIT_ADMIN_PASSWORD", "--scope admin", "127.0.0.1")


def test_a_key_that_is_not_there(run: Any) -> None:
    explained(run("keys", "revoke", "nobody"), "nobody", "keys list")


def test_a_name_that_is_taken(run: Any) -> None:
    assert run("keys", "create", "laptop").exit_code == 0
    explained(run("keys", "create", "laptop"), "laptop")


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"SORA_KIT_API_KEY": "x" * 40}, "no admin secret is set"),
        ({"SORA_KIT_ADMIN_PASSWORD": "short"}, "easily guessed"),
        ({"SORA_KIT_ADMIN_PASSWORD": "long enough"}, None),
    ],
)
def test_what_opens_other_addresses(
    variables: dict[str, str], said: str | None, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sora_kit.cli.serve import check_host
    from sora_kit.errors import ServerError

    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    check_host("127.0.0.1", str(workspace))
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.org"):
        if said is None:
            check_host(host, str(workspace))
        else:
            with pytest.raises(ServerError, match=said):
                check_host(host, str(workspace))


def test_an_admin_key_opens_other_addresses_too(workspace: Path) -> None:
    from sora_kit.cli.serve import check_host
    from sora_kit.errors import ServerError
    from sora_kit.store import Keys, Workspace

    keys = Keys(Workspace(workspace).database)
    keys.create("operator", scopes="admin")
    check_host("0.0.0.0", str(workspace))
    keys.edit("operator", enabled=False)
    with pytest.raises(ServerError, match="no admin secret"):
        check_host("0.0.0.0", str(workspace))

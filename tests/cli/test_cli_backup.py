"""Backups from the terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sora_kit.accounts import Accounts
from sora_kit.cli.app import app
from sora_kit.store import Settings, Workspace
from sora_kit.store.secrets import Secrets

TOKEN = "aZ7-a-secret-session-token"
PASSPHRASE = "five plain random words"


@pytest.fixture
def filled(workspace: Path) -> Path:
    opened = Workspace(workspace)
    Settings(opened.database).set("log.keep_days", 3)
    Accounts(opened.database, Secrets(opened.database, opened.folder)).add("sora_web", session_token=TOKEN)
    return workspace


def run(*words: Any, env: dict[str, str] | None = None) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words], env=env or {})


def test_out_and_in_again(filled: Path, tmp_path: Path) -> None:
    file, other = tmp_path / "film.zip", tmp_path / "other"
    made = run("export", file, "-w", filled)
    assert made.exit_code == 0, made.output
    assert made.stdout == ""
    assert "film.zip" in made.stderr
    found = json.loads(run("import", file, "-w", other, "--json").stdout)
    assert found["counts"]["settings"] == 1
    assert Settings(Workspace(other).database).get("log.keep_days") == 3
    assert "nothing new" in run("import", file, "-w", other).stderr


def test_accounts_need_a_passphrase_that_is_no_argument(filled: Path, tmp_path: Path) -> None:
    file, secret = tmp_path / "with.zip", tmp_path / "secret"
    secret.write_text(f"{PASSPHRASE}\n")
    refused = run("export", file, "--accounts", "-w", filled)
    assert refused.exit_code == 1
    assert "passphrase" in refused.stderr
    assert not file.exists()
    made = run("export", file, "--accounts", "--passphrase-file", secret, "-w", filled)
    assert made.exit_code == 0, made.output
    assert PASSPHRASE not in made.output
    assert "passphrase" in run("import", file, "-w", tmp_path / "without").stderr
    wrong = run(
        "import", file, "--accounts", "-w", tmp_path / "x", env={"SORA_KIT_BACKUP_PASSPHRASE": "w" * 9}
    )
    assert wrong.exit_code == 1
    done = run(
        "import", file, "--accounts", "-w", tmp_path / "b", env={"SORA_KIT_BACKUP_PASSPHRASE": PASSPHRASE}
    )
    assert done.exit_code == 0, done.output
    assert "1 account" in done.stderr


@pytest.mark.parametrize(("words", "said"), [(("--since", "yesterday"), "date"), ((), "folder")])
def test_what_does_not_fit_is_one_line(
    filled: Path, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    file = tmp_path / "x.zip" if words else tmp_path / "none" / "x.zip"
    answer = run("export", file, *words, "-w", filled)
    assert answer.exit_code == 1
    assert said in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_a_file_that_is_no_backup_is_one_line(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"no zip")
    answer = run("import", tmp_path / "x.zip", "-w", filled)
    assert answer.exit_code == 1
    assert "not a whole zip" in answer.stderr

"""Keys from the terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sora_kit.cli.app import app
from sora_kit.store import Keys, Workspace


@pytest.fixture
def run(workspace: Path) -> Any:
    return lambda *words: CliRunner().invoke(app, ["keys", *words, "--workspace", str(workspace)])


def test_a_new_key_is_all_that_stdout_holds(run: Any, workspace: Path) -> None:
    answer = run("create", "laptop")
    secret = answer.stdout.removesuffix("\n")
    assert "\n" not in secret
    assert Keys(Workspace(workspace).database).check(secret).name == "laptop"
    assert secret not in answer.stderr


def test_the_list_never_shows_a_secret(run: Any) -> None:
    made = json.loads(run("create", "laptop", "--json").stdout)
    for answer in (run("list"), run("list", "--json")):
        assert "laptop" in answer.stdout
        assert made["secret"] not in answer.output
    (row,) = json.loads(run("list", "--json").stdout)
    assert row["revoked"] is False


def test_a_revoked_key_is_worthless(run: Any, workspace: Path) -> None:
    secret = run("create", "laptop").stdout.strip()
    assert run("revoke", "laptop").exit_code == 0
    assert Keys(Workspace(workspace).database).check(secret) is None
    assert "revoked" in run("list").stdout


def test_an_empty_list_says_how_to_make_one(run: Any) -> None:
    answer = run("list")
    assert answer.stdout == ""
    assert "keys create" in answer.stderr

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


def test_limits_are_given_shown_and_changed(run: Any, workspace: Path) -> None:
    made = run(
        "create", "laptop", "--scope", "videos", "--scope", "read", "--models", "sora2-*-10s", "--per-minute",
        "60", "--at-once", "2", "--budget", "$5", "--expires", "30d",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    (row,) = json.loads(run("list", "--json").stdout)
    assert (row["scopes"], row["models"]) == (["videos", "read"], ["sora2-*-10s"])
    assert (row["per_minute"], row["at_once"], row["budget"], row["state"]) == (60, 2, 5.0, "valid")
    assert row["usage"] == {"running": 0, "jobs": 0, "spent": 0.0}
    table = run("list").stdout
    for words in ("videos read", "sora2-*-10s", "60", "0 of 2", "$0.00 of $5.00"):
        assert words in table
    assert run("edit", "laptop", "--budget", "none", "--name", "desk", "--disable").exit_code == 0
    (row,) = json.loads(run("list", "--json").stdout)
    assert (row["name"], row["budget"], row["per_minute"], row["state"]) == ("desk", None, 60, "disabled")
    changed = json.loads(run("edit", "desk", "--enable", "--expires", "never", "--json").stdout)
    assert (changed["state"], changed["expires"]) == ("valid", None)
    assert "secret" not in changed
    assert Keys(Workspace(workspace).database).check(made.stdout.strip()) is not None


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("create", "x", "--scope", "video"), "videos"),
        (("create", "x", "--per-minute", "many"), "whole number"),
        (("create", "x", "--expires", "yesterday"), "no time"),
        (("edit", "there"), "Nothing is to be changed"),
        (("edit", "nobody", "--budget", "1"), "no key 'nobody'"),
        (("edit", "there", "--name", "taken"), "already"),
    ],
)
def test_mistakes_are_told_and_change_nothing(run: Any, words: tuple[str, ...], why: str) -> None:
    run("create", "there")
    run("create", "taken")
    before = json.loads(run("list", "--json").stdout)
    answer = run(*words)
    assert answer.exit_code != 0
    assert why in str(answer.exception) + answer.output
    assert json.loads(run("list", "--json").stdout) == before

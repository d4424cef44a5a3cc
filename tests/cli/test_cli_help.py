"""Every command explains itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from sora_kit import __version__
from sora_kit.cli.app import app
from sora_kit.language import MODELS, STYLES

COMMANDS = ["studio", "generate", "serve", "worker", "models", "doctor"]
KEYS = ["create", "list", "revoke"]


@pytest.mark.parametrize("words", [[c] for c in COMMANDS] + [["keys", k] for k in KEYS], ids=" ".join)
def test_help_is_complete_and_has_an_example(words: list[str]) -> None:
    answer = CliRunner().invoke(app, [*words, "--help"])
    assert answer.exit_code == 0
    assert "Example" in answer.output
    one: Any = get_command(app)
    for word in words:
        one = one.commands[word]
    assert all(param.help for param in one.params)
    assert "--workspace" in answer.output


def test_no_arguments_show_the_commands() -> None:
    answer = CliRunner().invoke(app, [])
    for name in (*COMMANDS, "keys"):
        assert name in answer.output


def test_version() -> None:
    assert CliRunner().invoke(app, ["--version"]).output == f"sora-kit {__version__}\n"


def test_models_as_a_table_and_as_json() -> None:
    table = CliRunner().invoke(app, ["models"]).output
    data = json.loads(CliRunner().invoke(app, ["models", "--json"]).output)
    assert [m["id"] for m in data["models"]] == list(MODELS)
    assert [s["id"] for s in data["styles"]] == list(STYLES)
    for name in (*MODELS, *STYLES):
        assert name in table


def test_wrong_usage_is_exit_code_2() -> None:
    for words in (
        ["nonsense"],
        ["generate"],
        ["generate", "x", "--seconds", "soon"],
        ["serve", "--port", "99999"],
    ):
        answer = CliRunner().invoke(app, words)
        assert answer.exit_code == 2, words
        assert "Traceback" not in answer.output


def test_a_reader_that_leaves_is_no_fault(sora: Any) -> None:
    import subprocess
    import sys

    code = f"{sys.executable} -m sora_kit models --json | head -c 10"
    answer = subprocess.run(
        ["bash", "-c", code], cwd=sora.folder, env=sora.environment(), capture_output=True, text=True
    )
    assert answer.stderr == ""

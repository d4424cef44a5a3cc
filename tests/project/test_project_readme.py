"""What the pages tell people to type works."""

from __future__ import annotations

import ast
import inspect
import os
import re
import shlex
import subprocess
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sora_kit import Studio

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


async def run_cells(cells: list[str], names: dict[str, Any]) -> None:
    """Run Python as a notebook does: one after the other, with ``await`` at the top level."""
    for cell in cells:
        code = compile(cell, "page", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        outcome = eval(code, names)
        if inspect.iscoroutine(outcome):
            await outcome


def test_the_first_two_commands_hold_one_line_each() -> None:
    first, second = blocks(ROOT / "README.md", "sh")
    for command in (first, second):
        assert command.count("\n") == 1
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")
        lock = shlex.split(command)[shlex.split(command).index("-r") + 1]
        assert (ROOT / lock).is_file()
    assert first.rstrip().endswith(".venv/bin/sora-kit studio")
    assert second.rstrip().endswith(".venv/bin/pytest -n 2")


def test_python_stands_only_where_it_is_run() -> None:
    """The tests below run these pages' blocks; another page with Python needs its own."""
    written = {page.name for page in PAGES if blocks(page, "python")}
    assert written == {
        "README.md",
        "accounts.md",
        "backup.md",
        "clients.md",
        "keys.md",
        "log.md",
        "standins.md",
    }


async def test_backup_snippet(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    await run_cells(blocks(ROOT / "docs" / "backup.md", "python"), {"studio": studio})
    assert (tmp_path / "film.zip").is_file()


@pytest.mark.parametrize("page", ["accounts.md", "keys.md", "log.md"])
async def test_snippets_on_an_open_studio(studio: Studio, page: str) -> None:
    await run_cells(blocks(ROOT / "docs" / page, "python"), {"studio": studio})


async def test_stand_in_snippets() -> None:
    opened, fault = blocks(ROOT / "docs" / "standins.md", "python")
    await run_cells([opened + textwrap.indent(fault, "    ")], {})


async def test_notebook_snippets(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = [cell for cell in blocks(ROOT / "README.md", "python") if "openai" not in cell]
    assert len(cells) == 2
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SORA_KIT_WORKSPACE", str(studio.workspace.folder))
    names: dict[str, Any] = {}
    try:
        await run_cells(cells, names)
    finally:
        names["studio"].close()
    assert (tmp_path / "kitten.mp4").stat().st_size > 10_000


@pytest.fixture
def served(studio: Studio) -> Any:
    """A real server and a key of it."""
    server = studio.serve(port=0)
    return server, studio.keys.create("reader").secret


@pytest.mark.server
@pytest.mark.filterwarnings("ignore:The Sora API is scheduled:DeprecationWarning")
async def test_openai_snippet(served: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (cell,) = [cell for cell in blocks(ROOT / "README.md", "python") if "openai" in cell]
    server, key = served
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    try:
        await run_cells([cell.replace("http://127.0.0.1:8000", server.url).replace("your key", key)], names)
    finally:
        names["client"].close()
    assert b"ftyp" in (tmp_path / "kitten-4s.mp4").read_bytes()[:16]


@pytest.mark.server
def test_curl_snippet(served: Any, require: Any) -> None:
    require("curl")
    (command,) = [block for block in blocks(ROOT / "README.md", "bash") if "curl" in block]
    server, key = served
    answer = subprocess.run(
        [
            "bash",
            "-c",
            command.replace("curl ", "curl -s --noproxy '*' ").replace("http://127.0.0.1:8000", server.url),
        ],
        env=os.environ | {"SORA_KIT_API_KEY": key},
        capture_output=True,
        check=True,
        text=True,
    )
    assert '"id":"video_' in answer.stdout.replace(" ", "") or '"object":"video"' in answer.stdout.replace(
        " ", ""
    )


def test_commands_on_the_pages_exist() -> None:
    """Every ``sora-kit …`` line in a block parses: its command and its options are real."""
    from typer.main import get_command

    from sora_kit.cli.app import app

    group: Any = get_command(app)
    lines = [
        line.strip()
        for page in PAGES
        for block in (*blocks(page, "bash"), *blocks(page, "sh"))
        for line in block.splitlines()
        if line.strip().startswith("sora-kit ")
    ]
    assert len(lines) >= 4
    for line in lines:
        words = shlex.split(line)[1:]
        one, ctx = group, group.make_context("sora-kit", words.copy(), resilient_parsing=True)
        while hasattr(one, "commands"):
            assert words, line
            assert words[0] in one.commands, line
            one = one.commands[words.pop(0)]
        with ctx:
            one.make_context(one.name, words)

"""The snippets of docs/clients.md, run as they stand there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from clients_decoding import video_facts
from clients_gateway import Gateway
from clients_toolbox import LITELLM, NEWEST, Toolbox

pytestmark = [pytest.mark.clients, pytest.mark.timeout(120, func_only=True)]

PAGE = Path(__file__).parents[2] / "docs" / "clients.md"
PORTRAIT = ("h264", 720, 1280, 4.0)


def snippet(heading: str, language: str) -> str:
    """The blocks of one section, one after the other."""
    section = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (text,) = [part for part in section if part.startswith(f"{heading}\n")]
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


def run(gateway: Gateway, folder: Path, *command: Any) -> str:
    settings = gateway.settings | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    ran = subprocess.run(
        [str(part) for part in command], cwd=folder, env=settings, capture_output=True, text=True, timeout=110
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    return ran.stdout


@pytest.fixture(scope="module")
def openai_python(toolbox: Toolbox) -> Path:
    return toolbox.python(f"openai-{NEWEST}", "openai")


@pytest.fixture(scope="module")
def litellm_python(toolbox: Toolbox) -> Path:
    return toolbox.python("litellm", LITELLM)


@pytest.fixture(scope="module")
def node(toolbox: Toolbox) -> tuple[Path, Path]:
    return toolbox.node("openai-node", "openai")


def test_openai_for_python(gateway: Gateway, openai_python: Path, tmp_path: Path) -> None:
    (tmp_path / "snippet.py").write_text(snippet("OpenAI for Python", "python"))
    said = run(gateway, tmp_path, openai_python, "-W", "ignore", "snippet.py")
    assert video_facts(tmp_path / "kitten.mp4") == PORTRAIT
    assert said.startswith(f"![image]({gateway.url}/media/")


def test_litellm(gateway: Gateway, litellm_python: Path, tmp_path: Path) -> None:
    (tmp_path / "snippet.py").write_text(snippet("LiteLLM", "python"))
    run(gateway, tmp_path, litellm_python, "snippet.py")
    assert video_facts(tmp_path / "kitten.mp4") == PORTRAIT


def test_openai_for_node(gateway: Gateway, node: tuple[Path, Path], tmp_path: Path) -> None:
    program, home = node
    script = home / "snippet.mjs"  # beside what it imports
    script.write_text(snippet("OpenAI for node", "js"))
    run(gateway, tmp_path, program, script)
    assert video_facts(tmp_path / "kitten.mp4") == PORTRAIT


def test_curl(gateway: Gateway, picture: Path, toolbox: Toolbox, tmp_path: Path) -> None:
    toolbox.program("curl")
    shutil.copy(picture, tmp_path / "picture.png")
    run(gateway, tmp_path, "bash", "-euo", "pipefail", "-c", snippet("curl", "sh"))
    assert video_facts(tmp_path / "kitten.mp4") == ("h264", 1280, 720, 4.0)
    whole = (tmp_path / "kitten.mp4").read_bytes()
    assert (tmp_path / "first.bin").read_bytes() == whole[:1024]
    head = (tmp_path / "head.txt").read_text().lower()
    assert f"content-length: {len(whole)}" in head
    assert "accept-ranges: bytes" in head
    image = json.loads((tmp_path / "image.json").read_text())
    assert gateway.http.get(image["data"][0]["url"]).content.startswith(b"\x89PNG")
    lines = [line for line in (tmp_path / "stream.txt").read_text().splitlines() if line.startswith("data: ")]
    assert lines[-1] == "data: [DONE]"
    text = "".join(
        choice["delta"].get("content") or ""
        for line in lines[:-1]
        for choice in json.loads(line.removeprefix("data: "))["choices"]
    )
    assert text.startswith(f"![image]({gateway.url}/media/")

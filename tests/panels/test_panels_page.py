"""The page's process: found, started, ended, and never left behind."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from sora_kit.errors import ServerError
from sora_kit.panels.page import Page, named_notebook, notebook


@pytest.fixture
def port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def gone(processes: list[psutil.Process], seconds: float) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return not [p for p in alive if p.status() != psutil.STATUS_ZOMBIE]


def test_the_notebook_is_found_and_has_no_outputs():
    content = json.loads(notebook().read_text("utf-8"))
    assert content["metadata"]["title"] == "sora_kit studio"
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in content["cells"])


def test_the_operators_notebook_is_found_and_has_no_outputs():
    content = json.loads(named_notebook("admin").read_text("utf-8"))
    (cell,) = content["cells"]
    assert "open_admin()" in "".join(cell["source"])
    assert cell["outputs"] == []


def test_both_notebooks_are_in_the_wheel():
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included == {
        f"notebooks/{name}.ipynb": f"sora_kit/panels/{name}.ipynb" for name in ("admin", "studio")
    }


@pytest.mark.kernel
def test_the_operators_page_is_there_only_when_asked_for(workspace: Path, port: int):
    def shown(path: str) -> str:
        return httpx.get(f"http://127.0.0.1:{port}/{path}", trust_env=False, timeout=60).text

    with Page(workspace, port=port, env={"SORA_KIT_ADMIN_PASSWORD": "correct horse"}, admin=True) as page:
        assert page.admin_url == f"http://127.0.0.1:{port}/admin"
        assert "sora_kit operator" in shown("admin")
    with Page(workspace, port=port) as page:
        assert page.admin_url == ""
        assert "sora_kit operator" not in shown("admin")


@pytest.mark.kernel
def test_scripts_travel_packed(workspace: Path, port: int):
    with Page(workspace, port=port) as page:
        answer = httpx.get(f"{page.url}voila/static/voila.js", trust_env=False, timeout=60)
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.num_bytes_downloaded < len(answer.content) / 2


def test_addresses():
    assert Page("w", port=80).url == "http://127.0.0.1:80/"
    assert Page("w", host="0.0.0.0", port=80).url == "http://127.0.0.1:80/"
    assert Page("w", host="::1", port=80).url == "http://[::1]:80/"


def test_stop_without_start_does_nothing(workspace: Path):
    Page(workspace, port=80).stop()


@pytest.mark.kernel
def test_a_taken_port_is_an_error_with_a_reason(workspace: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        page = Page(workspace, port=taken.getsockname()[1])
        with pytest.raises(ServerError) as caught:
            page.start(timeout=30)
    assert "page.log" in caught.value.fix
    assert not page.running


@pytest.mark.kernel
def test_stop_ends_voila_and_its_kernels_in_two_seconds(workspace: Path, port: int):
    page = Page(workspace, port=port).start()
    family = psutil.Process(page._process.pid).children(recursive=True)
    folder = page._folder
    begun = time.monotonic()
    page.stop()
    assert time.monotonic() - begun < 2
    assert gone(family, 1.5)
    assert not folder.exists()
    assert not page.running


@pytest.mark.kernel
def test_the_page_ends_with_whoever_started_it(workspace: Path, port: int):
    script = (
        "import sys; from sora_kit.panels.page import Page\n"
        f"page = Page({str(workspace)!r}, port={port}).start(); print(page._process.pid, flush=True)\n"
        "sys.stdin.read()"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        child = psutil.Process(int(parent.stdout.readline()))
        family = [child, *child.children(recursive=True)]
    finally:
        parent.kill()  # no chance to clean up
        parent.communicate()
    assert gone(family, 5)

"""Serving from a cell: again and again, on taken ports, and behind Jupyter's proxy."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sora_kit import Studio
from sora_kit.errors import InvalidInput, ServerError

pytestmark = pytest.mark.server


@pytest.fixture
def studio(home: Path, workspace: Path) -> Iterator[Studio]:
    with Studio(workspace, role="client") as opened:  # these tests make nothing
        yield opened


def test_the_same_cell_run_again_keeps_its_address(studio: Studio) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        wanted = busy.getsockname()[1]
        first = studio.serve(port=wanted)
        assert first.port != wanted
        for _ in range(3):
            again = studio.serve(port=wanted)
            assert again.port == first.port
            assert httpx.get(f"{again.url}/healthz").status_code == 200
    assert not first.running
    assert [one.url for one in studio.runners() if one.url] == [again.url]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"port": 70_000}, ServerError),
        ({"host": "192.0.2.1"}, ServerError),
        ({"cors_origins": ["nowhere"]}, InvalidInput),
        ({"media_style": "loud"}, InvalidInput),
    ],
)
def test_a_run_that_fails_leaves_the_server_that_ran(
    studio: Studio, wrong: dict[str, object], error: type[Exception]
) -> None:
    first = studio.serve(port=0, media_style="html")
    with pytest.raises(error):
        studio.serve(**wrong)  # type: ignore[arg-type]
    assert studio.server is not None
    assert studio.server.running
    assert studio.server.port == first.port
    assert httpx.get(f"{first.url}/healthz").status_code == 200
    assert studio.served["media_style"] == "html"
    studio.server.stop()
    with pytest.raises(error):
        studio.serve(**wrong)  # type: ignore[arg-type]
    assert not studio.server.running, "what somebody stopped stays so"


def test_a_taken_port_that_was_insisted_on_leaves_the_server_that_ran(studio: Studio) -> None:
    first = studio.serve(port=0)
    with socket.create_server(("127.0.0.1", 0)) as busy:
        with pytest.raises(ServerError, match="is taken"):
            studio.serve(port=busy.getsockname()[1], fallback=False)
        assert httpx.get(f"{first.url}/healthz").status_code == 200


@pytest.fixture
def jupyter(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A Jupyter server with its proxy; its address and token."""
    pytest.importorskip("jupyter_server_proxy")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    token, log = "jupyters-own-token", tmp_path / "jupyter.log"
    words = [
        sys.executable, "-m", "jupyter_server", "--no-browser", f"--ServerApp.port={port}",
        "--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={tmp_path}", "--ServerApp.base_url=/user/ann/", "--allow-root",
        "--ServerApp.jpserver_extensions=jupyter_server_proxy=True",
    ]  # fmt: skip
    with log.open("wb") as out:
        process = subprocess.Popen(words, stdout=out, stderr=out, env=os.environ | {"JUPYTER_NO_CONFIG": "1"})
    base = f"http://127.0.0.1:{port}/user/ann"
    try:
        deadline = time.monotonic() + 120
        while True:
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < deadline, log.read_text("utf-8")
            try:
                httpx.get(f"{base}/api", timeout=5).raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.2)
        yield base, token
    finally:
        process.terminate()
        process.wait(30)


def test_it_works_behind_jupyters_proxy(studio: Studio, jupyter: tuple[str, str]) -> None:
    base, token = jupyter
    server = studio.serve(port=0)
    prefix = f"{base}/proxy/{server.port}"
    key = studio.keys.create("ann")
    headers = {"authorization": f"token {token}", "x-api-key": key.secret}
    with httpx.Client(base_url=prefix, headers=headers, timeout=60) as http:
        assert len(http.get("/v1/models").json()["data"]) > 30
        made = http.post("/v1/videos", json={"model": "sora-2", "prompt": "A cat"})
        assert made.status_code == 200, made.text
        found = http.get(f"/v1/videos/{made.json()['id']}")
        assert found.json()["status"] == "queued"
        page = http.get("/docs")
        assert f"{prefix}/v1".removeprefix("http://") in page.text, (
            "it tells the address as it is from outside"
        )
        assert 'href="openapi.json"' in page.text, "links lead through the proxy, too"
        body = {"model": "sora-2", "stream": True, "messages": [{"role": "user", "content": "A dog"}]}
        # without this header Jupyter's proxy holds an answer back until it has all of it
        live = {"accept": "text/event-stream"}
        with http.stream("POST", "/v1/chat/completions", json=body, headers=live) as answer:
            first = next(line for line in answer.iter_lines() if line.startswith("data:"))
            assert json.loads(first.removeprefix("data:"))["object"] == "chat.completion.chunk"
        refused = http.get("/v1/models", headers={"x-api-key": "sk-sora-wrong"})
        assert refused.status_code == 401
        assert refused.json()["error"]["code"] == "invalid_api_key"
    unknown = httpx.get(f"{prefix}/v1/models", headers={"x-api-key": key.secret}, follow_redirects=False)
    assert unknown.status_code in (302, 403), "Jupyter wants its own token first"

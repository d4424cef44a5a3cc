"""One live server for all clients: the animatic, a finished video and a key, in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from clients_gateway import ADMIN, KEY, Gateway
from clients_toolbox import Toolbox

PROMPT = "A red kite over a meadow"


@pytest.fixture(scope="session")
def toolbox(pytestconfig: pytest.Config) -> Toolbox:
    """Programs, kept between runs."""
    return Toolbox(Path(pytestconfig.cache.mkdir("clients")))


@pytest.fixture(scope="session")
def gateway(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("clients")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "SORA_KIT_WORKSPACE": str(folder / "workspace"),
        "SORA_KIT_API_KEY": KEY,
        "SORA_KIT_ADMIN_PASSWORD": ADMIN,
    }
    command = [sys.executable, "-m", "sora_kit", "serve", "--port", str(port)]
    log = (folder / "serve.log").open("wb")
    process = subprocess.Popen(command, env=os.environ | settings, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(
            base_url=url, headers={"authorization": f"Bearer {KEY}"}, timeout=60, trust_env=False
        ) as http:
            for _ in range(1800):
                try:
                    http.get("/readyz").raise_for_status()
                except httpx.HTTPError:
                    assert process.poll() is None, (folder / "serve.log").read_text()
                    time.sleep(0.1)
                else:
                    break
            else:
                pytest.fail((folder / "serve.log").read_text())
            yield Gateway(url, folder, http)
    finally:
        process.terminate()
        process.wait(30)
        log.close()


@pytest.fixture(scope="session")
def finished(gateway: Gateway) -> dict[str, Any]:
    """A completed video of 4 s."""
    made = gateway.http.post("/v1/videos", json={"prompt": PROMPT, "seconds": "4", "seed": 1})
    assert made.status_code == 200, made.text
    done = gateway.until_done(made.json()["id"])
    assert (done["status"], done["size"]) == ("completed", "720x1280"), done
    return done


@pytest.fixture(scope="session")
def clip(gateway: Gateway, finished: dict[str, Any]) -> Path:
    """Its file."""
    path = gateway.folder / "clip.mp4"
    path.write_bytes(gateway.http.get(f"/v1/videos/{finished['id']}/content").content)
    return path


@pytest.fixture(scope="session")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture as large as a video."""
    from PIL import Image

    path = tmp_path_factory.mktemp("picture") / "picture.png"
    Image.new("RGB", (1280, 720), "navy").save(path)
    return path

"""One workspace, many openers: two kernels and a server see each other's jobs."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel
from openai import OpenAI

pytestmark = [pytest.mark.kernel, pytest.mark.server]

Run = Callable[[str], str]


def kernel(workspace: Path, stack: ExitStack) -> tuple[Run, BlockingKernelClient]:
    """A kernel with `studio`: a function that runs a cell and tells what it printed, and a client."""
    manager, client = start_new_kernel(
        kernel_name="python3", env={**os.environ, "SORA_KIT_WORKSPACE": str(workspace)}
    )
    stack.callback(manager.shutdown_kernel, now=True)
    stack.callback(client.stop_channels)

    def run(code: str) -> str:
        printed: list[str] = []

        def take(message: dict) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                printed.append(content["text"])
            assert message["msg_type"] != "error", "\n".join(content["traceback"])

        client.execute_interactive(code, timeout=90, output_hook=take)
        return "".join(printed).strip()

    run("from sora_kit import Studio; studio = Studio()")
    return run, client


@pytest.fixture
def address(workspace: Path) -> Iterator[str]:
    """A `sora-kit serve` process on the workspace."""
    code = """
import sys
from sora_kit import Studio
with Studio(sys.argv[1]) as studio:
    print(studio.serve(port=0).url, flush=True)
    sys.stdin.read()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(workspace)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "SORA_KIT_API_KEY": "sesame"},
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()


def test_two_kernels_and_a_server_see_each_others_jobs(workspace: Path, address: str) -> None:
    with (
        ExitStack() as stack,
        httpx.Client(
            base_url=address, headers={"Authorization": "Bearer sesame"}, trust_env=False, timeout=60
        ) as server,
    ):
        (first, _), (second, _) = kernel(workspace, stack), kernel(workspace, stack)
        assert first("print(studio.role)") == second("print(studio.role)") == "client"

        made_here = first('clip = await studio.image("A cat on a roof"); print(clip.id)')
        assert second("print(studio.clips()[0].id)") == made_here

        answer = server.post(
            "/v1/images/generations", json={"model": "gpt-image", "prompt": "A dog", "response_format": "url"}
        )
        assert answer.status_code == 200, answer.text
        url = answer.json()["data"][0]["url"]
        assert server.get(url).status_code == 200
        assert first("print(studio.clips()[0].prompt, len(studio.jobs()))") == "A dog 2"

        second('job = studio.video("[1.0s]A ship", model="sora-2"); print(job.id)')
        video = server.get("/v1/videos").json()["data"][0]
        assert video["prompt"] == "[1.0s]A ship"
        assert second("clip = await job; print(clip.url)").startswith(address)
        assert first("print(studio.clips()[0].prompt)") == "[1.0s]A ship"


@pytest.mark.parametrize("busy", ["time.sleep(30)", "while time.time() < end: sum(range(1000))"])
def test_the_server_in_a_notebook_answers_while_its_cell_is_busy(workspace: Path, busy: str) -> None:
    with ExitStack() as stack:
        run, client = kernel(workspace, stack)
        url = run('server = studio.serve(port=0); key = studio.keys.create("test"); print(server.url)')
        secret = run("print(key.secret)")
        client.execute(f"import time; end = time.time() + 30\n{busy}")
        openai = stack.enter_context(OpenAI(base_url=f"{url}/v1", api_key=secret, max_retries=0, timeout=60))
        names = [model.id for model in openai.models.list()]
        assert len(names) == 33
        assert {"gpt-image", "sora2pro-hd-portrait-15s", "avatar-create", "sora-2"} < set(names)
        answer = openai.chat.completions.create(
            model="gpt-image", messages=[{"role": "user", "content": "A cat on a roof"}]
        )
        assert answer.choices[0].finish_reason == "stop"
        assert "/media/" in (answer.choices[0].message.content or "")
        with pytest.raises(queue.Empty):  # the cell is still at it
            client.get_shell_msg(timeout=0.1)

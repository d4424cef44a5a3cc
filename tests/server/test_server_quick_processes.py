"""What another process changes is seen by the answers that are given in front of the framework."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import httpx
import pytest

from sora_kit.store.keys import BELIEVED

if TYPE_CHECKING:
    from conftest import Kit

pytestmark = pytest.mark.server

OTHER = """
import sys
from sora_kit import Studio
with Studio(sys.argv[1]) as studio:
    print("open", flush=True)
    for line in sys.stdin:
        exec(line)
        print("done", flush=True)
"""

Do = Callable[[str], None]


@pytest.fixture(scope="module")
def do(kit: Kit) -> Iterator[Do]:
    """Carries a line out in another process, which has the workspace open as ``studio``."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", OTHER, str(kit.studio.workspace.folder)]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"

        def carry_out(line: str) -> None:
            print(line, file=other.stdin, flush=True)
            assert other.stdout is not None
            assert other.stdout.readline() == "done\n"

        yield carry_out
        other.stdin.close()


def until_in_front(http: httpx.Client, path: str, found: list[bool]) -> httpx.Response:
    """Ask until the answer comes from in front: a new key's first use is written by the application."""
    while True:
        answer = http.get(path)
        assert answer.status_code == 200, answer.text
        if found[-1]:
            return answer


def refused(http: httpx.Client, path: str) -> httpx.Response:
    """Ask until it is refused. What is asked `BELIEVED` seconds after the change must be."""
    changed = time.monotonic()
    while True:
        asked = time.monotonic()
        answer = http.get(path)
        if answer.status_code != 200:
            return answer
        assert asked - changed < BELIEVED


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("studio.keys.revoke({key!r})", 401),
        ("studio.keys.edit({key!r}, enabled=False)", 401),
        ("studio.keys.edit({key!r}, scopes=['admin'])", 403),
    ],
)
def test_a_key(kit: Kit, do: Do, found: list[bool], change: str, status: int):
    new = kit.studio.keys.create(f"quick {time.time_ns()}")
    headers = {"authorization": f"Bearer {new.secret}"}
    with httpx.Client(base_url=kit.url, headers=headers) as http:
        until_in_front(http, "/v1/models", found)
        do(change.format(key=new.id))
        assert refused(http, "/v1/models").status_code == status
        assert not found[-1]
    kit.studio.keys.revoke(new.id)


def test_a_job(kit: Kit, do: Do, found: list[bool]):
    name = kit.row(state="queued", finished=None, runner=kit.studio.part.runner_id)
    job = "job_" + name.removeprefix("video_")
    path = f"/v1/videos/{name}"
    assert until_in_front(kit.http, path, found).json()["status"] == "queued"
    do(f"studio.jobs_table.finish({job!r}, 'failed', error={{'what': 'No'}})")
    answer = kit.http.get(path)
    assert answer.json()["status"] == "failed"
    assert "openai-poll-after-ms" not in answer.headers
    assert found[-1]
    do(f"studio.jobs_table.remove([{job!r}])")
    assert kit.http.get(path).status_code == 404
    assert not found[-1]


def test_a_clip(kit: Kit, do: Do, found: list[bool], anyone: httpx.Client):
    made = kit.http.post(
        "/v1/images/generations", json={"prompt": "A quay at dusk", "response_format": "url"}
    )
    assert made.status_code == 200, made.text
    url = made.json()["data"][0]["url"]
    assert anyone.get(url).status_code == 200
    clip = kit.studio.clips_table.by_token(url.rpartition("/")[2].partition(".")[0])
    assert clip is not None
    do(f"studio.delete({clip.id!r})")
    assert anyone.get(url).status_code == 404
    assert not found[-1]

"""A character and the video with it are accepted together: whatever ends between the two, both are made."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from sora_kit import Studio
from sora_kit.language import Request, parse
from sora_kit.store import Workspace
from sora_kit.store.sequels import Sequel, Sequels, row
from sora_kit.store.tables import sequel

pytestmark = pytest.mark.server

SERVE = """
import sys
from sora_kit import Studio
with Studio(sys.argv[1], role="client") as studio:
    server = studio.serve(port=0)
    print(server.url, server.new_key, flush=True)
    sys.stdin.read()
"""

WORK = """
import sys
from sora_kit import Studio
with Studio(sys.argv[1], role="runner"):
    sys.stdin.read()
"""


@contextmanager
def process(code: str, workspace: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process, killed at the end at the latest."""
    command = [sys.executable, "-c", code, str(workspace)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        try:
            yield started
        finally:
            started.kill()


def until(condition: Callable[[], Any], seconds: float = 90) -> Any:
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


@pytest.mark.parametrize("name", ["", "keeper"])
def test_a_server_that_is_killed_between_the_two_loses_nothing(
    workspace: Path, upload: bytes, name: str
) -> None:
    clip = "data:video/mp4;base64," + base64.b64encode(upload).decode()
    content = [{"type": "text", "text": "rolls home"}, {"type": "video_url", "video_url": {"url": clip}}]
    body = {"model": "sora-2", "messages": [{"role": "user", "content": content}], "stream": True}
    with process(SERVE, workspace) as server:  # it runs no jobs, so the character waits
        assert server.stdout is not None
        url, key = server.stdout.readline().split()
        with (
            httpx.Client(base_url=url, headers={"authorization": f"Bearer {key}"}, timeout=60) as http,
            http.stream("POST", "/v1/chat/completions", json=body | {"name": name}) as answer,
        ):
            lines = answer.iter_lines()
            completion = json.loads(next(lines).removeprefix("data: "))["id"]
            first = answer.headers["x-sora-kit-job"]
            server.kill()
            server.wait(30)
    with Studio(workspace, role="client") as studio, ExitStack() as stack:
        assert [one.id for one in studio.records() if not one.done] == [first]
        stack.enter_context(process(WORK, workspace))
        video = until(lambda: next((one for one in studio.records() if one.kind == "video"), None))
        studio.job(video.id).result(90)
        assert (shown := video.request.characters) == ((name,) if name else shown)
        assert video.prompt == f"@{shown[0]} rolls home"
        until(lambda: studio.sequels.of(first) is None)
        assert (shown[0] in studio.characters) == bool(name)  # nobody named it, so it goes
        assert len(studio.records()) == 2
        server = studio.serve(port=0)
        again = httpx.get(
            f"{server.url}/v1/chat/completions/{completion}",
            headers={"authorization": f"Bearer {studio.keys.create('late').secret}"},
            timeout=60,
        )
        assert again.status_code == 404, "it belongs to the key that asked"
        again = httpx.get(
            f"{server.url}/v1/chat/completions/{completion}", headers={"authorization": f"Bearer {key}"}
        )
        assert again.json()["choices"][0]["message"]["content"].startswith("[![preview](")


def test_a_character_that_fails_is_followed_by_nothing(kit: Any, upload: bytes) -> None:
    character = Request(kind="character", prompt="", model="sora-2-characters")
    done = kit.row(kind="character", state="failed", request=character)
    job_id = "job_" + done.removeprefix("video_")
    put(kit.studio.workspace, job_id)
    kit.studio.loop.run(quick(kit.studio.go_on_with_all))
    assert kit.studio.sequels.of(job_id) is None
    assert kit.studio.jobs_table.by_key("", "chat_lost") is None


def put(workspace: Workspace, job_id: str) -> None:
    """A sequel of a job that is there."""
    one = Sequel(job_id, "", "chat_lost", parse("rolls home", model="sora-2"))
    with workspace.database.write() as connection:
        connection.execute(sa.insert(sequel).values(row(one)))
    assert Sequels(workspace.database).of(job_id) == one


async def quick(call: Callable[[], None]) -> None:
    call()


def test_a_character_that_was_removed_meanwhile_is_followed_by_nothing(kit: Any) -> None:
    character = Request(kind="character", prompt="", model="sora-2-characters")
    job_id = "job_" + kit.row(kind="character", state="completed", request=character).removeprefix("video_")
    put(kit.studio.workspace, job_id)
    assert kit.studio.go_on(job_id) is None
    assert kit.studio.sequels.of(job_id) is None

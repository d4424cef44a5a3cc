"""One stream of news for each job: place, stage, progress, attempts and end, wherever it is followed.

Runner, followers and servers are different processes here. Whoever leaves and comes back, or comes late,
begins with the present state; progress never falls, and the end always comes.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sora_web_studio import LIMITS, sora_web_studio

from sora_kit import Job, Studio
from sora_kit.standins.sora_web import Latency, SoraWebStandin
from sora_kit.store import JobRecord, Settings, Workspace

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]

SLOW = Latency(0.4, 3.0, 0.2)
QUICK = Latency(0.1, 0.3, 0.1)
KEY = "sesame"

FOLLOW = """
import asyncio, json, sys
from sora_kit import Studio

def tell(record):
    names = ("id", "state", "stage", "progress", "place", "attempts", "account")
    print(json.dumps({name: getattr(record, name) for name in names}), flush=True)

async def follow(job):
    async for record in job.events():
        tell(record)

with Studio(sys.argv[1], role="client", backend="sora_web") as studio:
    if sys.argv[2:] == ["whom?"]:
        print("ready", flush=True)
        asyncio.run(follow(studio.job(sys.stdin.readline().strip())))
    elif len(sys.argv) > 2:
        asyncio.run(follow(studio.job(sys.argv[2])))
    else:
        studio.watch(tell)
        print("watching", flush=True)
        sys.stdin.read()
"""

RUN = """
import sys
from sora_kit import Studio
with Studio(sys.argv[1], role="runner", backend="sora_web"):
    print("ready", flush=True)
    sys.stdin.read()
"""

SERVE = """
import sys
from sora_kit import Studio
with Studio(sys.argv[1], role="client", backend="sora_web") as studio:
    print(studio.serve(port=0).url, flush=True)
    sys.stdin.read()
"""


class Process:
    """A process of ours that tells things, line by line."""

    def __init__(self, code: str, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "SORA_KIT_API_KEY": KEY},
        )
        self.lines: list[str] = []
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.strip())

    def first(self) -> str:
        until(lambda: self.lines)
        return self.lines[0]

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        print(line, file=self.process.stdin, flush=True)

    def news(self, job: str = "") -> list[dict[str, Any]]:
        told = [json.loads(line) for line in list(self.lines) if line.startswith("{")]
        return [one for one in told if not job or one["id"] == job]

    def kill(self) -> None:
        self.process.kill()
        self.reader.join()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


@contextmanager
def process(code: str, *arguments: str) -> Iterator[Process]:
    started = Process(code, *arguments)
    try:
        yield started
    finally:
        started.kill()


@pytest.fixture(scope="module")
def standin() -> Iterator[SoraWebStandin]:
    with SoraWebStandin(["a@example.com"], latency=SLOW) as server:
        yield server


@pytest.fixture(scope="module")
def opened(standin: SoraWebStandin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("SORA_KIT_API_KEY", KEY)
        folder = tmp_path_factory.mktemp("events") / "workspace"
        studio = stack.enter_context(sora_web_studio(folder, standin))
        patch.setenv("SORA_KIT_SORA_WEB_URL", standin.backend_url)
        token = standin.accounts["a@example.com"].access_token
        studio.accounts.add("sora_web", access_token=token, video_cap=1)
        yield studio


@pytest.fixture
def studio(opened: Studio, standin: SoraWebStandin) -> Iterator[Studio]:
    standin.world.latency = SLOW
    yield opened
    standin.clear_faults()


def until(true: Callable[[], Any], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def place(studio: Studio) -> str:
    return str(studio.workspace.folder)


async def followed(job: Job, most: int = 1000) -> list[dict[str, Any]]:
    """What a follower in this process hears: all of it, or the first so many news."""
    news = []
    async for record in job.events():
        news.append(as_news(record))
        if len(news) == most:
            break
    return news


def as_news(record: JobRecord) -> dict[str, Any]:
    names = ("id", "state", "stage", "progress", "place", "attempts", "account")
    return {name: getattr(record, name) for name in names}


def never_falls(news: Sequence[dict[str, Any]]) -> None:
    """Progress and state only go forward."""
    order = ["queued", "running", "completed"]
    for before, after in itertools.pairwise(news):
        assert after["progress"] >= before["progress"], (before, after)
        assert after["attempts"] >= before["attempts"]
        if before["state"] in order and after["state"] in order:
            assert order.index(after["state"]) >= order.index(before["state"]), (before, after)


def whole_story(news: Sequence[dict[str, Any]]) -> None:
    """It waited, it was made, and it ended well."""
    never_falls(news)
    waited = [one for one in news if one["state"] == "queued" and one["place"] is not None]
    assert waited, "its place in the queue was told"
    assert {one["place"] for one in waited} == {1}
    assert {one["stage"] for one in waited} == {"the only account is busy"}
    made = [one for one in news if one["state"] == "running"]
    assert {one["place"] for one in made if one["stage"]} <= {None}
    stages = list(dict.fromkeys(one["stage"] for one in made))
    assert "Being made at Sora" in stages
    assert len({one["progress"] for one in made}) >= 4, "it moves"
    assert news[-1]["state"] == "completed"
    assert news[-1]["progress"] == 100
    assert [one["state"] for one in news].count("completed") == 1
    assert news[-1]["attempts"] == 1
    assert news[-1]["account"].startswith("acc_")


async def test_one_stream_tells_all_here_and_in_another_process(studio: Studio) -> None:
    with process(FOLLOW, place(studio), "whom?") as other:
        other.first()
        busy, job = studio.video("A cat"), studio.video("A dog")
        other.say(job.id)
        here = await followed(job)
        until(lambda: other.process.poll() is not None)
        other.reader.join(10)
        assert other.process.returncode == 0
        whole_story(here)
        whole_story(other.news())
    assert busy.state == "completed"


async def test_who_leaves_and_comes_back_misses_nothing_that_matters(
    studio: Studio, standin: SoraWebStandin
) -> None:
    standin.world.latency = Latency(0.4, 8.0, 0.2)
    job = studio.video("A bird")
    until(lambda: job.progress > 10)
    early = await followed(job, 2)
    with process(FOLLOW, place(studio), job.id) as other:
        until(lambda: len(other.news()) >= 2 or other.process.poll() is not None)
        cut_off = other.news()
    with process(FOLLOW, place(studio), job.id) as again:
        late = await followed(job)
        until(lambda: again.process.poll() is not None)
        again.reader.join(10)
        never_falls(early + late)
        # rows are written a few times a second, so another process may know of a little less
        never_falls(cut_off + again.news())
        for news in (late, again.news()):
            assert news[-1]["state"] == "completed"


async def test_who_comes_late_hears_the_end_at_once(studio: Studio, standin: SoraWebStandin) -> None:
    standin.world.latency = QUICK
    job = studio.video("A fish")
    job.result(40)
    assert await followed(job) == [as_news(job.record)]
    with process(FOLLOW, place(studio), job.id) as other:
        until(lambda: other.process.poll() is not None)
        other.reader.join(10)
        assert other.news() == [as_news(job.record)]


def test_the_end_of_every_job_is_delivered(studio: Studio, standin: SoraWebStandin) -> None:
    """Good ones, refused ones, cancelled ones and questions, to those who follow all of them."""
    standin.world.latency = QUICK
    heard: list[JobRecord] = []
    leave = studio.watch(heard.append)
    with process(FOLLOW, place(studio)) as other:
        until(lambda: "watching" in other.lines)
        standin.fault("content_policy", endpoint="video_gen", nth=2)
        standin.fault("no_url", endpoint="video_gen", nth=4)
        assert studio.part.runner is not None
        jobs = [studio.enhance(f"horse {number}", level="short") for number in range(6)]
        jobs += [studio.image(f"Horse {number}") for number in range(3)]
        jobs += [studio.video(f"Horse {number}") for number in range(4)]
        jobs[-1].cancel()
        until(lambda: all(job.done for job in jobs))
        states = {job.id: job.state for job in jobs}
        assert set(states.values()) == {"completed", "failed", "cancelled"}

        def heard_all(ends: dict[str, str]) -> bool:
            return ends == states

        until(lambda: heard_all({one.id: one.state for one in heard if one.id in states and one.done}), 5)
        until(lambda: heard_all({one["id"]: one["state"] for one in other.news() if one["id"] in states}), 5)
        for job in jobs:
            never_falls([as_news(one) for one in heard if one.id == job.id])
            never_falls(other.news(job.id))
    leave()


def test_a_follower_sees_a_takeover_and_never_less_progress(
    workspace: Path, standin: SoraWebStandin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SORA_KIT_SORA_WEB_URL", standin.backend_url)
    standin.world.latency = Latency(0.2, 8.0, 0.2)
    database = Workspace(workspace).database
    for name, value in LIMITS.items():
        Settings(database).set(f"engine.{name}", value)
    database.close()
    token = standin.accounts["a@example.com"].access_token
    with Studio(workspace, role="client", backend="sora_web") as studio:
        studio.accounts.add("sora_web", access_token=token)
        heard: list[JobRecord] = []
        with process(RUN, str(workspace)) as first:
            until(lambda: first.lines)
            job = studio.video("A whale")
            leave = studio.watch(heard.append, job.id)
            until(lambda: job.progress > 20)
        with process(RUN, str(workspace)):
            job.result(60)
        until(lambda: heard[-1].done, 5)
        leave()
        news = [as_news(one) for one in heard]
        never_falls(news)
        assert [one["attempts"] for one in news][-1] == 2
        assert news[-1]["state"] == "completed"
        assert heard[-1].account == studio.accounts.list(backend="sora_web")[0].id


# -- the stream of a chat ----------------------------------------------------------------------------------


class Chat:
    """One request of a streamed chat, read as far as one likes."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.key = key
        self.thought: list[str] = []
        self.content = ""
        self.done = False

    def read(self, enough: Callable[[], bool] = lambda: False) -> None:
        """Until the end, or until it is enough: then the connection is dropped."""
        body = {"model": "sora2-landscape-10s", "stream": True}
        body["messages"] = [{"role": "user", "content": f"A kite, {self.key}"}]
        headers = {"authorization": f"Bearer {KEY}", "idempotency-key": self.key}
        url = f"{self.url}/v1/chat/completions"
        with httpx.stream("POST", url, json=body, headers=headers, timeout=60, trust_env=False) as answer:
            assert answer.status_code == 200, answer.read()
            for line in answer.iter_lines():
                if line == "data: [DONE]":
                    self.done = True
                elif line.startswith("data: "):
                    self.take(json.loads(line[6:]))
                if enough():
                    return

    def take(self, frame: dict[str, Any]) -> None:
        assert "error" not in frame, frame
        for choice in frame["choices"]:
            self.content += choice["delta"].get("content") or ""
            if thought := choice["delta"].get("reasoning_content"):
                self.thought.append(thought)

    @property
    def percents(self) -> list[int]:
        return [int(found) for line in self.thought for found in re.findall(r"(\d+)%", line)]


def test_a_chat_is_rejoined_in_the_middle_at_another_process(studio: Studio, standin: SoraWebStandin) -> None:
    """Begun at a server that runs nothing, dropped, and taken up again at the runner's own."""
    before = standin.stats()["accepted_submissions"]
    standin.world.latency = Latency(0.4, 8.0, 0.2)  # its middle lasts until somebody has joined
    ours = studio.serve(port=0)
    with process(SERVE, place(studio)) as server:
        first = Chat(server.first(), "kite-1")
        first.read(enough=lambda: max(first.percents, default=0) > 20)
        assert not first.done
        again = Chat(ours.url, "kite-1")
        again.read()
        late = Chat(server.first(), "kite-1")
        late.read()
    assert again.done
    assert late.done
    percents = first.percents + again.percents
    assert percents == sorted(percents)
    assert again.percents[0] >= 20
    assert late.content == again.content or ".mp4" in late.content
    assert ".mp4" in again.content
    assert standin.stats()["accepted_submissions"] == before + 1


def test_a_waiting_chat_is_told_its_place(studio: Studio) -> None:
    busy = studio.video("A kite, busy")
    until(lambda: busy.state == "running")
    chat = Chat(studio.serve(port=0).url, "kite-2")
    chat.read()
    assert any("number 1 in the queue" in line or "the only account is busy" in line for line in chat.thought)
    assert chat.percents == sorted(chat.percents)
    assert chat.done
    assert busy.state == "completed"

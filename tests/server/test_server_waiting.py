"""Following jobs: beats in silence, an end when the server stops, words of progress."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sora_kit.engine.hub import Hub
from sora_kit.errors import NotFound
from sora_kit.language.request import Request
from sora_kit.server import chat
from sora_kit.server.waiting import ServerStopping, pulses
from sora_kit.store import JobRecord, Jobs, Workspace
from sora_kit.store.ids import new_id


class Looks:
    """What `pulses` needs of a studio: the jobs of a workspace, and those who follow them."""

    def __init__(self, folder: Path) -> None:
        self.jobs = Jobs(Workspace(str(folder)).database)
        self.hub = Hub(self.jobs)
        self.job = self.jobs.add(
            JobRecord(
                id=new_id("job"), kind="video", state="queued", stage="", progress=0.0, place=None,
                prompt="a cat", model="sora-2", style=None, backend="animatic", owner="", attempts=0,
                request=Request("video", "a cat", "sora-2"), plan={}, clips=(), text="", error=None,
                created=1.0, started=None, finished=None, parent=None, runner=None, seed=1, updated=1.0,
                revision=0,
            )
        )  # fmt: skip

    def pulses(self, every: float, stopping: asyncio.Event) -> AsyncGenerator[JobRecord | None, None]:
        studio: Any = self
        return pulses(studio, self.job.id, every=every, stopping=stopping)

    def say(self, stage: str) -> None:
        self.job = self.job.with_(stage=stage, revision=self.job.revision + 1)
        self.hub.publish(self.job)

    def end(self) -> None:
        ended = self.jobs.finish(self.job.id, "completed")
        assert ended is not None
        self.hub.publish(ended)


@pytest.fixture
async def looks(tmp_path: Path) -> AsyncIterator[Looks]:
    made = Looks(tmp_path)
    yield made
    assert not made.hub.followers, "somebody still follows"
    await made.hub.close()


async def test_news_pass_and_silence_has_a_beat(looks: Looks):
    asyncio.get_running_loop().call_later(0.25, looks.say, "drawing")
    found = []
    async for one in looks.pulses(0.1, asyncio.Event()):
        found.append(one)
        if one is not None and one.stage == "drawing":
            looks.end()
    assert [one.stage or one.state for one in found if one] == ["queued", "drawing", "completed"]
    assert None in found


async def test_a_stop_ends_the_waiting_at_once(looks: Looks):
    stopping = asyncio.Event()

    def stop() -> None:
        stopping.set()
        looks.hub.wake()

    asyncio.get_running_loop().call_later(0.05, stop)
    before = time.monotonic()
    with pytest.raises(ServerStopping):
        async for _ in looks.pulses(30, stopping):
            pass
    assert time.monotonic() - before < 5


async def test_a_result_that_is_there_beats_a_stop(looks: Looks):
    stopping = asyncio.Event()
    stopping.set()
    looks.end()
    found = [one async for one in looks.pulses(30, stopping)]
    assert [one.state for one in found if one] == ["completed"]


async def test_one_who_leaves_follows_no_more(looks: Looks):
    async def look() -> None:
        async with aclosing(looks.pulses(30, asyncio.Event())) as items:
            async for _ in items:
                pass

    looking = asyncio.create_task(look())
    await asyncio.sleep(0.05)
    assert looks.hub.followers
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    assert not looks.hub.followers


async def test_nobody_waits_for_a_job_that_is_not_there(looks: Looks):
    studio: Any = looks
    with pytest.raises(NotFound):
        async for _ in pulses(studio, "job_nobody", every=30, stopping=asyncio.Event()):
            pass


@dataclass
class Row:
    state: str = "running"
    stage: str = "Drawing shot 1 of 2."
    place: int | None = None
    progress: float = 0.0


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(chat.time, "monotonic", made)
    return made


def say(narrator: chat.Narrator, row: Any) -> str | None:
    return narrator.say(row)


def test_each_stage_and_each_tenth_is_said_once(clock: Clock):
    narrator = chat.Narrator()
    assert say(narrator, Row("queued", "", 3)) == "Waiting, number 3 in the queue.\n"
    assert say(narrator, Row()) == "Drawing shot 1 of 2: 0%\n"
    assert say(narrator, Row(progress=4)) is None
    assert say(narrator, Row(progress=10.4)) == "Drawing shot 1 of 2: 10%\n"
    assert say(narrator, Row(stage="Joining the shots", progress=10.4)) == "Joining the shots: 10%\n"


def test_silence_is_broken_at_least_every_15_seconds(clock: Clock):
    narrator = chat.Narrator()
    said = [clock.now] if say(narrator, Row()) else []
    for _ in range(20):
        clock.now += chat.BEAT_SECONDS
        if say(narrator, None):
            said.append(clock.now)
    assert len(said) > 5
    assert max(later - earlier for earlier, later in pairwise(said)) <= 15

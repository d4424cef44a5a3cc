"""Following jobs: beats in silence, an end when the server stops, words of progress."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest

from sora_kit.server import chat
from sora_kit.server.waiting import ServerStopping, pulses


class Source:
    """Items with pauses, and whether somebody still follows."""

    def __init__(self, *steps: float | str) -> None:
        self.steps = steps
        self.open = False

    async def items(self) -> AsyncIterator[str]:
        self.open = True
        try:
            for step in self.steps:
                if isinstance(step, str):
                    yield step
                else:
                    await asyncio.sleep(step)
        finally:
            self.open = False


async def test_items_pass_and_silence_has_a_beat():
    source = Source("a", 0.25, "b")
    found = [item async for item in pulses(source.items(), every=0.1, stopping=asyncio.Event())]
    assert [item for item in found if item] == ["a", "b"]
    assert found.count(None) == 2
    assert not source.open


async def test_a_stop_ends_the_waiting_at_once():
    source, stopping = Source("a", 60.0), asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, stopping.set)
    before = time.monotonic()
    with pytest.raises(ServerStopping):
        async for _ in pulses(source.items(), every=30, stopping=stopping):
            pass
    assert time.monotonic() - before < 1
    assert not source.open


async def test_a_result_that_is_there_beats_a_stop():
    stopping = asyncio.Event()
    stopping.set()
    items = pulses(Source("a", 60.0).items(), every=30, stopping=stopping)
    assert await anext(items) == "a"
    with pytest.raises(ServerStopping):
        await anext(items)


async def test_one_who_leaves_follows_no_more():
    source = Source("a", 60.0)

    async def look() -> None:
        async with aclosing(pulses(source.items(), every=30, stopping=asyncio.Event())) as items:
            async for _ in items:
                pass

    looking = asyncio.create_task(look())
    await asyncio.sleep(0.05)
    assert source.open
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    assert not source.open


async def test_a_failing_source_fails_the_waiting():
    async def broken() -> AsyncIterator[str]:
        yield "a"
        raise ValueError("gone")

    with pytest.raises(ValueError, match="gone"):
        async for _ in pulses(broken(), every=30, stopping=asyncio.Event()):
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

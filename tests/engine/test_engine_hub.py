"""How often a follower is told what."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import pytest

from sora_kit.engine.hub import Hub
from sora_kit.language.request import Request
from sora_kit.store import JobRecord, Jobs, Workspace
from sora_kit.store.ids import new_id

FAR = 600.0
"""Seconds that no test waits."""


@pytest.fixture
def job() -> JobRecord:
    return JobRecord(
        id=new_id("job"), kind="video", state="running", stage="", progress=0.0, place=None, prompt="A cat",
        model="sora-2", style=None, backend="animatic", owner="", attempts=1,
        request=Request("video", "A cat", "sora-2"), plan={}, clips=(), text="", error=None, created=1.0,
        started=None, finished=None, parent=None, runner=None, seed=7, updated=1.0, revision=0,
    )  # fmt: skip


@pytest.fixture
async def hub(workspace: Path, job: JobRecord) -> AsyncGenerator[Hub, None]:
    jobs = Jobs(Workspace(workspace).database)
    jobs.add(job)
    hub = Hub(jobs)
    yield hub
    await hub.close()


async def test_progress_waits_for_the_gap_and_the_newest_is_told(hub: Hub, job: JobRecord) -> None:
    loop = asyncio.get_running_loop()
    async with aclosing(hub.pulses(job.id, gap=0.3)) as news:
        assert await anext(news) == job
        told = loop.time()
        for progress in (10.0, 20.0, 30.0):
            hub.publish(job.with_(progress=progress))
        assert (await anext(news)) == job.with_(progress=30.0)
        assert loop.time() - told >= 0.29


async def test_where_many_are_followed_each_hears_less_often(
    hub: Hub, job: JobRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sora_kit.engine.hub.CROWD", 0.5)
    loop = asyncio.get_running_loop()
    async with aclosing(hub.pulses(job.id, gap=0.2)) as news:
        await anext(news)
        told = loop.time()
        hub.publish(job.with_(progress=10.0))
        await anext(news)
        assert loop.time() - told >= 0.39


@pytest.mark.parametrize("state", ["completed", "needs_you"])
async def test_a_change_of_state_is_told_at_once(hub: Hub, job: JobRecord, state: str) -> None:
    async with aclosing(hub.pulses(job.id, gap=FAR)) as news:
        await anext(news)
        hub.publish(job.with_(progress=10.0))
        waiting = asyncio.ensure_future(anext(news))
        await asyncio.sleep(0)
        hub.publish(last := job.with_(state=state, revision=1, progress=100.0))
        assert await waiting == last


async def test_who_is_woken_is_told_what_there_is(hub: Hub, job: JobRecord) -> None:
    async with aclosing(hub.pulses(job.id, every=FAR, gap=FAR)) as news:
        await anext(news)
        waiting = asyncio.ensure_future(anext(news))
        await asyncio.sleep(0)
        hub.wake()
        assert await waiting is None
        hub.publish(job.with_(progress=10.0))
        waiting = asyncio.ensure_future(anext(news))
        await asyncio.sleep(0)
        hub.wake()
        assert await waiting == job.with_(progress=10.0)


async def test_without_a_gap_everything_is_told(hub: Hub, job: JobRecord) -> None:
    async with aclosing(hub.pulses(job.id)) as news:
        await anext(news)
        for progress in (10.0, 20.0):
            hub.publish(job.with_(progress=progress))
            assert await anext(news) == job.with_(progress=progress)

"""How tasks stand: few calls for many tasks, and a status for every way a task can go."""

from __future__ import annotations

import time

import pytest
from sora_web_bench import LATENCY, Bench

from sora_kit.backends.base import AuthExpired, ContentRefused, Overloaded, UpstreamBroken
from sora_kit.backends.hosted import Done, Ended, Missing, Running, Status

LISTS = ("pending", "drafts", "drafts_v2", "recent_tasks", "cameo_status")


async def look(bench: Bench, tasks: dict, since: float = 0.0) -> dict[str, Status]:
    return await bench.backend.look(bench.login(), tasks, since or time.time())


def counted(bench: Bench) -> dict[str, int]:
    return {name: count for name in LISTS if (count := bench.calls(name))}


async def test_a_video_from_its_queue_to_its_file(bench: Bench) -> None:
    task = bench.task("a cat")
    started, _ = await bench.begin(task)
    seen = []
    for seconds in (0, LATENCY * 0.2, LATENCY * 0.35, LATENCY * 0.4, LATENCY * 0.1):
        bench.standin.clock.advance(seconds)
        seen.append((await look(bench, {started.task: task}))[started.task])
    assert seen[0] == Running(None, "Waiting at Sora")
    assert seen[1] == Running(0.0, "Being made at Sora")
    assert seen[2] == Running(pytest.approx(50.0, abs=0.1), "Being made at Sora")
    assert seen[3] == Missing()
    assert isinstance(seen[4], Done)


async def test_no_task_no_call(bench: Bench) -> None:
    assert await look(bench, {}) == {}
    assert counted(bench) == {}


async def test_few_calls_for_many_tasks(bench: Bench) -> None:
    clip = await bench.make(bench.task("a fox"))
    tasks = {}
    for n in range(12):
        task = bench.task(f"cat {n}")
        tasks[(await bench.begin(task))[0].task] = task
        task = bench.task(f"cat {n}", model="gpt-image")
        tasks[(await bench.begin(task))[0].task] = task
    for n in range(2):
        task = bench.task("", kind="character", video=clip.path, seed=n)
        tasks[(await bench.begin(task))[0].task] = task
    before = counted(bench)

    def more() -> dict[str, int]:
        return {name: count - before.get(name, 0) for name, count in counted(bench).items()}

    looked = await look(bench, tasks)
    assert looked.keys() == tasks.keys()
    assert more() == {"pending": 1, "drafts": 0, "recent_tasks": 1, "cameo_status": 2}
    bench.standin.clock.advance(LATENCY * 2)
    looked = await look(bench, tasks)
    assert {type(status) for status in looked.values()} == {Done}
    assert more() == {"pending": 2, "drafts": 1, "recent_tasks": 2, "cameo_status": 4}


async def test_drafts_beyond_the_newest(bench: Bench) -> None:
    task = bench.task("the one")
    started, _ = await bench.begin(task)
    since = time.time()
    for n in range(80):
        await bench.begin(bench.task(f"cat {n}"))
    bench.standin.clock.advance(LATENCY * 2)
    assert isinstance((await look(bench, {started.task: task}, since))[started.task], Done)
    assert (await bench.finish(task, started)).path


FATES = [
    ("sora_content_violation", "sora2-landscape-10s", ContentRefused),
    ("sora_error", "sora2-landscape-10s", UpstreamBroken),
    ("image_failed", "gpt-image", UpstreamBroken),
]


@pytest.mark.parametrize(("fate", "model", "kind"), FATES)
async def test_tasks_that_end_without_a_file(bench: Bench, fate, model, kind) -> None:
    task = bench.task("a cat", model=model)
    bench.standin.fault(fate)
    started, _ = await bench.begin(task)
    bench.standin.clock.advance(LATENCY * 2)
    ended = (await look(bench, {started.task: task}))[started.task]
    assert isinstance(ended, Ended)
    assert type(ended.error) is kind
    assert ended.error.why


@pytest.mark.parametrize(
    ("fate", "status"),
    [
        ("never_ends", Running(97.0, "Being made at Sora")),
        ("no_url", Running(None, "Waiting for the file")),
        ("unknown_status", Done),
        ("progress_null", Done),
    ],
)
async def test_odd_tasks(bench: Bench, fate, status) -> None:
    task = bench.task("a cat")
    bench.standin.fault(fate)
    started, _ = await bench.begin(task)
    bench.standin.clock.advance(LATENCY * 0.5)
    running = (await look(bench, {started.task: task}))[started.task]
    assert isinstance(running, Running)
    assert running.stage == "Being made at Sora"
    bench.standin.clock.advance(LATENCY * 100)
    looked = (await look(bench, {started.task: task}))[started.task]
    assert looked == status or type(looked) is status


async def test_one_list_that_fails_hides_no_other(bench: Bench) -> None:
    video, image = bench.task("a cat"), bench.task("a cat", model="gpt-image")
    tasks = {(await bench.begin(task))[0].task: task for task in (video, image)}
    bench.standin.fault("heavy_load", endpoint="pending")
    looked = await look(bench, tasks)
    assert [tasks[name] for name in looked] == [image]
    bench.standin.fault("heavy_load", endpoint="recent_tasks")
    with pytest.raises(Overloaded):
        await look(bench, tasks)
    bench.standin.clear_faults()
    bench.standin.fault("token_expired", endpoint="pending")
    with pytest.raises(AuthExpired):  # it holds for all of them
        await look(bench, tasks)


async def test_a_cameo_that_is_not_there(bench: Bench) -> None:
    task = bench.task("gen_01k9btrqrnen792yvt703dp0tq", kind="character")
    assert await look(bench, {"cameo_1": task}) == {"cameo_1": Missing()}

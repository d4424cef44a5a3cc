"""What became of a submission whose answer was lost: found by listing, never bought twice."""

from __future__ import annotations

import time

import pytest
from sora_web_bench import LATENCY, Bench, free

from sora_kit.backends.base import TransportFailed, UpstreamBroken
from sora_kit.backends.hosted import Missing
from sora_kit.backends.sora_web.recall import NOTHING, Told, same
from sora_kit.backends.sora_web.wire import order
from sora_kit.language import parse

VIDEOS = {
    "plain": {"words": "a cat"},
    "style": {"words": "{anime} a cat", "model": "sora2-portrait-15s"},
    "storyboard": {"words": "Rain [5.0s]A  cat\nwalks [5.0s]B", "model": "sora2-landscape-10s"},
    "remix": {"words": "as a drawing", "kind": "remix"},
    "extend": {"words": "it jumps", "kind": "extend"},
}
LOST = {"cut_after_acceptance": TransportFailed, "truncated_body": TransportFailed}


async def task_of(bench: Bench, kind: str, picture=None):
    """A task, and its source where it needs one."""
    if kind == "image":
        return bench.task("a cat", model="gpt-image", image=picture)
    source = await bench.make(bench.task("the source")) if kind in ("remix", "extend") else None
    return bench.task(**VIDEOS[kind], source=source)


async def lose(bench: Bench, task, fault: str, name: str = "pro") -> float:
    """Submit it, lose the answer, and say when it was submitted."""
    endpoints = {"image": "video_gen", "extend": "extension"}
    endpoint = endpoints.get(task.request.kind, "storyboard" if task.request.shots else "nf_create")
    bench.standin.fault(fault, endpoint=endpoint, nth=1)
    login = bench.login(name)
    prepared = await bench.backend.prepare(login, task)
    since = time.time()
    with pytest.raises((TransportFailed, UpstreamBroken)) as caught:
        await bench.backend.submit(login, task, prepared, "tok", free)
    assert caught.value.sent
    return since


@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize("kind", [*VIDEOS, "image"])
async def test_a_lost_answer(bench: Bench, kind, fault) -> None:
    """Found while it is pending and when it is a draft; in between it is in no list."""
    await bench.begin(bench.task("another cat"))
    await bench.begin(bench.task("another cat", model="gpt-image"))
    task = await task_of(bench, kind)
    since = await lose(bench, task, fault)
    lost = bench.sent()[-1].task
    [found] = await bench.find(task, since)
    assert (found.task, found.same) == (lost, True)
    every = await bench.backend.find(bench.login(), task, "tok", since)
    assert len(every) > 1
    assert [one.same for one in every].count(True) == 1
    bench.standin.clock.advance(LATENCY * 0.95)
    if kind != "image":
        assert await bench.find(task, since) == []
        assert (await bench.backend.look(bench.login(), {lost: task}, since))[lost] == Missing()
    bench.standin.clock.advance(LATENCY)
    [found] = await bench.find(task, since)
    assert (found.task, found.same) == (lost, True)
    assert abs(found.created - since) < 3 * LATENCY


@pytest.mark.parametrize("kind", [*VIDEOS, "image"])
async def test_work_that_was_not_done(bench: Bench, kind) -> None:
    task = await task_of(bench, kind)
    before = len(bench.sent())
    since = await lose(bench, task, "html_instead_of_json")
    for seconds in (0, LATENCY * 0.95, LATENCY):
        bench.standin.clock.advance(seconds)
        assert [one for one in await bench.find(task, since) if one.same] == []
    assert len(bench.sent()) == before


@pytest.mark.parametrize("seconds", [3600, -3600, 7200, -7200])
@pytest.mark.parametrize("kind", ["plain", "image"])
@pytest.mark.parametrize("where", [["pending", "drafts", "recent_tasks"], ["nf_create", "video_gen"], [None]])
async def test_a_clock_that_is_wrong(bench: Bench, kind, where, seconds) -> None:
    """Of the servers that list, of those that start tasks, or of all."""
    for endpoint in where:
        bench.standin.fault("clock_skew", endpoint=endpoint, seconds=seconds)
    task = await task_of(bench, kind)
    since = await lose(bench, task, "cut_after_acceptance")
    for _ in range(2):
        [found] = await bench.find(task, since)
        assert found.same
        if found.created is not None and where != ["nf_create", "video_gen"]:
            assert abs(found.created - since) < 3 * LATENCY
        bench.standin.clock.advance(LATENCY * 1.5)
    looked = await bench.backend.look(bench.login(), {found.task: task}, since)
    assert type(looked[found.task]).__name__ == "Done"


async def test_of_two_that_say_the_same_both_are_shown(bench: Bench) -> None:
    task = bench.task("a cat")
    since = time.time()
    bench.standin.fault("duplicate_delivery", endpoint="nf_create", nth=1)
    await bench.begin(task)
    assert {one.task for one in await bench.find(task, since)} == {one.task for one in bench.sent()}
    assert len(bench.sent()) == 2
    bench.standin.reset()  # those were a fault of the stand-in, and no duplicates of ours


async def test_a_list_that_shows_everything_twice(bench: Bench) -> None:
    task = bench.task("a cat")
    started, _ = await bench.begin(task)
    bench.standin.fault("duplicate_delivery", endpoint="pending")
    bench.standin.fault("duplicate_delivery", endpoint="drafts")
    for _ in range(2):
        assert [one.task for one in await bench.find(task)] == [started.task]
        bench.standin.clock.advance(LATENCY * 1.5)


@pytest.mark.parametrize("kind", ["plain", "image"])
async def test_old_tasks_are_left_alone(bench: Bench, kind) -> None:
    task = await task_of(bench, kind)
    started, _ = await bench.begin(task)
    bench.standin.clock.advance(86_400)
    # That a day has passed there and none here looks like a clock that is a day ahead.
    assert await bench.find(task, time.time()) == []
    [found] = await bench.find(task, time.time() - 86_400)
    assert found.task == started.task


@pytest.mark.parametrize("kind", ["plain", "image"])
async def test_far_down_in_the_list(bench: Bench, kind) -> None:
    """Many tasks are begun and end before the lost one is looked for."""
    task = await task_of(bench, kind)
    since = await lose(bench, task, "cut_after_acceptance")
    lost = bench.sent()[-1].task
    for n in range(70):
        await bench.begin(bench.task(f"cat {n}", model=task.request.model))
    bench.standin.clock.advance(LATENCY * 2)
    [found] = await bench.find(task, since)
    assert found.task == lost


PLAIN = order(parse("a  cat\nwalks", model="sora2-landscape-10s"))
STYLED = order(parse("{anime} a cat walks", model="sora2-landscape-10s"))
REMIX = order(parse("https://sora.chatgpt.com/p/s_690ce161c2488191a3476e9969911522 a cat walks"))
EXTENSION = order(parse("gen_01k9 a cat walks", model="sora2-extension-10s"))
PICTURE = order(parse("a cat walks", model="gpt-image-landscape"))
CAT = "a cat walks"


@pytest.mark.parametrize(
    ("sent", "told", "answer"),
    [
        (PLAIN, NOTHING, None),
        (PLAIN, Told(CAT), True),
        (PLAIN, Told("A cat, rewritten at length", "a cat walks"), True),
        (PLAIN, Told("a dog"), False),
        (PLAIN, Told(CAT, "", "landscape", 300), True),
        (PLAIN, Told(CAT, "", "portrait"), False),
        (PLAIN, Told(orientation="portrait"), False),
        (PLAIN, Told(CAT, n_frames=450), False),
        (PLAIN, Told(CAT, style="anime"), False),
        (PLAIN, Told(CAT, remix_of="s_1"), False),
        (STYLED, Told(CAT, style="anime"), True),
        (STYLED, Told(CAT, style="retro"), False),
        (STYLED, Told(CAT), None),
        (REMIX, Told(CAT), True),
        (REMIX, Told(CAT, remix_of="s_690ce161c2488191a3476e9969911522"), True),
        (REMIX, Told(CAT, remix_of="s_1"), False),
        (EXTENSION, Told(CAT, "", "portrait", 600), True),
        (EXTENSION, Told("", "a cat, rewritten"), None),
        (EXTENSION, Told("a dog", "a dog, rewritten"), False),
        (PICTURE, Told(CAT, "", "landscape"), True),
        (PICTURE, Told(CAT, "", "square"), False),
    ],
)
def test_what_counts_as_the_same(sent, told, answer) -> None:
    assert same(sent, told) is answer

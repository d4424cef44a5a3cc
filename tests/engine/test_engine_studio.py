"""The studio in one process: real engine, real drawing processes, real files."""

from __future__ import annotations

import asyncio
import io
import itertools
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from sora_kit import Studio
from sora_kit.errors import (
    BadMedia,
    BadPrompt,
    BadStoryboard,
    InvalidInput,
    JobCancelled,
    JobFailed,
    NotFound,
    UnknownModel,
    UnknownStyle,
)
from sora_kit.media.probe import probe
from sora_kit.store import Clip, JobRecord


def test_a_storyboard_becomes_a_clip_with_its_provenance(studio: Studio, clip: Clip) -> None:
    facts = probe(clip.file)
    assert (facts.width, facts.height, facts.codec) == (clip.width, clip.height, "h264")
    assert facts.seconds == pytest.approx(1.5, abs=0.05)
    assert facts.audio is not None
    assert (clip.style, clip.model, clip.backend, clip.preview) == ("anime", "sora-2", "animatic", True)
    assert clip.prompt == "[0.5s]A cat runs in a meadow\n[1.0s]It sleeps"
    with Image.open(clip.poster_file) as poster:
        assert poster.format == "JPEG"
    assert clip.understood
    assert studio.clip(clip.id) == studio.clip(clip.job) == clip


def test_the_job_tells_its_story(studio: Studio, clip: Clip) -> None:
    record = studio.record(clip.job)
    assert (record.state, record.progress, record.clips, record.attempts) == ("completed", 100, (clip.id,), 1)
    assert record.started is not None
    assert record.finished is not None
    assert record.created <= record.started <= record.finished


def test_a_picture_in_a_script_and_in_a_notebook(studio: Studio) -> None:
    made = studio.image("A dog on the beach").result(60)
    assert (made.kind, made.width, made.height, made.ext) == ("image", 360, 360, "png")

    async def cell() -> Clip:
        first, second = await asyncio.gather(
            studio.image("A whale", model="gpt-image-landscape"), studio.image("A camel", size="portrait")
        )
        assert (first.width, second.width) == (540, 360)
        return first

    assert asyncio.run(cell()).read()[:4] == b"\x89PNG"


def test_an_enhanced_prompt_is_text_that_parses(studio: Studio) -> None:
    text = studio.enhance("kitten", level="short", seconds=10).result(30)
    assert len(text.split()) > 30
    assert sum(shot.seconds for shot in studio.request(text).shots) == pytest.approx(10)


def test_events_are_monotone_and_end(studio: Studio) -> None:
    async def watch() -> list[tuple[str, float]]:
        job = studio.video("A horse gallops", model="sora-2")
        return [(event.state, event.progress) async for event in job.events()]

    seen = asyncio.run(watch())
    assert seen[-1] == ("completed", 100.0)
    progress = [p for _, p in seen]
    assert progress == sorted(progress)
    assert len({p for p in progress if 0 < p < 100}) >= 3


def test_cancel_stops_the_drawing_within_half_a_second(studio: Studio) -> None:
    job = studio.video("City street at night in the rain", model="sora2-landscape-15s")
    wait_for(lambda: job.progress > 2)
    began = time.monotonic()
    assert job.cancel()
    with pytest.raises(JobCancelled):
        job.result(5)
    assert time.monotonic() - began < 1.0
    wait_for(lambda: not studio.pool.busy, seconds=1.0)
    assert not job.cancel()
    assert [p for p in studio.workspace.media.scratch.iterdir() if p.name.startswith(job.id)] == []


def test_waiting_jobs_show_their_place_and_are_served_in_order(studio: Studio) -> None:
    jobs = [studio.video("A boat", model="sora-2") for _ in range(4)]
    wait_for(lambda: jobs[-1].record.place is not None or jobs[-1].done)
    last = jobs[-1].record
    assert last.done or (last.state, last.stage) == ("queued", "all slots are busy")
    for job in jobs[1:]:
        job.cancel()
    jobs[0].result(60)
    for job in jobs[1:]:
        with pytest.raises(JobCancelled):
            job.result(5)


def test_a_killed_drawing_process_is_replaced(studio: Studio) -> None:
    job = studio.video("[1.5s]A train in the mountains", model="sora-2")
    wait_for(lambda: bool(studio.pool.busy))
    for child in studio.pool.busy:
        os.kill(child.process.pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    assert job.result(60).seconds == pytest.approx(1.5)
    assert studio.record(job.id).state == "completed"


def test_the_same_key_is_the_same_job(studio: Studio) -> None:
    first = studio.image("A fox", key="once")
    assert studio.image("A fox", key="once").id == first.id
    first.result(60)
    assert studio.image("A fox", key="once").result(5).id == first.result().id


def test_a_key_belongs_to_one_request(studio: Studio) -> None:
    studio.image("A fox", key="mine")
    with pytest.raises(InvalidInput, match=r"belongs to another request.*A fox"):
        studio.image("A wolf", key="mine")


def test_a_remix_is_like_its_source_unless_told_otherwise(studio: Studio, clip: Clip) -> None:
    wide = studio.video("A red car", seconds=4).result(60)
    asked = studio.request("at night", source=wide)
    assert (asked.kind, asked.model, asked.seconds) == ("remix", "sora-2", 4.0)
    assert (asked.width, asked.height) == (1280, 720)
    assert studio.request("at night", source=clip).seconds == clip.seconds, "a storyboard of its own length"
    assert studio.request("at night", source=wide, size="portrait").height > 720
    picture = studio.image("A cat").result(60)
    for ask in (studio.remix, studio.extend):
        with pytest.raises(InvalidInput, match="is a picture"):
            ask(picture, "it runs")
    assert studio.request("it runs", image=picture).image is not None
    with pytest.raises(TypeError, match="not int"):
        studio.remix(5, "x")  # type: ignore[arg-type]


def test_the_same_seed_is_the_same_picture(studio: Studio) -> None:
    one, two, other = (studio.image("A castle", seed=seed).result(60) for seed in (5, 5, 6))
    assert one.sha256 == two.sha256 != other.sha256
    assert one.token != two.token


def test_a_picture_becomes_the_first_frame(studio: Studio, tmp_path: Path) -> None:
    from sora_kit.media.frames import frame_at

    red = Image.new("RGB", (640, 360), (220, 20, 30))
    made = studio.video("[0.5s]It moves", model="sora-2", size="1280x720", image=red).result(60)
    first = frame_at(made.file, 0.0).reshape(-1, 3)
    assert abs(first.mean(axis=0) - (220, 20, 30)).max() < 45
    path = tmp_path / "red.png"
    red.save(path)
    assert studio.request("x", image=str(path)).image == studio.request("x", image=path.read_bytes()).image


def test_remix_and_extend_start_from_a_clip(studio: Studio, clip: Clip) -> None:
    night = clip.remix("make it night").result(60)
    assert (night.parent, night.seconds, night.kind) == (clip.id, clip.seconds, "video")
    longer = studio.extend(clip, "[1.0s]It wakes up").result(90)
    assert longer.parent == clip.id
    assert longer.seconds == pytest.approx(2.5, abs=0.1)
    with pytest.raises(InvalidInput, match="not in this workspace"):
        studio.remix("s_" + "0" * 32, "x", model="sora-2")


@pytest.mark.parametrize(
    ("ask", "error", "words"),
    [
        (lambda s: s.video("x", model="sora9"), UnknownModel, "Did you mean"),
        (lambda s: s.video("x", style="anmie"), UnknownStyle, "anime"),
        (lambda s: s.video("x", size="9x9"), InvalidInput, "9x9"),
        (lambda s: s.video("x", seconds=11), InvalidInput, "11"),
        (lambda s: s.video("[9s]a [9s]b", model="sora2-landscape-10s"), BadStoryboard, "18"),
        (lambda s: s.video("  "), BadPrompt, "empty"),
        (lambda s: s.video("x" * 100_000), BadPrompt, "32,000"),
        (lambda s: s.video("x", image=b"just text"), BadMedia, "picture"),
        (lambda s: s.video("x", image="/no/such/file.png"), BadMedia, "no file"),
        (lambda s: s.video("x", image=object()), BadMedia, "object"),
        (lambda s: s.video("x", image="http://127.0.0.1:8123/x.png"), InvalidInput, "127.0.0.1"),
        (lambda s: s.video("x", backend="sora"), InvalidInput, "animatic"),
        (lambda s: s.image("x", model="sora2-landscape-10s"), InvalidInput, "sora2-landscape-10s"),
        (lambda s: s.character("me"), InvalidInput, "haracter"),
        (lambda s: s.job("job_nope"), NotFound, "job_nope"),
    ],
)
def test_bad_input_says_what_why_and_how_and_starts_nothing(studio, ask, error, words) -> None:
    before = len(studio.records(limit=1000))
    with pytest.raises(error, match=r"(?s).+") as raised:
        ask(studio)
    assert words in str(raised.value)
    assert raised.value.fix
    assert len(studio.records(limit=1000)) == before


def test_an_unknown_keyword_is_answered_with_the_known_ones(studio: Studio) -> None:
    with pytest.raises(TypeError, match=r"'stlye'.*style"):
        studio.video("x", stlye="anime")  # type: ignore[call-arg]


def test_a_full_disk_fails_the_job_with_words_and_loses_nothing(
    studio: Studio, clip: Clip, monkeypatch
) -> None:
    from sora_kit.errors import WorkspaceFull

    def full(*_: object) -> str:
        raise WorkspaceFull("There is no space left for the workspace", fix="Free some space")

    monkeypatch.setattr(studio.workspace.media, "put_file", full)
    job = studio.image("A bear")
    with pytest.raises(JobFailed, match=r"no space left.*Free some space"):
        job.result(60)
    assert studio.record(job.id).error["code"] == "workspace_full"
    monkeypatch.undo()
    assert studio.clip(clip.id).read()


def test_tables_have_types_and_one_row_each(studio: Studio, clip: Clip) -> None:
    results, jobs = studio.results(), studio.jobs()
    assert results.loc[results["id"] == clip.id, "prompt"].tolist() == [clip.prompt]
    assert str(results["created"].dtype) == "datetime64[us, UTC]"
    assert results["preview"].dtype == bool
    assert set(jobs["state"]) <= {"queued", "running", "completed", "failed", "cancelled", "needs_you"}
    assert len(jobs) == len(studio.records(limit=10_000))


def test_the_engines_own_records_of_finished_jobs_are_forgotten(studio: Studio, clip: Clip) -> None:
    runner = studio.part.runner
    assert runner is not None
    assert studio.loop.run(runner.durable.forget(3600)) == 0
    assert studio.loop.run(runner.durable.forget(0)) > 0
    assert studio.loop.run(runner.durable.forget(0)) == 0
    assert studio.record(clip.job).state == "completed"


def test_deleting_a_clip_keeps_files_that_others_share(studio: Studio) -> None:
    one, two = (studio.image("A lighthouse at dusk", seed=9).result(60) for _ in range(2))
    studio.delete(one)
    assert two.file.exists()
    with pytest.raises(NotFound):
        studio.clip(one.id)
    studio.delete(two.id)
    assert not two.file.exists()
    with pytest.raises(NotFound, match="was deleted"):
        two.save("anywhere.png")


def test_a_thumbnail_is_a_small_jpeg(studio: Studio) -> None:
    data = studio.loop.run(studio.thumbnail(studio.request("{comic}A cat"), width=192, height=108))
    assert Image.open(io.BytesIO(data)).size == (192, 108)


def test_waiting_on_the_loop_is_refused_and_not_a_deadlock(studio: Studio, clip: Clip) -> None:
    async def wrong() -> None:
        studio.job(clip.job).result()

    with pytest.raises(RuntimeError, match="await job"):
        studio.loop.run(wrong())


def test_a_waiter_that_gives_up_does_not_stop_the_job(studio: Studio) -> None:
    async def impatient() -> str:
        job = studio.image("An owl")
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(job.wait(), 0.01)
        return job.id

    assert studio.job(asyncio.run(impatient())).result(60).kind == "image"


def test_a_callback_that_fails_hears_the_next_news(studio: Studio, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[str] = []

    def fail(record: JobRecord) -> None:
        heard.append(record.state)
        raise ValueError(record.state)

    job = studio.image("A hedgehog")
    leave = studio.watch(fail, job.id)
    job.result(60)
    wait_for(lambda: "completed" in heard)
    leave()
    assert "a callback of Studio.watch failed" in caplog.text


@pytest.mark.parametrize("where", ["on the loop", "elsewhere"])
def test_who_watches_hears_what_comes_right_after(studio: Studio, clip: Clip, where: str) -> None:
    news = studio.record(clip.job).with_(stage=f"told to somebody {where}")  # nobody reads it anywhere
    heard: list[JobRecord] = []
    told = threading.Event()

    async def on_the_loop() -> Callable[[], None]:
        leave = studio.watch(heard.append)
        studio.hub.publish(news)
        return leave

    if where == "on the loop":
        leave = studio.loop.run(on_the_loop())
    else:  # the loop is busy until the news are told, or for a moment where it is waited for
        studio.loop.loop.call_soon_threadsafe(told.wait, 0.3)
        leave = studio.watch(heard.append)
        studio.loop.loop.call_soon_threadsafe(studio.hub.publish, news)
        told.set()
    wait_for(lambda: news in heard)
    leave()


def test_nobody_watches_a_job_that_is_not_there(studio: Studio) -> None:
    with pytest.raises(NotFound):
        studio.watch(print, "job_nowhere")
    assert "job_nowhere" not in studio.hub.followers


def wait_for(condition, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    for _ in itertools.count():
        if condition():
            return
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)

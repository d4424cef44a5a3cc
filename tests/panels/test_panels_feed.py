"""The gallery and the history follow the workspace, with one small message per change."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sora_kit import Studio
from sora_kit.panels.dashboard import Bar
from sora_kit.panels.draft import Draft
from sora_kit.panels.feed import Feed
from sora_kit.panels.gallery import Results
from sora_kit.panels.jobs import Jobs

QUICK = "gpt-image"  # a picture: the same way through the house, in a fraction of the time


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[Studio]:
    """One runner for all tests here: starting it takes longer than most of them."""
    with Studio(tmp_path_factory.mktemp("feed") / "workspace", role="runner") as opened:
        yield opened


def until(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
    return value


def listen(feed: Feed) -> list[dict[str, Any]]:
    """What the feed sends to its page from now on."""
    sent: list[dict[str, Any]] = []
    feed.send = lambda content, buffers=None: sent.append(content)
    return sent


def test_a_job_becomes_a_tile_and_then_its_result_in_place(studio: Studio):
    gallery = Results(studio)
    sent = listen(gallery)
    job = studio.image("A kitten on a meadow", model=QUICK)
    until(lambda: gallery.held.get(job.id, {}).get("state") == "completed")
    tile = gallery.held[job.id]
    assert tile["picture"].startswith("http://127.0.0.1:")
    assert tile["poster"].endswith(".jpg")
    assert tile["badge"] == "ANIMATIC"
    assert tile["file"].startswith("a-kitten-on-a-meadow-")
    assert gallery.count == studio.count_clips() > 0
    assert all(message.keys() == {"put"} and len(message["put"]) == 1 for message in sent)
    assert {message["put"][0]["id"] for message in sent} == {job.id}
    gallery.close()


def test_two_pages_see_each_others_jobs(studio: Studio):
    with Studio(studio.workspace.folder, role="client") as other:
        gallery, history = Results(studio), Jobs(studio)
        job = other.image("A whale underwater", model=QUICK)
        until(lambda: gallery.held.get(job.id, {}).get("state") == "completed")
        until(lambda: history.held.get(job.id, {}).get("done"))
        assert history.held[job.id]["word"] == "done"
        gallery.close()
        history.close()


def test_delete_remix_and_search(studio: Studio):
    first = studio.image("A whale underwater", model=QUICK).result(60)
    kept = studio.count_clips()
    second = studio.image("{anime}A camel in the desert", model=QUICK).result(60)
    draft = Draft(studio)
    gallery = Results(studio, draft=draft)
    assert {first.job, second.job} <= set(gallery.held)
    sent = listen(gallery)

    gallery._dispatch(None, {"do": "filter", "search": "camel"})
    assert [item["id"] for item in sent[-1]["all"]] == [second.job]
    gallery._dispatch(None, {"do": "filter"})
    assert {first.job, second.job} <= {item["id"] for item in sent[-1]["all"]}

    gallery._dispatch(None, {"do": "remix", "id": second.job})
    assert draft.text == "{anime} A camel in the desert"
    assert draft.model == QUICK

    gallery._dispatch(None, {"do": "delete", "id": first.job})
    assert sent[-1] == {"drop": [first.job]}
    assert studio.count_clips() == gallery.count == kept
    gallery._dispatch(None, {"do": "refresh", "id": first.job})
    assert first.job not in gallery.held
    gallery.close()


def test_results_come_in_windows(studio: Studio):
    for n in range(3):
        studio.image(f"A boat number {n}", model=QUICK).result(60)
    clips = studio.clips()
    gallery = Results(studio, window=len(clips) - 1)
    assert {clip.job for clip in clips[:-1]} <= set(gallery.held)
    assert clips[-1].job not in gallery.held
    assert gallery.more
    sent = listen(gallery)
    gallery._dispatch(None, {"do": "more"})
    assert [item["id"] for item in sent[-1]["put"]] == [clips[-1].job]
    assert not gallery.more
    gallery.close()


def test_a_cancelled_job_can_be_run_again(studio: Studio):
    gallery = Results(studio)
    job = studio.video("A kitten running", model="sora2-landscape-25s")
    until(lambda: job.id in gallery.held)
    gallery._dispatch(None, {"do": "cancel", "id": job.id})
    until(lambda: gallery.held.get(job.id, {}).get("state") == "cancelled")
    gallery._dispatch(None, {"do": "again", "id": job.id})
    until(lambda: job.id not in gallery.held)
    fresh = studio.records(limit=1)[0]
    assert fresh.request == studio.record(job.id).request
    until(lambda: fresh.id in gallery.held)
    studio.job(fresh.id).cancel()
    until(lambda: studio.record(fresh.id).done)
    gallery.close()


def test_a_page_that_connects_late_gets_everything(studio: Studio):
    history = Jobs(studio)
    job = studio.image("A camel", model=QUICK)
    job.result(60)
    until(lambda: history.held.get(job.id, {}).get("done"))
    assert job.id in [item["id"] for item in history.get_state()["items"]]
    sent = listen(history)
    history._dispatch(None, {"do": "hello"})
    assert [item["id"] for item in sent[0]["all"]] == list(history.held)
    history.close()


def test_the_bar_counts_what_is_going_on(studio: Studio):
    bar = Bar(studio)
    assert bar.facts["work"] == "Nothing running"
    assert bar.facts["backend"] == "Animatic"
    assert bar.facts["preview"] == "free preview"
    job = studio.video("A kitten running", model="sora2-landscape-25s")
    until(lambda: "1 running" in bar.facts["work"])
    job.cancel()
    until(lambda: bar.facts["work"] == "Nothing running")
    bar.close()


@pytest.mark.parametrize("action", ["remix", "delete", "cancel", "again", "use"])
def test_a_tile_that_is_gone_gives_no_traceback(studio: Studio, action: str):
    gallery = Results(studio, draft=Draft(studio))
    sent = listen(gallery)
    gallery._dispatch(None, {"do": action, "id": "job_gone"})
    assert sent[-1]["fault"]["what"]
    gallery.close()

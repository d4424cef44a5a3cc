"""The gallery: stars, tags, filters, comparison, making it again; and ten thousand results."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from many_clips import fill

from sora_kit import Studio
from sora_kit.panels.draft import Draft
from sora_kit.panels.feed import Feed
from sora_kit.panels.gallery import WINDOW, Results


@pytest.fixture
def studio(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    """A client whose media have an address, so that no server is started."""
    monkeypatch.setenv("SORA_KIT_PUBLIC_URL", "http://media.invalid")
    with Studio(workspace, role="client") as opened:
        yield opened


def listen(feed: Feed) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    feed.send = lambda content, buffers=None: sent.append(content)
    return sent


def test_stars_and_tags_reach_the_tile_and_the_other_visitor(studio: Studio):
    job = fill(studio, 2)[0]
    mine = Results(studio)
    with Studio(studio.workspace.folder, role="client") as neighbour:
        theirs = Results(neighbour)
        mine._dispatch(None, {"do": "star", "id": job, "on": True})
        mine._dispatch(None, {"do": "tag", "id": job, "tags": ["Campaign", "snow"]})
        assert mine.held[job]["favourite"]
        assert mine.held[job]["tags"] == ["campaign", "snow"]
        assert mine.tags == ["campaign", "snow"]
        end = time.monotonic() + 10
        while theirs.held[job]["tags"] != ["campaign", "snow"]:
            assert time.monotonic() < end
            time.sleep(0.02)
        assert theirs.held[job]["favourite"]
        theirs.close()
    mine.close()


def test_filters_hold_for_what_comes_later(studio: Studio):
    first, second, third = fill(studio, 3)
    gallery = Results(studio)
    sent = listen(gallery)
    studio.mark(studio.clip(first), favourite=True, tags=["snow"])
    studio.mark(studio.clip(second), tags=["snow"])
    for message, ids in (
        ({"favourite": True}, [first]),
        ({"tag": "snow"}, [second, first]),
        ({"tag": "snow", "search": "sail"}, [second]),
        ({"search": "SNOW"}, [second, first]),  # tags are searched, too
        ({"search": "nothing"}, []),
        ({}, [third, second, first]),
    ):
        gallery._dispatch(None, {"do": "filter", **message})
        assert [item["id"] for item in sent[-1]["all"]] == ids, message
    gallery._dispatch(None, {"do": "filter", "favourite": True})
    gallery._dispatch(None, {"do": "star", "id": first, "on": False})
    assert gallery.held == {}
    studio.mark(studio.clip(third), favourite=True)
    gallery.take([studio.record(third)])
    assert list(gallery.held) == [third]
    job = studio.video("A whale")
    gallery.take([job.record])
    assert job.id not in gallery.held  # a running job passes no filter; it is in the list of jobs
    job.cancel()
    gallery.close()


def test_a_bad_tag_is_a_card_and_changes_nothing(studio: Studio):
    job = fill(studio, 1)[0]
    gallery = Results(studio)
    sent = listen(gallery)
    gallery._dispatch(None, {"do": "tag", "id": job, "tags": ['say "hi"']})
    assert sent[-1]["fault"]["fix"]
    assert studio.clip(job).tags == ()
    gallery.close()


def test_two_to_four_are_compared_with_what_tells_them_apart(studio: Studio):
    jobs = fill(studio, 5)
    gallery = Results(studio)
    sent = listen(gallery)
    gallery._dispatch(None, {"do": "compare", "ids": jobs[:3]})
    shown = sent[-1]
    assert [item["id"] for item in shown["compare"]] == jobs[:3]
    assert [item["caption"] for item in shown["compare"]][:2] == [
        "A kitten, number 0",
        "A sailboat, number 1",
    ]
    assert all(item["video"].startswith("http://media.invalid/") for item in shown["compare"])
    assert shown["seconds"] == 10
    assert shown["shape"] == pytest.approx(16 / 9)
    assert "data-sync" in shown["sync"]
    for ids in (jobs[:1], jobs, [], ["job_gone", jobs[0]]):
        gallery._dispatch(None, {"do": "compare", "ids": ids})
        assert "two, three or four" in sent[-1]["fault"]["what"]
    gallery.close()


def test_again_with_the_same_seed_and_with_a_new_one(studio: Studio):
    fill(studio, 3)
    earlier = studio.records()[0]
    gallery = Results(studio)
    gallery._dispatch(None, {"do": "same", "id": earlier.id})
    assert studio.records(limit=1)[0].seed == earlier.seed == 2
    gallery._dispatch(None, {"do": "once_more", "id": earlier.id})
    assert studio.records(limit=1)[0].request.seed is None
    for record in studio.records(states={"queued"}):
        studio.cancel(record.id)
    gallery.close()


def test_remix_and_extend_go_to_the_prompt(studio: Studio):
    job = fill(studio, 1)[0]
    draft = Draft(studio)
    gallery = Results(studio, draft=draft)
    gallery._dispatch(None, {"do": "extend", "id": job})
    draft.text = "It falls asleep"
    assert draft.request.kind == "extend"
    assert draft.request.source == studio.clip(job).id
    gallery._dispatch(None, {"do": "remix", "id": job})
    assert (draft.text, draft.request.kind) == ("A kitten, number 0", "remix")
    gallery.close()


def test_ten_thousand_results_open_as_fast_as_ten(studio: Studio):
    fill(studio, 10)

    def opening() -> tuple[float, Results]:
        begun = time.thread_time()  # other processes do not count
        gallery = Results(studio)
        return time.thread_time() - begun, gallery

    few, first = min((opening() for _ in range(3)), key=lambda one: one[0])
    first.close()
    for record in studio.records():
        studio.delete(studio.clip(record.id))
    studio.jobs_table.remove([record.id for record in studio.records()])
    fill(studio, 10_000)
    many, gallery = min((opening() for _ in range(3)), key=lambda one: one[0])
    assert gallery.count == 10_000
    assert len(gallery.held) == WINDOW
    assert many < few + 1.0
    assert len(json.dumps(gallery.get_state()["items"])) < 60_000  # what a page gets at first

    sent = listen(gallery)
    begun = time.thread_time()
    for _ in range(20):
        gallery._dispatch(None, {"do": "more"})
    assert (time.thread_time() - begun) / 20 < 0.5
    assert [len(message["put"]) for message in sent] == [WINDOW] * 20  # each window alone, never the whole
    assert gallery.more

    begun = time.thread_time()
    gallery._dispatch(None, {"do": "filter", "search": "number 9999"})
    assert time.thread_time() - begun < 2.0
    assert [item["prompt"] for item in sent[-1]["all"]] == ["A camel, number 9999"]
    gallery.close()

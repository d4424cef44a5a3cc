"""The list of jobs: what goes on, what asks, what was tried; nothing of it lives in the page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from many_clips import fill

from sora_kit import Studio
from sora_kit.panels.dashboard import Bar
from sora_kit.panels.draft import Draft
from sora_kit.panels.feed import Feed
from sora_kit.panels.gallery import Results
from sora_kit.panels.jobs import Jobs
from sora_kit.store import Attempts
from sora_kit.store.tables import job


@pytest.fixture
def studio(workspace: Path) -> Iterator[Studio]:
    """A client: no job of these tests runs, each stays as it is made."""
    with Studio(workspace, role="client") as opened:
        yield opened


@pytest.fixture
def jobs(studio: Studio) -> Iterator[Jobs]:
    fill(studio, 3)
    panel = Jobs(studio, window=2)
    yield panel
    panel.close()


def until(condition: Callable[[], Any], seconds: float = 20.0) -> Any:
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
    return value


def listen(feed: Feed) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    feed.send = lambda content, buffers=None: sent.append(content)
    return sent


def change(studio: Studio, job_id: str, **values: Any) -> None:
    """Put a job into a state, as a runner somewhere would."""
    news = {"updated": time.time(), "revision": job.c.revision + 1}
    with studio.workspace.database.write() as connection:
        connection.execute(sa.update(job).where(job.c.id == job_id).values(**values, **news))
    studio.tell_changed(job_id)


QUESTION = {
    "what": "It is not known whether the order was accepted",
    "why": "The line was cut",
    "fix": "Look",
}


def test_an_old_job_that_still_runs_is_on_the_first_page(studio: Studio):
    oldest = fill(studio, 5)[0]
    change(studio, oldest, state="running", progress=40.0, stage="drawing")
    panel = Jobs(studio, window=2)
    assert oldest in panel.held
    assert len(panel.held) == 3
    assert panel.held[oldest]["stage"] == "Drawing · 40 %"
    panel.close()


def test_retry_is_a_new_job_with_the_same_request(jobs: Jobs, studio: Studio):
    failed = studio.records()[0]
    change(studio, failed.id, state="failed", error={"what": "It failed"})
    jobs._dispatch(None, {"do": "again", "id": failed.id})
    fresh = studio.records(limit=1)[0]
    assert fresh.id != failed.id
    assert fresh.request == failed.request
    until(lambda: fresh.id in jobs.held)
    jobs._dispatch(None, {"do": "cancel", "id": fresh.id})
    until(lambda: jobs.held[fresh.id]["state"] == "cancelled")


def test_a_question_stands_in_every_view_and_survives_a_reload(jobs: Jobs, studio: Studio):
    asking = studio.records()[0].id
    change(studio, asking, state="needs_you", error=QUESTION)
    until(lambda: jobs.held[asking]["state"] == "needs_you")
    reloaded, gallery, bar = Jobs(studio), Results(studio), Bar(studio)
    for panel in (jobs, reloaded, gallery):
        item = panel.held[asking]
        assert item["error"]["what"] == QUESTION["what"]
        assert [answer["label"] for answer in item["answers"]] == ["Ask again", "Order anew", "Give up"]
        assert [bool(answer.get("warn")) for answer in item["answers"]] == [False, True, False]
        assert "twice" in item["answers"][1]["warn"]
    assert bar.facts["work"] == "1 needs you"
    for panel in (reloaded, gallery, bar):
        panel.close()


@pytest.mark.parametrize(("answer", "state"), [(0, "queued"), (1, "queued"), (2, "cancelled")])
def test_answers_do_what_they_say(jobs: Jobs, studio: Studio, answer: int, state: str):
    asking = studio.records()[0].id
    change(studio, asking, state="needs_you", error=QUESTION)
    until(lambda: jobs.held[asking]["state"] == "needs_you")
    chosen = jobs.held[asking]["answers"][answer]
    message = {"do": chosen["do"], "id": asking} | ({"again": True} if chosen.get("again") else {})
    jobs._dispatch(None, message)
    assert studio.record(asking).state == state
    until(lambda: jobs.held[asking]["state"] == state)
    assert jobs.held[asking]["answers"] == []
    assert len(studio.records()) == 3  # an answer never makes a second job


def test_details_tell_who_tried_and_why_it_failed(jobs: Jobs, studio: Studio):
    tried = studio.records()[0].id
    attempts = Attempts(studio.workspace.database)
    attempts.add(tried, 0, "acc_one", "quota_exhausted", "Nothing left until 18:40")
    attempts.add(tried, 0, "acc_two", "submitted")
    sent = listen(jobs)
    jobs._dispatch(None, {"do": "details", "id": tried})
    details = sent[0]["details"]
    assert details["id"] == tried
    assert [(one["who"], one["what"], one["good"]) for one in details["attempts"]] == [
        ("acc_one", "quota exhausted", False),
        ("acc_two", "accepted", True),
    ]
    assert details["attempts"][0]["why"] == "Nothing left until 18:40"
    assert {"label": "Seed", "value": "2"} in details["facts"]
    assert [one["label"] for one in details["times"]] == ["Asked", "Started", "Ended"]
    jobs._dispatch(None, {"do": "details", "id": "job_nothing"})
    assert "no job" in sent[-1]["fault"]["what"]


def test_filters(jobs: Jobs, studio: Studio):
    newest, middle, oldest = (record.id for record in studio.records())
    change(studio, oldest, state="failed", error={"what": "It failed"})
    change(studio, middle, state="running")
    sent = listen(jobs)
    for show, ids in (("going", [middle]), ("ended", [oldest]), ("needs_you", []), ("all", [newest, middle])):
        jobs._dispatch(None, {"do": "filter", "show": show})
        assert sorted(item["id"] for item in sent[-1]["all"]) == sorted(ids), show
    assert jobs.counts == {"all": 3, "going": 1, "needs_you": 0, "ended": 1}
    jobs._dispatch(None, {"do": "filter", "show": "going"})
    change(studio, middle, state="completed")
    until(lambda: middle not in jobs.held)  # it is no longer what the filter shows
    jobs._dispatch(None, {"do": "filter", "show": "nonsense"})
    assert "fault" in sent[-1]


def test_an_improved_prompt_can_be_used_from_here(studio: Studio):
    made = fill(studio, 1)[0]
    change(studio, made, kind="enhance", text="A long prompt")
    draft = Draft(studio)
    panel = Jobs(studio, draft=draft)
    assert panel.held[made]["usable"]
    panel._dispatch(None, {"do": "use", "id": made})
    assert draft.text == "A long prompt"
    panel.close()
    alone = Jobs(studio)
    assert not alone.held[made]["usable"]
    alone.close()


def test_progress_counts_nothing_anew(studio: Studio):
    running = fill(studio, 2)[-1]
    change(studio, running, state="running")
    panel = Jobs(studio)
    counted = 0

    def count() -> dict[str, int]:
        nonlocal counted
        counted += 1
        return {}

    studio.jobs_table.counts = count  # type: ignore[method-assign]
    for progress in (10.0, 20.0, 30.0):
        change(studio, running, progress=progress)
        panel.take([studio.record(running)])
    assert counted == 0
    assert panel.held[running]["progress"] == 30.0
    panel.close()

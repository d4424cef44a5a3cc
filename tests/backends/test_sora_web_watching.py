"""From lists to states."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_kit.backends.base import ContentRefused, UpstreamBroken
from sora_kit.backends.sora_web.characters import read_cameo
from sora_kit.backends.sora_web.images import read_image_task
from sora_kit.backends.sora_web.videos import read_draft, read_pending
from sora_kit.backends.sora_web.watching import (
    Done,
    Failed,
    Gap,
    Refused,
    Running,
    State,
    failure,
    image_states,
    video_states,
)


def video(pending: list[dict], drafts: list[dict]) -> State:
    states = video_states(["t"], map(read_pending, pending), map(read_draft, drafts))
    assert list(states) == ["t"]
    return states["t"]


def image(*tasks: dict) -> State:
    return image_states(["t"], map(read_image_task, tasks))["t"]


@pytest.mark.parametrize(
    ("progress", "shown"),
    [(None, None), (0, 0.0), (0.42, 0.42), (1.5, 1.0), (-1, 0.0), ("x", None), (True, None), (10**400, None)],
)
def test_progress(progress: object, shown: float | None) -> None:
    item = {"id": "t", "progress_pct": progress, "status": "running"}
    assert video([item], []) == Running(shown, "running")
    assert image(item) == Running(shown, "running")


def test_progress_may_be_absent() -> None:
    assert video([{"id": "t"}], []) == Running(None)
    assert image({"id": "t"}) == Running(None)


GOOD = {"id": "gen_1", "task_id": "t", "kind": "sora_draft", "url": "u", "downloadable_url": "d"}


@pytest.mark.parametrize(
    ("draft", "state"),
    [
        ({}, Done("d", "gen_1", "u")),
        ({"downloadable_url": None}, Done("u", "gen_1", "u")),
        ({"url": None}, Done("d", "gen_1", "d")),
        (
            {"kind": None, "width": 352, "height": 640, "duration_s": 10.1},
            Done("d", "gen_1", "u", 352, 640, 10.1),
        ),
        ({"kind": "sora_content_violation", "reason_str": "No"}, Refused("No")),
        ({"kind": "sora_content_violation", "markdown_reason_str": "*No*", "url": None}, Refused("*No*")),
        ({"kind": "sora_content_violation", "reason_str": None}, Refused("")),
        ({"kind": "sora_error", "error_reason": "internal"}, Failed("internal")),
        ({"kind": "sora_error", "error_reason": "content_violation"}, Refused("content_violation")),
        ({"url": "", "downloadable_url": None}, Gap("gen_1")),
        ({"url": None, "downloadable_url": None, "reason_str": "  "}, Gap("gen_1")),
        ({"url": None, "downloadable_url": None, "reason_str": "No"}, Refused("No")),
        ({"url": None, "downloadable_url": None, "error_reason": "oops"}, Failed("oops")),
        ({"task_id": "other"}, Gap()),
    ],
)
def test_drafts(draft: dict, state: State) -> None:
    assert video([], [GOOD | draft]) == state


def test_the_gap() -> None:
    assert video([], []) == Gap()


def test_a_draft_says_more_than_the_list_of_running_tasks() -> None:
    running = {"id": "t", "progress_pct": 0.9}
    empty = {"id": "gen_1", "task_id": "t"}
    assert isinstance(video([running], [GOOD]), Done)
    assert video([running], [empty]) == Running(0.9)
    bad = {"id": "gen_2", "task_id": "t", "kind": "sora_error", "error_reason": "x"}
    for drafts in ([bad, empty, GOOD], [GOOD, bad, GOOD], [GOOD, empty]):
        assert isinstance(video([], drafts), Done)
    assert video([], [empty, bad]) == Failed("x")


def test_a_running_task_that_failed_in_its_list() -> None:
    assert video([{"id": "t", "status": "failed", "failure_reason": "oops"}], []) == Failed("oops")
    item = {"id": "t", "status": "failed", "failure_reason": "content_violation"}
    assert video([item], []) == Refused("content_violation")


@pytest.mark.parametrize(
    ("item", "state"),
    [
        ({"status": "succeeded", "generations": [{"id": "g", "url": "u"}]}, Done("u", "g", "u")),
        (
            {"status": "succeeded", "generations": [{"id": "f", "url": ""}, {"id": "g", "url": "u"}]},
            Done("u", "g", "u"),
        ),
        ({"status": "succeeded", "generations": []}, Gap()),
        ({"status": "succeeded", "generations": None}, Gap()),
        ({"status": "failed", "error_message": None}, Failed("")),
        ({"status": "failed", "error_message": "Broken"}, Failed("Broken")),
        ({"status": "failed", "error_message": "It may violate our content policy"}, None),
        ({"status": "dreaming", "progress_pct": 0.1}, Running(0.1, "dreaming")),
    ],
)
def test_pictures(item: dict, state: State | None) -> None:
    found = image({"id": "t"} | item)
    assert found == state if state else isinstance(found, Refused)


def test_a_picture_in_no_list() -> None:
    assert image() == Gap()


def test_failures() -> None:
    assert type(failure(Refused("No"))) is ContentRefused
    assert type(failure(Failed("oops"))) is UpstreamBroken


FIELDS = [
    *("id", "task_id", "kind", "status", "progress_pct", "url", "downloadable_url", "generations"),
    *("reason_str", "error_reason", "failure_reason", "width", "duration_s", "created_at"),
]
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["t", "failed"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=3),
    max_leaves=6,
)
ITEM = st.dictionaries(st.sampled_from(FIELDS), VALUE, max_size=8) | VALUE


@given(st.lists(ITEM, max_size=4), st.lists(ITEM, max_size=4))
def test_any_list_gives_a_state(pending: list, drafts: list) -> None:
    states = video_states(["t"], map(read_pending, pending), map(read_draft, drafts))
    state = states["t"]
    assert isinstance(state, State)
    if isinstance(state, Done):
        assert state.url
    if isinstance(state, Running) and state.progress is not None:
        assert 0 <= state.progress <= 1
    assert isinstance(image_states(["t"], map(read_image_task, pending))["t"], State)
    for item in pending:
        assert read_cameo(item).state in {"running", "ready", "failed"}

"""One shot made again from the storyboard editor, for free and for money, and joined with the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sora_web_studio import sora_web_studio

from sora_kit import Storyboard, Studio
from sora_kit.panels import Draft, StoryboardEditor
from sora_kit.panels.takes import words_of
from sora_kit.standins.sora_web import Latency, NewAccount, SoraWebStandin

BOARD = Storyboard("{anime} Sunny").shot(1.0, "A red car in a snowy forest").shot(1.2, "It stops")


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio on a backend that is not free, with an account."""
    latency = Latency(0.1, 0.3, 0.1)
    with SoraWebStandin([NewAccount("a@example.com", quota=30)], latency=latency) as standin:
        folder = tmp_path_factory.mktemp("paid") / "workspace"
        with sora_web_studio(folder, standin, video_seconds=60) as studio:
            token = standin.accounts["a@example.com"].access_token
            studio.accounts.add("sora_web", access_token=token, video_cap=3)
            yield studio


def do(editor: StoryboardEditor, what: str, **arguments: Any) -> dict[str, Any]:
    """Send a message as the page does; returns what the page is shown then."""
    editor.strip._dispatch(None, {"do": what, **arguments})
    shown: dict[str, Any] = editor.strip.board
    return shown


def until(true: Callable[[], object], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        threading.Event().wait(0.05)


def test_a_free_retake_starts_at_once_and_becomes_part_of_the_video(studio: Studio) -> None:
    editor = StoryboardEditor(studio, BOARD)
    do(editor, "redraw", index=1)
    assert editor.strip.asking == {}
    until(lambda: editor.strip.board["shots"][1]["taken"])
    assert [shot["taken"] for shot in editor.strip.board["shots"]] == [False, True]
    (clip,) = studio.clips()
    assert editor.draft.request.takes == ("", clip.id)
    assert clip.id in editor.strip.board["code"]
    assert {"label": "takes", "value": "shot 2"} in editor.draft.reading["chips"]
    # it follows its shot, waits while the words are others, and is there again with them
    assert [s["taken"] for s in do(editor, "resize", index=1, seconds=1.0)["shots"]] == [False, True]
    assert not any(s["taken"] for s in do(editor, "word", index=1, text="It turns")["shots"])
    assert [s["taken"] for s in do(editor, "undo")["shots"]] == [False, True]
    assert [s["unfit"] for s in do(editor, "resize", index=1, seconds=9)["shots"]] == ["", "only 1.2 s long"]
    do(editor, "undo")
    do(editor, "leave_take", index=1)
    assert editor.draft.request.takes == ()
    do(editor, "use_take", index=1)
    assert editor.draft.request.takes == ("", clip.id)
    film = editor.draft.submit().result(120)
    assert film.request.takes == ("", clip.id)
    studio.delete(clip)
    editor.draft.seed = 1
    assert editor.draft.request.takes == ()  # gone, so it is made with the others
    editor.close()


def test_a_paid_retake_says_first_what_it_takes(paid: Studio) -> None:
    editor = StoryboardEditor(paid, BOARD)
    do(editor, "redraw", index=1)
    assert paid.records() == []
    asked = editor.strip.asking
    assert asked["index"] == 1
    assert asked["sentence"].startswith("1 call, about 2 min on Sora web")
    assert asked["maker"] == "Sora web"
    assert asked["left"] == editor.draft.reading["estimate"]["left"]
    do(editor, "not_now")
    assert (editor.strip.asking, paid.records()) == ({}, [])
    do(editor, "redraw", index=1)
    do(editor, "word", index=1, text="It turns")
    assert editor.strip.asking == {}  # the question was about other words
    do(editor, "undo")
    do(editor, "redraw", index=1, seed="seven", sure=True)
    assert "not a seed" in editor.strip.status["error"]["what"]
    do(editor, "redraw", index=1, seed=" 7 ", sure=True)
    (record,) = paid.records()
    assert (record.backend, record.seed, record.request.seconds) == ("sora_web", 7, 1.2)
    assert record.request.prompt == "Sunny. A red car in a snowy forest. It stops"
    until(lambda: paid.record(record.id).done)
    assert paid.record(record.id).state == "completed", paid.record(record.id).error
    until(lambda: editor.strip.board["shots"][1]["taken"])
    assert editor.strip.held[record.id]["seed"] == 7
    # the next video asks for the other shot only
    assert editor.order is not None
    assert editor.draft.reading["estimate"]["lead"].startswith("1 call")
    editor.order._dispatch(None, {"do": "generate", "key": "press"})
    assert editor.job is not None
    film = editor.job.result(120)
    assert (film.backend, film.request.takes[0]) == ("sora_web", "")
    assert film.seconds == pytest.approx(2.2, abs=0.3)
    # a preview is not joined with footage
    editor.draft.backend = "animatic"
    shown = editor.strip.board["shots"][1]
    assert (shown["taken"], shown["unfit"]) == (False, "made by Sora web")
    editor.close()


def test_a_seed_can_be_given_for_a_free_one_too(workspace: Path) -> None:
    with Studio(workspace, role="client") as studio:
        editor = StoryboardEditor(studio, BOARD)
        do(editor, "redraw", index=0, ask=True)
        assert editor.strip.asking["sentence"].startswith("Free")
        do(editor, "redraw", index=0, seed="11", sure=True)
        (record,) = studio.records()
        assert record.seed == 11
        studio.cancel(record.id)
        editor.close()


def test_takes_survive_a_reload_of_the_page(studio: Studio) -> None:
    take = studio.retake(BOARD, 0, model="sora2-landscape-10s").result(90)
    draft = Draft(studio, text=BOARD.to_prompt())
    draft.takes = {words_of(BOARD)[0]: take.id}
    again = Draft(studio)
    again.restore({**draft.kept, "takes": {**draft.takes, "x": "clip_gone", "y": 3}})
    assert again.takes == draft.takes
    assert again.request.takes == (take.id, "")
    again.model = "sora2-portrait-10s"  # a wide take has no place in a tall video
    assert again.request.takes == ()

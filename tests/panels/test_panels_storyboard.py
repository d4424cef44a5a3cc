"""The storyboard panel: edits are those of the value, and the draft's text stays the one truth."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sora_kit import Storyboard, Studio
from sora_kit.panels import Draft, StoryboardEditor
from sora_kit.panels.board import Board
from sora_kit.panels.boardview import code_of
from sora_kit.panels.shotpictures import keys_of

BOARD = (
    Storyboard("{anime} Sunny").shot(4, "A kitten runs. It jumps.").shot(3.5, "A dog").shot(2, "They meet")
)


@pytest.fixture
def studio(workspace: Path) -> Iterator[Studio]:
    """A client: nothing here runs a job, so none is started for real."""
    with Studio(workspace, role="client") as opened:
        yield opened


@pytest.fixture
def editor(studio: Studio) -> Iterator[StoryboardEditor]:
    panel = StoryboardEditor(studio, BOARD)
    yield panel
    panel.close()


def do(editor: StoryboardEditor, what: str, **arguments: Any) -> dict[str, Any]:
    """Send a message as the page does; returns what the page is shown then."""
    editor.strip._dispatch(None, {"do": what, **arguments})
    shown: dict[str, Any] = editor.strip.board
    return shown


def sent(editor: StoryboardEditor, monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], Any]]:
    """What goes to the page as messages from now on."""
    heard: list[tuple[dict[str, Any], Any]] = []
    monkeypatch.setattr(
        editor.strip, "send", lambda content, callbacks=None, buffers=None: heard.append((content, buffers))
    )
    return heard


def until(true: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        threading.Event().wait(0.05)


def test_it_shows_the_board_and_what_is_left(editor: StoryboardEditor) -> None:
    shown = editor.strip.board
    assert [(shot["seconds"], shot["text"]) for shot in shown["shots"]] == [
        (4.0, "A kitten runs. It jumps."), (3.5, "A dog"), (2.0, "They meet"),
    ]  # fmt: skip
    assert (shown["total"], shown["length"], shown["left"]) == (9.5, 10.0, 0.5)
    assert shown["balance"] == "0.5 s left over"
    assert shown["instruction"] == "{anime} Sunny"
    assert not any("9.5 s" in note["message"] for note in shown["notes"])  # said once
    assert editor.board == BOARD


@pytest.mark.parametrize(
    ("message", "after"),
    [
        ({"do": "resize", "index": 1, "seconds": 2.04}, BOARD.resize(1, 2)),
        ({"do": "move", "index": 0, "to": 2}, BOARD.move(0, 2)),
        ({"do": "split", "index": 0}, BOARD.split(0)),
        ({"do": "merge", "index": 0}, BOARD.merge(0)),
        ({"do": "remove", "index": 1}, BOARD.remove(1)),
        ({"do": "word", "index": 2, "text": "They part"}, BOARD.reword(2, "They part")),
        ({"do": "word", "index": 2, "text": "They [1s]part"}, BOARD.reword(2, "They").shot(1, "part")),
        ({"do": "instruct", "text": " Night "}, Storyboard("Night", BOARD.shots)),
        ({"do": "fit"}, BOARD.fit(10)),
        ({"do": "stretch"}, BOARD.stretch(10)),
        ({"do": "add", "text": "The end"}, BOARD.shot(0.5, "The end")),
        ({"do": "add", "text": "[1s]One [2s]Two"}, BOARD.shot(1, "One").shot(2, "Two")),
        (
            {"do": "take_in", "name": "a.csv", "text": "seconds,text\n1,One\n"},
            Storyboard("{anime} Sunny").shot(1, "One"),
        ),
    ],
)
def test_an_edit_writes_the_text_and_can_be_undone(
    editor: StoryboardEditor, message: dict[str, Any], after: Storyboard
) -> None:
    before = editor.draft.text
    shown = do(editor, **{"what": message["do"]} | {k: v for k, v in message.items() if k != "do"})
    assert editor.board == after
    assert Storyboard.parse(editor.draft.text) == after
    assert shown["undo"]
    assert not do(editor, "undo")["undo"]
    assert editor.draft.text == before


def test_a_new_shot_fills_what_is_left(editor: StoryboardEditor) -> None:
    do(editor, "take_in", name="", text="[1s]One")
    assert do(editor, "add", text="Two")["shots"][1]["seconds"] == 5.0
    assert do(editor, "add", text="Three")["shots"][2]["seconds"] == 4.0
    assert do(editor, "add", text="Four")["shots"][3]["seconds"] == 2.0
    assert editor.strip.board["balance"] == "2 s too long"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"what": "split", "index": 7}, "no shot at index 7"),
        ({"what": "word", "index": 0, "text": " "}, "Shot 1 is empty"),
        ({"what": "take_in", "name": "a.csv", "text": "seconds,text\nsoon,x"}, "Line 2: 'soon'"),
        ({"what": "take_in", "name": "a.docx", "text": "x"}, ".docx file cannot be read"),
        ({"what": "add", "text": "one\ntwo"}, "no shot in this text"),
        ({"what": "resize", "index": 0}, "did not work"),
    ],
)
def test_what_cannot_be_done_is_a_card_and_changes_nothing(
    editor: StoryboardEditor, message: dict[str, Any], words: str
) -> None:
    before = editor.strip.board
    do(editor, **message)
    assert words in editor.strip.status["error"]["what"]
    assert editor.board == BOARD
    assert editor.strip.board != before  # the page is told to show again what holds
    do(editor, "fit")
    assert editor.strip.status == {}


def test_the_text_is_the_one_truth(studio: Studio) -> None:
    draft = Draft(studio, text="Sunny [4s]A cat [2s]A dog")
    editor = StoryboardEditor(studio, draft=draft)
    assert editor.order is None
    assert len(editor.board) == 2
    do(editor, "move", index=0, to=1)
    assert draft.text == "Sunny\n[2.0s]A dog\n[4.0s]A cat"
    draft.text = "[4s]A whale"
    assert len(editor.board) == 1
    assert not editor.strip.board["undo"]  # another panel's words are not undone here
    draft.text = "[4s]A whale [0s]x"
    assert "0 s" in editor.strip.board["error"]["what"]
    assert len(editor.board) == 1  # the last one that could be read
    draft.text = "A whale"
    assert (len(editor.board), editor.board.instruction) == (0, "A whale")
    assert editor.strip.board["error"] is None
    draft.model = "gpt-image"
    assert "picture" in editor.strip.board["picture"]
    editor.close()


def test_too_long_is_said_beside_the_strip_only(editor: StoryboardEditor) -> None:
    shown = do(editor, "resize", index=0, seconds=9)
    assert (shown["balance"], shown["error"]) == ("4.5 s too long", None)
    # The reading's error is the same for both, the board is not.
    assert do(editor, "move", index=0, to=1)["shots"][0]["text"] == "A dog"
    editor.draft.model = "sora2-landscape-15s"
    assert editor.strip.board["balance"] == "0.5 s left over"


def test_the_code_makes_the_same_request(editor: StoryboardEditor, studio: Studio) -> None:
    hostile = BOARD.reword(0, 'It\'s a "kitten"\n\\n {anime} </script>')
    editor.board = hostile
    code = editor.strip.board["code"]
    assert len([line for line in code.splitlines() if line.startswith("job = studio.video(")]) == 1
    names: dict[str, Any] = {"Storyboard": Storyboard, "Studio": lambda: studio}
    exec(compile(code.replace("from sora_kit import Storyboard, Studio", ""), "code", "exec"), names)
    assert names["job"].record.request == studio.request(hostile.to_prompt(), model="sora2-landscape-10s")
    names["job"].cancel()
    assert code_of(Storyboard(), "m") == code_of(Storyboard(), "m").replace("''", "")


def test_generate_starts_one_job_per_press_and_shows_it(editor: StoryboardEditor, studio: Studio) -> None:
    assert editor.order is not None
    for _ in range(2):
        editor.order._dispatch(None, {"do": "generate", "key": "press-1"})
    (record,) = studio.records()
    assert editor.job is not None
    assert editor.job.id == record.id
    assert record.request.shots == BOARD.shots
    assert editor.strip.held[record.id]["role"] == "film"
    editor.job.cancel()


def test_the_animatic_is_a_job_on_the_embedded_backend(editor: StoryboardEditor, studio: Studio) -> None:
    do(editor, "resize", index=0, seconds=9)  # too long for the model, and still to be seen
    do(editor, "play")
    do(editor, "play")
    (record,) = studio.records()
    assert (record.backend, record.request.style, record.request.seconds) == ("animatic", "anime", 14.5)
    assert (record.request.width, record.request.height) == (960, 540)
    do(editor, "cancel", id=record.id)
    do(editor, "play")  # a cancelled one is no answer
    assert len(studio.records()) == 2
    for one in studio.records():
        studio.cancel(one.id)


def test_a_redrawn_shot_is_a_job_with_its_context(editor: StoryboardEditor, studio: Studio) -> None:
    do(editor, "take_in", name="", text="[4s]A red car in a snowy forest [3s]It stops")
    for _ in range(2):
        do(editor, "redraw", index=1)
    records = studio.records()
    assert len({record.seed for record in records}) == len(records) == 2  # each time anew
    assert records[0].request.prompt == "Sunny. A red car in a snowy forest"
    assert [shot.text for shot in records[0].request.shots] == ["It stops"]
    key = editor.strip.board["shots"][1]["take"]
    assert {item["role"] for item in editor.strip.held.values()} == {key}
    for one in records:
        studio.cancel(one.id)


def test_jobs_of_others_are_not_shown(editor: StoryboardEditor, studio: Studio) -> None:
    job = studio.video("A cat")
    editor.strip.take([job.record])
    assert editor.strip.held == {}
    job.cancel()


def test_each_shot_is_drawn_once(editor: StoryboardEditor) -> None:
    keys = [shot["key"] for shot in editor.strip.board["shots"]]
    pictures = editor.strip.pictures
    until(lambda: set(keys) <= set(pictures.drawn))
    assert all(data.startswith("data:image/jpeg;base64,") for data in pictures.drawn.values())
    assert len({pictures.drawn[key] for key in keys}) == 3
    editor.strip.do_word(2, "They part")
    changed = [shot["key"] for shot in editor.strip.board["shots"]]
    assert changed[:2] == keys[:2]
    assert changed[2] != keys[2]
    before = pictures.drawn
    editor.strip.do_undo()
    pictures._round and pictures._round.cancel()
    assert pictures.drawn is before  # nothing to draw
    assert keys_of(editor.strip.request()) == keys


def test_files_for_other_programs(editor: StoryboardEditor, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = sent(editor, monkeypatch)
    for form in editor.strip.forms:
        do(editor, "export", form=form["id"])
    until(lambda: sum("file" in content for content, _ in heard) == 5)
    files = {
        content["file"]: (content["type"], bytes(buffers[0]))
        for content, buffers in heard
        if "file" in content
    }
    assert files["storyboard.txt"][1].decode() == BOARD.to_prompt() + "\n"
    assert files["storyboard.vtt"][1].startswith(b"WEBVTT")
    assert files["storyboard.csv"][0] == "text/csv"
    assert b"Timeline.1" in files["storyboard.otio"][1]
    assert files["storyboard.pdf"][1].startswith(b"%PDF")
    do(editor, "take_in", name="", text="[1s]x")
    do(editor, "remove", index=0)
    do(editor, "export", form="vtt")
    assert "nothing to export" in editor.strip.status["error"]["what"]


def test_a_page_that_connects_is_told_everything(
    editor: StoryboardEditor, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    do(editor, "play")
    until(lambda: len(editor.strip.pictures.drawn) == 3)
    heard = sent(editor, monkeypatch)
    do(editor, "hello")
    (everything, _), (drawn, _) = heard[:2]
    assert [item["role"] for item in everything["all"]] == ["film"]
    assert len(drawn["drawn"]) == 3
    studio.cancel(studio.records()[0].id)


def test_an_empty_board_can_be_filled(studio: Studio) -> None:
    editor = StoryboardEditor(studio, model="sora2-portrait-15s")
    shown = editor.strip.board
    assert (shown["shots"], shown["left"], shown["code"], shown["portrait"]) == ([], 15.0, "", True)
    assert do(editor, "add", text="EXT. BEACH - DAY\n\nA wave.\n\nA gull.")["shots"][1]["text"] == "A gull."
    assert editor.strip.request().height == 960
    editor.close()


def test_a_style_alone_is_no_shot(studio: Studio) -> None:
    editor = StoryboardEditor(studio, draft=Draft(studio, text="[4s]{anime}[2s]A cat"))
    assert editor.strip.board["error"] is not None
    assert isinstance(editor.strip, Board)
    editor.close()

"""Storyboards in other forms: what is written reads back, and what cannot be read names its line."""

from __future__ import annotations

import html
import json
import re
import time
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sora_kit.errors import BadStoryboard, InvalidInput
from sora_kit.language import Shot, Storyboard
from sora_kit.language.interchange import (
    FORMS,
    from_csv,
    from_frame,
    from_text,
    read_board,
    to_csv,
    to_frame,
    to_otio,
    to_text,
    to_vtt,
    write_board,
)
from sora_kit.language.interchange.lengths import estimate, read_length
from sora_kit.language.shots import MARK

BOARD = (
    Storyboard("Sunny day")
    .shot(4, "A cat skydives")
    .shot(3.5, "Close-up, it looks down")
    .shot(2.5, "It lands")
)

LETTERS = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
TEXTS = (
    st.one_of(LETTERS, st.text(alphabet="ab \n\r\t,;|\"'=+-@<>&[]5.s猫", max_size=30))
    .map(str.strip)
    .filter(lambda text: text and not MARK.search(text))
)
SECONDS = st.one_of(
    st.integers(1, 600).map(lambda n: n / 10), st.integers(100, 60_000).map(lambda n: n / 1000)
)
SHOTS = st.lists(st.builds(Shot, SECONDS, TEXTS), min_size=1, max_size=8).map(tuple)
BOARDS = st.builds(Storyboard, st.one_of(st.just(""), TEXTS), SHOTS)
SLOW = settings(deadline=None, max_examples=150)


@SLOW
@given(board=BOARDS)
@example(Storyboard("", (Shot(1.0, "[5"), Shot(1.0, "s]x"))))
def test_text_reads_back(board: Storyboard) -> None:
    assert from_text(to_text(board)) == board
    assert read_board(to_text(board), "board.txt") == board


@SLOW
@given(board=BOARDS)
@example(Storyboard("=1+1", (Shot(1.0, "'=2"), Shot(1.5, '@whiskers, "hi"\r\nline'), Shot(1.0, "''-x"))))
def test_csv_reads_back_and_holds_no_formula(board: Storyboard) -> None:
    text = to_csv(board)
    assert from_csv(text) == board
    assert read_board(text, "board.csv") == board
    cells = pd.read_csv(pd.io.common.StringIO(text), keep_default_na=False, dtype=str)["text"]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)


@SLOW
@given(board=BOARDS)
def test_frames_read_back(board: Storyboard) -> None:
    frame = to_frame(board)
    assert list(frame.columns)[:4] == ["shot", "start", "seconds", "text"]
    assert from_frame(frame) == board


@SLOW
@given(board=BOARDS)
def test_vtt_has_one_cue_a_shot(board: Storyboard) -> None:
    head, *blocks = to_vtt(board).removesuffix("\n").split("\n\n")
    assert head == "WEBVTT"
    notes = [block for block in blocks if block.startswith("NOTE\n")]
    assert bool(notes) == bool(board.instruction)
    cues = [block.split("\n") for block in blocks if block not in notes]
    end = 0.0
    for number, (cue, shot) in enumerate(zip(cues, board, strict=True), 1):
        name, times, *text = cue
        start, stop = map(read_length, times.split(" --> "))
        assert name == str(number)
        assert start == pytest.approx(end)
        assert stop is not None
        assert stop - start == pytest.approx(shot.seconds)
        (line,) = text  # a line break inside would be no harm, an empty line would end the cue
        assert "<" not in line
        assert "-->" not in line
        assert (
            html.unescape(line).split()
            == html.unescape(html.escape(shot.text.replace("\0", "\ufffd"))).split()
        )
        end = stop


@SLOW
@given(board=BOARDS, rate=st.sampled_from([24.0, 25.0, 30.0]))
def test_otio_opens_in_the_library(board: Storyboard, rate: float) -> None:
    otio = pytest.importorskip("opentimelineio", reason="needs opentimelineio")
    timeline = otio.adapters.read_from_string(to_otio(board, name="Cats", rate=rate), "otio_json")
    (track,) = timeline.video_tracks()
    texts = [clip.metadata["sora_kit"]["text"] for clip in track]
    assert texts == [shot.text.replace("\0", "") for shot in board]
    assert [clip.metadata["sora_kit"]["seconds"] for clip in track] == [shot.seconds for shot in board]
    assert timeline.metadata["sora_kit"]["instruction"] == board.instruction.replace("\0", "")
    assert abs(timeline.duration().to_seconds() - board.total) <= len(board) / rate
    assert all(clip.duration().value == int(clip.duration().value) >= 1 for clip in track)
    # The library writes the same again, but for fields that are empty.
    ours, theirs = (
        to_otio(board, name="Cats", rate=rate),
        otio.adapters.write_to_string(timeline, "otio_json"),
    )
    assert filled(json.loads(theirs)) == filled(json.loads(ours))


def filled(value: Any) -> Any:
    """JSON without nulls."""
    if isinstance(value, dict):
        return {key: filled(one) for key, one in value.items() if one is not None}
    return [filled(one) for one in value] if isinstance(value, list) else value


def test_otio_cuts_are_where_the_video_has_them() -> None:
    timeline = json.loads(to_otio(Storyboard().shot(1 / 3, "a").shot(1 / 3, "b").shot(1 / 3, "c"), rate=25))
    clips = timeline["tracks"]["children"][0]["children"]
    assert sum(clip["source_range"]["duration"]["value"] for clip in clips) == 25


def test_every_form_that_is_written_has_a_name_and_an_ending() -> None:
    for name, form in FORMS.items():
        if form.write:
            assert write_board(BOARD, name) == write_board(BOARD, form.ending) != ""
    with pytest.raises(InvalidInput, match="docx") as caught:
        write_board(BOARD, "docx")
    assert "vtt" in caught.value.fix


@pytest.mark.parametrize(
    "table",
    [
        "seconds,text\n4,A cat\n3.5,A dog\n",
        "\ufeffDuration (s);Description\r\n4,0;A cat\r\n3,5;A dog\r\n",
        "Shot\tLength\tAction\tNotes\n1\t0:04\tA cat\tnice\n2\t00:00:03.500\tA dog\t\n",
        "start,end,prompt\n0,4,A cat\n0:04,7.5 s,A dog\n",
        "4,A cat\n3.5,A dog\n",
        "4,0;A cat\n3,5;A dog\n",
        "\n时长,画面\n4秒,A cat\n3.5秒,A dog\n",
        'Seconds , TEXT\n\n4,"A cat"\n , \n"3.5",A dog',
    ],
)
def test_tables_as_people_have_them(table: str) -> None:
    assert list(from_csv(table)) == [Shot(4.0, "A cat"), Shot(3.5, "A dog")]
    assert list(read_board(table)) == list(from_csv(table))


def test_a_table_without_lengths_gets_estimates() -> None:
    board = from_csv("Text\nA cat\nA long description of a cat that walks along the wall and looks around\n")
    assert board[0].seconds == 1.5
    assert board[1].seconds > 3


def test_frames_as_people_have_them() -> None:
    frame = pd.DataFrame(
        {"Prompt": ["A cat", "A dog", None], "Duration": pd.to_timedelta([4, 3.5, None], unit="s"), "x": 1}
    )
    assert list(from_frame(frame)) == [Shot(4.0, "A cat"), Shot(3.5, "A dog")]


@pytest.mark.parametrize(
    ("text", "name", "where", "reason"),
    [
        ("A cat\nA dog", "a.txt", "Line 1", "no shot"),
        ("Sunny\n[4s]A cat\n[5s]\n[2s]A dog", "a.txt", "Line 3", "nothing stands after"),
        ("[4s]A cat\n\n[0.0s]A dog", "a.txt", "Line 3", "cannot last 0 s"),
        ("\n".join(f"[1s]x{n}" for n in range(31)), "a.txt", "Line 31", "one too many"),
        ("seconds,text\n4,A cat\nsoon,A dog", "a.csv", "Line 3", "'soon' is not a length"),
        ('seconds,text\n4,"A\ncat"\n,A dog', "a.csv", "Line 4", "has no length"),
        ("seconds,text\n4,A cat\n5,\n", "a.csv", "Line 3", "has no text"),
        ("seconds,text\n0.01,A cat\n", "a.csv", "Line 2", "not a length"),
        ("seconds,text\n" + "1,x\n" * 31, "a.csv", "Line 32", "one too many"),
        ("seconds,colour\n4,red\n", "a.csv", "Line 1", "no column holds the text"),
        ("seconds,text\n", "a.csv", "Line 1", "no rows"),
        ("a,b,c\n1,2,3\n", "a.csv", "Line 1", "no column is known"),
        ("", "a.csv", "Line 1", "no column"),
        ("", "a.fountain", "Line 1", "nothing to see"),
        ("EXT. BEACH - DAY\n\n" + "A wave.\n\n" * 31, "a.fountain", "Line 63", "one too many"),
    ],
)
def test_errors_name_the_line_and_the_reason(text: str, name: str, where: str, reason: str) -> None:
    with pytest.raises(BadStoryboard) as caught:
        read_board(text, name)
    assert caught.value.what.startswith(where)
    assert reason in caught.value.what
    assert caught.value.fix


def test_a_frame_error_names_the_row() -> None:
    with pytest.raises(BadStoryboard, match="Row b: 'x' is not a length"):
        from_frame(pd.DataFrame({"text": ["A", "B"], "seconds": [1, "x"]}, index=["a", "b"]))
    with pytest.raises(BadStoryboard, match="no column holds the text"):
        from_frame(pd.DataFrame({"seconds": [1]}))


@pytest.mark.parametrize("name", ["board.vtt", "board.pdf", "board.otio", "a.b.docx"])
def test_files_that_cannot_be_read(name: str) -> None:
    with pytest.raises(BadStoryboard, match="cannot be read as a storyboard") as caught:
        read_board("x", name)
    assert ".fountain" in caught.value.fix


@settings(deadline=None, max_examples=300)
@given(
    text=st.one_of(LETTERS, st.text("INT.EXT -ab\n\r,;\"'/*[]#>=!@5s:|", max_size=80)),
    name=st.sampled_from(["", "a.csv", "a.fountain", "a.txt"]),
)
def test_anything_is_read_or_refused(text: str, name: str) -> None:
    try:
        board = read_board(text, name)
    except BadStoryboard as error:
        said = error.what
    else:
        said = "Line 1"
        assert board.shots
        assert Storyboard.parse(board.to_prompt()) == board
    assert re.match(r"(Line|Row) \d+", said)


@pytest.mark.parametrize(
    "piece", ["[[", "/*", "*a ", "_a", '"', "[", "[5", "a ", "\n", "#", "INT. A\n\n", "9", ",", "'"]
)
@pytest.mark.parametrize("name", ["a.csv", "a.fountain", "a.txt", ""])
def test_long_files_take_no_longer_than_their_length(piece: str, name: str) -> None:
    text = (piece * 400_000)[:390_000]
    began = time.thread_time()  # other processes do not count
    with pytest.raises(BadStoryboard):
        read_board(text, name)
        raise BadStoryboard("read")
    assert time.thread_time() - began < 8
    with pytest.raises(BadStoryboard, match="characters"):
        read_board("x" * 400_001)


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [("5", 5), (" 2.5 s", 2.5), ("0,5", 0.5), ("500ms", 0.5), ("1 min", 60), ("1:02.5", 62.5),
     ("1:00:01", 3601), (3, 3), ("", None), ("-1", None), ("nan", None),
     ("1e9", None), ("5 cats", None), ("٣", None)],
)  # fmt: skip
def test_lengths(cell: object, seconds: float | None) -> None:
    assert read_length(cell) == seconds


def test_estimates_grow_with_the_words_and_stay_in_bounds() -> None:
    assert estimate("A cat") == 1.5
    assert estimate("word " * 12) == 4.0
    assert estimate("word " * 12, "word " * 5) == 6.0
    assert estimate("word " * 500) == 12.0
    assert estimate("猫在跑" * 5) > 2

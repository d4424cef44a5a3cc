"""Fountain screenplays become shots."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sora_kit.language import Storyboard, parse, read_scenes
from sora_kit.language.interchange import from_fountain, read_board

PLAY = """\
Title: The Kitten
Author: Nobody
Draft date: 1 May

# Act one

= It begins.

EXT. MEADOW - DAY #1#

A kitten bursts out of the tall grass, [[check the colour]] running.

It stops and *listens*.

/* An old idea,
that was cut. */

INT. KITCHEN - NIGHT

ANNA (O.S.)
(softly)
Come in, little one.

> THE END <

CUT TO:

.snowy forest

!A HORSE GALLOPS
past the trees.
"""


def test_a_screenplay() -> None:
    board = from_fountain(PLAY)
    assert [shot.text for shot in board] == [
        "Meadow, day. A kitten bursts out of the tall grass, running.",
        "It stops and listens.",
        "Interior, kitchen, night. Anna: “Come in, little one.”",
        "Snowy forest. A HORSE GALLOPS past the trees.",
    ]
    assert [shot.seconds for shot in board] == [3.5, 1.5, 2.5, 2.5]
    assert board.fit(10).total == 10
    assert read_board(PLAY) == board  # told by its headings
    assert read_board(PLAY.replace("\n", "\r\n"), "The Kitten.FOUNTAIN") == board


def test_places_are_understood_and_carried_over() -> None:
    scenes = read_scenes(parse(from_fountain(PLAY)))
    assert [scene.setting for scene in scenes] == ["meadow", "meadow", "interior", "forest"]
    assert scenes[2].time == "night"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("INT./EXT. CAR - DUSK", "Interior, car, dusk"),
        ("ext beach", "Beach"),
        ("EXT. JOE'S BAR – LATER", "Joe's bar, later"),
        ("I/E BOAT - DAY", "Boat, day"),
        (".Under the Sea", "Under the Sea"),
        ("EST. CITY SKYLINE", "City skyline"),
    ],
)
def test_headings(line: str, text: str) -> None:
    (shot,) = from_fountain(line)
    assert shot.text == f"{text}."


@pytest.mark.parametrize(
    ("play", "texts"),
    [
        ("The word interior is no heading.", ["The word interior is no heading."]),
        ("...and then it rains.", ["...and then it rains."]),
        ("A cat.\n\nJOE\nHi.\n\nMIA ^\nHello.", ["A cat. Joe: “Hi.” Mia: “Hello.”"]),
        ("@McAvoy\nHi.", ["McAvoy: “Hi.”"]),
        ("BOOM", ["BOOM"]),  # a capital line with nothing below it is action
        ("A cat [5.0s] runs.", ["A cat runs."]),
        ("Two\nlines.", ["Two lines."]),
        ("Title: x\n\nA cat.", ["A cat."]),
        ("A cat. /* never closed", ["A cat. /* never closed"]),
    ],
)
def test_elements(play: str, texts: list[str]) -> None:
    assert [shot.text for shot in from_fountain(play)] == texts


WORDS = st.text("abcdefg ", min_size=3, max_size=60).map(str.strip).filter(lambda words: len(words) > 2)


@settings(deadline=None)
@given(scenes=st.lists(st.tuples(WORDS, st.lists(WORDS, min_size=1, max_size=4)), min_size=1, max_size=6))
def test_every_action_is_a_shot_in_order(scenes: list[tuple[str, list[str]]]) -> None:
    play = "\n\n".join(f"EXT. {place.upper()} - DAY\n\n" + "\n\n".join(actions) for place, actions in scenes)
    board = from_fountain(play)
    actions = [" ".join(action.split()) for _, actions in scenes for action in actions]
    assert len(board) == len(actions)
    assert all(shot.text.endswith(action) for shot, action in zip(board, actions, strict=True))
    assert all(shot.seconds * 2 == int(shot.seconds * 2) for shot in board)
    assert Storyboard.parse(board.to_prompt()) == board

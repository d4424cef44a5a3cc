from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_kit.errors import BadStoryboard
from sora_kit.language import Shot, Storyboard


def test_a_board_is_built_step_by_step_and_never_changes() -> None:
    empty = Storyboard("Sunny day")
    one = empty.shot(5, "A cat skydives")
    two = one.shot(2.5, " The cat lands ")
    assert (len(empty), len(one), len(two)) == (0, 1, 2)
    assert two.total == 7.5
    assert list(two) == [Shot(5.0, "A cat skydives"), Shot(2.5, "The cat lands")]
    assert two.to_prompt() == "Sunny day\n[5.0s]A cat skydives\n[2.5s]The cat lands"
    assert Storyboard.parse(two.to_prompt()) == two
    assert not Storyboard()


def test_it_draws_itself_to_scale() -> None:
    board = Storyboard("Sunny day").shot(6, "A cat skydives").shot(2, "The cat\nlands " + "x" * 100)
    first, one, two = repr(board).splitlines()
    assert first == "Storyboard, 2 shots, 8 s: Sunny day"
    assert one.count("#") == 3 * two.count("#")
    assert one.index("#") < two.index("#")
    assert str(board) == repr(board)
    assert repr(Storyboard()) == "Storyboard, 0 shots, 0 s"


@given(
    lengths=st.lists(st.floats(0.1, 60), min_size=1, max_size=30),
    seconds=st.sampled_from([4.0, 10.0, 15.0, 25.0, 12.3]),
)
def test_fitting_keeps_the_shots_and_meets_the_length_exactly(lengths: list[float], seconds: float) -> None:
    board = Storyboard()
    for i, length in enumerate(lengths):
        board = board.shot(length, f"shot {i}")
    try:
        fitted = board.fit(seconds)
    except BadStoryboard:
        assert min(shot.seconds for shot in board) * seconds / board.total < 0.11
        return
    assert fitted.total == seconds
    assert [shot.text for shot in fitted] == [shot.text for shot in board]
    for old, new in zip(board, fitted, strict=True):
        assert abs(old.seconds * seconds / sum(s.seconds for s in board) - new.seconds) <= 0.11


@pytest.mark.parametrize(
    ("seconds", "text", "word"),
    [
        (0, "x", "0 s"),
        (-1, "x", "-1 s"),
        (float("nan"), "x", "nan"),
        (5, "  ", "empty"),
        (5, "a [3s] b", "mark"),
    ],
)
def test_a_bad_shot_is_refused(seconds: float, text: str, word: str) -> None:
    with pytest.raises(BadStoryboard, match=word):
        Storyboard().shot(seconds, text)


def test_a_board_has_at_most_thirty_shots_and_a_plain_instruction() -> None:
    board = Storyboard()
    for _ in range(30):
        board = board.shot(1, "x")
    with pytest.raises(BadStoryboard, match="31 shots"):
        board.shot(1, "x")
    with pytest.raises(BadStoryboard, match="instruction"):
        Storyboard("Sunny [5s]cat")

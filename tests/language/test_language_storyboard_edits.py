"""Editing a board: every edit is a new value, keeps what it does not touch, and says why it cannot."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_kit.errors import BadStoryboard
from sora_kit.language import Shot, Storyboard, alone, parse, read_scenes

BOARD = Storyboard("Sunny").shot(4, "A cat runs. It jumps.").shot(3.5, "A dog").shot(2, "They meet")

SHOTS = st.builds(
    Shot,
    st.integers(1, 200).map(lambda n: n / 10),
    st.text("abc .猫。!", min_size=1).map(str.strip).filter(bool),
)
BOARDS = st.builds(Storyboard, st.just("Sunny"), st.lists(SHOTS, min_size=1, max_size=8).map(tuple))


def words(board: Storyboard) -> list[str]:
    return [shot.text for shot in board]


def test_edits() -> None:
    assert words(BOARD.insert(1, 1, "Rain")) == ["A cat runs. It jumps.", "Rain", "A dog", "They meet"]
    assert words(BOARD.remove(-1)) == ["A cat runs. It jumps.", "A dog"]
    assert words(BOARD.move(0, 2)) == ["A dog", "They meet", "A cat runs. It jumps."]
    assert BOARD.reword(1, " A fox ")[1] == Shot(3.5, "A fox")
    assert BOARD.resize(1, 2.04)[1] == Shot(2.0, "A dog")
    assert BOARD.instruction == BOARD.move(0, 1).instruction == "Sunny"


def test_a_text_with_marks_becomes_several_shots() -> None:
    assert list(BOARD.reword(1, "A fox [1.5s] A hen [2s] A cow"))[1:4] == [
        Shot(3.5, "A fox"), Shot(1.5, "A hen"), Shot(2.0, "A cow"),
    ]  # fmt: skip
    assert list(BOARD.reword(1, "[1s]A hen"))[1] == Shot(1.0, "A hen")


def test_a_split_deals_out_time_and_sentences() -> None:
    assert list(BOARD.split(0))[:2] == [Shot(2.0, "A cat runs."), Shot(2.0, "It jumps.")]
    assert list(BOARD.split(1, 1))[1:3] == [Shot(1.0, "A dog"), Shot(2.5, "A dog")]
    assert list(Storyboard().shot(0.3, "x").split(0)) == [Shot(0.1, "x"), Shot(0.2, "x")]
    assert words(Storyboard().shot(2, "猫在跑。狗在跳。").split(0)) == ["猫在跑。", "狗在跳。"]


def test_a_merge_says_things_once() -> None:
    assert BOARD.merge(1)[1] == Shot(5.5, "A dog. They meet")
    assert BOARD.split(1).merge(1) == BOARD
    assert words(Storyboard().shot(1, "猫。").shot(1, "狗").merge(0)) == ["猫。狗"]


@given(board=BOARDS, data=st.data())
def test_split_and_merge_take_each_other_back(board: Storyboard, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(board) - 1))
    try:
        split = board.split(at)
    except BadStoryboard:
        assert board[at].seconds < 0.2
        return
    assert split.total == board.total
    assert len(split) == len(board) + 1
    back = split.merge(at)
    assert back.total == board.total
    assert "".join(back[at].text.split()) == "".join(board[at].text.split())


@given(board=BOARDS, data=st.data())
def test_a_move_changes_the_order_only_and_can_be_taken_back(board: Storyboard, data: st.DataObject) -> None:
    place = st.integers(0, len(board) - 1)
    one, two = data.draw(place), data.draw(place)
    moved = board.move(one, two)
    assert sorted(moved, key=str) == sorted(board, key=str)
    assert moved[two] == board[one]
    assert moved.move(two, one) == board


@given(board=BOARDS, seconds=st.sampled_from([10.0, 15.0, 25.0]))
def test_the_balance_tells_how_far_the_sum_is_off(board: Storyboard, seconds: float) -> None:
    left = board.left(seconds)
    assert round(board.total + left, 3) == seconds
    said = board.balance(seconds)
    assert ("left over" in said, "too long" in said, said == "") == (left > 0, left < 0, left == 0)
    assert f"{abs(left):g} s" in said or not left
    try:
        stretched = board.stretch(seconds)
    except BadStoryboard:
        assert board[-1].seconds + left < 0.1
    else:
        assert stretched.total == seconds
        assert list(stretched)[:-1] == list(board)[:-1]


@pytest.mark.parametrize(
    ("edit", "word"),
    [
        (lambda: BOARD.remove(3), "index 3"),
        (lambda: BOARD.move(0, 5), "index 5"),
        (lambda: BOARD.insert(4, 1, "x"), "index 4"),
        (lambda: BOARD.merge(2), "last one"),
        (lambda: BOARD.split(0, 4), "split at 4 s"),
        (lambda: Storyboard().shot(0.1, "x").split(0), "cannot be split"),
        (lambda: BOARD.resize(0, 0.04), "0 s long"),
        (lambda: BOARD.resize(0, float("nan")), "nan"),
        (lambda: BOARD.reword(0, "  "), "empty"),
        (lambda: BOARD.stretch(7.5), "shortened by 2 s"),
        (lambda: Storyboard("x", BOARD.shots[:1] * 30).split(0), "31 shots"),
    ],
)
def test_what_cannot_be_done_says_why(edit: Callable[[], object], word: str) -> None:
    with pytest.raises(BadStoryboard, match=word) as caught:
        edit()
    assert caught.value.fix


TALES = [
    "[4s]A red car in a snowy forest [3s]Close-up, it stops [2s]It drives on at night",
    "{anime}Sunny day [4s]A kitten in a meadow [3s]It jumps [3s]A dog comes [2s]They sleep",
    "[2s]Rain over a city street at night [2s]A woman walks [2s]She looks up",
    "[5s]海滩上的猫 [5s]它在跑",
]


@pytest.mark.parametrize("text", TALES)
def test_a_shot_alone_shows_what_it_shows_on_the_board(text: str) -> None:
    board = Storyboard.parse(text)
    for at, scene in enumerate(read_scenes(parse(board))):
        request = parse(alone(board, at))
        (single,) = read_scenes(request)
        for field in ("setting", "time", "weather", "action"):
            assert getattr(single, field) == getattr(scene, field), (at, field)
        assert [(s.noun, s.colour) for s in single.subjects] == [(s.noun, s.colour) for s in scene.subjects]
        assert request.seconds == board[at].seconds
        assert request.style == parse(board).style

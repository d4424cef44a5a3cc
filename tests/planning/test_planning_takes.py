"""Shots that are there already: they are not made again, and not taken for what they are not."""

from __future__ import annotations

import json

import pytest

from sora_kit.backends.base import Capabilities
from sora_kit.errors import InvalidInput
from sora_kit.language import Request, parse
from sora_kit.planning import TAKE, Plan, Take
from sora_kit.planning.planner import plan

BOARD = "Dim. [4s]A cat runs [6s]It sleeps [5s]It wakes up"
SORA = Capabilities(
    kinds=frozenset({"video"}), max_seconds=25, storyboard=True, first_frame=True, styles=True,
    lengths=(10.0, 15.0, 25.0), speed=12,
)  # fmt: skip
FREE = Capabilities(kinds=frozenset({"video"}), max_seconds=60, storyboard=True, preview=True)


def with_takes(*takes: str) -> Request:
    return parse(BOARD, seconds=15).with_(takes=takes)


def test_only_what_is_missing_is_made_and_all_is_joined() -> None:
    takes = (Take("sora_web", 4.1), None, Take("sora_web", 10))
    planned = plan(with_takes("clip_a", "", "clip_c"), "sora_web", SORA, takes=takes)
    assert [step.kind for step in planned.steps] == ["make", "cut", "cut", "join"]
    make, shorter, cut, join = planned.steps
    assert make.request is not None
    assert make.request.prompt == "Dim. It sleeps"
    assert make.request.takes == ()
    assert make.continues == TAKE  # the last frame of the first shot
    assert (shorter.parts, shorter.seconds) == ((0,), 6)
    assert (cut.parts, cut.seconds) == ((TAKE - 2,), 5)
    assert join.parts == (TAKE, 1, 2)
    assert planned.estimate.calls == 1
    assert not any("spread" in note.message for note in planned.notes)  # each shot is as long as it says
    assert ("takes", "shots 1 and 3") in planned.understood
    assert Plan.from_json(json.loads(json.dumps(planned.to_json())), planned.request) == planned
    assert Request.from_json(planned.request.to_json()) == planned.request


def test_with_all_shots_there_nobody_is_asked() -> None:
    takes = (Take("sora_web", 4), Take("sora_web", 6), Take("sora_web", 5))
    planned = plan(with_takes("clip_a", "clip_b", "clip_c"), "sora_web", SORA, takes=takes)
    assert [step.kind for step in planned.steps] == ["join"]
    assert planned.estimate.calls == 0
    assert planned.estimate.dollars == 0
    assert "nothing is asked of Sora web" in planned.estimate.sentence


def test_a_board_of_one_shot_that_is_there_still_makes_a_video() -> None:
    request = parse("[4s]A cat").with_(takes=("clip_a",))
    (step,) = plan(request, "free", FREE, takes=(Take("free", 4),)).steps
    assert (step.kind, step.parts) == ("join", (TAKE,))


@pytest.mark.parametrize(
    ("take", "words"),
    [
        (Take("animatic", 10), "made by Animatic"),  # a preview is never passed off as footage
        (Take("sora_web", 5.5), "too short"),
    ],
)
def test_a_take_that_does_not_fit_is_refused(take: Take, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as refused:
        plan(with_takes("", "clip_b", ""), "sora_web", SORA, takes=(None, take, None))
    assert refused.value.param == "takes"
    assert "shot 2" in refused.value.what


def test_takes_need_a_storyboard() -> None:
    with pytest.raises(InvalidInput, match="storyboard"):
        plan(parse("A cat").with_(takes=("clip_a",)), "free", FREE, takes=(Take("free", 10),))

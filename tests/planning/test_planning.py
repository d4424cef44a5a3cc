"""Plans: native where the backend can, lowered to steps where it cannot, refused where neither helps."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sora_kit.backends.base import Capabilities
from sora_kit.errors import InvalidInput
from sora_kit.language import MediaRef, parse, read_scenes
from sora_kit.planning import Plan
from sora_kit.planning.planner import plan

ALL = frozenset({"video", "image", "enhance", "remix", "extend"})
ANIMATIC = Capabilities(
    kinds=ALL, max_seconds=60, storyboard=True, first_frame=True, styles=True, preview=True, speed=0.4
)
PLAIN = Capabilities(kinds=ALL, max_seconds=12, first_frame=True, price_per_second=0.1, speed=12)


def test_a_capable_backend_gets_one_step() -> None:
    made = plan(parse("{anime} [4s]A cat runs [6s]It sleeps"), "animatic", ANIMATIC, read_scenes)
    assert [step.kind for step in made.steps] == ["make"]
    assert made.shots == ((0.0, 4.0, "A cat runs"), (4.0, 10.0, "It sleeps"))
    assert made.estimate.dollars == 0
    assert made.estimate.sentence.startswith("Free")


def test_a_storyboard_is_lowered_to_shots_that_carry_the_last_frame_over() -> None:
    made = plan(parse("Moody. [4s]A cat runs [6s]It sleeps"), "plain", PLAIN)
    assert [step.kind for step in made.steps] == ["make", "make", "join"]
    first, second, join = made.steps
    assert first.request is not None
    assert second.request is not None
    assert (first.request.prompt, first.request.seconds, first.continues) == ("Moody. A cat runs", 4.0, None)
    assert (second.request.seconds, second.continues) == (6.0, 0)
    assert join.parts == (0, 1)
    assert made.estimate.calls == 2
    assert made.estimate.dollars == pytest.approx(1.0)


def test_without_first_frames_shots_stand_alone() -> None:
    made = plan(parse("[4s]A cat [6s]A dog"), "plain", replace(PLAIN, first_frame=False))
    assert [step.continues for step in made.steps] == [None, None, None]


def test_a_style_becomes_words_where_there_are_no_styles() -> None:
    made = plan(parse("{anime}A cat"), "plain", PLAIN)
    (step,) = made.steps
    assert step.request is not None
    assert step.request.style is None
    assert step.request.prompt.startswith("A cat. ")
    assert any("{anime}" in note.text for note in made.notes)


def test_an_extension_is_made_and_joined_to_its_source() -> None:
    made = plan(parse("It jumps", kind="extend", source="clip_x", seconds=10), "animatic", ANIMATIC)
    assert [step.kind for step in made.steps] == ["make", "join"]
    assert made.steps[1].parts == (-1, 0)


def test_what_cannot_be_done_is_refused_before_anything_runs() -> None:
    only_images = Capabilities(kinds=frozenset({"image"}))
    with pytest.raises(InvalidInput, match=r"cannot do videos.*pictures.*Choose another"):
        plan(parse("A cat"), "plain", only_images)
    with pytest.raises(InvalidInput, match="15 s is too long"):
        plan(parse("A cat", seconds=15), "plain", PLAIN)
    with pytest.raises(InvalidInput, match="cannot start a video on a picture") as refused:
        plan(
            parse("A cat", model="sora-2", image=MediaRef(sha256="a" * 64)),
            "plain",
            replace(PLAIN, first_frame=False),
        )
    assert refused.value.param == "image"


def test_a_plan_reads_well_and_says_what_is_not_drawn() -> None:
    made = plan(parse("{anmie} A kitten runs in a meadow, bureaucracy"), "animatic", ANIMATIC, read_scenes)
    text = str(made)
    for words in ("preview, not footage", "1280x720", "{anmie}", "bureaucracy", "Estimate", "Free"):
        assert words in text
    assert all(len(line) < 200 for line in text.splitlines())


def test_a_plan_survives_json() -> None:
    request = parse("{anime} Dim. [4s]A cat runs [6s]It sleeps")
    made = plan(request, "plain", PLAIN)
    assert Plan.from_json(json.loads(json.dumps(made.to_json())), request) == made

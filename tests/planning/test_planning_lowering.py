"""Lengths that are cut, sources of other backends, characters as words, and laws that hold for any plan."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sora_kit.backends.base import Capabilities
from sora_kit.errors import InvalidInput
from sora_kit.language import Kind, Request, Shot, parse
from sora_kit.planning import SOURCE, Origin, Plan, Role, Step
from sora_kit.planning.planner import plan

SORA = Capabilities(
    kinds=frozenset({"video", "image", "enhance", "remix", "extend", "character"}),
    max_seconds=25, storyboard=True, first_frame=True, styles=True, extends=True,
    lengths=(10.0, 15.0, 25.0), foreign_sources=True, speed=12,
)  # fmt: skip
PLAIN = Capabilities(kinds=frozenset({"video"}), max_seconds=12, first_frame=True, speed=10)
ELSEWHERE = Origin(native=False, prompt="A cat in a meadow", seconds=10.0)
HERE = replace(ELSEWHERE, native=True)


def made(step: Step) -> Request:
    assert step.kind == "make"
    assert step.request is not None
    return step.request


def said(planned: Plan) -> str:
    return "\n".join(f"{note.text}: {note.message}" for note in planned.notes)


@pytest.mark.parametrize(("asked", "length"), [(4, 10), (8, 10), (12, 15), (16, 25), (20, 25)])
def test_another_length_is_made_in_the_next_longer_one_and_cut(asked: int, length: int):
    planned = plan(parse("A cat", model="sora-2", seconds=asked), "sora_web", SORA)
    make, cut = planned.steps
    assert made(make).seconds == length
    assert (cut.kind, cut.parts, cut.seconds) == ("cut", (0,), asked)
    assert f"cut to {asked} s" in said(planned)
    assert planned.estimate.calls == 1
    assert planned.estimate.seconds == length * 12


def test_a_length_that_is_made_is_not_cut():
    for seconds in (10, 15, 25):
        assert [step.kind for step in plan(parse("A cat", seconds=seconds), "sora_web", SORA).steps] == [
            "make"
        ]
    # what a backend calls 10 s is not exactly 10 s, and a remix of it is as long as its source
    remix = parse("At night", kind="remix", source="clip_x").with_(seconds=10.1)
    planned = plan(remix, "sora_web", SORA, origin=replace(HERE, seconds=10.1))
    assert [made(step).seconds for step in planned.steps] == [10.0]


def test_longer_than_all_lengths_is_refused_with_those_that_exist():
    with pytest.raises(InvalidInput, match="It makes 10, 15 or 25 s") as refused:
        plan(parse("A cat").with_(seconds=30), "sora_web", SORA)
    assert refused.value.param == "seconds"
    # a remix did not ask for the length of its source
    remix = parse("At night", kind="remix", source="clip_x").with_(seconds=35)
    assert [
        made(s).seconds for s in plan(remix, "sora_web", SORA, origin=replace(HERE, seconds=35)).steps
    ] == [25]


def test_a_storyboard_is_spread_over_the_length_of_its_model():
    planned = plan(parse("[3s]A cat [4s]A dog", model="sora2-landscape-10s"), "sora_web", SORA)
    (step,) = planned.steps
    assert made(step).seconds == 10
    assert made(step).shots == (Shot(3.0, "A cat"), Shot(4.0, "A dog"))
    assert "spread over 10 s" in said(planned)
    assert "will be 7 s long" not in said(planned)


def test_a_storyboard_of_a_model_with_many_lengths_is_cut():
    planned = plan(parse("[3s]A cat [5s]A dog", model="sora-2"), "sora_web", SORA)
    assert [(s.kind, s.seconds) for s in planned.steps] == [("make", 0.0), ("cut", 8.0)]
    assert made(planned.steps[0]).seconds == 10


def test_shots_of_a_backend_with_lengths_go_on_from_the_cut_end():
    can = replace(SORA, storyboard=False)
    planned = plan(parse("[4s]A cat [10s]A dog [1s]A bird"), "strict", can)
    assert [s.kind for s in planned.steps] == ["make", "cut", "make", "make", "cut", "join"]
    assert [s.continues for s in planned.steps] == [None, None, 1, 2, None, None]
    assert planned.steps[-1].parts == (1, 2, 4)


def test_a_storyboard_may_be_longer_than_one_call_but_no_shot_may():
    long = plan(parse("[10s]A cat [10s]A dog", model="sora2pro-landscape-25s"), "plain", PLAIN)
    assert [made(step).seconds for step in long.steps[:2]] == [10.0, 10.0]
    with pytest.raises(InvalidInput, match=r"13 s is too long.*Cut the shot in two"):
        plan(parse("[13s]A cat [2s]A dog", model="sora2-landscape-15s"), "plain", PLAIN)


def test_a_native_extension_is_one_step_and_keeps_to_the_lengths():
    extension = parse("It jumps", kind="extend", source="clip_x", seconds=10)
    for origin in (HERE, None):
        (step,) = plan(extension, "sora_web", SORA, origin=origin).steps
        assert (made(step).kind, made(step).source) == ("extend", "clip_x")
    blind = replace(SORA, first_frame=False)
    for can, origin in ((SORA, None), (blind, HERE)):  # there is no other way to make it
        with pytest.raises(InvalidInput, match=r"by 12 s.*cannot be cut.*10, 15 or 25 s"):
            plan(extension.with_(seconds=12), "sora_web", can, origin=origin)


def test_an_extension_of_another_length_goes_on_from_the_last_frame():
    extension = parse("It jumps", kind="extend", source="clip_x", seconds=10).with_(width=720, height=1280)
    planned = plan(extension.with_(seconds=12), "sora_web", SORA, origin=HERE)
    make, cut, join = planned.steps
    assert (made(make).kind, made(make).seconds, make.continues) == ("video", 15, SOURCE)
    assert (cut.parts, cut.seconds, join.parts) == ((0,), 12, (SOURCE, 1))
    assert "extends by 10, 15 or 25 s only" in said(planned)


def test_an_extension_of_a_clip_from_elsewhere_goes_on_from_its_last_frame():
    extension = parse("It jumps", kind="extend", source="clip_x", seconds=10).with_(width=720, height=1280)
    planned = plan(extension, "sora_web", SORA, origin=ELSEWHERE)
    make, join = planned.steps
    assert (make.continues, join.parts) == (SOURCE, (SOURCE, 0))
    new = made(make)
    assert (new.kind, new.model, new.source, new.prompt) == ("video", "sora2-portrait-10s", None, "It jumps")
    assert "last frame" in said(planned)
    blind = plan(extension, "blind", replace(PLAIN, first_frame=False), origin=ELSEWHERE)
    assert blind.steps[0].continues is None
    assert "visible cut" in said(blind)


def test_a_remix_of_a_clip_from_elsewhere_becomes_a_new_video_of_what_it_showed():
    planned = plan(parse("At night", kind="remix", source="clip_x"), "sora_web", SORA, origin=ELSEWHERE)
    (step,) = planned.steps
    assert (made(step).kind, made(step).source) == ("video", None)
    assert made(step).prompt == "A cat in a meadow. At night"
    assert "cannot remix this source" in said(planned)
    board = replace(ELSEWHERE, prompt="", shots=(Shot(4, "A cat"), Shot(6, "A dog")))
    assert made(
        plan(parse("At night", kind="remix", source="clip_x"), "sora_web", SORA, origin=board).steps[0]
    ).shots
    (native,) = plan(parse("At night", kind="remix", source="clip_x"), "sora_web", SORA, origin=HERE).steps
    assert made(native).kind == "remix"


MONA = Role("mona", "animatic", "a grey kitten")
SUE = Role("sue", "sora_web", "a woman", known_upstream=True)


def test_a_character_that_the_backend_does_not_know_becomes_words():
    planned = plan(parse("@mona runs. With @Mona: (@sue)"), "plain", PLAIN, roles=(MONA, SUE))
    assert made(planned.steps[0]).prompt == "A grey kitten runs. With a grey kitten: (a woman)"
    assert said(planned).count("is put into words") == 3
    assert planned.request.prompt == "@mona runs. With @Mona: (@sue)"
    assert ("character", "@sue") in planned.understood
    shots = plan(parse("[4s]@mona [4s]@mona sleeps"), "plain", PLAIN, roles=(MONA,)).steps
    assert [made(s).prompt for s in shots[:2]] == ["A grey kitten", "A grey kitten sleeps"]


def test_a_backend_with_characters_keeps_its_own_names_only():
    planned = plan(parse("@sue meets @mona"), "sora_web", SORA, roles=(MONA, SUE))
    assert made(planned.steps[0]).prompt == "@sue meets a grey kitten"
    assert "@sue" not in said(planned)


def test_an_unknown_character_is_noted_with_the_known_ones():
    planned = plan(parse("@nobody runs"), "plain", PLAIN, roles=(MONA, SUE))
    assert made(planned.steps[0]).prompt == "@nobody runs"
    assert "there are @mona, @sue" in said(planned)
    assert "may know it" in said(plan(parse("@nobody runs"), "sora_web", SORA))


def test_a_hosted_estimate_counts_calls_and_minutes():
    planned = plan(parse("A cat", seconds=10), "sora_web", SORA)
    assert planned.estimate.sentence == "1 call, about 2 min on Sora web."
    assert "Please note" not in str(planned)


capabilities = st.builds(
    Capabilities,
    kinds=st.sets(st.sampled_from(["video", "remix", "extend", "character"])).map(
        lambda kinds: frozenset(kinds | {"video"})
    ),
    max_seconds=st.sampled_from([0.0, 12.0, 25.0]),
    storyboard=st.booleans(),
    first_frame=st.booleans(),
    styles=st.booleans(),
    extends=st.booleans(),
    lengths=st.sampled_from([(), (10.0, 15.0, 25.0), (4.0, 8.0)]),
)
shots = st.lists(st.builds(Shot, st.integers(1, 60).map(lambda n: n / 4), st.just("A cat")), max_size=5).map(
    tuple
)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    kind: Kind = draw(st.sampled_from(["video", "remix", "extend"]))
    board = draw(shots)
    fields: dict[str, Any] = {
        "seconds": sum(shot.seconds for shot in board) or draw(st.integers(1, 120)) / 4,
        "shots": board,
        "source": None if kind == "video" else "clip_x",
    }
    model = draw(st.sampled_from(["sora-2", "sora2-landscape-10s"]))
    return Request(kind=kind, prompt="A cat", model=model, width=1280, height=720, **fields)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # other tests may run beside it
@given(requests(), capabilities, st.sampled_from([None, HERE, ELSEWHERE]))
def test_laws_of_every_plan(request: Request, can: Capabilities, origin: Origin | None):
    try:
        planned = plan(request, "some", can, origin=origin)
    except InvalidInput:
        return
    lengths: dict[int, float] = {SOURCE: 0.0}
    for number, step in enumerate(planned.steps):
        refers = (*step.parts, *(() if step.continues is None else (step.continues,)))
        assert all(SOURCE <= earlier < number for earlier in refers)
        assert (SOURCE not in refers) or request.kind == "extend"
        if step.kind == "make":
            assert step.request is not None
            assert step.request.kind in can.kinds
            assert not step.request.shots or can.storyboard
            assert step.request.style is None or can.styles
            assert not can.lengths or any(abs(step.request.seconds - one) < 1e-9 for one in can.lengths)
            assert not can.max_seconds or step.request.seconds <= max(can.max_seconds, *can.lengths, 0) + 0.25
            lengths[number] = step.request.seconds
        elif step.kind == "cut":
            assert 0 < step.seconds < lengths[step.parts[0]]
            lengths[number] = step.seconds
        else:
            assert len(step.parts) > 1
            assert len(set(step.parts)) == len(step.parts)
            lengths[number] = sum(lengths[part] for part in step.parts)
    # the new part of an extension is a video of a model with one length
    spread = can.lengths and request.shots and (request.model != "sora-2" or request.kind == "extend")
    if not spread and planned.steps[-1].kind in ("cut", "join") and request.kind != "remix":
        assert lengths[len(planned.steps) - 1] == pytest.approx(
            request.seconds, abs=0.26 * (len(request.shots) + 1)
        )
    assert Plan.from_json(json.loads(json.dumps(planned.to_json())), request) == planned


@pytest.mark.parametrize("model", ["gpt-image", "prompt-enhance-short-20s", "avatar-create"])
def test_what_has_no_length_of_its_own_is_neither_stretched_nor_cut(model: str):
    wish = parse("A cat", model=model, source="gen_1" if model == "avatar-create" else None)
    (step,) = plan(wish, "sora_web", SORA).steps
    assert made(step).seconds == wish.seconds

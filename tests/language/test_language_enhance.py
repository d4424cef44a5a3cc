from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sora_kit.errors import InvalidInput
from sora_kit.language import STYLES, Storyboard, Style, enhance, parse, read_scene, read_scenes

PROMPTS = [
    "A kitten running across a meadow",
    "a red car driving through the city at night",
    "a surfer at the beach at golden hour",
    "a boat on the ocean in a storm",
    "a fish underwater",
    "a camel in the desert at dusk",
    "a penguin in the snow, snowing",
    "a goat on a mountain in fog",
    "a fox in the forest at dawn",
    "an astronaut in space",
    "a plane in the sky",
    "a dog in the kitchen",
    "a taxi on the street at night, rain, camera pans left",
    "robot",
    "A cat skydives",
    "autumn leaves in the park, tracking shot",
]


@pytest.mark.parametrize(
    ("level", "least", "most"), [("short", 55, 90), ("medium", 110, 160), ("long", 200, 270)]
)
def test_levels_have_their_length_in_words(level: str, least: int, most: int) -> None:
    for prompt in PROMPTS:
        assert least <= len(enhance(prompt, level).split()) <= most  # type: ignore[arg-type]


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("seconds", [4, 10, 15, 20])
def test_the_script_reads_back_as_a_board_of_the_same_scene(prompt: str, seconds: int) -> None:
    scene = read_scene(prompt)
    request = parse(enhance(prompt, "long", seconds))
    assert request.prompt.startswith("PRIMARY: ")
    assert sum(shot.seconds for shot in request.shots) == pytest.approx(seconds, abs=1e-9)
    assert request.seconds == seconds
    scenes = read_scenes(request)
    assert scenes[0].camera == scene.camera
    for shot in scenes:
        assert (shot.setting, shot.time, shot.weather) == (scene.setting, scene.time, scene.weather)
        if scene.subjects:
            assert shot.subjects[0].noun == scene.subjects[0].noun


@pytest.mark.parametrize(("seconds", "beats"), [(1, 1), (4, 1), (8, 2), (10, 3), (15, 4), (20, 5), (25, 5)])
def test_longer_videos_have_more_beats(seconds: int, beats: int) -> None:
    assert len(parse(enhance("kitten", seconds=seconds)).shots) == beats


def test_sections_by_level() -> None:
    for level in ("short", "medium", "long"):
        text = enhance("kitten", level)  # type: ignore[arg-type]
        for section in ("PRIMARY", "SETTING", "LOOK", "CAMERA", "LIGHT"):
            assert f"{section}: " in text
        assert ("CONTINUITY: " in text) == (level == "long")


def test_verbs_agree_with_their_subject() -> None:
    assert "the kitten launches into a run" in enhance("A kitten running")
    assert "the kittens launch into a run" in enhance("Two kittens running")
    assert "the cats launch into a run" in enhance("两只猫奔跑")


def test_the_same_arguments_give_the_same_text_and_seeds_vary_it() -> None:
    assert enhance("kitten", seed=1) == enhance("kitten", seed=1)
    assert len({enhance("kitten", seed=seed) for seed in range(8)}) > 1


def test_a_style_becomes_words_wherever_it_comes_from() -> None:
    assert "cel shading" in enhance("kitten", style="anime")
    assert enhance("kitten", style=Style.ANIME) == enhance("{anime} kitten")


@pytest.mark.parametrize("style", STYLES)
def test_a_look_in_words_adds_nothing_to_the_scene(style: str) -> None:
    for scene in read_scenes(parse(enhance("", "long", 15, style))):
        assert (scene.subjects, scene.setting, scene.weather) == ((), "stage", "")


def test_a_board_keeps_its_shots_and_is_scaled() -> None:
    request = parse(enhance("Sunny [5s]A cat skydives [3s]The cat lands", seconds=10))
    assert [shot.text.partition(".")[0] for shot in request.shots] == [
        "Medium shot: A cat skydives",
        "Wide shot: The cat lands",
    ]
    assert request.seconds == 10


@settings(max_examples=150, deadline=None)
@given(
    text=st.one_of(
        st.text(max_size=80), st.sampled_from(["", "[0s]", "[5s][5s]", "{anime}", "[5s]x" * 40, "?", "." * 9])
    ),
    level=st.sampled_from(["short", "medium", "long"]),
    seconds=st.sampled_from([1, 10, 15, 120]),
)
def test_any_prompt_gives_a_script_whose_board_is_whole(text: str, level: str, seconds: int) -> None:
    board = Storyboard.parse(enhance(text, level, seconds))  # type: ignore[arg-type]
    assert board.total == seconds
    assert board.instruction.startswith("PRIMARY: ")


def test_a_very_long_prompt_still_fits_a_prompt() -> None:
    assert parse(enhance("a very long story about a cat " * 1000, "long")).shots


def test_impossible_wishes_are_refused() -> None:
    for wish in ({"level": "epic"}, {"seconds": 0}, {"seconds": float("nan")}, {"style": "nope"}):
        with pytest.raises(InvalidInput):
            enhance("kitten", **wish)  # type: ignore[arg-type]

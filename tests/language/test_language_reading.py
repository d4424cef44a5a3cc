"""What the reader makes of real prompts, and where naive keyword search goes wrong."""

from __future__ import annotations

import time
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sora_kit.language import NOUNS, Scene, chips, parse, read_scene, read_scenes
from sora_kit.language import scene as words


def subjects(scene: Scene) -> list[tuple[str, str, int]]:
    return [(s.noun, s.word, s.count) for s in scene.subjects]


def test_a_whole_sentence() -> None:
    scene = read_scene(
        "Wide shot: two orange kittens running across a meadow at sunset, camera pans left", seconds=5
    )
    assert (scene.setting, scene.time, scene.camera, scene.framing) == ("meadow", "dusk", "pan left", "wide")
    assert subjects(scene) == [("cat", "kittens", 2)]
    assert scene.subjects[0].colour == "#e08a3c"
    assert scene.action == "run"
    assert scene.said == {"setting", "time", "camera", "framing", "subjects", "action"}
    assert scene.unread == ()
    assert scene.seconds == 5


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("A dog looks around the park", "camera", "push in"),
        ("The camera circles the dog", "camera", "orbit"),
        ("A golden retriever in a park", "time", "day"),
        ("A park at golden hour", "time", "golden"),
        ("A golden crown", "time", "day"),
        ("A stormy night", "time", "night"),
        ("A stormy night", "weather", "rain"),
        ("A spring coils on a desk", "weather", ""),
        ("A garden in spring", "weather", "petals"),
        ("The train leaves the town", "weather", ""),
        ("Dry leaves on a path", "weather", "leaves"),
        ("A polar bear eats ice cream on the beach", "setting", "beach"),
        ("A meadow under a starry sky", "setting", "meadow"),
        ("A tree in a field", "setting", "meadow"),
        ("A cat skydives", "setting", "sky"),
        ("A cat", "setting", "stage"),
        ("A robot in a studio", "setting", "stage"),
        ("A man with dark hair", "time", "day"),
        ("A man in a dark alley", "time", "night"),
        ("The camera slowly pushes in on a cat", "camera", "push in"),
        ("A car drives by", "camera", "track"),
        ("A hot dog stand", "action", ""),
        ("The dog runs", "action", "run"),
        ("The birds fly", "action", "fly"),
        ("A home run", "action", ""),
        ("The sun rose over the sea", "action", "rise"),
    ],
)
def test_context_decides(text: str, field: str, value: str) -> None:
    assert getattr(read_scene(text), field) == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A red rose", [("flower", "rose", 1)]),
        ("The sun rose over the sea", []),
        ("A golden retriever", [("dog", "golden retriever", 1)]),
        ("A flock of birds over a boat", [("bird", "birds", 5), ("boat", "boat", 1)]),
        ("3 penguins and a violin", [("penguin", "penguins", 3), ("violin", "violin", 1)]),
        ("A woman dancing", [("dancer", "woman", 1)]),
        ("surfing at dawn", [("surfer", "surfing", 1)]),
        ("an empty street without people", []),
        ("A crowd at a concert", [("person", "crowd", 5)]),
        ("He runs like a horse", []),
        ("@bob walks", [("person", "@bob", 1)]),
        (
            "one cat, two dogs, three mice, four cars",
            [("cat", "cat", 1), ("dog", "dogs", 2), ("mouse", "mice", 3)],
        ),
        ("A fire truck", [("fire_engine", "fire truck", 1)]),
        ("The cat's tail", [("cat", "cat's", 1)]),
    ],
)
def test_subjects(text: str, expected: list[tuple[str, str, int]]) -> None:
    assert subjects(read_scene(text)) == expected


@pytest.mark.parametrize(
    ("text", "colours"),
    [
        ("A red car", ["#c83f35"]),
        ("A black cat and a white dog", ["#2b2b30", "#f0ece4"]),
        ("A woman in a red dress", ["#c83f35"]),
        ("The car is blue", ["#3f74b8"]),
        ("A cat under a blue sky", [""]),
        ("A golden dragon", ["#d9a441"]),
        ("A dog", [""]),
    ],
)
def test_colours_belong_to_their_noun(text: str, colours: list[str]) -> None:
    assert [s.colour for s in read_scene(text).subjects] == colours


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A cat, no dog, without rain", (["cat"], "stage", "day", "", "")),
        ("A cat without any rain or snow", (["cat"], "stage", "day", "", "")),
        ("A sunny day, not raining", ([], "stage", "day", "", "")),
        ("一只猫，没有雨", (["cat"], "stage", "day", "", "")),
        ("没有雨的街道", ([], "street", "day", "", "")),
        ("不下雨的海滩", ([], "beach", "day", "", "")),
        ("A cat never sleeps", (["cat"], "stage", "day", "", "")),
        ("The cat isn't sleeping on the sofa", (["cat"], "interior", "day", "", "")),
        ("A meadow with no clouds at night", ([], "meadow", "night", "", "")),
        ("A woman without a collar running in the park", (["runner"], "meadow", "day", "", "run")),
        ("Not only a cat but also a dog in the rain", (["cat", "dog"], "stage", "storm", "rain", "")),
        ("No dog and a cat", (["cat"], "stage", "day", "", "")),
    ],
)
def test_what_is_taken_back_is_not_shown(text: str, expected: tuple[object, ...]) -> None:
    scene = read_scene(text)
    nouns = [s.noun for s in scene.subjects]
    assert (nouns, scene.setting, scene.time, scene.weather, scene.action) == expected
    assert scene.unread == ()


def test_rain_that_stopped_is_not_carried_over() -> None:
    first, second = read_scenes(parse("[5s]A dog in the rain [5s]The dog runs, it is not raining"))
    assert (first.weather, second.weather) == ("rain", "")
    assert second.time == "day"


def test_who_sits_on_a_mount_rides() -> None:
    for text in ("A boy on a bike", "a cowboy on a horse", "A girl sits on a white horse"):
        assert read_scene(text).action == "ride", text
    assert read_scene("A girl and a horse").action == ""
    assert read_scene("A girl sits beside a horse").action == "sit"


def test_who_flies_a_thing_stays_on_the_ground() -> None:
    kite = read_scene("A boy flies a red kite on a hill")
    assert (kite.action, [s.noun for s in kite.subjects]) == ("play", ["person", "kite"])
    assert read_scene("A woman flies over the city").action == "fly"
    assert read_scene("A bird flies").action == "fly"


def test_emoji_are_words() -> None:
    scene = read_scene("🐱🚀🌕")
    assert [(s.noun, s.word) for s in scene.subjects] == [("cat", "🐱"), ("rocket", "🚀")]
    assert scene.time == "night"
    assert [s.noun for s in read_scene("👩🏽\u200d🚀 waves").subjects] == ["astronaut"]
    assert read_scene("😀 a cat").unread == ("😀",)


@pytest.mark.parametrize(
    ("text", "setting", "time", "action"),
    [
        ("A cat under the stars", "stage", "night", ""),
        ("A meadow on a starry night", "meadow", "night", ""),
        ("A dog beneath the stars", "stage", "night", ""),
        ("A cat under a starry sky", "stage", "night", ""),
        ("A turtle in an aquarium", "underwater", "day", ""),
        ("A cat sleeps on a sofa", "interior", "day", "sleep"),
    ],
)
def test_places_and_times(text: str, setting: str, time: str, action: str) -> None:
    scene = read_scene(text)
    assert (scene.setting, scene.time, scene.action) == (setting, time, action)


def test_chinese() -> None:
    scene = read_scene("一只橙色的猫在草地上奔跑，日落，镜头推进")
    assert (scene.setting, scene.time, scene.action, scene.camera) == ("meadow", "dusk", "run", "push in")
    assert subjects(scene) == [("cat", "猫", 1)]
    assert scene.subjects[0].colour == "#e08a3c"
    scene = read_scene("夜晚的东京街道，下雨")
    assert (scene.setting, scene.time, scene.weather) == ("street", "night", "rain")
    assert read_scene("量子力学").unread == ("量子力学",)


def test_words_that_changed_nothing_are_listed_in_order() -> None:
    assert read_scene("A melancholy kitten ponders quantum physics").unread == (
        "melancholy",
        "ponders",
        "quantum",
        "physics",
    )
    assert not read_scene("The concept of freedom").understood
    assert read_scene("A kitten").understood


def test_a_board_carries_over_what_is_not_said() -> None:
    first, second, third = read_scenes(
        parse("[5s]A ginger cat skydives at sunset [5s]The cat lands [5s]Close-up of its eyes")
    )
    assert (first.setting, second.setting, third.setting) == ("sky", "meadow", "meadow")
    assert {s.time for s in (first, second, third)} == {"dusk"}
    assert {s.subjects[0].colour for s in (first, second, third)} == {"#d9823b"}
    assert third.framing == "close-up"
    assert "time" not in second.said
    assert [s.seconds for s in (first, second, third)] == [5, 5, 5]


def test_the_instruction_gives_what_the_shots_leave_open() -> None:
    scenes = read_scenes(
        parse("Handheld camera, a forest in the rain [5s]A fox runs [5s]The fox stops, tripod")
    )
    assert [s.camera for s in scenes] == ["handheld", "static"]
    assert {s.setting for s in scenes} == {"forest"}
    assert {s.weather for s in scenes} == {"rain"}


def test_neighbouring_shots_are_framed_apart() -> None:
    scenes = read_scenes(parse("[3s]A cat [3s]A dog [4s]A bird"))
    assert len({s.framing for s in scenes}) == 3
    assert [read_scenes(parse("A cat"))[0].framing] == ["medium"]


def test_a_picture_lasts_no_time() -> None:
    (scene,) = read_scenes(parse("A cat", model="gpt-image"))
    assert scene.seconds == 0


def test_every_written_noun_is_found_by_all_its_words() -> None:
    for noun, listed in NOUNS.items():
        for word in listed.split(", "):
            found = read_scene(word).subjects or read_scene(f"a {word}").subjects
            assert [s.noun for s in found] == [noun], word


def test_chips_tell_what_was_understood() -> None:
    labels = chips(parse("{anime} kitten running across a meadow at night, tracking shot, @bob watches"))
    assert ("style", "anime") in labels
    assert ("subject", "kitten, running") in labels
    assert ("place", "meadow") in labels
    assert ("time", "night") in labels
    assert ("camera", "track, medium") in labels
    assert ("character", "@bob") in labels
    assert chips(parse("The concept of freedom")) == []
    labels = chips(parse("@whiskers runs after @bob"))
    assert [words for _, words in labels if "whiskers" in words] == ["@whiskers, running"]
    assert ("character", "@bob") in labels


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.text(max_size=200),
        st.lists(
            st.sampled_from(["a", "red", "cat", "runs", "in", "the", "fly", "猫", "跑", ",", "two", "dark"])
        ).map(" ".join),
    )
)
def test_any_text_gives_a_valid_scene_and_always_the_same(text: str) -> None:
    scene = read_scene(text)
    assert scene == read_scene(text)
    assert scene.setting in get_args(words.Setting)
    assert scene.time in get_args(words.Time)
    assert scene.weather in get_args(words.Weather)
    assert scene.camera in get_args(words.Camera)
    assert scene.framing in get_args(words.Framing)
    assert len(scene.subjects) <= 3
    assert all(1 <= s.count <= 5 for s in scene.subjects)


def test_reading_is_fast() -> None:
    text = "A ginger cat in a red hat runs across a meadow at sunset while two birds fly over the lake. "
    read_scene(text)
    best = min(_timed(text) for _ in range(20))
    assert best < 0.002
    long = text * 300
    assert min(_timed(long) for _ in range(3)) < best * 300 * 4  # linear in the length


def _timed(text: str) -> float:
    start = time.thread_time()  # other processes do not count
    read_scene(text)
    return time.thread_time() - start

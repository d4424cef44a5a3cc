"""Characters: made of clips and videos, kept, named in prompts, removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from sora_kit import Studio
from sora_kit.errors import BadMedia, InvalidInput, NotFound
from sora_kit.store import Character, Clip


@pytest.fixture(scope="module")
def mona(studio: Studio, clip: Clip) -> Character:
    made = studio.character(clip, name="mona", display_name="Mona K.", start=1, end=2, key="mona").result(60)
    assert isinstance(made, Character)
    return made


def test_a_character_is_named_described_and_pictured(studio: Studio, clip: Clip, mona: Character) -> None:
    assert (mona.name, mona.display_name, mona.source) == ("mona", "Mona K.", clip.id)
    assert mona.description == "a fluffy grey kitten"
    assert not mona.known_upstream
    with Image.open(mona.portrait) as portrait:
        assert portrait.format == "PNG"
        assert (portrait.width > portrait.height) == (clip.width > clip.height)
        assert "@mona" in portrait.text["Title"]
    assert repr(mona) == "<Character @mona on animatic: 'a fluffy grey kitten'>"
    assert mona.url is None or mona.url.endswith(f"{mona.token}.png")


def test_the_studio_lists_its_characters(studio: Studio, mona: Character) -> None:
    assert studio.characters["@Mona"] == studio.characters[mona.id] == mona
    assert "mona" in studio.characters
    assert mona in list(studio.characters)
    table = studio.characters.table()
    assert table.set_index("name").loc["mona", "description"] == "a fluffy grey kitten"
    assert "@mona (animatic)" in repr(studio.characters)
    with pytest.raises(NotFound, match="@mona"):
        studio.characters["nobody"]


def test_a_prompt_that_names_it_draws_what_it_looks_like(studio: Studio, mona: Character) -> None:
    plan = studio.plan("@mona sleeps on a beach", model="sora-2")
    (step,) = plan.steps
    assert step.request is not None
    assert step.request.prompt == "A fluffy grey kitten sleeps on a beach"
    assert ("character", "@mona, sleeping") in plan.understood
    made = studio.image("@mona sits on a beach").result(60)
    subjects = made.understood["scenes"][0]["subjects"]
    assert [subject["noun"] for subject in subjects] == ["cat"]
    assert made.prompt == "@mona sits on a beach"
    assert made.request.characters == ("mona",)
    unknown = studio.plan("@nobody sleeps", model="sora-2")
    assert any(note.text == "@nobody" and "@mona" in note.message for note in unknown.notes)


def test_a_video_of_ones_own_makes_one_too(studio: Studio, clip: Clip) -> None:
    made = studio.character(clip.id, video=clip.read(), start=0, end=3).result(60)
    assert made.source is None  # the video wins
    assert made.description == "a person"
    assert made.name.startswith("person")
    assert made.portrait.read_bytes().startswith(b"\x89PNG")
    described = studio.character(video=clip.file, description="an orange cat", name="rusty").result(60)
    assert studio.plan("@rusty", model="sora-2").steps[0].request.prompt == "An orange cat"
    studio.characters.remove(made)
    studio.characters.remove("rusty")
    assert described.name not in studio.characters


def test_the_same_key_gives_the_same_character(studio: Studio, clip: Clip, mona: Character) -> None:
    again = studio.character(clip, name="mona", display_name="Mona K.", start=1, end=2, key="mona")
    assert again.id == mona.job
    assert again.result(5) == mona
    with pytest.raises(InvalidInput, match="belongs to another request"):
        studio.character(clip, name="mona", start=0, end=2, key="mona")


@pytest.mark.parametrize(
    ("ask", "error", "words"),
    [
        (lambda s, _: s.character(), InvalidInput, "needs a video"),
        (lambda s, _: s.character("me"), InvalidInput, "no clip"),
        (lambda s, _: s.character("clip_nope"), InvalidInput, "not in this workspace"),
        (lambda s, _: s.character("gen_01k9btrqrnen792yvt703dp0tq"), InvalidInput, "not in this workspace"),
        (lambda s, _: s.character(video=b"text"), BadMedia, "video"),
        (lambda s, c: s.character(c, start=2, end=9), InvalidInput, "4 s long"),
        (lambda s, c: s.character(c, start=3, end=2), InvalidInput, "no part of the clip"),
        (lambda s, c: s.character(video=c.file, start=-1, end=2), InvalidInput, "no part of the clip"),
        (lambda s, c: s.character(video=c.file, start=1, end=20), InvalidInput, "4 s long"),
        (lambda s, c: s.character(c, name="Mona"), InvalidInput, "@mona on animatic already"),
        (lambda s, c: s.character(c, name="two words"), InvalidInput, "name of a character"),
        (lambda s, c: s.character(c, name="x" * 41), InvalidInput, "name of a character"),
    ],
)
def test_what_cannot_be_a_character_is_refused_before_it_starts(
    studio: Studio, clip: Clip, mona: Character, ask: Callable[[Any, Clip], Any], error: type, words: str
) -> None:
    before = len(studio.records(limit=1000))
    with pytest.raises(error, match=words) as refused:
        ask(studio, clip)
    assert refused.value.fix
    assert len(studio.records(limit=1000)) == before


def test_a_removed_character_is_words_again(studio: Studio, clip: Clip) -> None:
    gone = studio.character(clip, name="gone").result(60)
    studio.characters.remove(gone)
    assert not gone.portrait.exists()
    assert studio.plan("@gone runs", model="sora-2").steps[0].request.prompt == "@gone runs"
    with pytest.raises(NotFound, match="was removed"):
        studio.job(gone.job).result(5)
    with pytest.raises(NotFound):
        studio.characters.remove("gone")


def test_a_name_chosen_by_chance_is_never_taken(studio: Studio, clip: Clip, mona: Character) -> None:
    row = {
        "id": "character_x", "job": "job_x", "name": "mona", "display_name": "", "description": "",
        "backend": "animatic", "account": "", "upstream": {}, "source": None, "sha256": mona.sha256,
        "ext": "png", "token": "x", "created": 0.0,
    }  # fmt: skip
    assert studio.characters_table.add(row).name == "mona2"
    elsewhere = {**row, "id": "character_y", "job": "job_y", "token": "y", "backend": "sora_web"}
    assert studio.characters_table.add(elsewhere | {"upstream": {"character_id": "ch_1"}}).name == "mona"
    anew = {**elsewhere, "id": "character_z", "job": "job_z", "token": "z"}
    assert studio.characters_table.add(anew | {"upstream": {"character_id": "ch_2"}}).name == "mona"
    here = [one.id for one in studio.characters_table.latest("sora_web")]
    assert here == ["character_z"]  # upstream names are unique, so the older row was out of date
    assert studio.characters["mona"].id == mona.id  # the studio's own backend first
    assert studio.characters["ch_2"].id == "character_z"
    for name in ("character_x", "character_z"):
        studio.characters.remove(name)
    assert mona.portrait.exists()  # others had the same picture

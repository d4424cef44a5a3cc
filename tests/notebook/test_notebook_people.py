"""Cards of characters and storyboards: alive, in a terminal, and in a saved notebook."""

from __future__ import annotations

from pathlib import Path

import pytest

from sora_kit import Storyboard, Studio
from sora_kit.notebook.cards import character as character_card
from sora_kit.notebook.cards import job as job_card
from sora_kit.notebook.cards import storyboard as board_card
from sora_kit.store import Character

HOSTILE = '<script>alert(1)</script>"onmouseover="x"'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Character, str, str]:
    """A character, the text of its job's card, and of the library's; the studio is closed by now."""
    with Studio(tmp_path_factory.mktemp("people") / "workspace") as studio:
        empty = character_card.bundle(studio.characters)["text/html"]
        assert "no characters yet" in empty
        clip = studio.video("A grey kitten in a meadow", model="sora-2").result(90)
        job = studio.character(clip, name="mona", display_name="Mona", description=HOSTILE)
        character = job.result(90)
        card = str(job_card.ended(studio, studio.record(job.id)))
        library = character_card.bundle(studio.characters)["text/html"]
        studio.characters.remove(character)
        assert "was removed" in job_card.ended(studio, studio.record(job.id))
        studio.character(clip, name="mona", description=HOSTILE).result(90)
        return studio.characters["mona"], card, library


def test_a_character_keeps_its_portrait_when_nothing_runs(made: tuple[Character, str, str]) -> None:
    character, card, library = made
    shown = character_card.bundle(character)
    assert "data:image/jpeg;base64," in shown["text/html"]
    assert "@mona" in shown["text/html"]
    assert "<script>" not in shown["text/html"]
    assert "&lt;script&gt;" in shown["text/html"]
    assert "\n" not in shown["text/plain"]
    assert shown["text/plain"].startswith("<Character @mona on animatic")
    for other in (card, library):
        assert "Portrait of @mona" in other
        assert "Mona" in other


def test_a_portrait_that_is_gone_leaves_the_words(made: tuple[Character, str, str]) -> None:
    from sora_kit.notebook.pictures import inline

    character, _, _ = made
    Path(character.portrait).unlink()
    inline.cache_clear()
    shown = character_card.bundle(character)["text/html"]
    assert "data:image" not in shown
    assert "@mona" in shown


def test_a_storyboard_is_a_timeline() -> None:
    board = Storyboard("{anime} Sunny").shot(4, HOSTILE).shot(1.5, "It lands")
    shown = board_card.bundle(board)
    assert "flex: 4 1 0" in shown["text/html"]
    assert "flex: 1.5 1 0" in shown["text/html"]
    assert "4 to 5.5 s" in shown["text/html"]
    assert "<script>" not in shown["text/html"]
    assert shown["text/plain"] == repr(board)
    assert "No shots yet" in board_card.bundle(Storyboard())["text/html"]

"""The draft: the text is the one truth, and reading it starts nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sora_kit import Studio
from sora_kit.errors import InvalidInput, NotFound
from sora_kit.panels.draft import EXAMPLES, Draft, retag
from sora_kit.panels.prompt import Prompt
from sora_kit.panels.styles import NONE, Styles


@pytest.mark.parametrize(
    ("text", "style", "after"),
    [
        ("A kitten", "anime", "{anime}A kitten"),
        ("", "anime", "{anime}"),
        ("{anime}A kitten", "comic", "{comic}A kitten"),
        ("A kitten {anime} runs", "comic", "A kitten {comic} runs"),
        ("A kitten, { Anime }", "retro", "A kitten, {retro}"),
        ("{anime}A {comic}kitten", "retro", "{retro}A kitten"),
        ("{anime}A kitten", None, "A kitten"),
        ("A kitten", None, "A kitten"),
        ("A {red} kitten {not a style}", "anime", "{anime}A {red} kitten {not a style}"),
    ],
)
def test_retag(text: str, style: str | None, after: str):
    assert retag(text, style) == after


@pytest.fixture
def studio(workspace: Path) -> Iterator[Studio]:
    """A client: nothing here runs a job, so none is started for real."""
    with Studio(workspace, role="client") as opened:
        yield opened


@pytest.fixture
def draft(studio: Studio) -> Draft:
    return Draft(studio)


def test_an_empty_draft_asks_for_words(draft: Draft):
    assert draft.reading["code"] == ""
    assert draft.reading["error"] is None
    assert draft.request is None


def test_a_style_stays_chosen_while_something_else_is_wrong(studio: Studio, draft: Draft):
    styles = Styles(studio, draft=draft)
    draft.text = "{nostalgic}[9s]A kitten [9s]A dog"
    assert "18 s together" in draft.reading["error"]["what"]
    assert styles.chosen == "nostalgic"
    styles.close()


@pytest.mark.parametrize("text", EXAMPLES)
def test_examples_are_understood_without_a_note(draft: Draft, text: str):
    draft.text = text
    assert draft.reading["error"] is None
    assert draft.reading["chips"]
    assert draft.reading["notes"] == []


def test_reading_shows_chips_estimate_and_plan(draft: Draft, studio: Studio):
    draft.text = "{anime}A kitten running across a meadow"
    assert draft.reading["style"] == "anime"
    assert {"label": "style", "value": "anime"} in draft.reading["chips"]
    assert draft.reading["estimate"]["lead"].startswith("Free")
    assert draft.reading["plan"]
    assert studio.records() == []


def test_did_you_mean_is_one_press_away(draft: Draft):
    draft.text = "{anmie}A kitten running"
    (note,) = draft.reading["notes"]
    assert (note["text"], note["suggestion"]) == ("{anmie}", "{anime}")
    draft.fix(0)
    assert draft.text == "{anime}A kitten running"
    assert draft.reading["style"] == "anime"


def test_a_fix_that_is_no_longer_there_does_nothing(draft: Draft):
    draft.text = "A kitten"
    draft.fix(7)
    assert draft.text == "A kitten"


def test_bad_input_is_a_card_and_starts_nothing(draft: Draft, studio: Studio):
    draft.text = "[200s]A cat"
    assert draft.reading["error"]["what"]
    assert draft.reading["error"]["fix"]
    assert draft.request is None
    with pytest.raises(InvalidInput):
        draft.submit()
    assert studio.records() == []


def test_code_is_python_for_the_same_wish(draft: Draft):
    draft.text = 'It\'s a "kitten"\nrunning'
    draft.model = "sora2-portrait-15s"
    code = draft.reading["code"]
    compile(code, "code", "exec")
    assert repr(draft.text) in code
    assert "sora2-portrait-15s" in code


def test_remix_of_an_unknown_clip(draft: Draft):
    with pytest.raises(NotFound):
        draft.remix("clip_nothing")
    assert draft.source == ""


def test_the_style_grid_and_the_text_agree(studio: Studio, draft: Draft):
    grid = Styles(studio, draft=draft)
    draft.text = "A kitten"
    grid.do_choose("comic")
    assert draft.text == "{comic}A kitten"
    assert grid.chosen == "comic"
    draft.text = "{golden}A kitten"
    assert grid.chosen == "golden"
    grid.do_choose("golden")  # pressing the chosen one again takes it off
    assert draft.text == "A kitten"
    assert grid.chosen == NONE
    grid.close()


def test_generate_starts_one_job_per_press(studio: Studio):
    prompt = Prompt(studio)
    prompt.words.text = "A sailboat on the ocean"
    prompt.order.model = "sora2-portrait-10s"
    prompt.order._dispatch(None, {"do": "generate", "key": "press-1"})
    prompt.order._dispatch(None, {"do": "generate", "key": "press-1"})
    (record,) = studio.records()
    assert prompt.job is not None
    assert prompt.job.id == record.id
    assert record.model == "sora2-portrait-10s"
    assert prompt.order.status["said"].startswith("Started")
    prompt.job.cancel()


def test_generate_with_a_bad_prompt_shows_a_card(studio: Studio):
    prompt = Prompt(studio)
    prompt.words._dispatch(None, {"do": "generate", "text": "{anime}", "key": "press-1"})
    assert prompt.order.status["error"]["what"] == "The prompt is empty"
    assert prompt.words.reading["error"] is None  # a style alone is a beginning, not a mistake
    assert prompt.words.reading["style"] == "anime"
    assert studio.records() == []
    prompt.words.text = "A kitten"
    assert prompt.order.status == {}  # the card goes when the words change


def test_unknown_messages_do_nothing(studio: Studio):
    prompt = Prompt(studio)
    for message in ({"do": "explode"}, {"do": "msg"}, {"no": "do"}, "text"):
        prompt.order._dispatch(None, message)
    assert prompt.order.status == {}

"""The model as questions: every answer leads to a real model or says why not."""

from __future__ import annotations

from typing import Any

import pytest

from sora_kit.language import MODELS
from sora_kit.panels.choices import DEFAULT, label, segments

CHOOSABLE = [m.id for m in MODELS.values() if m.kind in ("video", "image") and m.readme]


def option(model: str, text: str) -> dict[str, Any]:
    return next(o for group in segments(model) for o in group["options"] if o["label"] == text)


@pytest.mark.parametrize("model", CHOOSABLE)
def test_each_model_shows_itself_as_chosen(model: str):
    for group in segments(model):
        chosen = [o for o in group["options"] if o["on"]]
        assert len(chosen) == (0 if group["label"] == "Length" and model.startswith("gpt-image") else 1)
        assert all(o["model"] == model for o in chosen)


@pytest.mark.parametrize("model", CHOOSABLE)
def test_each_answer_leads_somewhere_or_says_why_not(model: str):
    for group in segments(model):
        for o in group["options"]:
            assert bool(o["model"]) != bool(o["why"])
            assert not o["model"] or o["model"] in MODELS


def test_all_models_can_be_reached_from_the_default():
    seen, todo = set(), [DEFAULT]
    while todo:
        model = todo.pop()
        if model not in seen:
            seen.add(model)
            todo += [o["model"] for group in segments(model) for o in group["options"] if o["model"]]
    assert seen == set(CHOOSABLE)


def test_impossible_answers_say_why():
    assert option("sora2pro-hd-landscape-10s", "25 s")["why"] == "Pro HD makes at most 15 s"
    assert "15 s" in option("sora2-portrait-25s", "Pro HD")["why"]
    assert option("sora2-landscape-10s", "Square")["why"] == "Only a picture can be square"
    assert option("gpt-image", "10 s")["why"] == "A picture has no length"


def test_from_square_picture_to_video_is_wide():
    assert option("gpt-image", "Sora 2")["model"] == "sora2-landscape-10s"
    assert option("gpt-image-portrait", "Pro")["model"] == "sora2pro-portrait-10s"


def test_a_model_outside_the_questions_counts_as_the_nearest():
    tall = next(o for group in segments("sora-2") for o in group["options"] if o["on"] and o["icon"])
    assert tall["label"] == "Tall"


def test_labels_for_captions():
    assert label("sora2-landscape-10s") == "Sora 2 wide"
    assert label("sora2pro-hd-portrait-15s") == "Pro HD tall"
    assert label("gpt-image") == "Picture square"
    assert label("made-by-a-newer-version") == "made-by-a-newer-version"

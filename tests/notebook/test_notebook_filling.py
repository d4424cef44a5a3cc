"""``df.sora.generate``: rows become clips, failures stay in their rows, and nothing is made twice."""

from __future__ import annotations

import pandas as pd
import pytest

from sora_kit import Studio
from sora_kit.errors import InvalidInput
from sora_kit.notebook.cards import batch as card
from sora_kit.notebook.sheet import page

STILL = "gpt-image"


@pytest.fixture(scope="module")
def studio(tmp_path_factory, home):
    with Studio(tmp_path_factory.mktemp("filling") / "workspace") as opened:
        yield opened


@pytest.fixture
def scenes() -> pd.DataFrame:
    rows = {
        "scene": ["A lighthouse", "A whale", None, "A lighthouse"],
        "look": ["comic", "anmie", "retro", "comic"],
        "seed": [1, None, 3, 1],
        "note": ["a", "b", "c", "d"],
    }
    return pd.DataFrame(rows, index=["p", "q", "q", "r"])


def test_rows_are_made_and_failures_stay_in_their_rows(studio, scenes):
    before = scenes.copy()
    filled = scenes.sora.generate(prompt="scene", style="look", model=STILL).result(90)
    pd.testing.assert_frame_equal(scenes, before)
    assert list(filled.index) == ["p", "q", "q", "r"]
    assert filled["state"].tolist() == ["completed", "failed", "failed", "completed"]
    assert filled["clip_id"].nunique() == 2  # equal rows are two wishes
    assert "anmie" in filled["error"].iloc[1]
    assert "anime" in filled["fix"].iloc[1]
    assert filled["error"].iloc[2] == "This row has no prompt"
    assert filled["note"].tolist() == ["a", "b", "c", "d"]
    assert studio.clip(filled["clip_id"].iloc[0]).seed == 1
    assert filled.sora.preview().html.count("/media/") >= 2


def test_run_again_only_what_failed_is_made(studio, scenes):
    first = scenes.sora.generate(prompt="scene", style="look", model=STILL).result(90)
    count = len(studio.jobs())
    scenes["look"] = scenes["look"].replace("anmie", "anime")
    again = scenes.sora.generate(prompt="scene", style="look", model=STILL)
    assert again.counts() == {"completed": 2, "queued": 1, "failed": 1} or "running" in again.counts()
    filled = again.result(90)
    assert filled["state"].tolist() == ["completed", "completed", "failed", "completed"]
    assert filled["clip_id"].iloc[[0, 3]].tolist() == first["clip_id"].iloc[[0, 3]].tolist()
    assert len(studio.jobs()) == count + 1
    assert filled.sora.generate(prompt="scene", style="look", model=STILL, start=False).counts() == {
        "completed": 3,
        "failed": 1,
    }


def test_columns_of_the_right_name_are_taken_and_values_hold_for_all(studio):
    frame = pd.DataFrame({"prompt": ["A cat", "A dog"], "style": pd.Categorical(["anime", None])})
    cells = frame.sora.generate(model=STILL, seed=5, start=False).cells
    assert [(c.request.prompt, c.request.style, c.request.model, c.request.seed) for c in cells] == [
        ("A cat", "anime", STILL, 5),
        ("A dog", None, STILL, 5),
    ]
    plain = frame.sora.generate("A fox", style="comic", model=STILL, start=False).cells
    assert {(c.request.prompt, c.request.style) for c in plain} == {("A fox", "comic")}


def test_what_was_not_meant_is_asked_about(studio, scenes):
    with pytest.raises(InvalidInput, match="no column 'prompt'") as missing:
        scenes.sora.generate(model=STILL)
    assert "prompt='scene'" in missing.value.fix
    with pytest.raises(InvalidInput, match="no column 'scenes'"):
        scenes.sora.generate(prompt="scenes")
    with pytest.raises(InvalidInput, match="over its budget"):
        scenes.sora.generate(prompt="scene", budget="2 clips")
    with pytest.raises(TypeError, match="unknown option"):
        scenes.sora.generate(prompt="scene", colour="red")


def test_the_card_shows_rows_and_their_errors(studio, scenes):
    filling = scenes.sora.generate(prompt="scene", style="look", model=STILL, name="card", start=False)
    html = str(page(card.picture(filling)))
    assert html.count("Not started") == 2
    assert "This row has no prompt" in html
    assert "2 not started · 2 failed" in html or "2 failed · 2 not started" in html
    filling.start()
    filling.result(90)
    done = str(page(card.picture(filling)))
    assert done.count("/media/") == 2
    assert "<button" not in done


def test_without_a_studio_it_says_so(scenes, monkeypatch):
    monkeypatch.setattr("sora_kit.notebook.current.opened", set())
    with pytest.raises(InvalidInput, match="No studio is open"):
        scenes.sora.generate(prompt="scene")

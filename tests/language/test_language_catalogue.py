from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sora_kit.errors import InvalidInput, UnknownModel, UnknownStyle
from sora_kit.language import MODELS, STYLES, Model, Style, choose_model, find_model, find_style, models_for
from sora_kit.language.table import main, markdown

NAMES = """
gpt-image gpt-image-landscape gpt-image-portrait sora2-landscape-10s sora2-portrait-10s
sora2-landscape-15s sora2-portrait-15s sora2-extension-10s sora2-extension-15s sora2-landscape-25s
sora2-portrait-25s sora2pro-landscape-10s sora2pro-portrait-10s sora2pro-landscape-15s
sora2pro-portrait-15s sora2pro-landscape-25s sora2pro-portrait-25s sora2pro-hd-landscape-10s
sora2pro-hd-portrait-10s sora2pro-hd-landscape-15s sora2pro-hd-portrait-15s prompt-enhance-short-10s
prompt-enhance-short-15s prompt-enhance-short-20s prompt-enhance-medium-10s
prompt-enhance-medium-15s prompt-enhance-medium-20s prompt-enhance-long-10s prompt-enhance-long-15s
prompt-enhance-long-20s avatar-create
"""
IN_ORDER = NAMES.split()


def test_the_31_names_of_the_reference_stand_in_its_order() -> None:
    assert [m.id for m in MODELS.values() if m.readme] == IN_ORDER
    assert len(IN_ORDER) == 31
    assert [m.id for m in MODELS.values() if not m.readme] == ["sora-2", "sora-2-pro"]


def test_sizes_lengths_and_frames() -> None:
    assert (MODELS["sora2-landscape-10s"].width, MODELS["sora2-landscape-10s"].height) == (1280, 720)
    assert MODELS["sora2pro-hd-portrait-15s"].sizes == ((1080, 1920),)
    assert MODELS["gpt-image-portrait"].sizes == ((360, 540),)
    for model in models_for("video"):
        assert model.n_frames == model.seconds * 30
    assert MODELS["sora2-landscape-25s"].pro_only
    assert not MODELS["sora2-landscape-15s"].pro_only
    assert all(m.pro_only for m in MODELS.values() if m.tier != "standard")


@pytest.mark.parametrize(
    ("alias", "model"),
    [
        ("sora-video", "sora2-landscape-10s"),
        ("sora-video-portrait", "sora2-portrait-10s"),
        ("sora-video-15s", "sora2-landscape-15s"),
        ("sora-video-portrait-15s", "sora2-portrait-15s"),
        ("sora-image-landscape", "gpt-image-landscape"),
        ("sora-2-2025-12-08", "sora-2"),
        (" SORA2-Landscape-10S ", "sora2-landscape-10s"),
    ],
)
def test_older_dated_and_shouted_names_are_found(alias: str, model: str) -> None:
    assert find_model(alias) is MODELS[model]
    assert find_model(MODELS[model]) is MODELS[model]


def test_aliases_name_one_model_each() -> None:
    names = [name for m in MODELS.values() for name in (m.id, *m.aliases)]
    assert len(names) == len(set(names))


def test_unknown_names_get_the_nearest() -> None:
    with pytest.raises(UnknownModel, match="sora2-landscape-10s") as caught:
        find_model("sora2-landscap-10s")
    assert caught.value.param == "model"
    with pytest.raises(UnknownStyle, match="Did you mean 'anime'"):
        find_style("anmie")
    with pytest.raises(UnknownStyle, match="nostalgic"):
        find_style("x" * 5000)
    with pytest.raises(UnknownModel):
        find_model("m" * 100_000)


def test_styles_have_constants_and_forgiving_names() -> None:
    assert " ".join(STYLES) == "festive kakalaka news selfie handheld golden anime retro nostalgic comic"
    assert Style.ANIME is STYLES["anime"]
    assert (
        find_style(" Hand_Held ") is find_style("hand held") is find_style(Style.HANDHELD) is Style.HANDHELD
    )
    assert f"{Style.RETRO}" == "retro"
    assert all(s.label and s.description and s.prompt_suffix for s in STYLES.values())
    assert all(getattr(Style, name.upper()) is style for name, style in STYLES.items())


def test_a_wish_finds_its_model() -> None:
    assert choose_model() == "sora2-landscape-10s"
    assert choose_model(orientation="portrait", seconds=15) == "sora2-portrait-15s"
    assert choose_model(seconds=10, tier="pro-hd") == "sora2pro-hd-landscape-10s"
    assert choose_model("image") == "gpt-image"
    assert choose_model("extend", seconds=15) == "sora2-extension-15s"
    assert choose_model("enhance", seconds=20, level="long") == "prompt-enhance-long-20s"
    assert choose_model("character") == "avatar-create"
    assert choose_model("remix", seconds=25) == "sora2-landscape-25s"


def test_a_wish_that_no_model_fulfils_names_those_near() -> None:
    with pytest.raises(InvalidInput, match="sora2pro-hd-landscape-15s") as caught:
        choose_model(orientation="landscape", seconds=25, tier="pro-hd")
    assert "sora2-portrait" not in caught.value.fix


def test_the_page_of_models_is_current(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "models.md"
    assert main(["--check", str(page)]) == 0
    stale = tmp_path / "models.md"
    stale.write_text(markdown().replace("anime", "animé"), encoding="utf-8")
    assert main(["--check", str(stale)]) == 1
    assert main(["--check", str(tmp_path / "missing.md")]) == 1
    assert all(isinstance(model, Model) and f"`{model.id}`" in markdown() for model in MODELS.values())


def test_importing_the_room_loads_nothing_heavy() -> None:
    code = "import sys, sora_kit.language; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "sora_kit.language.parser" in loaded
    assert not {"numpy", "emoji", "PIL", "cv2", "av", "pandas", "litestar", "difflib", "argparse"} & set(
        loaded
    )

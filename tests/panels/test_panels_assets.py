"""Scripts and sheets: whole, self-contained, and using only tokens that exist."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from sora_kit.notebook.theme import LIGHT
from sora_kit.panels.assets import picture, script, sheet
from sora_kit.panels.styles import LOOKS

STATIC = files("sora_kit.panels") / "static"
SERVER = ("charts", "requests", "serving", "webhooks")
PANELS = (
    "bar",
    "characters",
    "gallery",
    "history",
    "order",
    "prompt",
    "storyboard",
    "styles",
    "tabs",
    *SERVER,
)
SHEETS = (
    *("characters", "gallery", "history", "menu", "prompt"),
    *("segments", "server", "storyboard", "studio", "styles"),
)


@pytest.mark.parametrize("name", PANELS)
def test_a_script_carries_its_siblings_and_imports_nothing(name: str):
    text = script(name)
    assert not re.search(r"^\s*import\b", text, re.MULTILINE)
    assert text.count("export default") == 1
    assert len(re.findall(r"^export ", text, re.MULTILINE)) == 1
    assert text.count("function el(") == 1  # a shared module comes once


@pytest.mark.parametrize("name", PANELS)
def test_no_name_is_given_twice_in_a_joined_script(name: str):
    names = re.findall(r"^(?:async )?(?:function|const|let) (\w+)", script(name), re.MULTILINE)
    assert len(names) == len(set(names))


def test_siblings_stand_before_their_users():
    text = script("gallery")
    assert text.index("function el(") < text.index("function keyed(") < text.index("export default")


@pytest.mark.parametrize("name", PANELS)
def test_user_text_never_becomes_markup(name: str):
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script(name))


@pytest.mark.parametrize("text", [*map(script, PANELS), *map(sheet, SHEETS)], ids=[*PANELS, *SHEETS])
def test_nothing_is_loaded_from_elsewhere(text: str):
    assert not re.search(r"https?://(?!www\.w3\.org/)", text)  # (an SVG names its namespace)


@pytest.mark.parametrize("name", SHEETS)
def test_sheets_use_tokens_that_exist(name: str):
    assert set(re.findall(r"var\(--sk-([a-z-]+)", sheet(name))) <= LIGHT.keys()


def test_each_look_has_a_picture_and_all_are_small():
    sizes = [len(picture(f"look_{look}.webp")) for look in LOOKS]
    assert min(sizes) > 500
    assert sum(sizes) < 100_000


def test_package_data_is_complete():
    names = {entry.name for entry in STATIC.iterdir()}
    assert {f"{name}.js" for name in (*PANELS, "dom", "keyed")} <= names

"""docs/first-storyboard.md, step by step: from README's command to a finished storyboard, without any code.

The page's pictures are made here: ``SORA_KIT_SCREENSHOTS=docs pytest tests/ui/test_ui_first_storyboard.py``.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from ui_pages import DRAWN, Picture, Visit, drag, free_port, go, plays

from sora_kit.media.probe import probe

pytestmark = [pytest.mark.ui, pytest.mark.timeout(240)]

PAGE = Path(__file__).parents[2] / "docs" / "first-storyboard.md"
SHOTS = (
    "A paper boat drifts down a rainy street",
    "Close-up: a kitten looks at it, wide-eyed",
    "The boat sails off into the sunset on the ocean",
)


@pytest.fixture
def address(tmp_path: Path, home: Path, require: Callable[[str], Path]) -> Iterator[str]:
    """What ``sora-kit studio`` prints when it is ready; Ctrl-C at the end."""
    require("chromium")
    command = [
        sys.executable,
        "-m",
        "sora_kit",
        "studio",
        "--no-browser",
        "--workspace",
        str(tmp_path / "my film"),
    ]
    command += ["--port", str(free_port()), "--api-port", str(free_port())]
    log = tmp_path / "terminal.txt"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        end = time.monotonic() + 90
        while not (
            found := re.search(r"^Studio +(http\S+)[\s\S]*Ctrl-C", log.read_text("utf-8"), re.MULTILINE)
        ):
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < end, log.read_text("utf-8")
            time.sleep(0.2)
        yield found[1]
    finally:
        process.terminate()
        process.wait(20)


def test_the_page_says_what_is_done_here():
    text = PAGE.read_text("utf-8")
    assert all(shot in text for shot in SHOTS)
    for button in ("Add a shot", "Fit to 10 s", "Play animatic", "Redraw", "Generate", "Export", "Save"):
        assert f"**{button}**" in text, button


def test_from_an_empty_studio_to_a_film_of_three_shots(
    address: str, look: Visit, picture: Picture, tmp_path: Path
):
    view = look(address, width=1280, height=860)
    expect(view.locator(".sk-empty button")).to_have_count(3, timeout=60_000)
    picture(view, "1_studio")

    go(view, "Storyboard")
    add = view.get_by_label("Add a shot")
    for number, words in enumerate(SHOTS, 1):
        add.fill(words)
        view.keyboard.press("Enter")
        expect(view.locator(".sk-board .sk-shot")).to_have_count(number)
    drawn = view.locator(".sk-shot img[src^='data:image/']:not(.sk-stale)")
    expect(drawn).to_have_count(3, timeout=30_000)
    picture(view, "2_shots")

    view.locator(".sk-look", has_text="nostalgic").click()
    lane = view.locator(".sk-lane").bounding_box()
    assert lane
    drag(view, view.locator(".sk-shot").first.locator(".sk-edge"), lane["width"] * 0.12)
    expect(view.get_by_label("Length of shot 1 in seconds")).not_to_have_value("5.0 s")
    expect(view.locator(".sk-balance")).to_contain_text("too long")
    expect(drawn).to_have_count(3, timeout=30_000)
    picture(view, "3_too_long")
    view.get_by_role("button", name="Fit to 10 s").click()
    expect(view.locator(".sk-balance")).to_have_text("")

    view.get_by_role("button", name="Play animatic").click()
    film = view.locator(".sk-film video")
    plays(view, film)
    picture(view, "4_animatic")
    view.locator(".sk-player").get_by_role("button", name="Close").click()

    words = view.get_by_label("Words of shot 2")
    words.fill("Close-up: a ginger cat looks at it, wide-eyed")
    words.press("Tab")
    row = view.locator(".sk-line").nth(1)
    row.get_by_role("button", name="Redraw").click()
    expect(row.get_by_role("button", name="Play shot 2")).to_be_visible(timeout=DRAWN)

    view.get_by_role("button", name="Generate").click()
    go(view, "Results")
    tile = view.locator(".sk-tile", has_text="A paper boat").first
    expect(tile).to_have_attribute("data-state", "completed", timeout=DRAWN)
    tile.locator(".sk-play").click()
    plays(view, tile.locator("video"))
    picture(view, "5_film")
    tile.hover()
    tile.get_by_role("button", name="More for").click()
    with view.expect_download() as waiting:
        view.get_by_role("menuitem", name="Save").click()
    waiting.value.save_as(tmp_path / "film.mp4")
    assert abs(probe(tmp_path / "film.mp4").seconds - 10) < 0.2

    go(view, "Storyboard")
    view.get_by_role("button", name="Export").click()
    with view.expect_download(timeout=DRAWN) as waiting:
        view.get_by_role("menuitem", name="PDF contact sheet").click()
    assert Path(waiting.value.path()).read_bytes().startswith(b"%PDF")

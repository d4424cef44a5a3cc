"""The storyboard editor as people use it: Voilà, Chromium, a real workspace, the drawn preview."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect
from playwright.sync_api import Page as View
from ui_pages import THEMES, Picture, Visit, drag, fits, page_of

from sora_kit import Storyboard, Studio
from sora_kit.panels.page import Page

pytestmark = [pytest.mark.ui, pytest.mark.timeout(240)]

HOSTILE = "<img src=x onerror=document.title='hacked'> a kitten"
BOARD = (
    Storyboard("{anime} Sunny morning")
    .shot(4, "A kitten bursts out of tall grass, low camera tracking beside it")
    .shot(3.5, "It stops at the edge of the forest and listens. Morning mist.")
    .shot(2, "A horse gallops past in the snow, the kitten looks up")
)
CELL = """
from sora_kit import Storyboard, Studio
from sora_kit.panels import StoryboardEditor
StoryboardEditor(Studio(), Storyboard.parse({text!r}))
"""
DRAWN = 60_000  # ms for an animatic on a busy machine


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[Page]:
    """A workspace with its runner and server, and a page whose only cell is the editor."""
    folder = tmp_path_factory.mktemp("ui") / "kittens"
    with Studio(folder, role="runner") as studio:
        studio.serve(port=0)
        with page_of(folder, CELL.format(text=BOARD.to_prompt())) as page:
            yield page


@pytest.fixture
def visit(page: Page, look: Visit) -> Visit:
    """Open the page, and wait for the pictures of its three shots."""

    def visit(theme: str = "light", width: int = 1100, height: int = 1000) -> View:
        view = look(f"{page.url}?theme={theme}", width=width, height=height)
        expect(view.locator(".sk-board .sk-shot")).to_have_count(3, timeout=60_000)
        drawn = view.locator(".sk-shot img[src^='data:image/']:not(.sk-stale)")
        expect(drawn).to_have_count(3, timeout=30_000)
        return view

    return visit


def words(view: View) -> list[str]:
    return [area.input_value() for area in view.locator(".sk-rows textarea").all()]


def tags(view: View) -> Locator:
    return view.locator(".sk-frame .sk-badge")


WIDTHS = "all => all.map(one => one.getBoundingClientRect().width)"


@pytest.mark.parametrize("theme", THEMES)
def test_it_fits_the_page(visit: Visit, picture: Picture, theme: str):
    view = visit(theme=theme)
    expect(tags(view)).to_have_text(["1 · 4.0 s", "2 · 3.5 s", "3 · 2.0 s"])
    expect(view.locator(".sk-balance")).to_have_text("0.5 s left over")
    expect(view.locator(".sk-rest")).to_be_visible()
    for width in (1100, 420):
        view.set_viewport_size({"width": width, "height": 1000})
        # in one look: between two, the page may take its new shape
        first, second, _ = view.locator(".sk-shot").evaluate_all(WIDTHS)
        assert first / second == pytest.approx(4 / 3.5, rel=0.02)
        picture(view, f"{theme}_{width}")
        fits(view, ".sk-board")


def test_editing_with_the_mouse(visit: Visit, picture: Picture):
    view = visit()
    lane = view.locator(".sk-lane").bounding_box()
    assert lane
    drag(view, view.locator(".sk-shot").nth(1).locator(".sk-edge"), lane["width"] / 10 * 1.5)
    expect(tags(view)).to_have_text(["1 · 4.0 s", "2 · 5.0 s", "3 · 2.0 s"])
    expect(view.locator(".sk-balance")).to_have_text("1 s too long")
    expect(view.locator(".sk-rest.sk-excess")).to_be_visible()
    expect(view.get_by_role("button", name="Generate")).to_be_disabled()
    picture(view, "too_long")
    view.get_by_role("button", name="Shorten last shot").click()
    expect(tags(view)).to_have_text(["1 · 4.0 s", "2 · 5.0 s", "3 · 1.0 s"])
    expect(view.locator(".sk-balance")).to_have_text("")
    view.get_by_role("button", name="Undo").click()
    view.get_by_role("button", name="Fit to 10 s").click()
    expect(tags(view)).to_have_text(["1 · 3.6 s", "2 · 4.6 s", "3 · 1.8 s"])
    drag(view, view.locator(".sk-shot").first, lane["width"] * 0.78)
    expect(tags(view)).to_have_text(["1 · 4.6 s", "2 · 1.8 s", "3 · 3.6 s"])
    drag(view, view.locator(".sk-grip").nth(2), 0, -150)
    expect(tags(view)).to_have_text(["1 · 3.6 s", "2 · 4.6 s", "3 · 1.8 s"])
    second = view.locator(".sk-line").nth(1)
    second.get_by_role("button", name="Split").click()
    expect(view.locator(".sk-rows textarea")).to_have_count(4)
    assert words(view)[1:3] == ["It stops at the edge of the forest and listens.", "Morning mist."]
    second.get_by_role("button", name="More").click()
    picture(view, "menu")
    view.get_by_role("menuitem", name="Merge with next").click()
    expect(tags(view)).to_have_text(["1 · 3.6 s", "2 · 4.6 s", "3 · 1.8 s"])
    assert words(view) == [shot.text for shot in BOARD]


def test_editing_with_the_keyboard(visit: Visit):
    view = visit()
    view.locator(".sk-shot").first.focus()
    view.keyboard.press("Alt+ArrowRight")
    expect(tags(view)).to_have_text(["1 · 3.5 s", "2 · 4.0 s", "3 · 2.0 s"])
    expect(view.locator(".sk-shot").nth(1)).to_be_focused()
    for _ in range(5):
        view.keyboard.press("+")
    expect(tags(view).nth(1)).to_have_text("2 · 4.5 s")
    expect(view.locator(".sk-balance")).to_have_text("")
    view.locator(".sk-grip").nth(2).focus()
    view.keyboard.press("ArrowUp")
    expect(view.locator(".sk-grip").nth(1)).to_be_focused()
    expect(tags(view)).to_have_text(["1 · 3.5 s", "2 · 2.0 s", "3 · 4.5 s"])
    length = view.get_by_label("Length of shot 1 in seconds")
    length.fill("1,25")
    view.keyboard.press("Enter")
    expect(length).to_have_value("1.3 s")
    text = view.get_by_label("Words of shot 1")
    text.fill("")
    view.keyboard.press("Tab")
    expect(text).to_have_value(BOARD[1].text)  # a shot has words
    text.fill(HOSTILE)
    view.keyboard.press("Enter")
    add = view.get_by_label("Add a shot")
    add.fill("A whale underwater")
    view.keyboard.press("Enter")
    expect(tags(view)).to_have_text(["1 · 1.3 s", "2 · 2.0 s", "3 · 4.5 s", "4 · 2.2 s"])
    assert words(view)[0] == HOSTILE
    expect(view.locator(".sk-shot").first).to_have_attribute("aria-label", f"Shot 1, 1.3 s: {HOSTILE}")
    assert view.title() != "hacked"
    assert view.locator(".sk-board img[src='x']").count() == 0
    view.locator(".sk-shot").nth(3).focus()
    view.keyboard.press("Delete")
    expect(tags(view)).to_have_count(3)
    view.keyboard.press("Control+z")
    expect(tags(view)).to_have_count(4)


def test_the_animatic_plays_with_a_playhead_and_a_shot_is_redrawn(visit: Visit, picture: Picture):
    view = visit()
    view.get_by_role("button", name="Play animatic").click()
    expect(view.locator(".sk-player")).to_be_visible()
    video = view.locator(".sk-film video")
    expect(video).to_be_visible(timeout=DRAWN)
    expect(view.locator(".sk-player")).to_contain_text("A drawn preview, not footage")
    expect(view.locator(".sk-head")).to_be_visible()
    expect(video).to_have_js_property("duration", 9.5)
    view.locator(".sk-thumb").nth(2).click()
    head, shot = view.locator(".sk-head"), view.locator(".sk-shot").nth(2).bounding_box()
    assert shot
    view.wait_for_function(
        "([head, x]) => head.getBoundingClientRect().left >= x - 2",
        arg=[head.element_handle(), shot["x"]],
        timeout=10_000,
    )
    picture(view, "film")
    view.get_by_role("button", name="Play animatic").click()  # the same board: the same film, at once
    expect(video).to_be_visible(timeout=1500)
    view.locator(".sk-player").get_by_role("button", name="Close").click()
    row = view.locator(".sk-line").nth(1)
    row.get_by_role("button", name="Redraw").click()
    play = row.get_by_role("button", name="Play shot 2")
    expect(play).to_be_visible(timeout=DRAWN)
    expect(row.locator("img")).to_have_attribute("src", re.compile("/media/"))
    play.click()
    expect(video).to_have_js_property("duration", 3.5)
    picture(view, "redrawn")


def test_boards_come_in_and_go_out(visit: Visit, picture: Picture, tmp_path: Path):
    view = visit()
    for label, name, start in (
        ("Text", "storyboard.txt", b"{anime} Sunny"),
        ("WebVTT", "storyboard.vtt", b"WEBVTT"),
        ("OpenTimelineIO", "storyboard.otio", b"{"),
        ("PDF contact sheet", "storyboard.pdf", b"%PDF"),
    ):
        view.get_by_role("button", name="Export").click()
        with view.expect_download(timeout=DRAWN) as waiting:
            view.get_by_role("menuitem", name=label).click()
        assert waiting.value.suggested_filename == name
        assert Path(waiting.value.path()).read_bytes().startswith(start)
    table = tmp_path / "shots.csv"
    table.write_text("Duration;Beschreibung;Text\n2,5;x;Ein Hund am Stränd\n3;y;A cat\n", "cp1252")
    view.get_by_label("Import a storyboard").set_input_files(table)
    expect(view.locator(".sk-board .sk-said")).to_have_text("2 shots read from shots.csv.")
    assert words(view) == ["Ein Hund am Stränd", "A cat"]
    expect(view.get_by_label("For all shots")).to_have_value("{anime} Sunny morning")
    table.write_text("Duration,Text\n2,A dog\nsoon,A cat\n")
    view.get_by_label("Import a storyboard").set_input_files(table)
    expect(view.locator(".sk-board .sk-notice b")).to_have_text("Line 3: 'soon' is not a length of a shot")
    assert len(words(view)) == 2
    add = view.get_by_label("Add a shot")
    add.fill("[1s]One [2s]Two")
    view.keyboard.press("Enter")
    expect(tags(view)).to_have_text(["1 · 2.5 s", "2 · 3.0 s", "3 · 1.0 s", "4 · 2.0 s"])
    view.get_by_role("button", name="Copy as code").click()
    expect(view.locator(".sk-source pre")).to_contain_text("studio.video(Storyboard('{anime} Sunny morning')")
    picture(view, "code")
    view.get_by_role("button", name="Generate").click()
    expect(view.locator(".sk-film video")).to_be_visible(timeout=DRAWN)

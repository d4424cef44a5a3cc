"""The studio's views as people use them: Voilà, Chromium, a real workspace, the drawn preview."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from many_clips import fill
from playwright.sync_api import Page as View
from playwright.sync_api import expect
from ui_pages import THEMES, Picture, Visit, fits, page_of

from sora_kit import Studio
from sora_kit.panels.page import Page

pytestmark = [pytest.mark.ui, pytest.mark.timeout(240)]

MADE = 90_000  # ms for a job on a busy machine
PROMPT = "{anime}A kitten in the rain"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[tuple[Studio, Page]]:
    """A workspace with its runner, its server, its page, ten thousand older results and two real clips."""
    folder = tmp_path_factory.mktemp("ui") / "kittens-campaign"
    with Studio(folder, role="runner") as studio:
        studio.serve(port=0)
        fill(studio, 10_000)
        for words in ("A ginger cat on a wall", "A whale underwater"):
            studio.video(words, model="sora-2", seconds=4, size="1280x720").result(120)
        with page_of(folder) as page:
            yield studio, page


@pytest.fixture
def visit(place: tuple[Studio, Page], look: Visit) -> Visit:
    """Open the page."""

    def visit(theme: str = "light", width: int = 1440, height: int = 1000, *, alone: bool = False) -> View:
        view = look(f"{place[1].url}?theme={theme}", width=width, height=height, alone=alone)
        ready(view)
        return view

    return visit


def ready(view: View) -> None:
    expect(view.locator(".sk-tablist")).to_be_visible(timeout=60_000)
    expect(view.locator(".sk-tile").first).to_be_attached()


def go(view: View, title: str) -> None:
    view.get_by_role("tab", name=title).click()


def words(view: View):
    return view.get_by_label("Prompt", exact=True)


def test_a_reload_brings_back_draft_and_view_and_no_other_visitor_sees_them(visit: Visit):
    mine, other = visit(), visit(alone=True)
    words(mine).fill("{comic}A lighthouse in a storm")
    mine.get_by_role("button", name="Tall").click()
    expect(mine.locator(".sk-understood")).to_contain_text("comic")
    go(mine, "Jobs")
    expect(mine.locator(".sk-history tbody").first).to_be_visible()
    mine.reload()
    expect(mine.locator(".sk-history tbody").first).to_be_visible(timeout=60_000)  # the view
    go(mine, "Create")
    expect(words(mine)).to_have_value("{comic}A lighthouse in a storm")
    expect(mine.get_by_role("button", name="Tall")).to_have_attribute("aria-pressed", "true")
    expect(mine.locator(".sk-look[aria-pressed=true]")).to_have_text("comic")
    other.reload()
    ready(other)
    expect(words(other)).to_have_value("")


def test_views_by_keyboard_and_their_state_stays(visit: Visit):
    view = visit()
    tab = view.get_by_role("tab", name="Create")
    tab.focus()
    view.keyboard.press("ArrowRight")
    expect(view.get_by_role("tab", name="Storyboard")).to_be_focused()
    add = view.get_by_label("Add a shot")
    add.fill("A dog in the snow")  # typed, not yet added
    expect(view.locator(".sk-prompt")).to_be_visible()
    view.get_by_role("tab", name="Storyboard").focus()
    view.keyboard.press("End")
    expect(view.get_by_role("tab", name="Jobs")).to_have_attribute("aria-selected", "true")
    expect(view.locator(".sk-prompt")).to_be_hidden()
    view.keyboard.press("Home")
    expect(tab).to_be_focused()
    view.keyboard.press("ArrowRight")
    expect(view.locator(".sk-board .sk-shot")).to_have_count(1)  # what was typed is there


def test_a_better_prompt_side_by_side(visit: Visit, picture: Picture):
    view = visit()
    words(view).fill(PROMPT)
    view.get_by_role("button", name="Improve prompt").click()
    dialog = view.get_by_role("dialog", name="A better prompt")
    expect(dialog).to_be_visible(timeout=MADE)
    expect(dialog.locator("ins").first).to_be_visible()
    expect(dialog).to_contain_text("A kitten in the rain")
    picture(view, "improve")
    view.keyboard.press("Escape")
    expect(words(view)).to_have_value(PROMPT)
    view.get_by_role("button", name="Improve prompt").click()
    expect(dialog).to_be_visible(timeout=MADE)
    view.keyboard.press("Enter")  # the primary button has the focus
    expect(words(view)).to_have_value(re.compile(r"\[\d"))
    view.get_by_role("button", name="Undo").click()
    expect(words(view)).to_have_value(PROMPT)


def test_a_character_from_the_gallery_into_the_prompt(
    visit: Visit, place: tuple[Studio, Page], picture: Picture
):
    view = visit()
    go(view, "Characters")
    view.locator(".sk-pick", has_text="ginger").click()
    view.get_by_label("Name", exact=True).fill("ginger")
    view.get_by_label("Display name").fill("Ginger")
    view.get_by_role("button", name="Create character").click()
    card = view.locator(".sk-character", has_text="@ginger")
    expect(card).to_have_attribute("data-state", "completed", timeout=MADE)
    portrait = card.locator("img")
    expect(portrait).to_have_js_property("complete", True)
    assert portrait.evaluate("image => image.naturalWidth") > 50
    picture(view, "characters")
    card.get_by_role("button", name="Use").click()
    expect(view.get_by_role("tab", name="Create")).to_have_attribute("aria-selected", "true")
    expect(words(view)).to_have_value("@ginger ")
    expect(words(view)).to_be_focused()
    words(view).fill("")
    view.get_by_role("button", name="@ Character").click()
    view.get_by_role("menuitem", name="@ginger").click()
    expect(words(view)).to_have_value("@ginger ")
    go(view, "Characters")
    remove = card.get_by_role("button", name="Remove")
    remove.click()
    expect(remove).to_have_text("Remove for good?")
    assert "ginger" in place[0].characters
    remove.click()
    expect(card).to_have_count(0)
    assert "ginger" not in place[0].characters


def test_a_character_from_a_file(visit: Visit, place: tuple[Studio, Page], tmp_path: Path):
    clip = place[0].clips()[0].save(tmp_path / "whale.mp4")
    view = visit()
    go(view, "Characters")
    view.get_by_role("button", name="From a file").click()
    view.get_by_label("Clip of the character").set_input_files(clip)
    expect(view.locator(".sk-place:visible")).to_contain_text("whale.mp4 · 4 s", timeout=MADE)
    view.get_by_label("Name", exact=True).fill("moby")
    view.get_by_role("button", name="Create character").click()
    card = view.locator(".sk-character", has_text="@moby")
    expect(card).to_have_attribute("data-state", "completed", timeout=MADE)
    place[0].characters.remove("moby")
    expect(card).to_have_count(0)  # gone for whoever looks


def test_star_tag_and_filter(visit: Visit, place: tuple[Studio, Page]):
    view = visit()
    go(view, "Results")
    whale = view.locator(".sk-tile", has_text="A whale underwater").first
    whale.get_by_role("button", name="Favourite").click()
    expect(whale.get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")
    whale.hover()
    whale.get_by_role("button", name="More for").click()
    view.get_by_role("menuitem", name="Tags…").click()
    view.get_by_label("Tags, with commas").fill("Sea, to show")
    view.keyboard.press("Enter")
    expect(whale.locator(".sk-tag")).to_have_text(["sea", "to show"])
    expect(whale.locator(".sk-about .sk-kind")).to_have_text("ANIMATIC")
    assert whale.locator(".sk-screen .sk-kind").count() == 0  # where it would cover the picture's own label
    view.get_by_role("button", name="Favourites").click()
    expect(view.locator(".sk-tile")).to_have_count(1)
    view.get_by_role("button", name="Favourites").click()
    expect(view.locator(".sk-tile")).not_to_have_count(1)
    view.get_by_label("Tag", exact=True).select_option("to show")
    expect(view.locator(".sk-tile")).to_have_count(1)
    view.get_by_label("Tag", exact=True).select_option("")
    view.get_by_label("Search prompts and tags").fill("ginger")
    expect(view.locator(".sk-tile")).to_have_count(1)
    assert place[0].results().favourite.sum() == 1


def test_two_results_play_side_by_side_in_step(visit: Visit, picture: Picture):
    view = visit()
    go(view, "Results")
    view.get_by_role("button", name="Compare", exact=True).click()
    for name in ("A ginger cat", "A whale"):
        view.get_by_role("button", name=f"Compare: {name}").first.click()
    view.get_by_role("button", name="Compare 2").click()
    card = view.locator(".sk-compare")
    expect(card.locator("figcaption")).to_have_count(2)
    card.get_by_role("button", name="Play").click()
    view.wait_for_function(
        "[...document.querySelectorAll('.sk-compare video')].every(v => v.currentTime > 0.8)", timeout=30_000
    )
    left, right = view.evaluate("[...document.querySelectorAll('.sk-compare video')].map(v => v.currentTime)")
    assert abs(left - right) < 0.35
    picture(view, "compare")
    view.get_by_role("button", name="Close").click()
    expect(card).to_have_count(0)


def test_a_job_tells_its_story_and_is_tried_again(visit: Visit, place: tuple[Studio, Page], picture: Picture):
    job = place[0].image("A sailboat", model="gpt-image")
    job.result(90)
    view = visit()
    go(view, "Jobs")
    row = view.locator(f".sk-history tbody[data-id={job.id}]")
    row.get_by_role("button", name="Details").click()
    expect(row.locator(".sk-details")).to_contain_text(job.id)
    expect(row.locator(".sk-details")).to_contain_text("Attempts")
    picture(view, "jobs")
    row.get_by_role("button", name="Retry").click()
    fresh = view.locator(".sk-history tbody").first
    expect(fresh).not_to_have_attribute("data-id", job.id)
    expect(fresh).to_have_attribute("data-state", "completed", timeout=MADE)


def test_ten_thousand_results_scroll(visit: Visit):
    view = visit()
    go(view, "Results")
    expect(view.get_by_role("tab", name="Results")).to_contain_text("10,0")
    view.mouse.move(700, 600)
    seen = view.locator(".sk-tile").count()
    assert seen < 200
    longest = 0.0
    view.evaluate(
        """() => { window.longest = 0; let last = performance.now();
        const step = (now) => { window.longest = Math.max(window.longest, now - last); last = now;
        requestAnimationFrame(step) }; requestAnimationFrame(step) }"""
    )
    for _ in range(30):
        view.mouse.wheel(0, 900)
        view.wait_for_timeout(80)
    view.wait_for_function(f"document.querySelectorAll('.sk-tile').length > {seen}")
    longest = view.evaluate("window.longest")
    assert view.locator(".sk-tile").count() < 1500  # windows, never all of them
    assert longest < 1000, f"the page stood still for {longest:.0f} ms"


@pytest.mark.parametrize("theme", THEMES)
def test_every_view_fits_a_phone(visit: Visit, picture: Picture, theme: str):
    view = visit(theme=theme, width=390, height=844)
    for title in ("Create", "Storyboard", "Results", "Characters", "Jobs"):
        go(view, title)
        pane = view.locator(f".sk-pane-{'results' if title == 'Create' else title.lower()} > *").first
        expect(pane).to_be_visible()
        view.wait_for_timeout(400)
        fits(view)
        expect(view.get_by_role("tab", name=title)).to_be_in_viewport()
        picture(view, f"phone_{theme}_{title.lower()}")

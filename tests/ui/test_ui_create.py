"""The page as people use it: Voilà, Chromium, a real workspace, the drawn preview."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect
from playwright.sync_api import Page as View
from ui_pages import THEMES, Picture, Visit, fits, page_of

from sora_kit import Studio
from sora_kit.media.probe import probe
from sora_kit.panels.page import Page

pytestmark = [pytest.mark.ui, pytest.mark.timeout(240)]

PROMPT = "{anime}A kitten running across a meadow"
MADE = 90_000  # ms for one clip on a busy machine


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[tuple[Studio, Page]]:
    """A workspace with its runner, its server and its page."""
    folder = tmp_path_factory.mktemp("ui") / "kittens-campaign"
    with Studio(folder, role="runner") as studio:
        studio.serve(port=0)
        with page_of(folder) as page:
            yield studio, page


@pytest.fixture
def visit(place: tuple[Studio, Page], look: Visit) -> Visit:
    """Open the page."""

    def visit(theme: str = "light", width: int = 1440, height: int = 1000, *, alone: bool = False) -> View:
        view = look(f"{place[1].url}?theme={theme}", width=width, height=height, alone=alone)
        expect(view.locator(".sk-generate")).to_be_visible(timeout=60_000)
        expect(view.locator(".sk-tile, .sk-empty:not([hidden])").first).to_be_visible()
        return view

    return visit


def write(view: View, text: str) -> None:
    view.get_by_label("Prompt", exact=True).fill(text)


def tile(view: View, words: str) -> Locator:
    return view.locator(".sk-tile", has_text=words).first


def test_the_first_visit_offers_examples(visit: Visit):
    view = visit()
    expect(view).to_have_title("sora_kit studio")
    expect(view.locator(".sk-empty button")).to_have_count(3)
    view.locator(".sk-empty button").first.click()
    expect(view.get_by_label("Prompt", exact=True)).to_have_value(PROMPT)
    expect(view.locator(".sk-look[aria-pressed=true]")).to_have_text("anime")


def test_from_a_prompt_to_a_clip_that_plays_seeks_and_saves(visit: Visit, picture: Picture, tmp_path: Path):
    view = visit()
    write(view, PROMPT)
    expect(view.locator(".sk-backdrop mark")).to_have_text("{anime}")
    expect(view.locator(".sk-understood")).to_contain_text("anime")
    expect(view.locator(".sk-estimate")).to_contain_text("Free")
    view.get_by_role("button", name="See plan").click()
    expect(view.locator(".sk-steps li").first).to_be_visible()
    view.get_by_role("button", name="Generate").click()

    made = tile(view, "A kitten running")
    bar = made.get_by_role("progressbar")
    seen: set[str] = set()
    expect(bar).to_be_visible()
    expect(made).to_contain_text("safe to close this page")
    while made.get_attribute("data-state") != "completed":
        if bar.count():
            seen.add(bar.get_attribute("aria-valuenow") or "")
        view.wait_for_timeout(100)
    assert len(seen) >= 3, f"progress was {sorted(seen)}"

    expect(made.locator(".sk-kind")).to_have_text("ANIMATIC")
    expect(made.locator(".sk-length")).to_have_text("10 s")
    assert made.locator("video").count() == 0  # nothing is loaded before somebody presses play
    poster = made.locator(".sk-poster")
    expect(poster).to_have_js_property("complete", True)
    assert poster.evaluate("image => image.naturalWidth") > 100
    picture(view, "done_light")

    made.locator(".sk-play").click()
    video = made.locator("video").element_handle()
    view.wait_for_function("v => v.currentTime > 0.2 && !v.paused", arg=video)
    assert abs(video.evaluate("v => v.seekable.end(0)") - 10) < 0.2
    video.evaluate("v => { v.currentTime = 8 }")
    view.wait_for_function("v => !v.seeking && v.currentTime >= 8", arg=video)
    assert video.evaluate("v => v.currentTime") < 9.9

    made.hover()
    made.get_by_role("button", name="More for").click()
    with view.expect_download() as waiting:
        made.get_by_role("menuitem", name="Save").click()
    saved = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(saved)
    assert saved.name.startswith("a-kitten-running-across-a-meadow")
    assert abs(probe(saved).seconds - 10) < 0.2


def test_a_playing_video_is_not_disturbed_by_a_new_result(visit: Visit, place: tuple[Studio, Page]):
    place[0].video(PROMPT, model="sora2-landscape-10s", key="steady").result(90)
    view = visit()
    made = tile(view, "A kitten running")
    made.hover()
    made.locator(".sk-play").click()
    video = made.locator("video").element_handle()
    view.wait_for_function("v => v.currentTime > 0.1", arg=video)
    video.evaluate("v => { v.loop = true; v.muted = true; v.resets = 0; v.onemptied = () => v.resets++ }")
    other = place[0].image("A camel in the desert", model="gpt-image")
    fresh = view.locator(f".sk-tile[data-id={other.id}]")
    expect(fresh).to_have_attribute("data-state", "completed", timeout=MADE)
    assert view.locator(".sk-tile").first.get_attribute("data-id") == other.id  # newest first
    assert video.evaluate("v => v.isConnected && !v.paused && v.resets === 0")


def test_a_misspelt_style_is_flagged_and_one_press_mends_it(visit: Visit, picture: Picture):
    view = visit()
    write(view, "{anmie}A kitten running")
    expect(view.locator(".sk-understood .sk-warn")).to_contain_text("did you mean")
    expect(view.locator("mark.sk-odd")).to_have_text("{anmie}")
    picture(view, "misspelt_light")
    view.get_by_role("button", name="Use {anime}").click()
    expect(view.get_by_label("Prompt", exact=True)).to_have_value("{anime}A kitten running")
    expect(view.locator(".sk-understood .sk-warn")).to_have_count(0)


def test_an_error_is_a_card(visit: Visit):
    view = visit()
    write(view, "[200s]A cat")
    expect(view.locator(".sk-words .sk-notice b")).to_contain_text("200")
    expect(view.get_by_role("button", name="Generate")).to_be_disabled()
    assert "Traceback" not in view.content()


def test_style_and_model_by_keyboard(visit: Visit):
    view = visit()
    write(view, "A sailboat on the ocean")
    view.locator(".sk-look", has_text="comic").focus()
    view.keyboard.press("Enter")
    expect(view.get_by_label("Prompt", exact=True)).to_have_value("{comic}A sailboat on the ocean")
    view.get_by_role("button", name="25 s").focus()
    view.keyboard.press("Enter")
    struck = view.locator("[aria-disabled=true]", has_text="Pro HD")
    expect(struck).to_have_attribute("data-why", re.compile("15 s"))
    struck.focus()
    shown = struck.evaluate("node => getComputedStyle(node, '::after').content")
    assert "15 s" in shown


def test_two_visitors_see_each_others_jobs_and_can_cancel(visit: Visit, picture: Picture):
    one, two = visit(), visit(theme="dark", alone=True)
    write(one, "A lighthouse in a storm, slow push in")
    one.get_by_role("button", name="25 s").click()
    expect(one.get_by_role("button", name="25 s")).to_have_attribute("aria-pressed", "true")
    one.get_by_role("button", name="Generate").click()
    seen = tile(two, "A lighthouse")
    expect(seen).to_be_visible()
    expect(two.locator(".sk-bar-top [role=status]")).to_contain_text("1 running", timeout=15_000)
    expect(seen.locator(".sk-drawing")).to_have_attribute("style", re.compile("data:image/"))
    picture(two, "running_dark")
    seen.get_by_role("button", name="Cancel").click()
    expect(seen).to_have_attribute("data-state", "cancelled")
    expect(tile(one, "A lighthouse")).to_have_attribute("data-state", "cancelled")
    one.get_by_role("tab", name="Jobs").click()
    row = one.locator(".sk-history tbody", has_text="A lighthouse").first
    expect(row).to_contain_text("cancelled")
    picture(one, "jobs_light")


def test_hostile_words_stay_words(visit: Visit, place: tuple[Studio, Page]):
    words = "<img src=x onerror=document.title='hacked'> a kitten"
    place[0].image(words, model="gpt-image").result(60)
    view = visit()
    expect(tile(view, words)).to_be_visible()
    write(view, words)
    view.get_by_role("tab", name="Jobs").click()
    expect(view.locator(".sk-history td", has_text=words).first).to_be_visible()
    expect(view).to_have_title("sora_kit studio")


@pytest.mark.parametrize("theme", THEMES)
def test_the_page_fits(visit: Visit, picture: Picture, theme: str):
    view = visit(theme=theme)
    write(view, "{anime}A kitten running across a meadow, low camera tracking beside it, @whiskers")
    expect(view.locator(".sk-backdrop mark")).to_have_count(2)
    expect(view.locator(".sk-look img[src^='data:image/']")).not_to_have_count(0)
    for width in (1440, 420):
        view.set_viewport_size({"width": width, "height": 1000})
        picture(view, f"page_{theme}_{width}", whole=width == 420)
        fits(view, ".sk-prompt")
    ground = view.evaluate("getComputedStyle(document.querySelector('.sk-studio')).backgroundColor")
    assert ground == {"light": "rgb(245, 245, 243)", "dark": "rgb(15, 17, 21)"}[theme]
    letters = view.evaluate("getComputedStyle(document.querySelector('.sk-backdrop')).font")
    assert letters == view.evaluate("getComputedStyle(document.querySelector('.sk-field textarea')).font")


@pytest.mark.parametrize(("width", "height"), [(360, 640), (1280, 500)])
def test_everything_can_be_scrolled_to(
    visit: Visit,
    picture: Picture,
    place: tuple[Studio, Page],
    width: int,
    height: int,
):
    jobs = [place[0].image(f"A sailboat, number {n}", model="gpt-image", key=f"scroll-{n}") for n in range(8)]
    for job in jobs:
        job.result(90)
    view = visit(width=width, height=height)
    write(view, PROMPT)
    expect(view.locator(".sk-generate")).to_be_enabled()
    expect(view.locator(".sk-tile").nth(7)).to_be_attached()
    view.mouse.move(width / 2, height / 2)
    at = view.evaluate("scrollY")
    assert at == 0
    for target in (view.locator(".sk-generate"), view.locator(".sk-tile").last):
        for _ in range(60):
            box = target.bounding_box()
            assert box
            if box["y"] >= 0 and box["y"] + box["height"] <= height:
                break
            view.mouse.wheel(0, 120)
            view.wait_for_timeout(40)
        expect(target).to_be_in_viewport(ratio=0.99)
        assert view.evaluate("scrollY") > at
        at = view.evaluate("scrollY")
    picture(view, f"scrolled_{width}")
    view.locator(".sk-generate").click(trial=True)  # scrolls back by itself; nothing lies over it
    # The keys scroll the page without anything of it in focus.
    view.evaluate("document.activeElement.blur()")
    for key, arrived in (("Home", "scrollY < 1"), ("PageDown", "scrollY > 100")):
        for _ in range(40):
            view.keyboard.press(key)  # again: a turn of the wheel that still rolls out wins over a key
            view.wait_for_timeout(250)
            if view.evaluate(arrived):
                break
        assert view.evaluate(arrived), key


def test_a_long_prompt_scrolls_in_its_box(visit: Visit):
    view = visit()
    write(view, "\n".join(f"line {n}, a cat" for n in range(200)) + " " + "q" * 300)
    box, backdrop = view.get_by_label("Prompt", exact=True), view.locator(".sk-backdrop")
    assert box.evaluate("box => box.clientHeight") < 300
    assert box.evaluate("box => box.scrollHeight") == backdrop.evaluate("box => box.scrollHeight")
    box.evaluate("box => { box.scrollTop = 900 }")
    expect(backdrop).to_have_js_property("scrollTop", 900)
    warning = view.locator(".sk-understood .sk-warn", has_text="qqq")
    expect(warning).to_contain_text("…")
    assert "q" * 300 in (warning.get_attribute("title") or "")


def test_a_deletion_hands_the_focus_on_and_a_leaving_page_ends_its_kernel(
    visit: Visit, place: tuple[Studio, Page]
):
    for n in range(2):
        place[0].image(f"A camel, number {n}", model="gpt-image", key=f"focus-{n}").result(90)
    view = visit()
    first = tile(view, "A camel, number 1")
    heir = first.locator("xpath=following-sibling::*[1]").get_attribute("data-id")
    first.get_by_role("button", name="More for").focus()
    view.keyboard.press("Enter")
    first.get_by_role("menuitem", name="Delete…").focus()
    view.keyboard.press("Enter")
    view.keyboard.press("Enter")  # the question has the focus
    expect(first).to_have_count(0)
    focused = "document.activeElement.closest('.sk-tile')?.dataset.id"
    assert view.evaluate(focused) == heir
    log = place[1].log
    ended = log.read_text("utf-8").count("Kernel shutdown")
    view.reload()  # the page that goes posts a beacon
    expect(view.locator(".sk-generate")).to_be_visible(timeout=60_000)
    said = log.read_text("utf-8")
    assert said.count("Kernel shutdown") > ended
    assert "403 POST" not in said

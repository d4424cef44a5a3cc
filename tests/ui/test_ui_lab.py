"""The panels in JupyterLab, as on a hub: path and token, cells, reload, restart, a kernel that is busy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect
from playwright.sync_api import Page as View
from ui_lab import BASE, Lab, Notebook
from ui_pages import DRAWN, Picture, Visit, drag, go, loads, plays, seeks, write_notebook

from sora_kit import Studio

pytestmark = [pytest.mark.ui, pytest.mark.timeout(240)]

START = """
import asyncio, time
from sora_kit import Storyboard, Studio
from sora_kit.panels import *
studio = Studio()
"""
BOARD = """
board = Storyboard("{anime} Sunny").shot(4, "A kitten").shot(3, "A horse").shot(3, "A whale")
StoryboardEditor(studio, board)
"""
NOTEBOOKS = {
    "studio": (START, "Dashboard(studio)"),
    "board": (START, BOARD),
    "panels": (
        START,
        "draft = Draft(studio)\nPrompt(studio, draft=draft)",
        "Styles(studio, draft=draft)",
        "Results(studio, draft=draft)",
        "Characters(studio, draft=draft)",
        "Jobs(studio)",
        "Accounts(studio)",
        "Server(studio)",
    ),
    "busy": (START, "Prompt(studio)", "while True:\n    await asyncio.sleep(0.1)", "time.sleep(600)"),
}


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory, home: Path, require: Callable[[str], Path]
) -> Iterator[Lab]:
    """JupyterLab with these notebooks, over a workspace with two clips and an account. Nobody runs it yet."""
    require("chromium")
    folder = tmp_path_factory.mktemp("lab")
    for name, cells in NOTEBOOKS.items():
        write_notebook(folder / "notes", name, *(cell.strip() for cell in cells))
    with Studio(folder / "kittens", role="runner") as studio:
        for words in ("A ginger cat on a wall", "A whale underwater"):
            studio.video(words, model="sora-2", seconds=4, size="1280x720").result(120)
        studio.accounts.add("sora_web", refresh_token="rt_" + "x" * 30, client_id="app_1", label="pool-01")
    with Lab(folder / "notes", {"SORA_KIT_WORKSPACE": str(folder / "kittens")}) as lab:
        yield lab


Open = Callable[[str], tuple[View, Notebook]]


@pytest.fixture
def notebook(lab: Lab, look: Visit) -> Iterator[Open]:
    """Open a notebook and run its cells. Whatever the page asks for comes from the Jupyter server."""
    asked: set[str] = set()
    open_now: list[Notebook] = []

    def notebook(name: str) -> tuple[View, Notebook]:
        view = look("about:blank", alone=True)
        view.on("request", lambda request: asked.add(request.url))
        view.goto(lab.url(f"lab/tree/{name}.ipynb?reset"))
        open_now.append(opened := Notebook(view))
        opened.run_all()
        return view, opened

    yield notebook
    for opened in open_now:
        opened.shut_down()
    strangers = {
        url for url in asked if url.startswith("http") and not url.startswith(f"http://{lab.origin}{BASE}")
    }
    assert {url for url in strangers if "127.0.0.1" in url} == set()


def prompt(view: View) -> Locator:
    return view.get_by_label("Prompt", exact=True)


def generate(view: View, words: str, length: str) -> Locator:
    """Ask for a video; gives its tile."""
    prompt(view).fill(words)
    view.get_by_role("button", name=length, exact=True).click()
    expect(view.get_by_role("button", name=length, exact=True)).to_have_attribute("aria-pressed", "true")
    view.get_by_role("button", name="Generate").click()
    tile = view.locator(".sk-tile", has_text=words).first
    expect(tile).to_be_visible()
    return tile


def test_make_play_cancel_reload_restart_and_find_the_job_again(notebook: Open, picture: Picture):
    view, opened = notebook("studio")
    expect(view.locator(".sk-tile").nth(1)).to_be_visible(timeout=60_000)
    made = generate(view, "A sailboat on the ocean", "10 s")
    expect(made).to_have_attribute("data-state", "completed", timeout=DRAWN)
    done = made.get_attribute("data-id")
    poster = loads(made.locator(".sk-poster"))
    assert f"{BASE}proxy/" in poster  # a hub lets nothing else through
    made.locator(".sk-play").click()
    plays(view, made.locator("video"))
    seeks(view, made.locator("video"), 8)
    picture(view, "studio")

    long = generate(view, "A lighthouse in a storm", "25 s")
    long.get_by_role("button", name="Cancel").click()
    expect(long).to_have_attribute("data-state", "cancelled")

    opened.save()
    view.reload()  # the kernel goes on; the page finds its widgets again
    opened.ready()
    expect(view.locator(f".sk-tile[data-id={done}]")).to_be_visible(timeout=60_000)
    expect(prompt(view)).to_have_value("A lighthouse in a storm")

    left = generate(view, "A horse gallops past in the snow", "15 s").get_attribute("data-id")
    view.locator(".sk-studio").evaluate("node => { node.dataset.before = 1 }")
    opened.restart()
    expect(view.locator(".sk-studio[data-before]")).to_have_count(0, timeout=60_000)  # the dead page is gone
    expect(view.locator(f".sk-tile[data-id={left}]")).to_be_visible(timeout=60_000)
    go(view, "Jobs")
    row = view.locator(f".sk-history tbody[data-id={left}]")
    expect(row).to_be_visible()
    expect(row).to_have_attribute("data-state", "completed", timeout=DRAWN)


def test_a_board_is_dragged_played_and_made(notebook: Open, picture: Picture):
    view, _ = notebook("board")
    tags = view.locator(".sk-frame .sk-badge")
    expect(tags).to_have_text(["1 · 4.0 s", "2 · 3.0 s", "3 · 3.0 s"], timeout=60_000)
    shots = view.locator(".sk-shot")
    lane = view.locator(".sk-lane").bounding_box()
    assert lane
    drag(view, shots.nth(0).locator(".sk-edge"), lane["width"] / 10)
    expect(tags).to_have_text(["1 · 5.0 s", "2 · 3.0 s", "3 · 3.0 s"])
    view.get_by_role("button", name="Shorten last shot").click()
    expect(tags).to_have_text(["1 · 5.0 s", "2 · 3.0 s", "3 · 2.0 s"])
    drag(view, shots.nth(0), lane["width"] * 0.78)
    expect(tags).to_have_text(["1 · 3.0 s", "2 · 2.0 s", "3 · 5.0 s"])
    view.get_by_role("button", name="Play animatic").click()
    film = view.locator(".sk-film video")
    plays(view, film)
    assert film.evaluate("video => video.src").count(f"{BASE}proxy/") == 1
    picture(view, "board")
    view.get_by_role("button", name="Generate").click()
    expect(film).to_be_visible(timeout=DRAWN)


def test_each_panel_stands_alone_in_a_cell(notebook: Open, picture: Picture):
    view, opened = notebook("panels")
    expect(view.get_by_role("region", name="API server")).to_be_attached(timeout=60_000)
    opened.output(2).locator(".sk-look", has_text="comic").click()
    expect(prompt(view)).to_have_value("{comic}")  # panels that share a draft share the prompt

    results = opened.output(3)
    results.get_by_role("button", name="Compare", exact=True).click()
    for name in ("A ginger cat", "A whale"):
        results.get_by_role("button", name=f"Compare: {name}").first.click()
    results.get_by_role("button", name="Compare 2").click()
    view.locator(".sk-compare").get_by_role("button", name="Play").click()
    times = "[...document.querySelectorAll('.sk-compare video')].map(v => v.currentTime)"
    view.wait_for_function(f"{times}.length == 2 && {times}.every(t => t > 0.5)", timeout=30_000)
    left, right = view.evaluate(times)
    assert abs(left - right) < 0.5
    results.get_by_role("button", name="Close").click()

    people = opened.output(4)
    people.locator(".sk-pick", has_text="ginger").click()
    people.get_by_label("Name", exact=True).fill("ginger")
    people.get_by_role("button", name="Create character").click()
    expect(people.locator(".sk-character")).to_have_attribute("data-state", "completed", timeout=DRAWN)
    people.get_by_role("button", name="Use").click()
    expect(prompt(view)).to_have_value("{comic} @ginger ")

    expect(opened.output(5).locator("tbody[data-state]", has_text="ginger").first).to_be_visible()
    accounts = opened.output(6)
    accounts.get_by_label("Search accounts").fill("nobody")
    expect(accounts.get_by_text("Nothing matches")).to_be_visible()
    server = opened.output(7)
    server.get_by_label("Port").fill("0")
    server.get_by_role("button", name="Start server").click()
    expect(server.locator(".sk-url")).to_contain_text("http://127.0.0.1:")
    server.get_by_role("button", name="Stop server").click()
    expect(server.get_by_role("region", name="API server")).to_contain_text("Not running")

    opened.menu("Settings", "Theme", "JupyterLab Dark")
    expect(view.locator("body[data-jp-theme-light=false]")).to_be_attached()
    figure = accounts.locator(".sk-figure").first
    expect(figure).to_have_css("background-color", "rgb(23, 26, 33)")
    picture(view, "panels_dark")
    opened.menu("Settings", "Theme", "JupyterLab Light")


def test_clicks_take_effect_while_a_cell_runs_and_stop_stops_it(notebook: Open):
    view, opened = notebook("busy")
    expect(view.locator(".sk-understood")).to_be_attached(timeout=60_000)
    for cell in (2, 3):  # one that awaits, one that blocks
        opened.busy(cell)
        prompt(view).fill(f"A cat, number {cell}")
        expect(view.locator(".sk-estimate")).to_contain_text("Free")  # the kernel's words
        for length in ("15 s", "25 s", "10 s"):  # the page sends the next when the kernel took the last
            button = view.get_by_role("button", name=length, exact=True)
            button.click()
            expect(button).to_have_attribute("aria-pressed", "true")
        opened.busy(cell)
        opened.interrupt()
        opened.idle()  # which neither would be by itself
        if cell == 2:
            opened.run(3)

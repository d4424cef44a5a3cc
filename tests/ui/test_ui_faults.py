"""What visitors see when things go wrong behind the page: cards and plain words, never a traceback."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page as View
from playwright.sync_api import Route, expect
from ui_pages import DRAWN, Picture, Visit, free_port, go, page_of

from sora_kit import Studio
from sora_kit.panels.page import Page

pytestmark = [pytest.mark.ui, pytest.mark.timeout(240)]

PROMPT = "A red balloon over a field"


@pytest.fixture
def place(tmp_path: Path, home: Path, require: Callable[[str], Path]) -> Iterator[tuple[Studio, Page]]:
    """A workspace with its runner, its server and its page."""
    require("chromium")
    with Studio(tmp_path / "kittens", role="runner") as studio:
        studio.serve(port=0)
        with page_of(tmp_path / "kittens") as page:
            yield studio, page


def open_page(look: Visit, page: Page) -> View:
    view = look(page.url, alone=True)
    expect(view.locator(".sk-generate")).to_be_visible(timeout=60_000)
    return view


def generate(view: View, words: str = PROMPT) -> None:
    view.get_by_label("Prompt", exact=True).fill(words)
    expect(view.locator(".sk-generate")).to_be_enabled()
    view.locator(".sk-generate").click()


def end_kernel(kernel: str) -> None:
    """End the process of a kernel."""
    for one in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # others come and go
            if any(kernel in word for word in one.cmdline()):
                one.kill()


def unspoilt(view: View) -> None:
    """No code, no traceback, no name of an exception."""
    shown = view.locator("body").inner_text()
    assert not re.search(r"Traceback|File \"|\b\w+(Error|Exception)\b|sqlite3|site-packages", shown), shown


def test_a_kernel_that_dies_is_missed_within_half_a_minute(place: tuple[Studio, Page], look: Visit):
    view = open_page(look, place[1])
    mine = json.loads(view.locator("#jupyter-config-data").text_content() or "")["kernelId"]
    end_kernel(mine)
    expect(view.locator(".sk-lost")).to_contain_text("reload this page", timeout=60_000)
    unspoilt(view)
    view.reload()
    expect(view.locator(".sk-generate")).to_be_visible(timeout=60_000)
    expect(view.locator(".sk-lost")).to_have_count(0)


def test_a_kernel_that_dies_before_its_page_is_there_is_replaced_unseen(
    place: tuple[Studio, Page], look: Visit
):
    """And when the next one does, too, the page says so in words."""
    asked = []
    doomed = 1

    def cut(route: Route) -> None:
        """The page has arrived, and its script is about to look for the kernel that was given away last."""
        asked.append(route.request.url)
        *_, mine = re.findall(r"Using pre-heated kernel: (\S+) for", place[1].log.read_text("utf-8"))
        if len(asked) <= doomed:
            end_kernel(mine)
        route.continue_()

    view = look("about:blank", alone=True)
    view.route("**/voila/static/voila.js", cut)
    view.goto(place[1].url)
    expect(view.locator(".sk-generate")).to_be_visible(timeout=60_000)
    assert len(asked) == 2
    asked.clear()
    doomed = 2
    view.goto(place[1].url)
    expect(view.locator("#sk-closed")).to_contain_text("could not be opened", timeout=60_000)
    assert len(asked) == 2
    unspoilt(view)
    view.reload()
    expect(view.locator(".sk-generate")).to_be_visible(timeout=60_000)


def test_a_workspace_that_is_gone_is_a_card(
    place: tuple[Studio, Page], look: Visit, tmp_path: Path, picture: Picture
):
    view = open_page(look, place[1])
    shutil.rmtree(
        tmp_path / "kittens", ignore_errors=True
    )  # files that are open stay, where the system says so
    generate(view)
    ended = "[data-state=failed], .sk-notice:visible"
    expect(view.locator(ended).first).to_be_visible(timeout=DRAWN)
    picture(view, "gone")
    unspoilt(view)
    late = look(place[1].url, alone=True)
    expect(late.locator(".sora-kit:visible").first).to_be_visible(timeout=60_000)
    unspoilt(late)


def test_a_backend_that_is_down_says_so_in_the_tile(
    tmp_path: Path, home: Path, look: Visit, require: Callable[[str], Path], picture: Picture
):
    require("chromium")
    nobody = f"http://127.0.0.1:{free_port()}/backend"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SORA_KIT_SORA_WEB_URL", nobody)
        patch.setenv("SORA_KIT_BACKEND", "sora_web")
        with Studio(tmp_path / "kittens", role="runner") as studio:
            studio.serve(port=0)
            studio.accounts.add("sora_web", access_token="t" * 40, label="mine")
            with page_of(tmp_path / "kittens") as page:
                view = open_page(look, page)
                generate(view)
                tile = view.locator(".sk-tile").first
                expect(tile).to_contain_text("All accounts pause after failed connections", timeout=60_000)
                picture(view, "backend_down")
                unspoilt(view)


def test_an_address_that_leads_nowhere_is_a_plain_page(place: tuple[Studio, Page], look: Visit):
    view = look(f"{place[1].url}voila/render/nothing.ipynb")
    unspoilt(view)


def test_many_visitors_at_once_share_one_workspace(place: tuple[Studio, Page], look: Visit):
    """More than there are warm kernels; each has a gallery of everything, and a prompt of their own."""
    views = [look(place[1].url, alone=True) for _ in range(5)]
    for number, view in enumerate(views):
        expect(view.locator(".sk-generate")).to_be_visible(timeout=90_000)
        view.get_by_role("button", name="Picture", exact=True).click()
        generate(view, f"A red balloon, number {number}")
    for view in views:
        for number in range(5):
            tile = view.locator(".sk-tile", has_text=f"A red balloon, number {number}").first
            expect(tile).to_have_attribute("data-state", "completed", timeout=DRAWN)
    values = [view.get_by_label("Prompt", exact=True).input_value() for view in views]
    assert len(set(values)) == len(views)
    go(views[0], "Jobs")
    expect(views[0].locator(".sk-history tbody[data-state=completed]")).to_have_count(5)

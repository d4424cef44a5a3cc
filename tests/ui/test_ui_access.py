"""Every view of the studio for people who do not see or point: axe-core finds nothing serious.

axe-core comes with the wheel of ``axe-playwright-python``; nothing is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Page as View
from playwright.sync_api import expect
from ui_pages import DRAWN, THEMES, Picture, Visit, go, page_of

from sora_kit import Studio
from sora_kit.panels.page import Page
from sora_kit.store.requests import Answered

pytestmark = [pytest.mark.ui, pytest.mark.timeout(240)]

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
RUN = """async () => {
  const found = await axe.run(document, {resultTypes: ["violations"]});
  const where = (node) => `${node.html} ${node.failureSummary}`;
  return found.violations.map((one) => ({...one, nodes: one.nodes.map(where)}));
}"""
FOCUSED = """() => {
  const it = document.activeElement, look = getComputedStyle(it), box = it.getBoundingClientRect();
  const name = (it.getAttribute("aria-label") || it.innerText || it.labels?.[0]?.innerText || "").trim();
  return {name, ring: box.width > 0 && (look.outlineStyle !== "none" || look.boxShadow !== "none")};
}"""
GRAVE = {"serious", "critical"}
CELL = """
from sora_kit import Studio
from sora_kit.panels import Dashboard
Dashboard(Studio(), operator=True)
"""
BOARD = "[4.0s]A dog in a snowy forest [3.5s]Close-up, it looks up [2.5s]It runs home at night"


@pytest.fixture(scope="module")
def page(
    tmp_path_factory: pytest.TempPathFactory, home: Path, require: Callable[[str], Path]
) -> Iterator[Page]:
    """A workspace with two clips, a character, a failure, accounts and a log, and all views on one page."""
    require("chromium")
    folder = tmp_path_factory.mktemp("access") / "kittens"
    with Studio(folder, role="runner") as studio:
        studio.serve(port=0)
        cat = studio.video("A ginger cat on a wall", model="sora-2", seconds=4).result(120)
        studio.video("A whale underwater", model="sora-2", seconds=4).result(120)
        studio.character(cat, name="ginger").result(120)
        studio.image("A sailboat", model="gpt-image").result(60)
        for n in range(3):
            studio.accounts.add("sora_web", refresh_token=f"rt_{n:030}", client_id="app_1", label=f"pool-{n}")
        studio.requests.add(
            Answered("POST", "/v1/videos", 400, 12.0, client="127.0.0.1", error="content_refused")
        )
        studio.requests.flush()
        with page_of(folder, CELL) as page:
            yield page


def check(view: View, where: str) -> None:
    """Fail on every serious finding, and say where it is."""
    found = [
        f"{one['id']} ({one['impact']}): {one['help']}\n    " + "\n    ".join(one["nodes"][:3])
        for one in view.evaluate(RUN)
        if one["impact"] in GRAVE
    ]
    assert not found, f"{where}:\n" + "\n".join(found)


@pytest.mark.parametrize("theme", THEMES)
def test_no_view_has_a_serious_fault(page: Page, look: Visit, picture: Picture, theme: str):
    view = look(f"{page.url}?theme={theme}")
    view.emulate_media(reduced_motion="reduce")  # a colour that is still changing has no contrast to speak of
    expect(view.locator(".sk-generate")).to_be_visible(timeout=60_000)
    view.evaluate(AXE)
    expect(view.locator(".sk-tile")).not_to_have_count(0)
    check(view, "an empty prompt")

    view.get_by_label("Prompt", exact=True).fill("{anmie}A kitten running, @nobody")
    expect(view.locator(".sk-understood .sk-warn").first).to_be_visible()
    view.get_by_role("button", name="See plan").click()
    expect(view.locator(".sk-steps li").first).to_be_visible()
    check(view, "a prompt with warnings, its plan")
    view.get_by_role("button", name="Improve prompt").click()
    expect(view.get_by_role("dialog", name="A better prompt")).to_be_visible(timeout=DRAWN)
    check(view, "a better prompt")
    view.keyboard.press("Escape")

    view.get_by_label("Prompt", exact=True).fill(BOARD)
    go(view, "Storyboard")
    expect(view.locator(".sk-board .sk-shot")).to_have_count(3)
    view.locator(".sk-line").first.get_by_role("button", name="More").click()
    check(view, "a storyboard with an open menu")

    go(view, "Results")
    view.get_by_role("button", name="Compare", exact=True).click()
    for name in ("A ginger cat", "A whale"):
        view.get_by_role("button", name=f"Compare: {name}").first.click()
    view.get_by_role("button", name="Compare 2").click()
    expect(view.locator(".sk-compare figcaption")).to_have_count(2)
    check(view, "results side by side")
    view.get_by_role("button", name="Close").click()

    go(view, "Characters")
    expect(view.locator(".sk-character")).to_have_count(1)
    view.get_by_role("button", name="New character").click()
    view.get_by_role("button", name="From a file").click()
    check(view, "characters")

    go(view, "Jobs")
    view.locator(".sk-history").get_by_role("button", name="Details").first.click()
    expect(view.locator(".sk-history .sk-details").first).to_be_visible()
    check(view, "jobs with details")

    go(view, "Accounts")
    expect(view.locator(".sk-pool .sk-scroll tbody tr")).to_have_count(3)
    view.get_by_label("Choose all of this page").check()
    check(view, "chosen accounts")
    view.get_by_role("button", name="Add account").click()
    expect(view.locator("dialog[open]")).to_be_visible()
    check(view, "a new account")
    view.keyboard.press("Escape")

    go(view, "Server")
    view.locator(".sk-requests .sk-open").first.click()
    expect(view.locator(".sk-requests .sk-details")).to_be_visible()
    view.locator(".sk-charts").scroll_into_view_if_needed()
    expect(view.locator(".sk-charts svg.sk-chart-wide")).to_be_visible()
    check(view, "the server, a request, a chart")
    picture(view, f"server_{theme}")


def test_all_of_it_by_keyboard(page: Page, look: Visit):
    view = look(page.url)
    expect(view.locator(".sk-generate")).to_be_visible(timeout=60_000)
    view.locator(".sk-tablist [aria-selected=true]").focus()
    for _ in range(6):
        view.keyboard.press("Tab")
        if view.evaluate("document.activeElement.matches('.sk-prompt textarea')"):
            break
    view.keyboard.type("A red balloon")
    expect(view.locator(".sk-generate")).to_be_enabled()
    seen = []
    for _ in range(40):
        view.keyboard.press("Tab")
        at = view.evaluate(FOCUSED)
        assert at["ring"], f"no ring around {at['name']!r} after {seen}"
        seen.append(at["name"])
        if at["name"] == "Generate":
            break
    assert seen[-1] == "Generate", seen
    view.keyboard.press("Enter")
    tile = view.locator(".sk-tile", has_text="A red balloon").first
    expect(tile).to_be_visible()
    tile.get_by_role("button", name="Cancel").focus()
    view.keyboard.press("Enter")
    expect(tile).to_have_attribute("data-state", re.compile("cancelled|completed"), timeout=DRAWN)


def test_the_page_has_its_own_title_and_icon(page: Page, look: Visit):
    view = look(page.url)
    expect(view.locator(".sk-generate")).to_be_visible(timeout=60_000)
    icon = view.locator("link[rel=icon]")
    expect(icon).to_have_attribute("href", re.compile("^data:image/svg"))
    assert view.evaluate("document.documentElement.lang") == "en"

"""The server panel as people use it: Voilà, Chromium, a real workspace, a real server."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page as View
from playwright.sync_api import expect
from ui_pages import THEMES, Picture, Visit, fits, page_of

from sora_kit import Studio
from sora_kit.panels.page import Page
from sora_kit.store.requests import Answered

pytestmark = [pytest.mark.ui, pytest.mark.timeout(240)]

HOSTILE = "<img src=x onerror=document.title='hacked'>"
CELL = "from sora_kit import Studio\nfrom sora_kit.panels import Server\nServer(Studio())"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[tuple[Studio, Page]]:
    """A workspace with a log, and a page whose only cell is the panel. Nothing serves it."""
    folder = tmp_path_factory.mktemp("server")
    with Studio(folder / "kittens", role="runner") as studio:
        fill(studio)
        with page_of(folder / "kittens", CELL) as page:
            yield studio, page


def fill(studio: Studio) -> None:
    """A day of requests, the newest one refused."""
    key = studio.keys.create(HOSTILE)
    job = studio.image("A cat", model="gpt-image")
    job.result(60)
    ends = [(200, None)] * 4 + [(429, "rate_limit_exceeded"), (503, "backend_overloaded")]
    for n in range(120):
        status, error = (400, "content_refused") if n == 119 else ends[n % 6]
        studio.requests.add(
            Answered(
                "POST", "/v1/videos", status, 40.0 + n, owner=key.id, client="127.0.0.1", model="sora-2",
                job=job.id if n % 3 == 2 else None, error=error, time=time.time() - (120 - n) * 600,
                asked={"prompt": HOSTILE, "password": "hunter2hunter2"}, answered='{"status": "queued"}',
            )
        )  # fmt: skip
    studio.requests.flush()


@pytest.fixture
def visit(place: tuple[Studio, Page], look: Visit) -> Visit:
    """Open the page."""

    def visit(theme: str = "light", width: int = 1060, height: int = 2100) -> View:
        view = look(f"{place[1].url}?theme={theme}", width=width, height=height)
        expect(view.locator(".sk-requests tbody tr[data-id]").first).to_be_visible(timeout=60_000)
        return view

    return visit


def test_start_call_watch_and_stop(visit: Visit, place: tuple[Studio, Page], picture: Picture):
    view = visit()
    panel = view.get_by_role("region", name="API server")
    expect(panel).to_contain_text("Not running")
    closed = panel.get_by_role("button", name="All networks")
    expect(closed).to_have_attribute("aria-disabled", "true")
    expect(panel).to_contain_text("SORA_KIT_ADMIN_PASSWORD is not set")
    panel.get_by_label("Port").fill("0")
    panel.get_by_role("button", name="Start server").click()
    expect(panel).to_contain_text("Running here")
    url = panel.locator(".sk-url").inner_text()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/v1", url)
    calls = view.get_by_role("region", name="Call it")
    expect(calls.locator("pre")).to_contain_text(f"curl {url}/videos")
    calls.get_by_role("button", name="JavaScript").click()
    expect(calls.locator("pre")).to_contain_text(f'baseURL: "{url}"')

    keys = view.get_by_role("region", name="Keys")
    keys.get_by_label("Name of the new key").fill("the browser test")
    keys.get_by_role("button", name="Create key").click()
    secret = keys.locator(".sk-secret").inner_text()
    assert httpx.get(f"{url}/models", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    fresh = view.locator(".sk-requests tbody tr[data-id]").first
    expect(fresh).to_contain_text("GET /v1/models")  # by itself
    expect(fresh).to_contain_text("the browser test")
    picture(view, "running_light")
    keys.get_by_role("button", name="Done").click()
    assert secret not in view.content()
    revoke = keys.get_by_role("button", name="Revoke the browser test")
    revoke.click()
    expect(revoke).to_have_text("Revoke?")
    revoke.click()
    expect(keys.locator("details")).to_contain_text("Revoked (1)")
    assert httpx.get(f"{url}/models", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    panel.get_by_role("button", name="Stop server").click()
    expect(panel).to_contain_text("Not running")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/models")


def test_filters_details_and_charts(visit: Visit):
    view = visit()
    rows = view.locator(".sk-requests tbody tr[data-id]")
    view.get_by_role("button", name="5xx failed").click()
    expect(rows.locator("td:first-child", has_text="503").first).to_be_visible()
    expect(rows).to_have_count(19)
    view.get_by_label("Search").fill("nothing like this")
    expect(view.locator(".sk-requests .sk-none")).to_have_text("No request fits this filter.")
    view.get_by_label("Search").fill("")
    view.get_by_role("button", name="4xx refused").click()
    row = rows.filter(has_text="content_refused").first
    row.get_by_role("button").focus()
    view.keyboard.press("Enter")
    details = view.locator(".sk-details")
    expect(details).to_contain_text("What its job did")
    expect(details.locator("pre").first).to_contain_text(HOSTILE)
    expect(details.locator("pre").first).to_contain_text('"password": "***"')
    assert "hunter2" not in view.content()

    charts = view.get_by_role("region", name="Charts")
    drawing = charts.locator("svg.sk-chart-wide")
    expect(drawing).to_be_visible()
    expect(drawing).to_have_attribute("aria-label", re.compile("^Requests per .* failed"))
    charts.get_by_role("button", name="Outcomes").click()
    expect(drawing).to_contain_text("rate_limit_exceeded (429)")
    charts.get_by_text("Numbers").click()
    expect(charts.get_by_role("rowheader", name="rate_limit_exceeded (429)")).to_be_visible()
    assert view.title() != "hacked"
    assert view.locator("img[src='x']").count() == 0


@pytest.mark.parametrize("theme", THEMES)
def test_webhooks_are_added_told_of_and_removed(
    visit: Visit, place: tuple[Studio, Page], picture: Picture, theme: str
):
    studio = place[0]
    studio.webhooks.add("https://old.example/hook", ["video.failed"], name=HOSTILE)
    view = visit(theme=theme)
    hooks = view.get_by_role("region", name="Webhooks")
    rows = hooks.get_by_role("listitem")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text(HOSTILE)
    expect(rows.first).to_contain_text("on · video.failed")
    hooks.get_by_label("Address of the new webhook").fill("https://shop.example/hook")
    hooks.get_by_label("video.failed").uncheck()
    hooks.get_by_role("button", name="Add webhook").click()
    secret = hooks.locator(".sk-secret").inner_text()
    assert secret.startswith("whsec_")
    fresh = rows.filter(has_text="shop.example")
    expect(fresh).to_contain_text("on · video.completed")
    picture(view, f"webhooks_{theme}")
    hooks.get_by_role("button", name="Done").click()
    assert secret not in view.content()
    fresh.get_by_role("button", name="Switch https://shop.example/hook off").click()
    expect(fresh).to_contain_text("off")
    for row in (fresh, rows):
        gone = row.get_by_role("button", name=re.compile("^Remove "))
        gone.click()
        expect(gone).to_have_text("Remove?")
        gone.click()
        expect(row).to_have_count(0)
    expect(hooks).to_contain_text("No webhooks")
    assert studio.webhooks.list() == []
    assert view.title() != "hacked"


@pytest.mark.parametrize("theme", THEMES)
def test_it_fits_the_page(visit: Visit, picture: Picture, theme: str):
    view = visit(theme=theme)
    expect(view.locator(".sk-charts svg.sk-chart-wide")).to_be_visible()
    view.locator(".sk-open").first.click()
    expect(view.locator(".sk-details")).to_be_visible()
    for width, chart in ((1060, "wide"), (420, "narrow")):
        view.set_viewport_size({"width": width, "height": 2100})
        expect(view.locator(f".sk-charts svg.sk-chart-{chart}")).to_be_visible()
        drawn = view.locator(".sk-charts svg text").first
        ink = {"light": "rgb(93, 100, 112)", "dark": "rgb(154, 163, 178)"}[theme]
        assert drawn.evaluate("text => getComputedStyle(text).fill") == ink
        picture(view, f"{theme}_{width}")
        fits(view, ".sk-serving")
        fits(view, ".sk-hooks")

"""One Chromium for all browser tests, and pages in it that must not fail by themselves.

The tests of a module are visits of one browser, whose cache spares the second visit most of the work;
whatever a page keeps there is forgotten between two visits, unless a tab is loaded again. Each module
has its own workspace, ports and servers, so modules may run in several processes at once (``pytest
-n 2 --dist loadfile``). With ``SORA_KIT_SCREENSHOTS=<folder>`` the tests leave pictures there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, expect, sync_playwright
from playwright.sync_api import Page as View
from ui_pages import Picture, Visit, smaller

SCREENSHOTS = os.environ.get("SORA_KIT_SCREENSHOTS")  # read early: no such variable reaches a test
SWITCHES = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-proxy-server"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    # Voilà asks two public hosts for icons and formulas; nothing of ours needs any.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
WAIT = 45_000
"""Milliseconds for whatever a page does by itself: enough for a machine that does much else."""

FORGET = "if (!sessionStorage.length) localStorage.clear()"
"""Runs first in every document; a tab that is loaded again has kept something."""


@pytest.fixture(scope="session")
def browser(require: Callable[[str], Path]) -> Iterator[Browser]:
    """Chromium, for the whole run."""
    program = require("chromium")
    expect.set_options(timeout=WAIT)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(program), args=list(SWITCHES))
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture(scope="module")
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """The browser of one module's tests, with its cache."""
    with browser.new_context(accept_downloads=True) as context:
        context.set_default_timeout(WAIT)
        context.add_init_script(FORGET)
        yield context


@pytest.fixture
def look(browser: Browser, profile: BrowserContext) -> Iterator[Visit]:
    """Open an address in a new tab; any script error fails the test.

    With ``alone=True`` it is somebody else's browser, which shares nothing with other tabs.
    """
    errors: list[str] = []
    opened: list[View | BrowserContext] = []

    def noted(message: ConsoleMessage) -> None:
        if message.type == "error" and "[anywidget]" in message.text:
            errors.append(message.text)

    def look(url: str, *, width: int = 1440, height: int = 1000, alone: bool = False) -> View:
        if alone:
            opened.append(context := browser.new_context(accept_downloads=True))
            context.set_default_timeout(WAIT)
            view = context.new_page()
        else:
            opened.append(view := profile.new_page())
        view.set_viewport_size({"width": width, "height": height})
        view.on("pageerror", lambda error: errors.append(str(error)))
        view.on("console", noted)
        view.goto(url)
        return view

    try:
        yield look
        assert errors == []
    finally:
        for one in opened:
            one.close()


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Picture:
    """``picture(view, "name")`` keeps a picture of a page, if somebody wants pictures."""
    room = request.module.__name__.removeprefix("test_ui_")

    def picture(view: View, name: str, *, whole: bool = False) -> None:
        if SCREENSHOTS:
            Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
            path = Path(SCREENSHOTS) / f"{room}_{name}.png"
            view.screenshot(path=path, full_page=whole)
            smaller(path)

    return picture

"""Take the pictures of these pages anew: ``python docs/screenshots.py [--only results]``.

A workspace is filled with clips, accounts and a board, and its page is looked at in Chromium, in both
themes and at the width of a phone. Look at each picture before it is committed. Those of
``first-storyboard.md`` come from the test that does its steps.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Browser, expect, sync_playwright
from playwright.sync_api import Page as View

from sora_kit import Studio
from sora_kit.backends.base import AccountUnfit, QuotaExhausted
from sora_kit.store.tables import account

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent / "tests" / "ui"))

from ui_pages import go, page_of, smaller  # noqa: E402 - the pages that the browser tests drive are found there

CELL = """
from sora_kit import Studio
from sora_kit.panels import Dashboard
Dashboard(Studio(), operator=True)
"""
MADE = (
    ("A sailboat on the ocean at sunset", {}),
    ("{comic}A woman in a red coat walks through a city street at dusk", {}),
    ("A whale underwater", {}),
    ("{golden}A camel crossing the desert", {}),
    ("A horse gallops through snowy mountains", {}),
    ("{anime}A kitten running across a meadow, low camera tracking beside it", {}),
)
PROMPT = "{anime} @whiskers running across a meadow, tracking shot"
BOARD = (
    "{nostalgic} Sunny morning [4.0s]A kitten runs through a meadow, tracking shot [3.5s]It stops in the"
    " forest [2.5s]A horse gallops past in the snow"
)
LONGEST = 2400
"""Height of the longest picture, in pixels: a page goes on for as long as there are clips."""
LOOKS = (("light", 1440, 940), ("dark", 1440, 940), ("phone", 420, 900))


def fill(studio: Studio) -> None:
    """Clips, a character, marks, and accounts in all states."""
    clips = [studio.video(words, model="sora2-landscape-10s", **more).result(300) for words, more in MADE]
    studio.mark(clips[-1], favourite=True)
    studio.mark(clips[-2], tags=["campaign", "snow"])
    studio.character(clips[-1], name="whiskers", display_name="Whiskers").result(120)
    pool = studio.accounts
    ids = [
        pool.add("sora_web", refresh_token=f"rt_{n:030}", client_id="app_1", label=label).id
        for n, label in enumerate(("studio-main", "pool-07", "pool-03", "pool-11", "render-key", "evening"))
    ]
    pool.failed(ids[2], QuotaExhausted("The quota is used up", resets_at=time.time() + 7300))
    pool.failed(ids[3], AccountUnfit("The sign-in has expired", why="Its refresh token was used elsewhere"))
    pool.disable(ids[5])
    with pool.database.write() as connection:
        for n, one in enumerate(ids):
            values = {"plan": ("chatgpt_plus", "chatgpt_pro", "chatgpt_team")[n % 3], "today": pool.today()}
            values |= {"quota": (28, 22, 0, 12, 30, None)[n], "quota_resets": time.time() + 18_000 + n * 900}
            values |= {"expires": time.time() + (40, 12, 9)[n % 3] * 86_400, "videos": 41 + n * 17}
            values |= {"videos_today": n % 5, "images_today": n % 3, "errors": n % 4}
            connection.execute(sa.update(account).where(account.c.id == one).values(**values))


def create(view: View) -> None:
    """A prompt with all its parts understood."""
    view.get_by_label("Prompt", exact=True).fill(PROMPT)
    expect(view.locator(".sk-look img[src^='data:image/']").first).to_be_visible(timeout=30_000)


def storyboard(view: View) -> None:
    """A board of three shots."""
    view.get_by_label("Prompt", exact=True).fill(BOARD)
    go(view, "Storyboard")
    expect(view.locator(".sk-shot img[src^='data:image/']:not(.sk-stale)")).to_have_count(3, timeout=60_000)


def results(view: View) -> None:
    """Two clips side by side."""
    go(view, "Results")
    view.get_by_role("button", name="Compare", exact=True).click()
    for name in ("A sailboat", "A camel"):
        view.get_by_role("button", name=f"Compare: {name}").first.click()
    view.get_by_role("button", name="Compare 2").click()
    view.locator(".sk-compare").get_by_role("button", name="Play").click()
    times = "[...document.querySelectorAll('.sk-compare video')].map(v => v.currentTime)"
    view.wait_for_function(f"{times}.length === 2 && {times}.every(t => t > 1)", timeout=30_000)
    view.locator(".sk-compare").get_by_role("button", name="Pause").click()


def accounts(view: View) -> None:
    """The pool."""
    go(view, "Accounts")
    expect(view.locator(".sk-pool .sk-scroll tbody tr")).to_have_count(6, timeout=20_000)


VIEWS = {"studio": create, "storyboard": storyboard, "results": results, "accounts": accounts}


def take(browser: Browser, url: str, name: str) -> None:
    """One view in all looks."""
    for look, width, height in LOOKS:
        with browser.new_context(viewport={"width": width, "height": height}) as context:
            view = context.new_page()
            view.goto(f"{url}?theme={'dark' if look == 'dark' else 'light'}")
            expect(view.locator(".sk-tile .sk-poster").first).to_be_visible(timeout=60_000)
            VIEWS[name](view)
            view.mouse.move(0, 0)
            view.wait_for_timeout(1500)  # pictures fade in
            if look == "phone":  # what is not in sight is not drawn, so all of it is
                tall = view.evaluate("document.documentElement.scrollHeight")
                view.set_viewport_size({"width": width, "height": min(tall, LONGEST)})
                posters = "[...document.querySelectorAll('.sk-poster')]"
                view.wait_for_function(f"{posters}.every(p => !p.offsetParent || p.naturalWidth)")
                view.wait_for_timeout(1500)
            path = FOLDER / f"{name}-{look}.png"
            view.screenshot(path=path)
            smaller(path)
            print(f"{name}-{look}.png")


def main() -> None:
    """Take all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default=",".join(VIEWS), help="views, with commas")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home, sync_playwright() as play:
        os.environ |= {"HOME": home, "NO_PROXY": "127.0.0.1"}
        folder = Path(home) / "kittens-campaign"
        browser = play.chromium.launch(
            executable_path=options.chromium, args=["--no-sandbox", "--no-proxy-server"]
        )
        with Studio(folder, role="runner") as studio:
            studio.serve(port=0)
            fill(studio)
            with page_of(folder, CELL) as page:
                for name in options.only.split(","):
                    take(browser, page.url, name)
        browser.close()


if __name__ == "__main__":
    main()

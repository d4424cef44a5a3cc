"""What the studio costs in a browser: Voilà, JupyterLab and Chromium, each real, in one run.

    python benchmarks/notebook.py [--only clips,many,page,click,frame]

Fifty clips are compared with fifty ``ipywidgets.Video`` of the same file in the same run, and the page of
the studio with a Voilà page that holds nothing but a text field, asked for by turns. Times are those that
a visitor waits, so run it on a machine that does nothing else, or compare what stands side by side.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright
from playwright.sync_api import Page as View

from sora_kit import Studio
from sora_kit.notebook.pictures import inline
from sora_kit.panels.page import Page
from sora_kit.store.clips import Clip
from sora_kit.store.ids import new_token
from sora_kit.store.tables import clip as clips
from sora_kit.store.tables import job as jobs

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "ui"))

# the pages that the browser tests drive are found there
from ui_lab import Lab, Notebook
from ui_pages import page_of, write_notebook

SWITCHES = ("--no-sandbox", "--disable-gpu", "--no-proxy-server", "--disable-background-networking")
SWITCHES += ("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",)
VIDEOS = """
import ipywidgets
from pathlib import Path
file = Path({file!r})
ipywidgets.GridBox([ipywidgets.Video.from_file(file, autoplay=False, width=240) for _ in range(50)])
"""
FIELD = "import ipywidgets\nipywidgets.Textarea()"
"""The least that a Voilà page with a widget can hold."""
PRESS = """([button, other]) => new Promise((done) => {
  const began = performance.now();
  const look = new MutationObserver(() => {
    if (button.getAttribute("aria-pressed") !== "true") return;
    look.disconnect();
    done(performance.now() - began);
  });
  look.observe(button, {attributes: true});
  button.click();
})"""
POSTERS = """n => {
  const posters = [...document.querySelectorAll(".sk-tile .sk-poster")];
  return posters.filter((one) => one.complete && one.naturalWidth).length >= n;
}"""


def row(what: str, value: str, beside: str = "") -> None:
    """One line of the table."""
    print(f"| {what} | {value} | {beside} |", flush=True)


def copies(studio: Studio, clip: Clip, number: int, *, posters: bool = False) -> None:
    """The same clip, as the result of so many older jobs; ``posters`` gives each one a file of its own."""
    with studio.workspace.database.write() as connection:
        job_row, clip_row = (
            dict(connection.execute(sa.select(table).where(table.c.id == one)).mappings().one())
            for table, one in ((jobs, clip.job), (clips, clip.id))
        )
        old_jobs: list[dict[str, Any]] = []
        old_clips: list[dict[str, Any]] = []
        for n in range(number):
            name, at = f"{n:026d}", {"created": clip_row["created"] - (n + 1) * 60}
            old_jobs.append(job_row | at | {"id": f"job_{name}", "clips": [f"clip_{name}"]})
            own = {"id": f"clip_{name}", "job": f"job_{name}", "token": new_token()}
            if posters:
                picture = clip.poster_file.read_bytes() + name.encode()  # no reader minds what follows
                own["poster_sha256"] = hashlib.sha256(picture).hexdigest()
                place = clip.store.path(own["poster_sha256"], "jpg")
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(picture)
            old_clips.append(clip_row | at | own)
        connection.execute(sa.insert(jobs), old_jobs)
        connection.execute(sa.insert(clips), old_clips)


class Wire:
    """Counts what a page receives, over HTTP and over its websocket."""

    def __init__(self, context: BrowserContext, view: View) -> None:
        self.frames = 0
        self.arriving: dict[str, int] = {}
        """Request → its bytes so far; what the browser says at the end includes the headers."""
        session = context.new_cdp_session(view)
        session.send("Network.enable")
        session.on("Network.dataReceived", self._some)
        session.on("Network.loadingFinished", self._all)
        session.on("Network.webSocketFrameReceived", self._frame)

    @property
    def bytes(self) -> int:
        """All of it."""
        return self.frames + sum(self.arriving.values())

    def _some(self, event: dict[str, Any]) -> None:
        request = event["requestId"]
        self.arriving[request] = self.arriving.get(request, 0) + event["dataLength"]

    def _all(self, event: dict[str, Any]) -> None:
        self.arriving[event["requestId"]] = int(event["encodedDataLength"])

    def _frame(self, event: dict[str, Any]) -> None:
        self.frames += len(event["response"]["payloadData"])

    def __str__(self) -> str:
        return f"{self.bytes / 1e6:.1f} MB"


@contextmanager
def visit(browser: Browser, width: int = 1440) -> Iterator[tuple[View, Wire]]:
    """A new visitor with an empty cache."""
    with browser.new_context(viewport={"width": width, "height": 1000}) as context:
        view = context.new_page()
        yield view, Wire(context, view)


def opened(view: View, url: str, ready: Callable[[], None]) -> float:
    """Seconds from asking for a page until it can be used."""
    began = time.perf_counter()
    view.goto(url, wait_until="commit")
    ready()
    return time.perf_counter() - began


def warm(page: Page) -> None:
    """Wait until the page's kernels have run the notebook and rest."""
    child = psutil.Process(page._process.pid)  # noqa: SLF001 - nobody else needs it
    while True:
        before = sum(sum(k.cpu_times()[:2]) for k in child.children())
        time.sleep(1.5)
        if (
            len(child.children()) >= 2
            and sum(sum(k.cpu_times()[:2]) for k in child.children()) - before < 0.2
        ):
            return


def usable(view: View, posters: int = 6) -> Callable[[], None]:
    """The prompt takes words, and the first tiles show their pictures."""

    def ready() -> None:
        expect(view.locator(".sk-prompt textarea")).to_be_editable(timeout=60_000)
        view.wait_for_function(POSTERS, arg=posters, timeout=60_000)

    return ready


def middle(measure: Callable[[], float], times: int = 3) -> float:
    """The median of some runs."""
    return statistics.median(measure() for _ in range(times))


def measure_clips(browser: Browser, folder: Path, clip: Clip) -> None:
    """Fifty clips in a page, beside fifty `ipywidgets.Video`."""
    with Studio(folder / "fifty") as studio:
        real = studio.video(clip.prompt, model=clip.model).result()
        copies(studio, real, 49)
        studio.serve(port=0)
        with page_of(folder / "fifty") as page:
            wires: list[Wire] = []

            def ours() -> float:
                warm(page)
                with visit(browser) as (view, wire):
                    took = opened(view, page.url, usable(view))
                    view.locator(".sk-tile .sk-play").first.click()
                    video = view.locator(".sk-tile video")
                    view.wait_for_function("v => v.currentTime > 0.1", arg=video.element_handle())
                    wires.append(wire)
                    return took

            took = middle(ours)
            row("50 clips: usable", f"{took:.2f} s", "at most 2 s")
            row("50 clips: over the wire, one of them played", str(wires[-1]), "at most 8 MB")
        with page_of(folder / "fifty", VIDEOS.format(file=str(real.file))) as page:
            warm(page)
            with visit(browser) as (view, wire):
                loaded = (
                    "n => [...document.querySelectorAll('video')].filter(v => v.readyState > 0).length >= n"
                )
                took = opened(
                    view, page.url, lambda: view.wait_for_function(loaded, arg=50, timeout=120_000) and None
                )
                row("50 ipywidgets.Video of the same file: visible", f"{took:.2f} s", str(wire))


def measure_many(browser: Browser, folder: Path, clip: Clip) -> None:
    """Ten thousand clips in the workspace."""
    with Studio(folder / "many") as studio:
        real = studio.video(clip.prompt, model=clip.model).result()
        copies(studio, real, 9_999)
        studio.serve(port=0)
        with page_of(folder / "many") as page:

            def look() -> float:
                warm(page)
                with visit(browser) as (view, _):
                    return opened(view, page.url, usable(view))

            row("10,000 clips: gallery usable", f"{middle(look):.2f} s", "at most 2.5 s")
            warm(page)
            with visit(browser) as (view, wire):
                opened(view, page.url, usable(view))
                tiles, before = view.locator(".sk-tile").count(), wire.bytes
                view.mouse.move(1000, 600)
                for _ in range(20):
                    view.mouse.wheel(0, 900)
                    view.wait_for_timeout(100)
                view.wait_for_timeout(500)
                after = view.locator(".sk-tile").count()
                row(
                    "10,000 clips: tiles at first, after 20 pages",
                    f"{tiles}, {after}",
                    f"{(wire.bytes - before) / 1e6:.1f} MB",
                )


def measure_page(browser: Browser, folder: Path) -> None:
    """An empty studio beside an empty page, and what its kernels hold."""
    with Studio(folder / "empty") as studio:
        studio.serve(port=0)
        with page_of(folder / "empty") as page, page_of(folder / "field", FIELD) as bare:

            def look() -> tuple[float, float]:
                took = []
                for one, place, number in ((page, ".sk-empty button", 3), (bare, "textarea", 1)):
                    warm(one)
                    with visit(browser) as (view, _):
                        shown = expect(view.locator(place))
                        took.append(
                            opened(
                                view,
                                one.url,
                                lambda shown=shown, number=number: shown.to_have_count(
                                    number, timeout=60_000
                                ),
                            )
                        )
                return took[0], took[1]

            looks = [look() for _ in range(5)]
            ours, theirs = (statistics.median(times) for times in zip(*looks, strict=True))
            ratio = statistics.median(one / other for one, other in looks)
            row("Voilà page usable, with preheat", f"{ours:.2f} s", "under 2 s")
            row("a Voilà page with one text field", f"{theirs:.2f} s", f"{ratio:.2f} times that")
            warm(page)
            with visit(browser) as (view, _), visit(browser) as (second, _):
                for one in (view, second):
                    opened(
                        one,
                        page.url,
                        lambda one=one: expect(one.locator(".sk-empty button")).to_have_count(
                            3, timeout=60_000
                        ),
                    )
                warm(page)
                kernels = psutil.Process(page._process.pid).children()  # noqa: SLF001
                own = [k.memory_full_info().uss / 2**20 for k in kernels]
                row(
                    f"memory of a visitor's kernel (mean of {len(own)})",
                    f"{statistics.mean(own):.0f} MB",
                    "at most 80 MB",
                )


def measure_click(browser: Browser, folder: Path) -> None:
    """From a press to its effect in JupyterLab, while a cell awaits and while one blocks."""
    start = "import asyncio, time; from sora_kit import Studio; from sora_kit.panels import Prompt"
    start += "\nPrompt(Studio())"
    cells = {
        "awaits": "await asyncio.sleep(600)",
        "blocks": "time.sleep(600)",
        "computes": "while True:\n    sum(range(1000))",
    }
    for name, cell in cells.items():
        write_notebook(folder / "notes", name, start, cell)
    with Lab(folder / "notes", {"SORA_KIT_WORKSPACE": str(folder / "clicks")}) as lab:
        for name in cells:
            with visit(browser) as (view, _):
                view.goto(lab.url(f"lab/tree/{name}.ipynb?reset"))
                notebook = Notebook(view)
                notebook.run_all()
                notebook.busy(1)
                view.get_by_label("Prompt", exact=True).fill("A cat")
                times = []
                for length in ("15 s", "10 s", "25 s", "15 s", "10 s"):
                    button = view.get_by_role("button", name=length).element_handle()
                    times.append(view.evaluate(PRESS, [button, None]))
                row(f"a click while a cell {name}", f"{statistics.median(times):.0f} ms", "at most 200 ms")
                notebook.interrupt()
                notebook.idle()
                notebook.shut_down()


def measure_frame(browser: Browser, folder: Path, clip: Clip) -> None:
    """A table of a thousand results."""
    with Studio(folder / "frame") as studio:
        real = studio.video(clip.prompt, model=clip.model).result()
        copies(studio, real, 999, posters=True)
        studio.serve(port=0)
        frame = studio.results(1000)

        for rows in (50, 1000):

            def make(rows: int = rows) -> float:
                inline.cache_clear()  # as for pictures that are seen for the first time
                began = time.perf_counter()
                frame.sora.preview(rows)._repr_html_()
                return time.perf_counter() - began

            took = middle(make)
            began = time.process_time()
            make()
            busy = time.process_time() - began
            sheet = folder / "preview.html"
            sheet.write_text(frame.sora.preview(rows)._repr_html_(), "utf-8")
            with visit(browser) as (view, _):
                began = time.perf_counter()
                view.goto(sheet.as_uri())
                shown = time.perf_counter() - began
            size = f"{sheet.stat().st_size / 1e6:.1f} MB"
            goal = "at most 1 s" if rows == 50 else "all of them"
            row(
                f"a frame of 1,000: preview of {rows} made, shown",
                f"{took:.2f} + {shown:.2f} s",
                f"{goal}; {size}, {busy:.2f} s of processor",
            )


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = ("clips", "many", "page", "click", "frame")
    parser.add_argument("--only", default=",".join(parts), help="parts, with commas")
    parser.add_argument("--chromium", default=os.environ.get("CHROMIUM", "/usr/bin/chromium"))
    options = parser.parse_args()
    only = options.only.split(",")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name, sync_playwright() as play:
        folder = Path(name)
        os.environ |= {"HOME": name, "NO_PROXY": "127.0.0.1"}
        browser = play.chromium.launch(executable_path=options.chromium, args=list(SWITCHES))
        try:
            print("| what | measured | goal, or beside it |\n|---|---|---|")
            with Studio(folder / "first") as studio:
                clip = studio.video("A kitten running across a meadow", model="sora2-landscape-10s").result()
            if "clips" in only:
                measure_clips(browser, folder, clip)
            if "many" in only:
                measure_many(browser, folder, clip)
            if "page" in only:
                measure_page(browser, folder)
            if "click" in only:
                measure_click(browser, folder)
            if "frame" in only:
                measure_frame(browser, folder, clip)
        finally:
            browser.close()


if __name__ == "__main__":
    main()

"""Pages for the browser tests: Voilà with a notebook of its own, and small moves on a page."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from playwright.sync_api import Locator, expect
from playwright.sync_api import Page as View

import sora_kit.panels.page
from sora_kit.panels.page import Page

Visit = Callable[..., View]
"""Opens an address, or a module's page; see the fixtures `look` and `visit`."""

Picture = Callable[..., None]
"""Keeps a picture of a page; see the fixture `picture`."""

DRAWN = 90_000
"""Milliseconds for a clip on a busy machine."""

HOSTILE = "<img src=x onerror=document.title='hacked'> a kitten with a name that has no end in sight"
"""Words that must stay words wherever they are shown."""

SMALL = 250_000
"""Bytes of a picture that stays as it is."""
NEAR = 8
"""Of 255: two colours that differ less are taken for one."""
SIGNS = (
    "#ffffff#f5f5f3#f7f7f5#171a21#0f1115#1d212a"
    "#e2571e#ff7a45#cf4513#1f8a5b#a86b00#cc2f36#2f6fde#4cc38a#f5c451#ff6369#6ea8fe"
)
"""The colours of both themes that cover much or say something."""

THEMES = ("light", "dark")


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def write_notebook(folder: Path, name: str, *cells: str) -> Path:
    """A notebook of these cells, without outputs."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.ipynb"
    one = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    content = {
        "cells": [one | {"id": f"cell-{n}", "source": cell} for n, cell in enumerate(cells)],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(content), "utf-8")
    return path


def page_of(
    workspace: Path, cell: str | None = None, *, env: Mapping[str, str] | None = None, admin: bool = False
) -> Page:
    """A started page of a workspace: the studio's own, or one whose only cell is ``cell``."""
    page = Page(workspace, port=free_port(), env=env, admin=admin)
    if cell is None:
        return page.start()
    original = sora_kit.panels.page.notebook
    path = write_notebook(workspace.parent, "page", cell)
    sora_kit.panels.page.notebook = lambda: path  # read when the page starts
    try:
        return page.start()
    finally:
        sora_kit.panels.page.notebook = original


OUTSIDE = """([width, parts]) => {
  const found = [];
  const whole = document.documentElement.scrollWidth;
  if (whole > width) found.push(`the page is ${whole} wide`);
  for (const part of parts)
    for (const button of document.querySelectorAll(`${part} button`)) {
      const box = button.getBoundingClientRect();
      if (button.checkVisibility({visibilityProperty: true}) && (box.left < 0 || box.right > width))
        found.push(`${part}: ${button.textContent.trim()} from ${box.left} to ${box.right}`);
    }
  return found;
}"""


def fits(view: View, *parts: str) -> None:
    """Nothing is wider than the window, nor does a button of ``parts`` lie outside of it.

    A page takes some frames to its new shape after the window got another size.
    """
    asked = [view.viewport_size["width"], list(parts)]
    end = time.monotonic() + 10
    while outside := view.evaluate(OUTSIDE, asked):
        assert time.monotonic() < end, outside
        view.wait_for_timeout(50)


def smaller(path: Path) -> None:
    """Give a large picture for the documentation 256 colours: a third of the bytes, and few eyes see it."""
    from PIL import Image

    if path.stat().st_size < SMALL:
        return
    with Image.open(path) as whole:
        image = whole.convert("RGB")
    signs = [tuple(bytes.fromhex(sign)) for sign in SIGNS.split("#")[1:]]
    colours = image.quantize(256 - len(signs)).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*colours[: 768 - 3 * len(signs)], *(part for sign in signs for part in sign)])
    packed = image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    found = packed.getpalette() or []
    for start in range(0, len(found), 3):  # what is nearly a sign is one
        here = found[start : start + 3]
        far, sign = min((max(abs(a - b) for a, b in zip(here, one, strict=True)), one) for one in signs)
        if far <= NEAR:
            found[start : start + 3] = sign
    packed.putpalette(found)
    packed.save(path, optimize=True)


def drag(view: View, target: Locator, dx: float, dy: float = 0) -> None:
    """Take something at its middle and move it."""
    box = target.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    view.mouse.move(x, y)
    view.mouse.down()
    view.mouse.move(x + dx / 2, y + dy / 2, steps=4)
    view.mouse.move(x + dx, y + dy, steps=4)
    view.mouse.up()


def go(view: View, title: str) -> None:
    """Show a view of the studio."""
    view.get_by_role("tab", name=title).click()


def loads(picture: Locator) -> str:
    """Scroll to a picture and wait until it is there; gives its address."""
    picture.scroll_into_view_if_needed()
    expect(picture).not_to_have_js_property("naturalWidth", 0)
    return str(picture.evaluate("image => image.src"))


def plays(view: View, video: Locator, beyond: float = 0.2) -> None:
    """Wait until a video runs, drawing included."""
    expect(video).to_be_attached(timeout=DRAWN)
    view.wait_for_function("([v, s]) => v.currentTime > s && !v.paused", arg=[video.element_handle(), beyond])


def seeks(view: View, video: Locator, to: float) -> None:
    """Move a video to a second, and see that it got there: that takes a server that answers ranges."""
    node = video.element_handle()
    node.evaluate("(v, to) => { v.currentTime = to }", to)
    view.wait_for_function("([v, to]) => !v.seeking && v.currentTime >= to", arg=[node, to])

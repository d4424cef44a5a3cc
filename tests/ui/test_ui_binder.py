"""Binder as its visitors meet it: the image's scripts run, then its two addresses are opened in a browser.

The packages are those of this environment; everything else is as repo2docker does it: the repository as
the working folder, ``postBuild`` once, ``start`` before the server, a hub's path and token.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from ui_lab import BASE, Lab, Notebook
from ui_pages import DRAWN, Picture, Visit, loads, plays

pytestmark = [
    pytest.mark.ui,
    pytest.mark.timeout(240),
    pytest.mark.skipif(sys.platform == "win32", reason="the scripts are for Linux, where Binder is"),
]

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def binder(
    tmp_path_factory: pytest.TempPathFactory, home: Path, require: Callable[[str], Path]
) -> Iterator[Lab]:
    """The repository in a folder of its own, built and started."""
    require("chromium")
    folder = tmp_path_factory.mktemp("binder")
    repository = folder / "repository"
    for name in ("binder", "notebooks"):
        shutil.copytree(ROOT / name, repository / name)
    own = {
        "HOME": str(folder / "jovyan"),
        "JUPYTER_PLATFORM_DIRS": "0",  # Jupyter's settings lie in ~/.jupyter there
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    (folder / "jovyan").mkdir()
    subprocess.run(["binder/postBuild"], cwd=repository, env=os.environ | own, check=True, timeout=200)
    with Lab(repository, own, before=["binder/start"]) as lab:
        yield lab


def test_the_studio_opens_with_a_clip_that_plays(binder: Lab, look: Visit, picture: Picture):
    view = look(binder.url("voila/render/notebooks/studio.ipynb"))
    expect(view.locator(".sk-generate")).to_be_visible(timeout=60_000)
    tile = view.locator(".sk-tile", has_text="A paper boat")
    assert f"{BASE}proxy/" in loads(tile.locator(".sk-poster"))
    tile.locator(".sk-play").click()
    plays(view, tile.locator("video"))
    expect(view.locator(".sk-bar-top")).to_contain_text("Animatic")
    picture(view, "studio")


def test_the_quickstart_opens_and_runs(binder: Lab, look: Visit):
    view = look(binder.url("lab/tree/notebooks/01_quickstart.ipynb?reset"), alone=True)
    notebook = Notebook(view)
    notebook.run_all()
    expect(view.locator(".sk-clip").first).to_be_visible(timeout=DRAWN)
    notebook.idle(2 * DRAWN)  # it makes several clips
    assert view.locator(".jp-OutputArea-output .sk-error, [data-mime-type*=error]").count() == 0

"""Where addresses do not reach the page: posters travel inside the tile, and a clip comes when asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from sora_kit import Studio
from sora_kit.panels import Results, gallery, reaching
from sora_kit.store import Clip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Studio, Clip]]:
    with Studio(tmp_path_factory.mktemp("reach") / "workspace") as studio:
        yield studio, studio.video("A kitten", model="sora-2", seconds=4).result(120)


def test_on_this_computer_everything_goes_by_address(made: tuple[Studio, Clip]) -> None:
    found = reaching.shown(*made)
    assert found["video"].startswith("http://127.0.0.1:")
    assert found["poster"].startswith("http://127.0.0.1:")
    assert not found["sendable"]


@pytest.mark.parametrize(("variable", "address"), [("COLAB_RELEASE_TAG", False), ("VSCODE_PID", True)])
def test_elsewhere_the_poster_is_inside_and_the_clip_can_be_sent(
    made: tuple[Studio, Clip], monkeypatch: pytest.MonkeyPatch, variable: str, address: bool
) -> None:
    monkeypatch.setenv(variable, "1")
    found = reaching.shown(*made)
    assert bool(found["video"]) is address  # an editor may show it, and asks for it if not
    assert found["poster"].startswith("data:image/jpeg;base64,")
    assert found["sendable"]


def test_a_clip_comes_through_the_notebooks_channel(
    made: tuple[Studio, Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    studio, clip = made
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release")
    panel = Results(studio)
    (item,) = panel.held.values()
    assert (item["video"], item["sendable"]) == (None, True)
    heard: list[tuple[dict[str, Any], list[bytes]]] = []
    monkeypatch.setattr(panel, "send", lambda content, buffers=(): heard.append((content, list(buffers))))
    panel._dispatch(None, {"do": "send", "id": item["id"]})
    end = time.monotonic() + 30
    while not heard:
        assert time.monotonic() < end
        threading.Event().wait(0.02)
    assert heard == [({"media": item["id"], "type": "video/mp4"}, [clip.read()])]
    monkeypatch.setattr(gallery, "MOST_BYTES", clip.bytes - 1)
    panel._dispatch(None, {"do": "send", "id": item["id"]})
    assert "too large to be sent" in heard[-1][0]["fault"]["what"]
    panel.close()

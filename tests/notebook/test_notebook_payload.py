"""A notebook with fifty videos holds their posters and addresses, and none of their bytes.

Sent through the kernel's channel, fifty clips are one frame of a hundred megabytes, for which a page waits
ten seconds and a saved notebook grows by half as much again.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from many_clips import fill

from sora_kit import Studio
from sora_kit.store.tables import clip

pytestmark = pytest.mark.kernel

VIDEOS = 50
BYTES = 2_100_000
"""Of each of them."""
POSTER = 60_000
"""What each may take: its small picture, as text, and where it stands alone the sheet of its look."""

WAYS = {
    "cards": "from IPython.display import display\nfor one in studio.clips(limit=50): display(one)",
    "table": "studio.results().sora.preview()",
    "tiles": "studio.results().sora.gallery()",
    "panel": "from sora_kit.panels import Results\nResults(studio, window=50)",
}


@pytest.fixture(scope="module")
def fifty(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Path:
    """A workspace with fifty videos of the usual size, each with a poster of its own."""
    folder = tmp_path_factory.mktemp("fifty") / "workspace"
    with Studio(folder) as studio:
        drawn = studio.image("A lighthouse in a storm").result(120)
        picture = drawn.poster_file.read_bytes()
        studio.delete(drawn)
        fill(studio, VIDEOS)
        media = studio.workspace.media
        whole = media.path(media.put_bytes(os.urandom(BYTES), "mp4"), "mp4")
        with studio.workspace.database.write() as connection:
            for n in range(VIDEOS):
                place = media.path(f"{n:064x}", "mp4")
                place.parent.mkdir(parents=True, exist_ok=True)
                os.link(whole, place)
                poster = media.put_bytes(picture + str(n).encode(), "jpg")
                values = {"poster_sha256": poster, "bytes": BYTES}
                connection.execute(sa.update(clip).where(clip.c.sha256 == f"{n:064x}").values(**values))
    return folder


def size(message: dict[str, Any]) -> int:
    """Bytes of a message, as it travels."""
    content = json.dumps([message["content"], message["metadata"]], default=str)
    return len(content) + sum(len(buffer) for buffer in message["buffers"])


@pytest.mark.parametrize("way", WAYS)
def test_fifty_videos_travel_as_posters_and_addresses(kernel, fifty: Path, way: str):
    kernel.good(f"studio.close(); studio = Studio({str(fifty)!r})")
    ran = kernel.good(WAYS[way])
    everything = json.dumps([message["content"] for message in ran.messages], default=str)
    addresses = set(re.findall(r"https?://[^\s\"'\\<>]+/media/[\w-]+\.mp4", everything))
    assert len(addresses) == VIDEOS
    assert "data:video" not in everything
    assert sum(size(message) for message in ran.messages) < VIDEOS * POSTER

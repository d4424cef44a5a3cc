"""Media: real files, one for each task, behind links that end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from sora_kit.media.probe import probe
from sora_kit.standins.sora_web import SoraWebStandin
from sora_kit.standins.sora_web.files import colour
from sora_kit.standins.sora_web.ranges import Unsatisfiable, wanted


async def fetch(client: httpx.AsyncClient, url: str, to: Path) -> Path:
    answer = await client.get(url)
    assert answer.status_code == 200, answer.text
    to.write_bytes(answer.content)
    return to


async def test_a_video_is_real_and_its_own(
    make: Any, a: httpx.AsyncClient, anyone: httpx.AsyncClient, tmp_path: Path
) -> None:
    first, second = await make.draft(a, "one"), await make.draft(a, "two", orientation="portrait")
    source = await fetch(anyone, first["downloadable_url"], tmp_path / "source.mp4")
    stream = await fetch(anyone, first["url"], tmp_path / "stream.mp4")
    other = await fetch(anyone, second["url"], tmp_path / "other.mp4")
    assert len({path.read_bytes() for path in (source, stream, other)}) == 3

    found = probe(source)
    assert (found.mime, found.width, found.height) == ("video/mp4", first["width"], first["height"])
    assert found.seconds == pytest.approx(first["duration_s"], abs=0.2)
    assert (found.metadata["title"], found.metadata["comment"]) == (first["task_id"], "source")
    upright = probe(other)
    assert upright.width < upright.height
    assert upright.metadata["title"] == second["task_id"]


async def test_a_picture_has_the_size_that_was_asked_for(
    standin: SoraWebStandin, make: Any, a: httpx.AsyncClient, anyone: httpx.AsyncClient, tmp_path: Path
) -> None:
    task = (await a.post("/video_gen", json=make.picture(width=540))).json()["id"]
    standin.clock.advance(9)
    url = (await a.get("/v2/recent_tasks")).json()["task_responses"][0]["generations"][0]["url"]
    path = await fetch(anyone, url, tmp_path / "picture.png")
    assert (probe(path).width, probe(path).height) == (540, 360)
    with Image.open(path) as picture:
        assert picture.getpixel((9, 9)) == colour(task)
        assert picture.text["title"] == task  # type: ignore[attr-defined]


async def test_a_thumbnail_is_webp(make: Any, a: httpx.AsyncClient, anyone: httpx.AsyncClient) -> None:
    draft = await make.draft(a)
    answer = await anyone.get(draft["encodings"]["thumbnail"]["path"])
    assert answer.headers["content-type"] == "image/webp"
    assert answer.content[8:12] == b"WEBP"


async def test_a_link_ends_and_is_renewed_by_the_list(
    standin: SoraWebStandin, make: Any, a: httpx.AsyncClient, anyone: httpx.AsyncClient
) -> None:
    draft = await make.draft(a)
    standin.clock.advance(3 * 86400 - 1)
    assert (await anyone.get(draft["url"])).status_code == 200
    standin.clock.advance(1)
    expired = await anyone.get(draft["url"])
    assert (expired.status_code, "AuthenticationFailed" in expired.text) == (403, True)
    [renewed] = await make.drafts(a)
    assert (await anyone.get(renewed["url"])).status_code == 200


async def test_a_link_cannot_be_changed(make: Any, a: httpx.AsyncClient, anyone: httpx.AsyncClient) -> None:
    draft = await make.draft(a)
    url = httpx.URL(draft["url"])
    later = url.copy_set_param("se", str(int(url.params["se"]) + 1))
    other = httpx.URL(draft["downloadable_url"]).copy_with(query=url.query)
    bare = url.copy_with(query=None)
    for changed in (later, other, bare, url.copy_set_param("sig", "ü"), url.copy_set_param("se", "soon")):
        assert (await anyone.get(changed)).status_code == 403


async def test_ranges(make: Any, a: httpx.AsyncClient, anyone: httpx.AsyncClient) -> None:
    url = (await make.draft(a))["url"]
    whole = await anyone.get(url)
    size = len(whole.content)
    assert whole.headers["accept-ranges"] == "bytes"
    for header, part in (
        ("bytes=0-9", slice(0, 10)),
        ("bytes=10-", slice(10, size)),
        ("bytes=-7", slice(-7, size)),
    ):
        answer = await anyone.get(url, headers={"Range": header})
        assert answer.status_code == 206
        assert answer.content == whole.content[part]
        start = part.start % size
        assert answer.headers["content-range"] == f"bytes {start}-{start + len(answer.content) - 1}/{size}"
    behind = await anyone.get(url, headers={"Range": f"bytes={size}-"})
    assert (behind.status_code, behind.headers["content-range"]) == (416, f"bytes */{size}")


def test_ranges_that_are_no_ranges() -> None:
    for header in (None, "", "bytes=", "bytes=-", "bytes=5-2", "items=0-1", "bytes=0-1,4-5", "bytes=x-1"):
        assert wanted(header, 10) is None
    assert wanted("bytes=4-99", 10) == slice(4, 10)
    assert wanted("bytes=-99", 10) == slice(0, 10)
    for header in ("bytes=10-", "bytes=-0"):
        with pytest.raises(Unsatisfiable):
            wanted(header, 10)

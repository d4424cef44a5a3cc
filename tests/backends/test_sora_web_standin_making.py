"""Every kind of request, from its words to its file, against the stand-in."""

from __future__ import annotations

import pytest
from PIL import Image
from sora_web_bench import Bench

from sora_kit.media.probe import probe


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "kitten.webp"
    Image.new("RGB", (64, 48), "teal").save(path)
    return path


@pytest.mark.parametrize("way", ["landscape", "portrait"])
@pytest.mark.parametrize(
    ("family", "seconds"),
    [
        (f, s)
        for f in ("sora2", "sora2pro", "sora2pro-hd")
        for s in (10, 15, 25)
        if (f, s) != ("sora2pro-hd", 25)
    ],
)
@pytest.mark.parametrize("with_image", [False, True])
async def test_videos(bench: Bench, picture, way, family, seconds, with_image) -> None:
    model = f"{family}-{way}-{seconds}s"
    task = bench.task("a cat", model=model, image=picture if with_image else None)
    need = bench.backend.need(task.request)
    assert (need.feature, bool(need.plan)) == ("video", family != "sora2" or seconds == 25)
    made = await bench.make(task)
    seen = probe(made.path)
    assert (seen.width, seen.height, round(seen.seconds)) == (made.width, made.height, seconds)
    assert (made.width > made.height) == (way == "landscape")
    assert made.understood["upstream"]["generation"].startswith("gen_")
    [one] = bench.sent()
    assert seen.metadata["title"] == one.task == made.understood["upstream"]["task"]
    assert one.endpoint == "nf_create"
    uploads = bench.standin.accounts["pro@example.com"].uploads
    assert len(uploads) == with_image
    for kept in uploads.values():
        assert (kept.data, kept.mime) == (picture.read_bytes(), "image/webp")
        assert bench.body(one.task)["inpaint_items"] == [{"kind": "upload", "upload_id": kept.id}]

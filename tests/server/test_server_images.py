"""``/v1/images/generations``: what is asked for, and what comes."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from PIL import Image

pytestmark = pytest.mark.server

PATH = "/v1/images/generations"


def made(kit, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    answer = kit.http.post(PATH, json=body)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def test_pictures_as_url_and_as_bytes(kit, anyone: httpx.Client):
    answer = kit.http.post(PATH, json={"prompt": "A pear", "n": 2, "size": "1024x1024"})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert isinstance(body["created"], int)
    assert body["size"] == "360x360"
    assert body["output_format"] == "png"
    assert len({one["url"] for one in body["data"]}) == 2
    assert answer.headers["x-sora-kit-job"].split(",") == [one["id"] for one in body["data"]]
    for one in body["data"]:
        assert base64.b64decode(one["b64_json"]) == anyone.get(one["url"]).content
        assert base64.b64decode(one["b64_json"]).startswith(b"\x89PNG")


@pytest.mark.parametrize(("form", "absent"), [("url", "b64_json"), ("b64_json", "url")])
def test_a_picture_in_the_form_that_was_asked_for(kit, form: str, absent: str):
    body = {"prompt": "A plum", "response_format": form, "size": "1536x1024", "user": "x", "quality": "high"}
    answer = made(kit, body)
    assert form in answer["data"][0]
    assert absent not in answer["data"][0]
    assert answer["size"] == "540x360"
    assert answer["safety_identifier"] == "x"


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        (None, "360x360"),
        ("auto", "360x360"),
        ("256x256", "360x360"),
        ("1024x1536", "360x540"),
        ("1792x1024", "540x360"),
        ("1536x864", "540x360"),
        ("portrait", "360x540"),
        ("16:9", "540x360"),
    ],
)
def test_openais_sizes_and_names_are_wishes_for_a_shape(kit, size: str | None, shape: str):
    name = "dall-e-3" if size else "gpt-image-2.5-sunburst"
    body = {"model": name, "prompt": "A fig", "size": size, "response_format": "url"}
    assert made(kit, body)["size"] == shape


@pytest.mark.parametrize(
    ("output", "mime"), [("jpeg", "image/jpeg"), ("webp", "image/webp"), ("jpg", "image/jpeg")]
)
def test_a_picture_is_converted_and_says_what_it_is(kit, anyone: httpx.Client, output: str, mime: str):
    answer = made(kit, {"prompt": "A quince", "seed": 5, "output_format": output})
    (datum,) = answer["data"]
    data = base64.b64decode(datum["b64_json"])
    picture = opened(data)
    assert picture.size == (360, 360)
    assert answer["output_format"] == mime.removeprefix("image/") == (picture.format or "").lower()
    assert "It is not footage" in picture.getexif()[0x010E]  # the label of an animatic stays in the file
    fetched = anyone.get(datum["url"])
    assert fetched.headers["content-type"] == mime
    assert fetched.content == data


def test_compression_counts_where_there_is_some(kit, anyone: httpx.Client):
    sizes = []
    for quality in (5, 95):
        body = {"prompt": "A quince", "seed": 5, "output_format": "webp", "output_compression": quality}
        (datum,) = made(kit, body)["data"]
        data = base64.b64decode(datum["b64_json"])
        assert anyone.get(datum["url"]).content == data
        assert anyone.head(datum["url"]).headers["content-length"] == str(len(data))
        sizes.append(len(data))
    assert sizes[0] < sizes[1] / 2
    (datum,) = made(kit, {"prompt": "A quince", "seed": 5, "output_compression": 5})["data"]
    assert datum["url"].endswith(".png")


@pytest.mark.parametrize(
    "name", ["{token}.101x.webp", "{token}.9999.webp", "{token}.gif", "nobody.webp", ".webp"]
)
def test_no_other_names_of_pictures_lead_anywhere(kit, anyone: httpx.Client, name: str):
    clip = next(clip for clip in kit.studio.clips() if clip.kind == "image")
    assert anyone.get(f"{kit.url}/media/{name.format(token=clip.token)}").status_code == 404


def test_a_video_has_no_other_format(kit, anyone: httpx.Client, video: dict[str, Any]):
    assert anyone.get(video["url"].replace(".mp4", ".webp")).status_code == 404


def test_our_styles_count_and_openais_change_nothing(kit):
    made(kit, {"prompt": "A melon", "style": "anime", "response_format": "url"})
    assert kit.studio.records(limit=1)[0].style == "anime"
    made(kit, {"prompt": "A melon", "style": "vivid", "response_format": "url"})
    assert kit.studio.records(limit=1)[0].style is None


def test_a_seed_gives_different_pictures_of_one_answer(kit):
    body = {"prompt": "A date", "seed": 7, "n": 2, "response_format": "b64_json"}
    first, again = made(kit, body), made(kit, body)
    pictures = [one["b64_json"] for one in first["data"]]
    assert pictures[0] != pictures[1]
    assert pictures == [one["b64_json"] for one in again["data"]]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "prompt"),
        ({"prompt": "x", "n": 0}, "n"),
        ({"prompt": "x", "n": 11}, "n"),
        ({"prompt": "x", "n": "many"}, "n"),
        ({"prompt": "x", "response_format": "gif"}, "response_format"),
        ({"prompt": "x", "output_format": "gif"}, "output_format"),
        ({"prompt": "x", "output_format": "tiff"}, "output_format"),
        ({"prompt": "x", "output_compression": 101}, "output_compression"),
        ({"prompt": "x", "background": "transparent"}, "background"),
        ({"prompt": "x", "background": "green"}, "background"),
        ({"prompt": "x", "quality": "best"}, "quality"),
        ({"prompt": "x", "partial_images": 4, "stream": True}, "partial_images"),
        ({"prompt": "x", "stream": "perhaps"}, "stream"),
        ({"prompt": "x", "style": "cubist"}, "style"),
        ({"prompt": "x", "size": "3000x100"}, "size"),
        ({"prompt": "x", "mask": "https://example.org/mask.png"}, "mask"),
        ({"prompt": "x", "model": "sora-2"}, "model"),
        ({"prompt": "x", "model": "gpt-image-portrait", "size": "1024x1024"}, "size"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_pictures_that_cannot_be_made(kit, body: dict[str, Any], param: str, stream: bool):
    before = kit.studio.records(limit=1)
    error = made(kit, {"stream": stream, **body}, 400)["error"]
    assert error["param"] == param
    assert kit.studio.records(limit=1) == before


def test_what_failed_of_several_is_told_beside_what_is_there(kit, monkeypatch: pytest.MonkeyPatch):
    accept, asked = kit.studio.accept, []

    async def once(*args: Any, **options: Any) -> Any:
        from sora_kit.errors import InvalidInput

        asked.append(args)
        if len(asked) == 2:
            raise InvalidInput("The budget is used up", code="budget_exceeded")
        return await accept(*args, **options)

    monkeypatch.setattr(kit.studio, "accept", once)
    body = made(kit, {"prompt": "A lime", "n": 3, "response_format": "url"})
    assert len(body["data"]) == 1
    assert [failure["code"] for failure in body["failed"]] == ["budget_exceeded"]


def test_a_repeated_call_gets_the_same_pictures(kit):
    body = {"prompt": "A kiwi", "n": 2, "response_format": "url"}
    answers = [kit.http.post(PATH, json=body, headers={"x-stainless-retry-count": str(n)}) for n in range(2)]
    ids = [answer.headers["x-sora-kit-job"] for answer in answers]
    assert ids[0] == ids[1]
    assert kit.http.post(PATH, json=body).headers["x-sora-kit-job"] != ids[0]


def test_who_waits_too_long_comes_back_for_the_picture(
    kit, monkeypatch: pytest.MonkeyPatch, another_key: Callable[[], dict[str, str]]
):
    monkeypatch.setenv("SORA_KIT_WAIT_SECONDS", "0")
    answer = kit.http.post(PATH, json={"prompt": "A slow plum"})
    assert answer.status_code == 504
    assert answer.headers["x-should-retry"] == "false"
    job = answer.headers["x-sora-kit-job"]
    assert job in answer.json()["error"]["message"]
    assert answer.json()["error"]["code"] == "not_ready_yet"
    kit.studio.job(job).result(timeout=60)
    found = kit.http.get(f"/v1/images/{job}", params={"output_format": "webp", "response_format": "b64_json"})
    assert opened(base64.b64decode(found.json()["data"][0]["b64_json"])).format == "WEBP"
    for missing in (
        kit.http.get(f"/v1/images/{job}", headers=another_key()),
        kit.http.get("/v1/images/job_unknown"),
    ):
        assert missing.status_code == 404
        assert missing.json()["error"]["param"] == "image_id"


def test_a_video_is_no_picture_and_a_picture_to_come_is_not_ready(kit, video: dict[str, Any]):
    assert kit.http.get(f"/v1/images/{video['id']}").status_code == 404
    waiting = kit.row(kind="image", state="queued", owner="", finished=None)
    answer = kit.http.get(f"/v1/images/{waiting}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "image_not_ready")
    kit.studio.cancel("job_" + waiting.removeprefix("video_"))

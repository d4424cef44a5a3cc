"""``/v1/images/edits``: every shape in which pictures come, over HTTP and through the SDK."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from PIL import Image

pytestmark = pytest.mark.server

PATH = "/v1/images/edits"
RED, GREEN, BLUE = (220, 30, 30), (30, 180, 60), (30, 60, 220)


def png(
    colour: tuple[int, int, int], size: tuple[int, int] = (96, 64), form: str = "PNG", **more: Any
) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, form, **more)
    return out.getvalue()


def data_url(data: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(data).decode()


def picture(datum: dict[str, Any]) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(datum["b64_json"]))).convert("RGB")


def near(seen: Any, colour: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 50 for a, b in zip(seen, colour, strict=True))


@pytest.fixture(scope="module")
def client(kit) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{kit.url}/v1", api_key=kit.key, max_retries=0, timeout=60) as opened:
        yield opened


SHAPES: dict[str, dict[str, Any]] = {
    "file": {"files": {"image": ("a.png", png(RED))}},
    "list of one": {"files": [("image[]", ("a.png", png(RED)))]},
    "data url": {"json": {"image": data_url(png(RED))}},
    "images": {"json": {"images": [{"image_url": data_url(png(RED))}]}},
    "images, nested": {"json": {"images": [{"image_url": {"url": data_url(png(RED))}}]}},
    "strings": {"json": {"image": [data_url(png(RED))]}},
    "base64": {"data": {"image": base64.b64encode(png(RED)).decode()}},
    "json in a form": {"data": {"image": '{"image_url": "' + data_url(png(RED)) + '"}'}},
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_picture_in_every_shape_is_what_the_result_starts_from(kit, name: str):
    sent = {part: dict(value) if isinstance(value, dict) else value for part, value in SHAPES[name].items()}
    fields = {
        "model": "gpt-image-1",
        "prompt": "Make it rain",
        "response_format": "b64_json",
        "size": "1024x1024",
    }
    if "json" in sent:
        sent["json"] |= fields
    else:
        sent["data"] = {**sent.get("data", {}), **fields}
    answer = kit.http.post(PATH, **sent)
    assert answer.status_code == 200, answer.text
    (datum,) = answer.json()["data"]
    assert near(picture(datum).getpixel((180, 180)), RED)
    assert answer.json()["size"] == "360x360"


def test_without_a_size_the_result_has_the_shape_of_the_picture(kit):
    tall = png(RED, (64, 96))
    sideways = png(RED, (96, 64), "JPEG", exif=_turned())
    for data, size in (
        (tall, "360x540"),
        (png(RED), "540x360"),
        (png(RED, (90, 86)), "360x360"),
        (sideways, "360x540"),
    ):
        answer = kit.http.post(PATH, files={"image": data}, data={"prompt": "x", "response_format": "url"})
        assert answer.json()["size"] == size, answer.text


def _turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def test_several_pictures_lie_on_one_sheet_in_order(kit):
    files = [("image[]", (f"{n}.png", png(colour, (64, 64)))) for n, colour in enumerate((RED, GREEN, BLUE))]
    answer = kit.http.post(PATH, files=files, data={"prompt": "A flag", "response_format": "b64_json"})
    assert answer.status_code == 200, answer.text
    found = picture(answer.json()["data"][0])
    size = found.width
    assert near(found.getpixel((size // 4, size // 4)), RED)
    assert near(found.getpixel((3 * size // 4, size // 4)), GREEN)
    assert near(found.getpixel((size // 4, 3 * size // 4)), BLUE)
    assert near(found.getpixel((3 * size // 4, 3 * size // 4)), (255, 255, 255))


@pytest.mark.parametrize(
    ("sent", "param", "code"),
    [
        ({"data": {"prompt": "x"}}, "image", "missing_required_parameter"),
        ({"files": {"image": png(RED)}}, "prompt", "missing_required_parameter"),
        (
            {"files": {"image": png(RED), "mask": png(RED)}, "data": {"prompt": "x"}},
            "mask",
            "unsupported_value",
        ),
        (
            {"files": {"image": png(RED), "markup": png(RED)}, "data": {"prompt": "x"}},
            "markup",
            "unsupported_value",
        ),
        ({"json": {"prompt": "x", "images": [{"file_id": "file-1"}]}}, "image", "not_supported"),
        ({"json": {"prompt": "x", "images": [{}]}}, "image", "invalid_type"),
        ({"json": {"prompt": "x", "image": 7}}, "image", "invalid_type"),
        ({"files": {"image": b"GIF8 is no picture"}, "data": {"prompt": "x"}}, None, "invalid_media"),
        ({"files": [("image[]", png(RED))] * 17, "data": {"prompt": "x"}}, "image", None),
        ({"files": {"image": png(RED)}, "data": {"prompt": "x", "model": "sora-2"}}, "model", None),
        ({"json": {"prompt": "x", "image": "http://127.0.0.1:1/x.png"}}, None, None),
    ],
)
def test_what_cannot_be_edited_is_refused_before_a_job_exists(
    kit, sent: dict[str, Any], param: Any, code: Any
):
    before = kit.studio.records(limit=1)
    answer = kit.http.post(PATH, **sent)
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert param in (None, error["param"])
    assert code in (None, error["code"])
    assert kit.studio.records(limit=1) == before


def test_the_sdk_edits_one_picture_and_several(client: openai.OpenAI):
    one = client.images.edit(image=("a.png", png(RED)), prompt="Make it rain", size="1024x1024", n=2)
    assert one.data is not None
    assert len(one.data) == 2
    assert near(
        Image.open(io.BytesIO(base64.b64decode(one.data[0].b64_json or ""))).getpixel((180, 180)), RED
    )
    several = client.images.edit(
        image=[png(RED), png(GREEN)], prompt="Both", output_format="webp", user="me", extra_body={"seed": 3}
    )
    assert several.data is not None
    assert several.output_format == "webp"
    assert several.safety_identifier == "me"
    assert Image.open(io.BytesIO(base64.b64decode(several.data[0].b64_json or ""))).format == "WEBP"
    with pytest.raises(openai.BadRequestError, match="mask cannot be used"):
        client.images.edit(image=png(RED), mask=png(RED), prompt="x")


async def test_the_async_sdk_edits_too(kit):
    async with openai.AsyncOpenAI(base_url=f"{kit.url}/v1", api_key=kit.key, max_retries=0) as client:
        made = await client.images.edit(image=png(BLUE), prompt="A sea", response_format="url")
    assert made.data is not None
    assert (made.data[0].url or "").endswith(".png")
    assert made.data[0].b64_json is None

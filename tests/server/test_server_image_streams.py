"""Pictures as events, read by OpenAI's own SDK."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from PIL import Image

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def client(kit) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{kit.url}/v1", api_key=kit.key, max_retries=0, timeout=60) as opened:
        yield opened


def opened(text: str) -> Image.Image:
    picture = Image.open(io.BytesIO(base64.b64decode(text)))
    picture.load()
    return picture


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("output", ["png", "jpeg", "webp"])
def test_partial_pictures_come_before_the_finished_one(client: openai.OpenAI, output: Any):
    stream = client.images.generate(
        model="gpt-image-2", prompt="A lemon tree", stream=True, partial_images=2, output_format=output
    )
    events = list(stream)
    assert [event.type for event in events] == [
        *["image_generation.partial_image"] * 2,
        "image_generation.completed",
    ]
    for index, event in enumerate(events):
        assert (event.size, event.background, event.quality) == ("360x360", "opaque", "auto")
        assert event.output_format == output
        assert event.created_at > 1_700_000_000
        picture = opened(event.b64_json)
        assert picture.size == (360, 360)
        assert (picture.format or "").lower() == output
        if event.type == "image_generation.partial_image":
            assert event.partial_image_index == index
        else:
            assert event.usage.total_tokens == event.usage.input_tokens_details.image_tokens == 0


def test_an_edit_has_events_of_its_own(client: openai.OpenAI):
    events = list(client.images.edit(image=png(), prompt="Rain", stream=True, partial_images=1, user="me"))
    assert [event.type for event in events] == ["image_edit.partial_image", "image_edit.completed"]
    assert all(opened(event.b64_json).size == (360, 360) for event in events)
    assert events[-1].safety_identifier == "me"


def test_without_partials_each_finished_picture_is_one_event(kit, client: openai.OpenAI):
    events = list(client.images.generate(prompt="A grape", stream=True, n=2))
    assert [event.type for event in events] == ["image_generation.completed"] * 2
    assert [event.index for event in events] == [0, 1]  # type: ignore[attr-defined]
    assert events[0].b64_json != events[1].b64_json


def test_the_form_on_the_wire(kit):
    body = {"prompt": "A grape", "stream": True, "partial_images": 1}
    with kit.http.stream("POST", "/v1/images/generations", json=body) as answer:
        text = answer.read().decode()
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["x-accel-buffering"] == "no"
        assert answer.headers["x-sora-kit-job"].startswith("job_")
    blocks = [block for block in text.split("\n\n") if block and not block.startswith(":")]
    for block in blocks:
        named, data = block.split("\n")
        assert named.removeprefix("event: ") == json.loads(data.removeprefix("data: "))["type"]
    assert "[DONE]" not in text
    assert text.endswith("\n\n")


async def test_a_failure_is_an_exception_with_the_message(kit, monkeypatch: pytest.MonkeyPatch):
    from sora_kit.server import image_events

    def broken(*_: object) -> str:
        raise OSError("the inside of it")

    monkeypatch.setattr(image_events, "in_base64", broken)
    async with openai.AsyncOpenAI(base_url=f"{kit.url}/v1", api_key=kit.key, max_retries=0) as client:
        stream = await client.images.generate(prompt="A grape", stream=True)
        with pytest.raises(openai.APIError, match="Something went wrong") as caught:
            async for _ in stream:
                pass
    assert caught.value.code == "internal_error"
    assert "inside of" not in str(caught.value)


def test_a_cancelled_picture_is_told_after_those_that_are_there(
    kit, client: openai.OpenAI, monkeypatch: pytest.MonkeyPatch
):
    accept = kit.studio.accept

    async def cancelled(*args: Any, **options: Any) -> Any:
        job = await accept(*args, **options)
        if not kit.studio.records(limit=2)[1].prompt.startswith("A grape in the sun"):
            kit.studio.jobs_table.ask_to_cancel(job.id)  # the first of the two, before it begins
        return job

    monkeypatch.setattr(kit.studio, "accept", cancelled)
    seen = []
    with pytest.raises(openai.APIError) as caught:
        events = client.images.generate(prompt="A grape in the sun", stream=True, n=2)
        seen.extend(event.index for event in events)  # type: ignore[attr-defined]
    assert seen == [1]
    assert caught.value.code == "cancelled"


def test_a_draft_that_cannot_be_drawn_costs_no_picture(
    client: openai.OpenAI, kit, monkeypatch: pytest.MonkeyPatch
):
    async def broken(*_: object, **__: object) -> bytes:
        raise RuntimeError("no paper")

    monkeypatch.setattr(kit.studio, "thumbnail", broken)
    (event,) = client.images.generate(prompt="A grape", stream=True, partial_images=3)
    assert event.type == "image_generation.completed"


def test_leaving_a_stream_cancels_nothing(kit, client: openai.OpenAI):
    stream = client.images.generate(prompt="A pomegranate", stream=True)
    job = stream.response.headers["x-sora-kit-job"]
    stream.close()
    assert kit.studio.job(job).result(timeout=60).kind == "image"

"""The real ``openai`` package, as its users would write it, sync and async."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

pytestmark = [
    pytest.mark.server,
    # the SDK marks its whole videos API as deprecated; it works, and that is the point
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def client(kit) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{kit.url}/v1", api_key=kit.key, max_retries=0, timeout=60) as opened:
        yield opened


def png() -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (720, 1280), "navy").save(out, "PNG")
    return out.getvalue()


def test_create_poll_download_delete(client: openai.OpenAI, tmp_path: Path):
    video = client.videos.create_and_poll(
        model="sora-2",
        prompt="A paper boat",
        seconds="4",
        size="720x1280",
        input_reference=("first.png", png()),
        poll_interval_ms=200,
    )
    assert video.status == "completed", video.error
    assert video._request_id
    target = tmp_path / "boat.mp4"
    client.videos.download_content(video.id).write_to_file(target)
    assert target.read_bytes()[4:8] == b"ftyp"
    assert client.videos.delete(video.id).deleted
    with pytest.raises(openai.NotFoundError) as caught:
        client.videos.retrieve(video.id)
    assert caught.value.code == "not_found"


def test_lists_are_walked_to_the_end(client: openai.OpenAI, kit):
    rows = {kit.row() for _ in range(5)}
    assert rows <= {video.id for video in client.videos.list(limit=2)}


@pytest.mark.parametrize(
    "more",
    [
        {
            "extra_body": {
                "input_reference": {"image_url": "data:image/png;base64," + base64.b64encode(png()).decode()}
            }
        },
        {"extra_body": {"style": "anime", "metadata": {"a": [1, {"b": True}]}}},
        {"extra_headers": {"Content-Type": "application/json"}},
    ],
    ids=["brackets", "nested", "json"],
)
def test_what_users_add_to_create(client: openai.OpenAI, more: dict[str, Any]):
    video = client.videos.create(prompt="A cat", **more)
    client.videos.delete(video.id)
    assert video.status in ("queued", "in_progress")
    assert video.model == "sora-2"


def test_remix(client: openai.OpenAI, video: dict[str, Any]):
    made = client.videos.remix(video["id"], prompt="in the rain")
    client.videos.delete(made.id)
    assert made.remixed_from_video_id == video["id"]


def test_errors_are_the_classes_that_users_catch(client: openai.OpenAI, kit):
    with pytest.raises(openai.BadRequestError) as bad:
        client.videos.create(prompt="x", seconds="7")  # type: ignore[arg-type]
    assert bad.value.param == "seconds"
    assert "7" in bad.value.message
    with pytest.raises(openai.NotFoundError) as missing:
        client.models.retrieve("org/model")
    assert missing.value.code == "model_not_found"
    stranger = openai.OpenAI(base_url=f"{kit.url}/v1", api_key="wrong", max_retries=0)
    with stranger, pytest.raises(openai.AuthenticationError) as refused:
        stranger.models.list()
    assert refused.value.code == "invalid_api_key"


def test_models(client: openai.OpenAI):
    ids = [model.id for model in client.models.list()]
    assert {"sora-2", "sora-2-pro", "sora2-landscape-10s", "gpt-image"} <= set(ids)
    assert client.models.retrieve("sora-2").id == "sora-2"


def test_images(client: openai.OpenAI):
    made = client.images.generate(model="gpt-image", prompt="A lemon", response_format="b64_json")
    assert made.data
    assert base64.b64decode(made.data[0].b64_json or "").startswith(b"\x89PNG")


def test_chat_both_ways(client: openai.OpenAI):
    messages: Any = [{"role": "user", "content": "a cat"}]
    whole = client.chat.completions.create(model="prompt-enhance-short-10s", messages=messages)
    assert whole.choices[0].message.content
    stream = client.chat.completions.create(
        model="gpt-image", messages=messages, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices).startswith("![image](")
    assert chunks[-1].usage is not None
    assert any(getattr(c.choices[0].delta, "reasoning_content", None) for c in chunks if c.choices)


async def test_the_async_client_does_the_same(kit):
    async with openai.AsyncOpenAI(base_url=f"{kit.url}/v1", api_key=kit.key, max_retries=0) as client:
        video = await client.videos.create(prompt="A dog", seconds="8")
        assert (await client.videos.retrieve(video.id)).id == video.id
        assert (await client.videos.delete(video.id)).deleted
        stream = await client.chat.completions.create(
            model="prompt-enhance-short-10s", messages=[{"role": "user", "content": "a cat"}], stream=True
        )
        text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
        assert text


async def test_a_failure_in_a_stream_is_an_exception_with_the_message(kit):
    import asyncio

    async with openai.AsyncOpenAI(base_url=f"{kit.url}/v1", api_key=kit.key, max_retries=0) as client:
        stream = await client.chat.completions.create(
            model="sora2-landscape-25s", messages=[{"role": "user", "content": "a storm"}], stream=True
        )
        await anext(aiter(stream))
        await asyncio.to_thread(kit.studio.job(kit.studio.records(limit=1)[0].id).cancel)
        with pytest.raises(openai.APIError, match="cancelled"):
            async for _ in stream:
                pass

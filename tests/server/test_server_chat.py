"""``/v1/chat/completions``."""

from __future__ import annotations

import base64
import io
import json
import re
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.server


def ask(content: Any, model: str = "gpt-image", **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": content}], **more}


def events(answer: httpx.Response) -> list[dict[str, Any]]:
    """The events of a stream, checked for its form."""
    assert answer.status_code == 200, answer.read()
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-accel-buffering"] == "no"
    found = [line.removeprefix("data: ") for line in answer.iter_lines() if line and not line.startswith(":")]
    assert found[-1] == "[DONE]"
    return [json.loads(event) for event in found[:-1]]


def test_a_video_is_told_as_links_that_play(kit, video: dict[str, Any], anyone: httpx.Client):
    name = "chatcmpl-" + video["id"].removeprefix("video_")
    with kit.http.stream("GET", f"/v1/chat/completions/{name}", params={"stream": "true"}) as answer:
        deltas = [event["choices"][0]["delta"] for event in events(answer)]
    content = "".join(delta.get("content", "") for delta in deltas)
    assert content == (
        f"[![preview]({video['thumbnail_url']})]({video['url']})\n\n[Open video]({video['url']})"
    )
    assert anyone.get(video["url"], headers={"range": "bytes=0-1"}).status_code == 206


def test_a_stream_tells_progress_and_then_the_picture(kit):
    with kit.http.stream("POST", "/v1/chat/completions", json=ask("A boat at dusk", stream=True)) as answer:
        found = events(answer)
    assert len({(event["id"], event["created"]) for event in found}) == 1
    assert {event["model"] for event in found} == {"gpt-image"}
    deltas = [event["choices"][0]["delta"] for event in found]
    assert deltas[0] == {"role": "assistant", "content": ""}
    thoughts = [delta["reasoning_content"] for delta in deltas if "reasoning_content" in delta]
    assert any(re.search(r"\d+%|Waiting", thought) for thought in thoughts)
    content = "".join(delta.get("content", "") for delta in deltas)
    assert re.fullmatch(r"!\[image\]\(\S+\.png\)", content)
    assert [event["choices"][0]["finish_reason"] for event in found][-1] == "stop"
    assert all("usage" not in event for event in found)


def test_a_picture_comes_the_same_way_without_a_stream(kit, anyone: httpx.Client):
    answer = kit.http.post("/v1/chat/completions", json=ask("A red apple"))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["object"] == "chat.completion"
    choice = body["choices"][0]
    assert choice["finish_reason"] == "stop"
    link = re.fullmatch(r"!\[image\]\((\S+\.png)\)", choice["message"]["content"])
    assert link is not None
    assert anyone.get(link[1]).content.startswith(b"\x89PNG")
    assert body["usage"].keys() >= {"prompt_tokens", "completion_tokens", "total_tokens"}


@pytest.mark.parametrize("stream", [False, True])
def test_an_enhanced_prompt_is_plain_text_both_ways(kit, stream: bool):
    body = ask("a cat on a roof", "prompt-enhance-short-10s", stream=stream)
    if stream:
        with kit.http.stream("POST", "/v1/chat/completions", json=body) as answer:
            deltas = [event["choices"][0]["delta"] for event in events(answer)]
        text = "".join(delta.get("content", "") for delta in deltas)
    else:
        text = kit.http.post("/v1/chat/completions", json=body).json()["choices"][0]["message"]["content"]
    assert len(text) > len("a cat on a roof")
    assert not text.startswith(("![", "Error"))


def test_usage_is_told_when_asked_for(kit):
    body = ask("### Task:\nwrite a title", stream=True, stream_options={"include_usage": True})
    with kit.http.stream("POST", "/v1/chat/completions", json=body) as answer:
        found = events(answer)
    assert found[-1]["choices"] == []
    assert found[-1]["usage"].keys() == {"prompt_tokens", "completion_tokens", "total_tokens"}


ERRANDS = {
    "open webui": [("user", "### Task:\nGenerate a title for this chat")],
    "lobehub": [
        ("system", "You are a professional conversation summarizer. Generate a concise title."),
        ("user", "user: A boat\nassistant: Here it is"),
    ],
    "nextchat": [
        ("user", "A boat"),
        ("assistant", "Here it is"),
        (
            "system",
            "Summarize the discussion briefly in 200 words or less to use as a prompt for future context.",
        ),
    ],
}


@pytest.mark.parametrize("model", ["sora-2", "gpt-image", "prompt-enhance-long-20s"])
@pytest.mark.parametrize("program", ERRANDS)
def test_errands_of_chat_programs_make_no_job(kit, program: str, model: str):
    before = kit.studio.records(limit=1)
    messages = [{"role": role, "content": text} for role, text in ERRANDS[program]]
    answer = kit.http.post("/v1/chat/completions", json={"model": model, "messages": messages})
    text = answer.json()["choices"][0]["message"]["content"]
    assert text == ('{"title":"Video"}' if program == "open webui" else "A boat")
    assert "x-sora-kit-job" not in answer.headers
    assert kit.studio.records(limit=1) == before


@pytest.mark.parametrize("field", ["image", "part"])
def test_a_picture_beside_the_messages_counts_as_one_in_them(kit, anyone: httpx.Client, field: str):
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (64, 64), (220, 30, 30)).save(out, "PNG")
    data = base64.b64encode(out.getvalue()).decode()
    if field == "image":  # bare base64, as Sora2API's clients send it
        body = ask("Make it rain", image=data)
    else:
        url = f"data:image/png;base64,{data}"
        body = ask([{"type": "text", "text": "Make it rain"}, {"type": "file", "file": {"file_data": url}}])
    text = kit.http.post("/v1/chat/completions", json=body).json()["choices"][0]["message"]["content"]
    made = Image.open(io.BytesIO(anyone.get(text[len("![image](") : -1]).content)).convert("RGB")
    red, green, blue = made.getpixel((180, 180))  # type: ignore[misc]
    assert red > 150 > green + blue - 60


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({"messages": [{"role": "user", "content": "x"}]}, 400, "model"),
        (ask("x", "nope"), 404, "model"),
        ({"model": "sora-2", "messages": []}, 400, "messages"),
        (ask("", "sora-2"), 400, "prompt"),
        (
            ask(
                [
                    {"type": "image_url", "image_url": {"url": "http://127.0.0.1/x.png"}},
                    {"type": "text", "text": "a"},
                ]
            ),
            400,
            None,
        ),
        (ask("x", "gpt-image", video="http://example.org/never-fetched.mp4"), 400, "video"),
        (ask("x", "sora2-extension-10s"), 400, "source"),
        (ask("x", "prompt-enhance-short-10s", image="http://example.org/x.png"), 400, "messages"),
        (ask("x", "avatar-create"), 400, "video"),
    ],
)
def test_what_cannot_be_honoured_is_a_plain_refusal_in_both_modes(
    kit, stream: bool, body: dict, status: int, param
):
    before = kit.studio.records(limit=1)
    answer = kit.http.post("/v1/chat/completions", json={**body, "stream": stream})
    assert answer.status_code == status, answer.text
    if param:
        assert answer.json()["error"]["param"] == param
    assert kit.studio.records(limit=1) == before


def eventually(true: Callable[[], bool], seconds: float = 30) -> bool:
    """Whether something becomes true."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_a_failure_in_the_middle_of_a_stream_is_told_in_it(kit):
    with kit.http.stream(
        "POST", "/v1/chat/completions", json=ask("a long day", "sora2-landscape-25s", stream=True)
    ) as answer:
        # the answer has begun, so the job is there
        kit.studio.job(kit.studio.records(limit=1)[0].id).cancel()
        found = events(answer)
    assert found[-1]["error"].keys() == {"message", "type", "param", "code"}
    assert found[-1]["error"]["code"] == "cancelled"
    row = kit.studio.log().iloc[0]
    assert (row["status"], row["error"]) == (200, "cancelled")


def test_leaving_a_stream_cancels_nothing(kit):
    with kit.http.stream("POST", "/v1/chat/completions", json=ask("a lake", "sora-2", stream=True)) as answer:
        lines = answer.iter_lines()  # kept: httpx closes the connection with it
        next(lines)
        assert eventually(lambda: bool(kit.studio.hub.followers))
    job = kit.studio.records(limit=1)[0].id
    assert eventually(lambda: not kit.studio.hub.followers)  # nobody looks on any more
    left_at = kit.studio.record(job)
    assert left_at.state in ("queued", "running")
    assert eventually(lambda: kit.studio.record(job).progress > left_at.progress)  # it goes on
    kit.studio.job(job).cancel()


def test_links_lead_to_the_public_address(kit, monkeypatch: pytest.MonkeyPatch, video: dict[str, Any]):
    monkeypatch.setenv("SORA_KIT_PUBLIC_URL", "https://kit.example.org/sora")
    body = kit.http.get(f"/v1/videos/{video['id']}").json()
    assert body["url"].startswith("https://kit.example.org/sora/media/")

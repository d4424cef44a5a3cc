"""Coming back for an answer of the chat: by its id, as a stream or in one piece, and who waits how long."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletionChunk

pytestmark = pytest.mark.server

PATH = "/v1/chat/completions"


def ask(content: Any, model: str = "gpt-image", **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": content}], **more}


def events(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.read()
    found = [line.removeprefix("data: ") for line in answer.iter_lines() if line.startswith("data: ")]
    assert found[-1] == "[DONE]"
    return [json.loads(event) for event in found[:-1]]


def words(found: list[dict[str, Any]]) -> str:
    return "".join(event["choices"][0]["delta"].get("content", "") for event in found)


@pytest.fixture(scope="module")
def client(kit) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{kit.url}/v1", api_key=kit.key, max_retries=0, timeout=60) as opened:
        yield opened


def test_a_stream_that_was_left_is_joined_again_by_its_id(kit):
    with kit.http.stream("POST", PATH, json=ask("A boat on a lake", stream=True)) as answer:
        first = json.loads(next(answer.iter_lines()).removeprefix("data: "))
        job = answer.headers["x-sora-kit-job"]
    assert first["id"] == "chatcmpl-" + job.removeprefix("job_")
    for name in (first["id"], job):  # as often as anybody asks
        with kit.http.stream("GET", f"{PATH}/{name}", params={"stream": "true"}) as answer:
            found = events(answer)
            assert answer.headers["x-sora-kit-job"] == job
        assert {event["id"] for event in found} == {first["id"]}
        assert {event["created"] for event in found} == {int(kit.studio.record(job).created)}
        assert re.fullmatch(r"!\[image\]\(\S+\.png\)", words(found))
        assert found[-1]["choices"][0]["finish_reason"] == "stop"
    assert kit.studio.records(limit=1)[0].id == job  # nothing was started by asking


def test_the_sdk_retrieves_an_answer(client: openai.OpenAI):
    messages: Any = [{"role": "user", "content": "A barn"}]
    made = client.chat.completions.create(model="gpt-image", messages=messages)
    again = client.chat.completions.retrieve(made.id)
    assert again.id == made.id
    assert again.choices[0].message.content == made.choices[0].message.content
    assert again.created == made.created


def test_the_sdk_joins_a_stream_again(client: openai.OpenAI):
    messages: Any = [{"role": "user", "content": "A barn at night"}]
    with client.chat.completions.create(model="gpt-image", messages=messages, stream=True) as left:
        name = next(iter(left)).id
    again = client.get(
        f"/chat/completions/{name}?stream=true",
        cast_to=ChatCompletionChunk,
        stream=True,
        stream_cls=openai.Stream[ChatCompletionChunk],
    )
    chunks = list(again)
    assert {chunk.id for chunk in chunks} == {name}
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks).startswith("![image](")
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_without_a_stream_the_wait_has_an_end(kit, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SORA_KIT_WAIT_SECONDS", "0")
    answer = kit.http.post(PATH, json=ask("A long way home", "sora-2"))
    assert answer.status_code == 200
    body, job = answer.json(), answer.headers["x-sora-kit-job"]
    assert body["object"] == "chat.completion"
    assert body["id"] == "chatcmpl-" + job.removeprefix("job_")
    assert body["choices"][0]["finish_reason"] == "stop"
    assert answer.headers["x-sora-kit-state"] == body["sora_kit"]["state"] in ("queued", "running")
    text = body["choices"][0]["message"]["content"]
    assert f"{kit.url}/v1/chat/completions/{body['id']}" in text
    assert f"{kit.url}/v1/videos/video_{job.removeprefix('job_')}" in text
    later = kit.http.get(f"{PATH}/{body['id']}")
    assert later.headers["x-sora-kit-state"] in ("queued", "running")
    assert later.json()["choices"][0]["message"]["content"].startswith("It is not ready yet")
    monkeypatch.delenv("SORA_KIT_WAIT_SECONDS")
    kit.studio.cancel(job)
    refused = kit.http.get(f"{PATH}/{body['id']}", params={"wait": 60})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "cancelled")


def test_asking_with_a_wait_gets_the_answer_when_it_is_there(kit, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SORA_KIT_WAIT_SECONDS", "0")
    name = kit.http.post(PATH, json=ask("A chair")).json()["id"]
    monkeypatch.delenv("SORA_KIT_WAIT_SECONDS")
    answer = kit.http.get(f"{PATH}/{name}", params={"wait": 60})
    assert answer.headers["x-sora-kit-state"] == "completed"
    assert answer.json()["choices"][0]["message"]["content"].startswith("![image](")


def test_a_client_with_little_patience_is_answered_before_it_leaves(kit):
    begun = time.monotonic()
    headers = {"x-stainless-read-timeout": "0.5"}
    answer = kit.http.post(PATH, json=ask("A very long day", "sora2-landscape-25s"), headers=headers)
    assert answer.headers["x-sora-kit-state"] in ("queued", "running")
    assert time.monotonic() - begun < 30
    kit.studio.cancel(answer.headers["x-sora-kit-job"])


def test_a_call_that_the_sdk_repeats_is_the_same_answer(kit):
    body = ask("A cup", "prompt-enhance-short-10s")
    answers = [kit.http.post(PATH, json=body, headers={"x-stainless-retry-count": str(n)}) for n in range(2)]
    assert answers[0].json() == answers[1].json()
    assert kit.http.post(PATH, json=body).json()["id"] != answers[0].json()["id"]


@pytest.mark.parametrize("stream", ["true", "false"])
def test_nobody_gets_what_another_key_asked_for(kit, another_key: Callable[[], dict[str, str]], stream: str):
    made = kit.http.post(PATH, json=ask("a hat", "prompt-enhance-short-10s")).json()["id"]
    for name, headers in ((made, another_key()), ("chatcmpl-unknown", None), ("x" * 300, None)):
        answer = kit.http.get(f"{PATH}/{name}", params={"stream": stream}, headers=headers)
        assert answer.status_code == 404
        assert answer.json()["error"]["param"] == "completion_id"
    assert kit.http.get(f"{PATH}/{made}", params={"stream": stream}).status_code == 200


@pytest.mark.parametrize(
    ("params", "param"),
    [({"media_style": "loud"}, "media_style"), ({"wait": -1}, "wait"), ({"stream": "x"}, "stream")],
)
def test_what_cannot_be_read_is_refused(kit, params: dict[str, Any], param: str):
    answer = kit.http.get(f"{PATH}/chatcmpl-x", params=params)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_a_character_and_its_video_are_one_answer(kit, video: dict[str, Any]):
    content = [
        {"type": "text", "text": "dances in the rain"},
        {"type": "video_url", "video_url": {"url": _data_url(kit, video)}},
    ]
    with kit.http.stream("POST", PATH, json=ask(content, "sora-2", stream=True)) as answer:
        lines = answer.iter_lines()
        name = json.loads(next(lines).removeprefix("data: "))["id"]
        first = answer.headers["x-sora-kit-job"]
    assert kit.studio.record(first).kind == "character"
    with kit.http.stream("GET", f"{PATH}/{name}", params={"stream": "true"}) as answer:
        found = events(answer)
    assert words(found).startswith("[![preview](")
    assert "dances in the rain" in kit.studio.records(limit=1)[0].prompt
    whole = kit.http.get(f"{PATH}/{name}").json()
    assert whole["choices"][0]["message"]["content"] == words(found)
    assert whole["id"] == name


def _data_url(kit, video: dict[str, Any]) -> str:
    import base64

    content = kit.http.get(f"/v1/videos/{video['id']}/content").content
    return "data:video/mp4;base64," + base64.b64encode(content).decode()


def test_a_character_whose_video_never_came_says_so(kit, monkeypatch: pytest.MonkeyPatch):
    name = kit.row(kind="character", state="completed")
    monkeypatch.setattr(kit.studio.jobs_table, "key_of", lambda _: "chat_1#character")
    answer = kit.http.get(f"{PATH}/{name}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_started")
    assert answer.headers["x-should-retry"] == "false"


@pytest.mark.parametrize("n", [0, 2, "3"])
def test_several_answers_at_once_are_refused(kit, n: Any):
    before = kit.studio.records(limit=1)
    answer = kit.http.post(PATH, json=ask("A cat", "sora-2", n=n))
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "n")
    assert kit.studio.records(limit=1) == before
    assert kit.http.post(PATH, json=ask("A cat", "prompt-enhance-short-10s", n=1)).status_code == 200

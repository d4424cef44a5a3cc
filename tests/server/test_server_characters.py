"""Characters over HTTP, failures inside streams, and keys that are used again."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sora_kit.store import Clip

pytestmark = pytest.mark.server

GENERATION = "gen_01k9btrqrnen792yvt703dp0tq"


def ask(content: Any, model: str = "avatar-create", **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": content}], **more}


def events(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.read()
    found = [line.removeprefix("data: ") for line in answer.iter_lines() if line and not line.startswith(":")]
    assert found[-1] == "[DONE]"
    return [json.loads(event) for event in found[:-1]]


def streamed(kit, body: dict[str, Any], **headers: str) -> list[dict[str, Any]]:
    with kit.http.stream(
        "POST", "/v1/chat/completions", json=body | {"stream": True}, headers=headers
    ) as answer:
        return events(answer)


def contents(found: list[dict[str, Any]]) -> list[str]:
    return [text for event in found if (text := event["choices"][0]["delta"].get("content"))]


def until(true: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.fixture(scope="module")
def clip(kit, video: dict[str, Any]) -> Clip:
    return kit.studio.clip("job_" + video["id"].removeprefix("video_"))


@pytest.fixture(scope="module")
def encoded(clip: Clip) -> str:
    return base64.b64encode(clip.read()).decode()


@pytest.fixture(autouse=True)
def no_characters_left(kit) -> Iterator[None]:
    yield
    for one in kit.studio.characters:
        kit.studio.characters.remove(one)


def test_a_character_of_an_attached_video_is_told_as_a_card_and_in_words(kit, anyone, encoded: str):
    parts = [
        {"type": "text", "text": "make a character of this"},
        {"type": "video_url", "video_url": {"url": f"data:video/mp4;base64,{encoded}"}},
    ]
    found = streamed(
        kit, ask(parts, name="@mona", display_name="Mona", description="a red kite", timestamps="1,2")
    )
    assert found[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert any("reasoning_content" in event["choices"][0]["delta"] for event in found)
    line, words = contents(found)
    assert line.endswith("\n")
    told = json.loads(line)
    assert told["event"] == "character_card"
    card = told["card"]
    assert card.keys() == {
        "username", "display_name", "character_id", "cameo_id", "profile_asset_url", "instruction_set",
        "public", "source_model", "created_at",
    }  # fmt: skip
    assert (card["username"], card["display_name"], card["source_model"]) == ("mona", "Mona", "avatar-create")
    assert card["public"] is True
    portrait = anyone.get(card["profile_asset_url"])
    assert portrait.headers["content-type"] == "image/png"
    assert portrait.content.startswith(b"\x89PNG")
    assert "@mona" in words
    assert found[-1]["choices"][0]["finish_reason"] == "stop"
    mona = kit.studio.characters["mona"]
    assert mona.description == "a red kite"
    assert kit.studio.record(mona.job).request.span == (1.0, 2.0)


def test_a_character_of_a_draft_comes_without_a_stream_too(kit, clip: Clip, video: dict[str, Any]):
    for source in (f"of {video['id']}", video["id"]):
        body = ask("please", remix_target_id=video["id"]) if source == video["id"] else ask(source)
        answer = kit.http.post("/v1/chat/completions", json=body | {"name": "kite"})
        if source != video["id"]:  # ids of ours stand in their own field only
            assert answer.status_code == 400
            continue
        assert answer.status_code == 200, answer.text
        choice = answer.json()["choices"][0]
        assert choice["finish_reason"] == "stop"
        line, _, words = choice["message"]["content"].partition("\n")
        assert json.loads(line)["card"]["username"] == "kite"
        assert "@kite" in words
    assert kit.studio.characters["kite"].description == "a red kite"
    assert kit.studio.characters["kite"].source == clip.id


def test_a_video_attached_to_a_video_model_shows_who_appears(kit, encoded: str):
    body = ask("flies over a beach", "sora-2", seed=2, video=encoded, description="a blue bird")
    found = streamed(kit, body, **{"idempotency-key": "cast"})
    (links,) = contents(found)
    assert links.startswith("[![preview](")
    made = next(r for r in kit.studio.records() if r.kind == "video" and r.request.seed == 2)
    (name,) = made.request.characters
    assert made.prompt == f"@{name} flies over a beach"
    assert kit.studio.clip(made.clips[0]).understood["scenes"][0]["subjects"][0]["noun"] == "bird"
    until(lambda: name not in kit.studio.characters)  # nobody named it, so it goes
    # asked again with the same key, nothing is made again
    before = len(kit.studio.records(limit=1000))
    assert contents(streamed(kit, body, **{"idempotency-key": "cast"})) == [links]
    assert len(kit.studio.records(limit=1000)) == before
    other = kit.http.post(
        "/v1/chat/completions", json=body | ask("sinks", "sora-2"), headers={"idempotency-key": "cast"}
    )
    assert (other.status_code, other.json()["error"]["code"]) == (400, "key_reused")


def test_a_client_that_leaves_between_the_two_jobs_loses_nothing(kit, encoded: str):
    body = ask("a lighthouse at night", "sora-2", seed=3, video=encoded, name="keeper", stream=True)
    with kit.http.stream("POST", "/v1/chat/completions", json=body) as answer:
        assert next(answer.iter_lines()).startswith("data: ")
    until(lambda: any(r.request.seed == 3 and r.kind == "video" and r.done for r in kit.studio.records()))
    assert kit.studio.characters["keeper"].name == "keeper"  # it has a name, so it stays


def test_a_clip_and_a_remix_at_once_are_refused(kit, encoded: str, video: dict[str, Any]):
    body = ask("at night", "sora-2", video=encoded, remix_target_id=video["id"])
    answer = kit.http.post("/v1/chat/completions", json=body)
    assert answer.status_code == 400
    assert "second video" in answer.json()["error"]["message"]


def test_a_remix_over_chat(kit, clip: Clip, video: dict[str, Any]):
    body = ask("at night", "sora-2", remix_target_id=video["id"], stream=True)
    with kit.http.stream("POST", "/v1/chat/completions", json=body) as answer:
        next(answer.iter_lines())
        (record,) = [r for r in kit.studio.records(limit=5) if r.kind == "remix" and r.parent == clip.id][:1]
    kit.studio.cancel(record.id)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (ask("of nothing"), 400, "needs a video"),
        (ask(f"of {GENERATION}"), 400, "not in this workspace"),
        (ask("s_690ce161c2488191a3476e9969911522 at night", "sora-2"), 400, "not in this workspace"),
        (ask(f"{GENERATION} it jumps", "sora2-extension-10s"), 400, "not in this workspace"),
        (ask("it jumps", "sora2-extension-10s", remix_target_id="video_nope"), 404, "no video"),
        (ask("x", video="bm90IGEgdmlkZW8gYXQgYWxsLCBqdXN0IHRleHQ="), 400, "video"),
        (ask("x", timestamps="soon", video="https://example.com/a.mp4"), 400, "times"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_is_known_before_the_answer_is_a_status(kit, body, status: int, words: str, stream: bool):
    answer = kit.http.post("/v1/chat/completions", json=body | {"stream": stream})
    assert answer.status_code == status
    assert words in answer.json()["error"]["message"]


def test_characters_of_a_video_are_known_or_refused(kit, clip: Clip):
    mona = kit.studio.character(clip, name="mona").result(60)
    for asked, prompt, expected in (
        ([{"id": mona.id}], "Mona flies away", "@mona flies away"),
        (["mona"], "flies away", "@mona flies away"),
        ('[{"name": "@mona"}]', "@mona flies away", "@mona flies away"),
    ):
        body = {"model": "sora-2", "prompt": prompt, "characters": asked}
        answer = kit.http.post("/v1/videos", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["prompt"] == expected
        kit.http.delete(f"/v1/videos/{answer.json()['id']}")
    answer = kit.http.post(
        "/v1/videos", json={"model": "sora-2", "prompt": "x", "characters": [{"id": "char_123"}]}
    )
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, "character_not_found", "characters")
    assert "@mona" in error["message"]


FAILURES = [
    ({"type": "ContentRefused", "code": "moderation_blocked"}, 400, "invalid_request_error"),
    ({"type": "QuotaExhausted", "code": "insufficient_quota"}, 429, "rate_limit_error"),
    ({"type": "AccountUnfit", "code": "phone_number_required"}, 403, "permission_error"),
    ({"type": "Overloaded", "code": "heavy_load"}, 503, "server_error"),
    ({"type": "TransportFailed", "code": "timeout"}, 502, "server_error"),
    ({"type": "InvalidRequest", "code": "internal_error"}, 500, "server_error"),
]


@pytest.mark.parametrize("kind", ["video", "image", "enhance", "character"])
@pytest.mark.parametrize(("error", "status", "class_"), FAILURES)
def test_a_failure_has_its_code_in_the_stream_and_its_status_without(
    kit,
    monkeypatch: pytest.MonkeyPatch,
    clip: Clip,
    kind: str,
    error: dict[str, str],
    status: int,
    class_: str,
):
    body = {
        "video": ask("A cat", "sora-2"),
        "image": ask("A cat", "gpt-image"),
        "enhance": ask("a cat", "prompt-enhance-short-10s"),
        "character": ask("x", remix_target_id=clip.id),
    }[kind]
    told = {"what": "It did not work", "why": "Because", "fix": "Do this", "param": None, **error}
    failed = "job_" + kit.row(kind=kind, state="failed", error=told).removeprefix("video_")

    async def accept(*_: Any, **__: Any) -> Any:
        return kit.studio.job(failed)

    monkeypatch.setattr(kit.studio, "accept", accept)
    told_in_stream = streamed(kit, body)[-1]
    expected = {
        "message": "It did not work. Because. Do this.", "type": class_, "param": None, "code": error["code"]
    }  # fmt: skip
    assert told_in_stream == {"error": expected}
    answer = kit.http.post("/v1/chat/completions", json=body)
    assert (answer.status_code, answer.json()) == (status, {"error": expected})
    assert answer.headers["x-should-retry"] == "false"


def test_a_job_that_needs_a_person_says_what_to_decide(kit, monkeypatch: pytest.MonkeyPatch):
    told = {
        "what": "Nobody knows whether it was bought",
        "why": "",
        "fix": "Buy again or give up",
        "code": "lost",
    }
    job = "job_" + kit.row(state="needs_you", error=told, finished=None).removeprefix("video_")

    async def accept(*_: Any, **__: Any) -> Any:
        return kit.studio.job(job)

    monkeypatch.setattr(kit.studio, "accept", accept)
    event = streamed(kit, ask("A cat", "sora-2"))[-1]
    assert event["error"]["code"] == "needs_you"
    assert "Buy again or give up" in event["error"]["message"]
    answer = kit.http.post("/v1/chat/completions", json=ask("A cat", "sora-2"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "needs_you")
    kit.studio.cancel(job)


def test_a_key_gives_the_same_job_on_every_route(kit, video: dict[str, Any]):
    requests = {
        "chat": ("/v1/chat/completions", ask("a cat", "prompt-enhance-short-10s")),
        "videos": ("/v1/videos", {"model": "sora-2", "prompt": "A cat"}),
        "remix": (f"/v1/videos/{video['id']}/remix", {"prompt": "at night"}),
        "images": ("/v1/images/generations", {"prompt": "A cat", "n": 2}),
    }
    for key, (path, body) in requests.items():
        counts = [len(kit.studio.records(limit=1000))]
        for _ in range(2):
            answer = kit.http.post(path, json=body, headers={"idempotency-key": f"same-{key}"})
            assert answer.status_code == 200, answer.text
            counts.append(len(kit.studio.records(limit=1000)))
        assert counts[1] == counts[2] > counts[0], key
        other = {**body, "prompt": "A dog"} if "prompt" in body else ask("a dog", "prompt-enhance-short-10s")
        answer = kit.http.post(path, json=other, headers={"idempotency-key": f"same-{key}"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "key_reused"), key
    for record in kit.studio.records(states=["queued", "running"]):
        kit.studio.cancel(record.id)

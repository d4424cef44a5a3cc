"""Chat messages as wishes, and answers as frames."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sora_kit.errors import InvalidInput
from sora_kit.server.conversation import read_turn
from sora_kit.server.sse import Chunks, frame, whole_answer


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def test_the_last_user_message_counts():
    body = {"messages": [user("first"), {"role": "assistant", "content": "made it"}, user("second")]}
    assert read_turn(body).prompt == "second"
    body["messages"].append({"role": "assistant", "content": "prefill"})
    assert read_turn(body).prompt == "second"


def test_all_text_parts_count_and_pictures_by_address_are_kept():
    parts = [
        {"type": "text", "text": "a cat"},
        {"type": "image_url", "image_url": {"url": "http://example.org/cat.png"}},
        {"type": "text", "text": "at night"},
    ]
    turn = read_turn({"messages": [user(parts)]})
    assert turn.prompt == "a cat\nat night"
    assert turn.image == "http://example.org/cat.png"


def test_a_clip_comes_as_video_url_or_as_a_file():
    by_url = [{"type": "video_url", "video_url": {"url": "https://example.org/a.mp4"}}]
    assert read_turn({"messages": [user(by_url)]}).video == "https://example.org/a.mp4"
    as_file = [{"type": "file", "file": {"file_data": "data:video/mp4;base64,AAAA"}}]
    assert read_turn({"messages": [user(as_file)]}).video == "data:video/mp4;base64,AAAA"


def test_top_level_fields_of_older_clients():
    body = {"messages": [user("x")], "image": "data:image/png;base64,AAAA", "remix_target_id": "s_1"}
    turn = read_turn(body)
    assert (turn.image, turn.source) == ("data:image/png;base64,AAAA", "s_1")


@pytest.mark.parametrize(
    "messages",
    [
        None,
        [],
        "hello",
        [{"role": "system", "content": "x"}],
        [user(None)],
        [user(7)],
        [user([{"type": "input_audio"}])],
    ],
)
def test_what_holds_no_wish_is_refused(messages: Any):
    with pytest.raises(InvalidInput) as caught:
        read_turn({"messages": messages})
    assert caught.value.param == "messages"


def test_two_pictures_are_refused_rather_than_one_dropped():
    part = {"type": "image_url", "image_url": {"url": "http://example.org/cat.png"}}
    with pytest.raises(InvalidInput, match="2 pictures"):
        read_turn({"messages": [user([part, part])]})


def frames(data: bytes) -> list[dict[str, Any]]:
    events = [event.removeprefix("data: ") for event in data.decode().split("\n\n") if event]
    assert events[-1] == "[DONE]"
    return [json.loads(event) for event in events[:-1]]


@pytest.mark.parametrize("usage", [False, True])
def test_a_stream_has_one_id_one_role_and_a_lower_case_stop(usage: bool):
    chunks = Chunks("m", include_usage=usage)
    data = b"".join([chunks.start(), chunks.thought("5%\n"), chunks.content("done"), *chunks.end()])
    events = frames(data)
    assert len({(e["id"], e["created"], e["model"], e["object"]) for e in events}) == 1
    choices = [e["choices"][0] for e in events if e["choices"]]
    assert choices[0]["delta"] == {"role": "assistant", "content": ""}
    assert [c["finish_reason"] for c in choices] == [None, None, None, "stop"]
    assert choices[-1]["delta"] == {}
    assert all(None not in c["delta"].values() for c in choices)
    if usage:
        assert events[-1]["choices"] == []
        assert set(events[-1]["usage"]) == {"prompt_tokens", "completion_tokens", "total_tokens"}
        assert all(e["usage"] is None for e in events[:-1])
    else:
        assert all("usage" not in e for e in events)


def test_a_frame_is_one_line_whatever_it_says():
    data = frame({"text": "a\nb\r\n\u2028c\n\ndata: [DONE]"})
    assert data.count(b"\n") == 2
    assert data.endswith(b"\n\n")


def test_a_whole_answer_is_a_chat_completion():
    answer = whole_answer("m", "hello")
    assert answer["object"] == "chat.completion"
    assert answer["choices"][0]["message"] == {"role": "assistant", "content": "hello", "refusal": None}
    assert answer["choices"][0]["finish_reason"] == "stop"

"""``/v1/videos`` as OpenAI's clients see it."""

from __future__ import annotations

import base64
import io
import json
import time
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.server

KEYS = {
    "id", "object", "model", "status", "progress", "created_at", "completed_at", "expires_at", "prompt",
    "size", "seconds", "remixed_from_video_id", "error",
}  # fmt: skip


@pytest.fixture
def made(kit):
    """Deletes what a test made, so that nothing of it is drawn."""
    ids: list[str] = []
    yield ids
    for one in ids:
        kit.http.delete(f"/v1/videos/{one}")


def png(width: int = 720, height: int = 1280) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "PNG")
    return out.getvalue()


def test_a_video_from_create_to_content(kit, video: dict[str, Any], anyone: httpx.Client):
    assert video.keys() >= KEYS
    assert video["object"] == "video"
    assert video["status"] == "completed"
    assert video["progress"] == 100
    assert (video["size"], video["seconds"]) == ("720x1280", "4")
    assert isinstance(video["created_at"], int)
    assert video["completed_at"] >= video["created_at"]
    assert video["error"] is None
    assert video["preview"] is True  # the animatic says that it is one
    content = kit.http.get(f"/v1/videos/{video['id']}/content")
    assert content.headers["content-type"] == "video/mp4"
    assert content.headers["content-disposition"].startswith("attachment")
    assert int(content.headers["content-length"]) == len(content.content)
    assert content.content[4:8] == b"ftyp"
    assert anyone.get(video["url"]).content == content.content


def test_a_new_video_answers_200_with_all_keys_and_when_to_ask_again(kit, made: list[str]):
    answer = kit.http.post("/v1/videos", json={"prompt": "a cat", "seconds": 8, "size": "1280x720"})
    assert answer.status_code == 200
    assert int(answer.headers["openai-poll-after-ms"]) >= 100
    body = answer.json()
    made.append(body["id"])
    assert body.keys() >= KEYS
    assert body["id"].startswith("video_")
    assert body["status"] in ("queued", "in_progress")
    assert (body["model"], body["seconds"], body["size"]) == ("sora-2", "8", "1280x720")
    assert body["completed_at"] is None
    early = kit.http.get(f"/v1/videos/{body['id']}/content")
    assert (early.status_code, early.json()["error"]["code"]) == (404, "video_not_ready")


@pytest.mark.parametrize(
    "request_",
    [
        {"json": {"prompt": "a cat", "seconds": "8", "unknown": {"a": [1]}}},
        {"data": {"prompt": "a cat", "seconds": "8"}},
        {"files": {"prompt": (None, "a cat"), "seconds": (None, "8")}},
        {"content": b'{"prompt": "a cat", "seconds": 8.0}', "headers": {"content-type": "text/plain"}},
        {
            "content": b'{"prompt": "a cat", "seconds": 8}',
            "headers": {"content-type": "application/x-www-form-urlencoded"},
        },
    ],
    ids=["json", "urlencoded", "multipart", "untyped json", "curl -d"],
)
def test_every_encoding_is_read(kit, made: list[str], request_: dict[str, Any]):
    answer = kit.http.post("/v1/videos", **request_)
    assert answer.status_code == 200, answer.text
    made.append(answer.json()["id"])
    assert (answer.json()["prompt"], answer.json()["seconds"]) == ("a cat", "8")


DATA = "data:image/png;base64," + base64.b64encode(png()).decode()


@pytest.mark.parametrize(
    "request_",
    [
        {
            "files": {
                "prompt": (None, "a cat"),
                "input_reference": ("upload", png(), "application/octet-stream"),
            }
        },
        {"files": {"prompt": (None, "a cat"), "input_reference[image_url]": (None, DATA)}},
        {"files": {"prompt": (None, "a cat"), "input_reference": (None, json.dumps({"image_url": DATA}))}},
        {"json": {"prompt": "a cat", "input_reference": {"image_url": DATA}}},
        {"json": {"prompt": "a cat", "input_reference": DATA}},
        {"json": {"prompt": "a cat", "image": base64.b64encode(png()).decode()}},
    ],
    ids=["file", "bracket", "json text", "object", "string", "base64"],
)
def test_a_first_frame_in_every_shape_arrives(kit, made: list[str], request_: dict[str, Any]):
    answer = kit.http.post("/v1/videos", **request_)
    assert answer.status_code == 200, answer.text
    made.append(answer.json()["id"])
    record = kit.studio.record("job_" + answer.json()["id"].removeprefix("video_"))
    assert record.request.image is not None
    assert len(record.request.image.sha256) == 64


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({}, 400, "prompt"),
        ({"prompt": "  "}, 400, "prompt"),
        ({"prompt": ["a"]}, 400, "prompt"),
        ({"prompt": "a", "model": "sora-99"}, 404, "model"),
        ({"prompt": "a", "model": "gpt-image"}, 400, "model"),
        ({"prompt": "a", "seconds": "7"}, 400, "seconds"),
        ({"prompt": "a", "seconds": "soon"}, 400, "seconds"),
        ({"prompt": "a", "size": "1x1"}, 400, "size"),
        ({"prompt": "a", "seed": -1}, 400, "seed"),
        ({"prompt": "a", "input_reference": {"file_id": "file-1"}}, 400, "input_reference"),
        ({"prompt": "a", "backend": "nobody"}, 400, "backend"),
        ({"prompt": "a", "input_references": [DATA, DATA]}, 400, "input_reference"),
        ({"prompt": "a", "video": {"id": "video_x"}}, 400, "video"),
        ({"prompt": "a", "video_reference": '{"video_url": "https://example.com/a.mp4"}'}, 400, "video"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name_and_starts_nothing(
    kit, body: dict, status: int, param: str
):
    before = len(kit.studio.records(limit=1000))
    answer = kit.http.post("/v1/videos", json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["param"] == param
    assert len(kit.studio.records(limit=1000)) == before


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/a.png", "http://[::1]/a.png", "file:///etc/passwd", "data:image/png;base64,AAAA"],
)
def test_references_that_may_not_be_read_are_refused(kit, url: str):
    answer = kit.http.post("/v1/videos", json={"prompt": "a", "input_reference": {"image_url": url}})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[1]", "application/json", 400),
        (b'"text"', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"hello", "text/plain", 415),
        (b"nonsense", "multipart/form-data; boundary=x", 400),
        (b"nonsense", "multipart/form-data", 400),
    ],
)
def test_broken_bodies_are_refused_in_the_envelope(kit, content: bytes, content_type: str, status: int):
    answer = kit.http.post("/v1/videos", content=content, headers={"content-type": content_type})
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["message"]


def test_bodies_may_be_large_but_not_huge(kit):
    # Litestar's own limit of 10 MB would refuse this one; it is read, and refused for what it is
    large = kit.http.post("/v1/videos", json={"prompt": "a", "input_reference": "A" * 12_000_000})
    assert large.status_code == 400, large.text
    huge = kit.http.post(
        "/v1/videos", content=b" " * (64 * 1024 * 1024 + 1), headers={"content-type": "application/json"}
    )
    assert huge.status_code == 413
    assert huge.json()["error"]["code"] == "request_too_large"


def test_a_key_sees_its_own_videos_and_those_of_the_machine(
    kit, made: list[str], another_key, anyone: httpx.Client
):
    mine = kit.http.post("/v1/videos", json={"prompt": "a cat"}).json()["id"]
    made.append(mine)
    local = kit.row()
    stranger = another_key()
    for method, path in (("GET", ""), ("GET", "/content"), ("DELETE", ""), ("POST", "/remix")):
        answer = anyone.request(method, f"{kit.url}/v1/videos/{mine}{path}", headers=stranger)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    listed = anyone.get(f"{kit.url}/v1/videos", params={"limit": 100}, headers=stranger).json()["data"]
    ids = [one["id"] for one in listed]
    assert local in ids
    assert mine not in ids


@pytest.mark.parametrize(
    ("row", "status", "code"),
    [
        ({"state": "running", "progress": 99.9}, "in_progress", None),
        ({"state": "needs_you", "progress": 50.0}, "in_progress", None),
        # after a decision or a crash it waits for its turn again, which no client need know
        ({"state": "queued", "progress": 50.0, "started": 1.0}, "in_progress", None),
        ({"state": "cancelled"}, "failed", "cancelled"),
        (
            {
                "state": "failed",
                "error": {
                    "what": "Refused",
                    "why": "Policy",
                    "fix": "Change it",
                    "code": "moderation_blocked",
                },
            },
            "failed",
            "moderation_blocked",
        ),
    ],
)
def test_only_four_statuses_are_ever_sent(kit, row: dict[str, Any], status: str, code: str | None):
    runner = {"runner": kit.studio.runners()[0].id} if row["state"] in ("running", "queued") else {}
    video = kit.row(**row, **runner, created=time.time() + 3600)
    answer = kit.http.get(f"/v1/videos/{video}")
    assert answer.status_code == 200
    body = answer.json()
    assert body["status"] == status
    assert isinstance(body["progress"], int)
    assert body["progress"] < 100
    assert (body["error"] or {}).get("code") == code
    if code:
        content = kit.http.get(f"/v1/videos/{video}/content")
        assert (content.status_code, content.json()["error"]["code"]) == (400, code)
        assert content.headers["x-should-retry"] == "false"
        assert "openai-poll-after-ms" not in answer.headers


def test_progress_never_falls(history: list[dict[str, Any]]):
    seen = [one["progress"] for one in history]
    assert seen == sorted(seen)
    assert all(isinstance(one, int) for one in seen)
    assert len(set(seen)) > 2  # it was watched, not only waited for
    assert all((one["progress"] == 100) == (one["status"] == "completed") for one in history)


def test_deleting_a_running_video_cancels_it(kit):
    video = kit.http.post("/v1/videos", json={"prompt": "a cat", "seconds": "20"}).json()["id"]
    answer = kit.http.delete(f"/v1/videos/{video}", headers={"content-type": "application/json"})
    assert answer.json() == {"id": video, "object": "video.deleted", "deleted": True}
    assert kit.http.get(f"/v1/videos/{video}").status_code == 404
    assert kit.http.delete(f"/v1/videos/{video}").status_code == 404

"""``/v1/videos/{id}/content``: variants, ranges, and ``HEAD`` wherever there is ``GET``."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.server


def content(kit, video: dict[str, Any], method: str = "GET", **options: Any) -> httpx.Response:
    return kit.http.request(method, f"/v1/videos/{video['id']}/content", **options)


@pytest.mark.parametrize(
    ("variant", "media_type", "magic"),
    [("thumbnail", "image/webp", b"RIFF"), ("spritesheet", "image/jpeg", b"\xff\xd8\xff")],
)
def test_stills(kit, video: dict[str, Any], variant: str, media_type: str, magic: bytes):
    answer = content(kit, video, params={"variant": variant})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert answer.content.startswith(magic)
    part = content(kit, video, params={"variant": variant}, headers={"range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, answer.content[2:6])


def test_an_unknown_variant_is_named(kit, video: dict[str, Any]):
    answer = content(kit, video, params={"variant": "hologram"})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "variant"


def test_pieces_make_the_whole(kit, video: dict[str, Any]):
    whole = content(kit, video)
    size = len(whole.content)
    assert whole.headers["accept-ranges"] == "bytes"
    middle = size // 2
    pieces = [
        content(kit, video, headers={"range": range_})
        for range_ in (f"bytes=0-{middle - 1}", f"bytes={middle}-")
    ]
    assert [piece.status_code for piece in pieces] == [206, 206]
    assert b"".join(piece.content for piece in pieces) == whole.content
    assert pieces[1].headers["content-range"] == f"bytes {middle}-{size - 1}/{size}"
    last = content(kit, video, headers={"range": "bytes=-10"})
    assert last.content == whole.content[-10:]
    stale = content(kit, video, headers={"range": "bytes=0-9", "if-range": '"another"'})
    assert (stale.status_code, len(stale.content)) == (200, size)
    same = content(kit, video, headers={"if-none-match": whole.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_range_behind_the_end_is_refused_in_the_envelope(kit, video: dict[str, Any], method: str):
    size = len(content(kit, video).content)
    answer = content(kit, video, method, headers={"range": f"bytes={size}-"})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{size}"
    assert answer.headers["content-type"].startswith("application/json")
    if method == "GET":
        error = answer.json()["error"]
        assert error.keys() == {"message", "type", "param", "code"}
        assert (error["code"], error["type"]) == ("range_not_satisfiable", "invalid_request_error")
        assert int(answer.headers["content-length"]) == len(answer.content)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/models",
        "/v1/models/sora-2",
        "/v1/models/nobody",
        "/v1/videos",
        "/v1/videos/ID",
        "/v1/videos/ID/content",
        "/v1/videos/ID/content?variant=thumbnail",
        "/v1/videos/video_nobody",
        "/v1/videos/characters/nobody",
        "/v1/nowhere",
    ],
)
def test_head_is_get_without_the_body(kit, video: dict[str, Any], path: str):
    path = path.replace("ID", video["id"])
    get, head = kit.http.get(path), kit.http.head(path)
    assert head.status_code == get.status_code
    assert head.content == b""
    for name in ("content-type", "content-length", "etag", "accept-ranges"):
        assert head.headers.get(name) == get.headers.get(name), name
    assert head.headers["x-request-id"].startswith("req_")


def test_head_needs_a_key_as_get_does_and_is_not_a_way_in(kit, anyone: httpx.Client):
    assert anyone.head(f"{kit.url}/v1/videos").status_code == 401
    assert kit.http.head("/v1/chat/completions").status_code == 405
    assert kit.http.head("/v1/videos/edits").status_code == kit.http.get("/v1/videos/edits").status_code


def test_the_connection_is_fit_for_use_after_head(kit, video: dict[str, Any]):
    for _ in range(3):
        assert content(kit, video, "HEAD").status_code == 200
        assert kit.http.get(f"/v1/videos/{video['id']}").json()["id"] == video["id"]

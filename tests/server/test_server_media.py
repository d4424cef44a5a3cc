"""Media addresses, as players and caches use them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def url(kit, video: dict[str, Any]) -> str:
    assert video["url"].startswith(f"{kit.url}/media/")
    assert video["url"].endswith(".mp4")
    return video["url"]


@pytest.fixture(scope="module")
def whole(url: str, anyone: httpx.Client) -> bytes:
    return anyone.get(url).content


def test_a_clip_plays_without_a_key_and_may_be_kept(url: str, whole: bytes, anyone: httpx.Client):
    answer = anyone.get(url)
    assert answer.status_code == 200
    headers = answer.headers
    assert headers["content-type"] == "video/mp4"
    assert headers["content-length"] == str(len(whole))
    assert headers["accept-ranges"] == "bytes"
    assert headers["content-disposition"] == "inline"
    assert "immutable" in headers["cache-control"]
    assert headers["access-control-allow-origin"] == "*"


def test_one_allow_origin_header_even_for_another_page(url: str, anyone: httpx.Client):
    answer = anyone.get(url, headers={"origin": "https://example.org"})
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]


@pytest.mark.parametrize(
    ("range_", "pick"),
    [
        ("bytes=0-9", slice(0, 10)),
        ("bytes=10-", slice(10, None)),
        ("bytes=-100", slice(-100, None)),
        ("bytes=5-99999999999", slice(5, None)),
    ],
)
def test_a_range_is_answered_with_exactly_that(
    url: str, whole: bytes, range_: str, pick: slice, anyone: httpx.Client
):
    answer = anyone.get(url, headers={"range": range_})
    assert answer.status_code == 206
    assert answer.content == whole[pick]
    assert answer.headers["content-length"] == str(len(whole[pick]))
    start, stop, _ = pick.indices(len(whole))
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(whole)}"


@pytest.mark.parametrize("range_", ["bytes=0-1,4-5", "bytes=9-1", "lines=1-2"])
def test_other_ranges_get_the_whole(url: str, whole: bytes, range_: str, anyone: httpx.Client):
    answer = anyone.get(url, headers={"range": range_})
    assert (answer.status_code, answer.content) == (200, whole)


def test_a_range_behind_the_end(url: str, whole: bytes, anyone: httpx.Client):
    answer = anyone.get(url, headers={"range": f"bytes={len(whole)}-"})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(whole)}"
    assert answer.json()["error"]["code"] == "range_not_satisfiable"


def test_head_tells_the_same_without_a_body(url: str, whole: bytes, anyone: httpx.Client):
    answer = anyone.head(url)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(whole))
    part = anyone.head(url, headers={"range": "bytes=0-9"})
    assert (part.status_code, part.headers["content-length"]) == (206, "10")


def test_conditional_requests(url: str, whole: bytes, anyone: httpx.Client):
    etag = anyone.get(url).headers["etag"]
    unchanged = anyone.get(url, headers={"if-none-match": etag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["etag"] == etag
    assert anyone.get(url, headers={"if-none-match": '"other"'}).status_code == 200
    assert anyone.get(url, headers={"range": "bytes=0-9", "if-range": etag}).status_code == 206
    assert anyone.get(url, headers={"range": "bytes=0-9", "if-range": '"other"'}).content == whole


def test_posters_are_pictures(video: dict[str, Any], anyone: httpx.Client):
    answer = anyone.get(video["thumbnail_url"])
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content.startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize("name", ["x.mp4", ".mp4", "x", "..%2f..%2fstudio.sqlite", "%00.mp4", "' or 1=1.mp4"])
def test_unknown_tokens_are_not_found(kit, name: str, anyone: httpx.Client):
    answer = anyone.get(f"{kit.url}/media/{name}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_the_token_with_a_wrong_ending_is_not_found(url: str, anyone: httpx.Client):
    assert anyone.get(url.removesuffix(".mp4") + ".png").status_code == 404


def test_a_client_that_leaves_does_not_keep_the_file_open(kit, url: str, anyone: httpx.Client):
    with anyone.stream("GET", url) as answer:
        next(answer.iter_raw(16))
    assert anyone.get(f"{kit.url}/healthz").status_code == 200


def test_content_keeps_its_key_and_its_ranges(kit, video: dict[str, Any], whole: bytes, anyone: httpx.Client):
    address = f"/v1/videos/{video['id']}/content"
    assert anyone.get(kit.url + address).status_code == 401
    part = kit.http.get(address, headers={"range": "bytes=0-9"})
    assert (part.status_code, part.content) == (206, whole[:10])
    assert kit.http.head(address).headers["content-length"] == str(len(whole))
    assert "public" not in part.headers["cache-control"]

"""Results: bit for bit, whole or not at all."""

from __future__ import annotations

import gzip
import random

import pytest
from sora_web_wire import Reply

from sora_kit.backends.base import Overloaded, TransportFailed, UpstreamBroken

MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + random.Random(1).randbytes(3_000_000)


def link(upstream) -> str:
    return f"http://127.0.0.1:{upstream.port}/az/files/x?sig=geheim"


async def test_bit_for_bit_without_the_token(upstream, web, tmp_path) -> None:
    upstream.on("GET", "/az/files/x", Reply(MP4, headers={"Content-Type": "application/octet-stream"}))
    path = tmp_path / "new" / "clip.mp4"
    saved = await web().fetch(link(upstream), path)
    assert path.read_bytes() == MP4
    assert (saved.path, saved.bytes, saved.format.mime) == (path, len(MP4), "video/mp4")
    assert upstream.last.query == "sig=geheim"
    assert "authorization" not in upstream.last.headers
    assert upstream.last.headers["accept-encoding"] == "identity"


async def test_redirects_are_followed(upstream, web, tmp_path) -> None:
    upstream.on("GET", "/az/files/x", Reply(b"", 302, {"Location": "/az/files/y"}))
    upstream.on("GET", "/az/files/y", Reply(MP4))
    await web().fetch(link(upstream), tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == MP4


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n"
BAD = {
    "expired": (Reply(b"<?xml?>", 403), UpstreamBroken, "media_url_expired"),
    "gone": (Reply(b"", 404), UpstreamBroken, "media_url_expired"),
    "a page": (Reply(b"<html>Sign in"), UpstreamBroken, "upstream_broken"),
    "empty": (Reply(b""), UpstreamBroken, "upstream_broken"),
    "packed": (
        Reply(gzip.compress(MP4[:99]), headers={"Content-Encoding": "gzip"}),
        UpstreamBroken,
        "upstream_broken",
    ),
    "circles": (Reply(b"", 302, {"Location": "/az/files/x"}), UpstreamBroken, "upstream_broken"),
    "elsewhere": (Reply(b"", 302, {"Location": "file:///etc/passwd"}), UpstreamBroken, "upstream_broken"),
    "busy": (Reply(b"", 503, {"Retry-After": "3"}), Overloaded, "overloaded"),
    "broken": (Reply(b"<html>", 500), UpstreamBroken, "upstream_broken"),
    "truncated": (Reply(raw=HEAD + MP4), TransportFailed, "transport_failed"),
    "reset": (Reply(reset=True), TransportFailed, "transport_failed"),
}


@pytest.mark.parametrize("case", BAD)
async def test_whole_or_not_at_all(upstream, web, tmp_path, case: str) -> None:
    reply, kind, code = BAD[case]
    upstream.on("GET", "/az/files/x", reply)
    with pytest.raises(kind) as caught:
        await web().fetch(link(upstream), tmp_path / "x")
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert "geheim" not in str(caught.value)
    assert not list(tmp_path.iterdir())


async def test_a_limit_of_bytes(upstream, web, tmp_path) -> None:
    upstream.on("GET", "/az/files/x", Reply(MP4))
    with pytest.raises(UpstreamBroken):
        await web().fetch(link(upstream), tmp_path / "x", max_bytes=1_000_000)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "url", ["", "/relative", "ftp://h/x", "http://", "http://[", "http://h:99999/x", "data:,x"]
)
async def test_addresses_that_are_none(web, tmp_path, url: str) -> None:
    with pytest.raises((UpstreamBroken, TransportFailed)):
        await web().fetch(url, tmp_path / "x")

"""The guarded fetch, against a real server on loopback."""

from __future__ import annotations

import asyncio
import http.server
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from media_server import Server, stored

from sora_kit.errors import BadMedia, FetchRefused
from sora_kit.media import addresses
from sora_kit.media.fetch import fetch


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def says(monkeypatch: pytest.MonkeyPatch, **names: list[str]) -> None:
    """Let the resolver, and only it, answer otherwise for some names."""
    real = addresses.resolve

    async def resolve(host: str, port: int) -> list[str]:
        return names.get(host.replace(".", "_").replace("-", "_")) or await real(host, port)

    monkeypatch.setattr(addresses, "resolve", resolve)


async def test_a_picture_arrives(server, png, into):
    server.put("/cat", png, Content_Type="text/plain")  # claims count for nothing
    got = await fetch(server.url("/cat?size=2"), into=into, allow_private=True)
    assert got.path.read_bytes() == png
    assert (got.path.parent, got.path.suffix, got.bytes) == (into, ".png", len(png))
    assert got.format.mime == "image/png"
    path, headers = server.asked[0]
    assert path == "/cat?size=2"
    assert headers["Host"] == f"127.0.0.1:{server.port}"
    assert not {"Authorization", "Cookie", "Referer"} & set(headers)


async def test_a_clip_arrives(server, clip, into):
    server.put("/clip.mp4", clip().read_bytes())
    got = await fetch(server.url("/clip.mp4"), into=into, kinds={"video"}, allow_private=True)
    assert (got.format.kind, got.path.suffix) == ("video", ".mp4")


async def test_the_kind_must_fit(server, png, into):
    server.put("/cat", png)
    with pytest.raises(BadMedia, match="leads to a picture"):
        await fetch(server.url("/cat"), into=into, kinds={"video"}, allow_private=True)
    assert stored(into) == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "localhost.",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::]",
        "0.0.0.0",
        "0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "[fe80::1]",
        "[fc00::1]",
        "[ff02::1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::]",
        "[2001:0:53aa:64c::1]",
        "[2001:db8::1]",
    ],
)
async def test_no_way_to_write_an_inner_address_passes(server, png, into, host):
    server.put("/cat", png)
    with pytest.raises(FetchRefused) as caught:
        await fetch(server.url("/cat", host), into=into)
    # Some spellings are no URL at all, and some systems do not know the odder ones.
    assert caught.value.what.endswith(("public internet", "could not be found", "not a valid URL"))
    assert server.asked == []
    assert stored(into) == []


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1", "169.254.169.254", "fe80::1%1"])
async def test_a_name_that_resolves_inside_is_refused(server, into, monkeypatch, address):
    says(monkeypatch, pictures_example=["93.184.215.14", address])  # one bad address spoils the name
    with pytest.raises(FetchRefused, match="public internet"):
        await fetch(server.url("/cat", "pictures.example"), into=into)
    assert server.asked == []


async def test_the_name_is_resolved_once_and_the_connection_pinned(server, png, into, monkeypatch):
    """A second lookup (DNS rebinding) would get another answer; there is none."""
    server.put("/cat", png)
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    monkeypatch.setattr(addresses, "resolve", resolve)
    # No system resolver knows this name, so reaching the server proves the pin.
    got = await fetch(server.url("/cat", "pinned.invalid"), into=into, allow_private=True)
    assert got.bytes == len(png)
    assert asked == ["pinned.invalid"]
    assert server.asked[0][1]["Host"] == f"pinned.invalid:{server.port}"


async def test_the_next_address_is_tried_when_one_is_dead(server, png, into, monkeypatch):
    server.put("/cat", png)
    says(monkeypatch, two_invalid=["::1", "127.0.0.1"])  # the server listens on IPv4 only
    assert (await fetch(server.url("/cat", "two.invalid"), into=into, allow_private=True)).bytes == len(png)


async def test_redirects_are_followed(server, png, into):
    server.put("/a", b"", 302, Location="/b")
    server.put("/b", b"", 307, Location=server.url("/cat"))
    server.put("/cat", png)
    assert (await fetch(server.url("/a"), into=into, allow_private=True)).bytes == len(png)


@pytest.mark.parametrize(
    ("target", "word"),
    [
        ("http://169.254.169.254/latest/meta-data/", "public internet"),
        ("http://[::ffff:169.254.169.254]/", "public internet"),
        ("file:///etc/passwd", "'file'"),
        ("data:text/plain,hello", "'data'"),
        ("gopher://127.0.0.1/", "'gopher'"),
        ("http://user:secret@127.0.0.1/", "user name or password"),
        ("http://127.0.0.1:22/", "Port 22"),
        ("", "nowhere"),
    ],
)
async def test_a_redirect_is_judged_like_the_first_address(server, into, target, word):
    server.put("/a", b"", 302, Location=target)
    with pytest.raises(FetchRefused, match=word) as caught:
        await fetch(server.url("/a"), into=into, allow_private=True)
    assert "secret" not in str(caught.value)
    assert len(server.asked) == 1


async def test_a_redirect_inside_is_refused_even_from_a_public_name(server, into, monkeypatch):
    """The first name counts as public; only what it redirects to is judged here."""
    judged = addresses.judged
    monkeypatch.setattr(
        addresses,
        "judged",
        lambda host, found, **_: (
            found if host == "public.invalid" else judged(host, found, allow_private=False)
        ),
    )
    says(monkeypatch, public_invalid=["127.0.0.1"])
    server.put("/a", b"", 302, Location=server.url("/secret"))
    server.put("/secret", b"inner things")
    with pytest.raises(FetchRefused, match="public internet"):
        await fetch(server.url("/a", "public.invalid"), into=into)
    assert [path for path, _ in server.asked] == ["/a"]


async def test_circles_end(server, into):
    server.put("/a", b"", 301, Location="/a")
    with pytest.raises(FetchRefused, match="too often"):
        await fetch(server.url("/a"), into=into, allow_private=True)
    assert len(server.asked) == 6


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("ftp://example.com/x.png", "'ftp'"),
        ("file:///etc/passwd", "'file'"),
        ("/etc/passwd", "kind"),
        ("http://", "kind"),
        ("http://user@example.com/", "user name or password"),
        ("https://example.com:25/", "Port 25"),
        ("http://exa mple.com/", "URL|found"),
        ("http://[::1/", "not a valid URL"),
        ("http://example.com:99999/", "Port 99999"),
    ],
)
async def test_odd_urls_are_refused(into, url, word):
    with pytest.raises(FetchRefused, match=word):
        await fetch(url, into=into)


async def test_an_unknown_name_is_said_so(into):
    with pytest.raises(FetchRefused, match="could not be found"):
        await fetch("http://no-such-name.invalid/", into=into)


async def test_bytes_are_limited_by_header_and_by_count(server, png, into):
    server.put("/big", png + bytes(50_000))
    with pytest.raises(FetchRefused, match="too large"):
        await fetch(server.url("/big"), into=into, max_bytes=20_000, allow_private=True)

    sent = 0

    def endless(request: http.server.BaseHTTPRequestHandler) -> None:
        nonlocal sent
        request.send_response(200)
        request.end_headers()
        request.wfile.write(png)
        while True:
            request.wfile.write(bytes(10_000))
            sent += 10_000

    server.answers["/endless"] = endless
    with pytest.raises(FetchRefused, match="too large"):
        await fetch(server.url("/endless"), into=into, max_bytes=300_000, allow_private=True)
    assert sent < 20_000_000
    assert stored(into) == []


@pytest.mark.parametrize("stage", ["silent", "dripping"])
async def test_time_is_limited(server, png, into, stage):
    def slow(request: http.server.BaseHTTPRequestHandler) -> None:
        if stage == "dripping":
            request.send_response(200)
            request.end_headers()
            request.wfile.write(png + bytes(5000))
        for _ in range(100):
            time.sleep(0.05)
            if stage == "dripping":
                request.wfile.write(b".")
                request.wfile.flush()

    server.answers["/slow"] = slow
    start = time.monotonic()
    with pytest.raises(FetchRefused, match="too long"):
        await fetch(server.url("/slow"), into=into, timeout=0.4, allow_private=True)
    assert time.monotonic() - start < 3
    assert stored(into) == []


async def test_a_broken_off_answer_leaves_nothing(server, png, into):
    def cut(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "100000")
        request.end_headers()
        request.wfile.write(png + bytes(5000))

    server.answers["/cut"] = cut
    with pytest.raises(FetchRefused, match="could not be read") as caught:
        await fetch(server.url("/cut"), into=into, allow_private=True)
    assert "broke off" in caught.value.why
    assert stored(into) == []


@pytest.mark.parametrize("status", [204, 401, 404, 500])
async def test_a_refusal_tells_the_status_but_not_the_body(server, into, status):
    server.put("/x", b"" if status == 204 else b"database password: hunter2", status)
    with pytest.raises(FetchRefused, match=str(status)) as caught:
        await fetch(server.url("/x?token=hunter3"), into=into, allow_private=True)
    assert "hunter" not in f"{caught.value}{caught.value.__cause__}"


async def test_other_files_are_refused_and_not_shown(server, into):
    server.put("/x", b"owner:x:0:0:owner:/home:/bin/bash\n")
    with pytest.raises(BadMedia, match="is text") as caught:
        await fetch(server.url("/x"), into=into, allow_private=True)
    assert "bash" not in str(caught.value)
    server.put("/y", b"#EXTM3U\n", Content_Type="video/mp4")
    with pytest.raises(BadMedia, match="playlist"):
        await fetch(server.url("/y"), into=into, allow_private=True)


async def test_packed_answers_are_refused(server, png, into):
    server.put("/x", png, Content_Encoding="gzip")
    with pytest.raises(FetchRefused, match="compressed"):
        await fetch(server.url("/x"), into=into, allow_private=True)


async def test_proxies_of_the_environment_do_not_apply(server, png, into, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.put("/cat", png)
    assert (await fetch(server.url("/cat"), into=into, allow_private=True)).bytes == len(png)


async def test_a_cancelled_fetch_leaves_nothing(server, png, into):
    started = threading.Event()

    def slow(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        request.wfile.write(png + bytes(10_000))
        request.wfile.flush()
        started.set()
        time.sleep(2)

    server.answers["/slow"] = slow
    task = asyncio.create_task(fetch(server.url("/slow"), into=into, allow_private=True))
    while not (started.is_set() and stored(into)):
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert stored(into) == []


# -- TLS ----------------------------------------------------------------------------------------


CERTIFICATE = Path(__file__).with_name("pictures_invalid.pem")


async def test_the_certificate_is_checked_against_the_name(png, into, monkeypatch):
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(CERTIFICATE)
    asking = ssl.create_default_context(cafile=CERTIFICATE)
    names: list[str | None] = []
    serving.sni_callback = lambda _socket, name, _context: names.append(name)
    server = Server(serving)
    try:
        server.put("/cat", png)
        says(monkeypatch, pictures_invalid=["127.0.0.1"], other_invalid=["127.0.0.1"])
        url = server.url("/cat", "pictures.invalid", "https")
        got = await fetch(url, into=into, allow_private=True, tls=asking)
        assert got.bytes == len(png)
        assert names == ["pictures.invalid"]
        with pytest.raises(FetchRefused) as caught:
            await fetch(
                server.url("/cat", "other.invalid", "https"), into=into, allow_private=True, tls=asking
            )
        assert "certificate" in caught.value.why
        with pytest.raises(FetchRefused) as caught:  # an unknown authority
            await fetch(url, into=into, allow_private=True)
        assert "certificate" in caught.value.why
    finally:
        server.close()

"""Everything that a user's URL may try in order to reach what is behind the server."""

from __future__ import annotations

import asyncio
import http.server
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from media_dns import NameServer
from media_server import Server, stored

from sora_kit.errors import BadMedia, FetchRefused
from sora_kit.media import addresses, guarded
from sora_kit.media.fetch import fetch
from sora_kit.media.guarded import ask, read_url

PUBLIC = "93.184.215.14"
"""A public address; nothing is ever sent there."""


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., NameServer]]:
    """Makes a name server, and has names looked up there."""
    made: list[NameServer] = []

    def make(**answers: list[list[str]]) -> NameServer:
        made.append(NameServer(**answers))
        monkeypatch.setattr(addresses, "resolve", made[-1].resolve)
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Connections to other addresses than loopback are noted, and fail."""
    tried: list[tuple[str, int]] = []
    loop = asyncio.BaseEventLoop.create_connection

    async def create(self, protocol, host=None, port=None, **more):
        if host is not None and not host.startswith("127."):
            tried.append((host, port))
            raise OSError("no network in tests")
        return await loop(self, protocol, host, port, **more)

    monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", create)
    return tried


# -- names that change their mind -----------------------------------------------------------------


async def test_rebinding_gets_no_second_question(server, png, into, names, no_network):
    """First a public address, judged and connected to; the private one after it is never heard of."""
    told = names(rebind_example=[[PUBLIC], ["127.0.0.1"]])
    server.put("/cat", png)
    with pytest.raises(FetchRefused, match="could not be read"):
        await fetch(server.url("/cat", "rebind.example"), into=into)
    assert told.asked == ["rebind.example"]
    assert no_network == [(PUBLIC, server.port)]
    assert server.asked == []


async def test_rebinding_between_two_fetches_is_judged_anew(server, png, into, names, no_network):
    told = names(rebind_example=[[PUBLIC], ["127.0.0.1"]])
    server.put("/cat", png)
    for word in ("could not be read", "public internet"):
        with pytest.raises(FetchRefused, match=word):
            await fetch(server.url("/cat", "rebind.example"), into=into)
    assert told.asked == ["rebind.example"] * 2
    assert server.asked == []


async def test_rebinding_behind_a_redirect_is_judged(server, into, names):
    """The first host may answer; by the time of the redirect, its name leads inside."""
    told = names(door_example=[["127.0.0.1"], ["127.0.0.1"]], inner_example=[["10.0.0.7"]])
    server.put("/door", b"", 302, Location="http://inner.example/secret")
    with pytest.raises(FetchRefused, match="public internet"):
        await fetch_once_allowed(server.url("/door", "door.example"), into)
    assert told.asked == ["door.example", "inner.example"]
    assert [path for path, _ in server.asked] == ["/door"]


@pytest.mark.parametrize(
    "bad", ["127.0.0.1", "10.0.0.1", "::1", "fe80::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"]
)
@pytest.mark.parametrize("order", ["first", "last"])
async def test_one_inner_address_among_public_ones_spoils_the_name(
    server, into, names, no_network, bad, order
):
    found = [bad, PUBLIC] if order == "first" else [PUBLIC, bad]
    names(mixed_example=[found])
    with pytest.raises(FetchRefused, match="public internet"):
        await fetch(server.url("/cat", "mixed.example"), into=into)
    assert (server.asked, no_network) == ([], [])


async def test_a_name_without_addresses_is_refused(into, names):
    names(empty_example=[[]])
    with pytest.raises(FetchRefused):
        await fetch("http://empty.example/", into=into)


async def fetch_once_allowed(url: str, into: Path) -> None:
    """As `fetch`, with the first hop taken for public."""
    judged = addresses.judged
    hops = 0

    def first_is_fine(host: str, found: list[str], *, allow_private: bool) -> list[str]:
        nonlocal hops
        hops += 1
        return found if hops == 1 else judged(host, found, allow_private=allow_private)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(addresses, "judged", first_is_fine)
        await fetch(url, into=into)


# -- spellings ------------------------------------------------------------------------------------

INNER = [
    # IPv4 in all the ways that C's inet_aton takes
    "2130706433", "017700000001", "0x7f000001", "0x7f.0.0.1", "127.0x0.1", "0177.0.0.01", "127.1", "127.0.1",
    "0", "00000000", "0x0", "127.0.0.1.", "127.000.000.001", "2852039166", "0xa9fea9fe", "169.254.43518",
    # IPv4 inside IPv6
    "[::ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]", "[::127.0.0.1]", "[0:0:0:0:0:ffff:7f00:1]",
    "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::10.0.0.1]", "[2002:7f00:1::1]",
    "[2002:a9fe:a9fe::]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]", "[fe80::5efe:10.0.0.1]",
    "[2a00:1450::5efe:a00:1]", "[2a00:1450::200:5efe:7f00:1]",
    # IPv6 that leads elsewhere
    "[::1]", "[::]", "[0000:0000::0001]", "[fc00::1]", "[fd12:3456::1]", "[fe80::1%25eth0]", "[fec0::1]",
    "[ff02::1]", "[100::1]", "[2001:db8::1]", "[3fff::1]", "[5f00::1]", "[2001:10::1]", "[4000::1]",
    # other letters for the same
    "①②⑦.⓪.⓪.①", "127。0。0。1", "127.0.0。1", "１２７.0.0.1", "127%2e0%2e0%2e1", "%31%32%37.0.0.1",
    "localhost", "LOCALHOST", "localhost.", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "loc\u00adalhost",
    # ranges
    "10.0.0.1", "172.16.5.4", "192.168.0.1", "169.254.169.254", "100.64.0.1", "100.127.255.254", "0.1.2.3",
    "192.0.0.1", "192.0.2.7", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255",
]  # fmt: skip


@pytest.mark.parametrize("host", INNER)
async def test_no_spelling_of_an_inner_address_is_asked(server, png, into, no_network, host):
    server.put("/cat", png)
    with pytest.raises(FetchRefused) as caught:
        await fetch(server.url("/cat", host), into=into)
    assert caught.value.what.endswith(("public internet", "could not be found", "not a valid URL")), (
        caught.value
    )
    assert (server.asked, no_network, stored(into)) == ([], [], [])


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "file://localhost/etc/passwd", "FILE:///etc/passwd", "gopher://127.0.0.1:70/_x",
        "dict://127.0.0.1:11211/stat", "ftp://127.0.0.1/", "tftp://127.0.0.1/", "ldap://127.0.0.1/",
        "jar:http://127.0.0.1!/", "netdoc:///etc/passwd", "unix:///var/run/docker.sock", "ws://127.0.0.1/",
        "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "javascript:alert(1)", "blob:http://127.0.0.1/x",
        "view-source:http://127.0.0.1/", "about:blank", "//127.0.0.1/", "///127.0.0.1/", "/etc/passwd",
        "http:127.0.0.1", "http:/127.0.0.1", "http:///127.0.0.1/", "http://", "https://", "http://?x", "http://#x",
        "http://:80/", "", " ", "http", "http://[::1", "http://[::1]x/", "http://[127.0.0.1]/", "http://]/",
        "http://a:b:c/", "http://example.com:/x y\tz", "http://exa\x00mple.com/", "http://example.com\r\n/",
        "http://example.com/\r\nHost: 127.0.0.1", "http://example.com/%\x0d\x0aX: y", "http://example.com\u2028/",
        "http://user@example.com/", "http://user:pass@example.com/", "http://example.com@127.0.0.1/",
        "http://127.0.0.1\\@example.com/", "http://:pass@example.com/",
        "http://example.com:0/", "http://example.com:22/", "http://example.com:25/", "http://example.com:65536/",
        "http://example.com:-1/", "http://example.com:6379/", "http://example.com:11211/",
        "http://example.com:99999999999/", "http://example.com:80x/", "http://" + "a" * 9000 + ".example/",
        "http://example.com/" + "a" * 9000,
    ],
)  # fmt: skip
async def test_what_is_no_plain_http_address_is_refused_unasked(into, no_network, monkeypatch, url):
    async def resolve(host: str, port: int) -> list[str]:
        return [PUBLIC] if host == "example.com" else ["127.0.0.1"]

    monkeypatch.setattr(addresses, "resolve", resolve)
    with pytest.raises(FetchRefused) as caught:
        await fetch(url, into=into)
    assert no_network == []
    assert "pass" not in str(caught.value).replace("password", "")


HOSTILE = [
    "http://169.254.169.254/latest/meta-data/", "http://[::ffff:169.254.169.254]/", "//169.254.169.254/",
    "http://2852039166/", "http://0xa9fea9fe/", "file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/",
    "data:image/png;base64,aGVsbG8=", "http://user:hunter2@example.com/", "http://example.com:22/",
    "http://localhost./", "http://[::1]:PORT/secret", "http://127.0.0.1:PORT/secret", "http://127。0。0。1:PORT/secret",
    "http:///secret", "\\\\127.0.0.1\\secret", "http://[fec0::1]/",
]  # fmt: skip


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", HOSTILE)
async def test_redirects_lead_nowhere_that_a_url_may_not(server, into, names, target, status):
    names(public_example=[["127.0.0.1"]], localhost_=[["127.0.0.1"]])
    server.put("/secret", b"inner things")
    location = target.replace("PORT", str(server.port)).encode().decode("latin-1")
    server.put("/door", b"", status, Location=location)
    with pytest.raises((FetchRefused, UnicodeError)) as caught:
        await fetch_once_allowed(server.url("/door", "public.example"), into)
    assert [path for path, _ in server.asked] == ["/door"]
    assert "hunter2" not in str(caught.value)
    assert stored(into) == []


async def test_a_redirect_from_https_carries_nothing_along(server, png, into):
    """No cookie, no referrer, no credentials reach the second host."""
    server.put("/a", b"", 302, Location=server.url("/cat"), Set_Cookie="session=1")
    server.put("/cat", png)
    await fetch(server.url("/a"), into=into, allow_private=True)
    _, headers = server.asked[1]
    assert {name.lower() for name in headers} <= {
        "host", "accept", "accept-encoding", "user-agent", "connection",
    }  # fmt: skip


# -- what is allowed, and what is not even then ---------------------------------------------------


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fe80::1]", "0.0.0.0", "224.0.0.1", "[::ffff:10.0.0.1]"]
)
async def test_allowing_private_addresses_does_not_allow_these(into, host):
    with pytest.raises(FetchRefused, match="public internet"):
        await fetch(f"http://{host}/", into=into, allow_private=True)


@pytest.mark.parametrize(
    ("value", "allowed"),
    [("1", True), ("true", True), ("on", True), ("0", False), ("", False), ("no", False)],
)
def test_the_switch_is_read_strictly(monkeypatch: pytest.MonkeyPatch, value: str, allowed: bool):
    monkeypatch.setenv("SORA_KIT_ALLOW_PRIVATE_URLS", value)
    assert guarded.private_allowed() is allowed


@pytest.mark.parametrize(
    "address",
    [
        PUBLIC,
        "8.8.8.8",
        "172.32.0.1",
        "100.128.0.1",
        "2606:4700::1111",
        "2a00:1450:4001::200e",
        "9.255.255.255",
    ],
)
def test_public_addresses_pass(address: str):
    assert addresses.judged("host", [address], allow_private=False) == [address]


# -- time and size --------------------------------------------------------------------------------


async def test_a_pause_is_limited_besides_the_whole(server, png, into, monkeypatch):
    monkeypatch.setattr(guarded, "PATIENCE", httpx.Timeout(0.3))

    def stalling(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        request.wfile.write(png + bytes(5000))
        request.wfile.flush()
        time.sleep(3)

    server.answers["/stall"] = stalling
    with pytest.raises(FetchRefused) as caught:
        await fetch(server.url("/stall"), into=into, timeout=60, allow_private=True)
    assert "in time" in caught.value.why
    assert stored(into) == []


async def test_endless_headers_are_not_read(into):
    """httpcore gives up on headers of about 100 kB."""
    listener = socket.create_server(("127.0.0.1", 0))

    def pour() -> None:
        connection, _ = listener.accept()
        with connection:
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                for _ in range(2000):
                    connection.sendall(b"x-a: " + b"a" * 10_000 + b"\r\n")
            except OSError:
                pass

    threading.Thread(target=pour, daemon=True).start()
    with listener, pytest.raises(FetchRefused):
        await fetch(
            f"http://127.0.0.1:{listener.getsockname()[1]}/", into=into, allow_private=True, timeout=20
        )


async def test_what_is_no_picture_is_neither_kept_nor_shown(server, into):
    server.put("/x", b"<html>secret of the router</html>", Content_Type="image/png")
    with pytest.raises(BadMedia) as caught:
        await fetch(server.url("/x"), into=into, allow_private=True)
    assert "router" not in str(caught.value)
    assert stored(into) == []


# -- the same guard for messages to webhooks ------------------------------------------------------


async def test_a_message_is_pinned_and_follows_nothing(server, names, no_network):
    told = names(hook_example=[["127.0.0.1"], [PUBLIC]])
    received: list[bytes] = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(307)
            self.send_header("Location", server.url("/elsewhere"))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as receiver:
        threading.Thread(target=receiver.serve_forever, args=(0.02,), daemon=True).start()
        url = read_url(f"http://hook.example:{receiver.server_address[1]}/")
        with pytest.raises(FetchRefused, match="public internet"):
            async with ask(url, method="POST", content=b"{}"):
                pass
        told.names["hook.example"] = [["127.0.0.1"]]
        async with ask(url, method="POST", content=b"{}", allow_private=True) as answer:
            assert answer.status_code == 307
        receiver.shutdown()
    assert received == [b"{}"]
    assert (server.asked, no_network) == ([], [])

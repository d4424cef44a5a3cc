"""Clients that are too slow, too loud and too many, at both of uvicorn's parsers."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from hardening_bench import code, receive

from sora_kit import Studio
from sora_kit.server import Server, connections
from sora_kit.server.limits import Limits

pytestmark = pytest.mark.server

SETTINGS = {"server.head_seconds": 0.6, "server.stall_seconds": 0.8, "server.connections": 16}


@pytest.fixture(scope="module", params=["httptools", "h11"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "h11":
            patch.setattr(connections, "HttpToolsProtocol", None)
        else:
            pytest.importorskip("httptools")
        with Studio(tmp_path_factory.mktemp("hardened") / "workspace") as studio:
            for name, value in SETTINGS.items():
                studio.settings.set(name, value)
            made = studio.serve(port=0)
            assert (
                made._uvicorn.config.http.__name__
                == {"h11": "GuardedH11", "httptools": "GuardedHttpTools"}[request.param]
            )
            yield made


@pytest.fixture
def connect(server: Server) -> Iterator[Callable[[], socket.socket]]:
    opened: list[socket.socket] = []

    def one() -> socket.socket:
        opened.append(socket.create_connection(("127.0.0.1", server.port), timeout=30))
        return opened[-1]

    yield one
    for each in opened:
        each.close()
    end = time.monotonic() + 10
    while server._uvicorn.server_state.connections and time.monotonic() < end:
        time.sleep(0.01)


def head(server: Server, path: str = "/v1/videos", *more: str, method: str = "POST") -> bytes:
    key = server.new_key
    return "\r\n".join(
        [f"{method} {path} HTTP/1.1", "host: kit", f"authorization: Bearer {key}", *more]
    ).encode()


def test_headers_that_never_end_are_not_waited_for(server, connect):
    connection = connect()
    connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: kit\r\n")
    status, headers, body = receive(connection)
    assert (status, code(body)) == (408, "request_timeout")
    assert headers["connection"] == "close"


def test_headers_that_drip_are_not_waited_for(server, connect):
    connection = connect()
    begun = time.monotonic()
    try:
        for letter in b"GET /healthz HTTP/1.1\r\nx-slow: " + b"z" * 200:
            connection.sendall(bytes([letter]))
            time.sleep(0.05)
    except OSError:  # it was closed meanwhile, as it should be
        pass
    assert time.monotonic() - begun < 9


def test_a_connection_that_asks_nothing_is_closed(server, connect):
    assert receive(connect()) == (0, {}, b"")


def test_a_second_request_may_not_drip_either(server, connect):
    connection = connect()
    connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: kit\r\n\r\n")
    assert receive(connection)[0] == 200
    connection.sendall(b"GET /healthz HTT")
    assert receive(connection)[0] == 408


def test_a_body_that_stops_is_not_waited_for(server, connect):
    connection = connect()
    connection.sendall(
        head(server, "/v1/videos", "content-type: application/json", "content-length: 100\r\n\r\n{")
    )
    status, _, body = receive(connection)
    assert (status, code(body)) == (408, "request_timeout")


def test_a_body_that_drips_is_not_waited_for(server, connect):
    connection = connect()
    connection.sendall(
        head(server, "/v1/videos", "content-type: application/json", "content-length: 9999\r\n\r\n")
    )
    begun = time.monotonic()
    connection.settimeout(0.2)
    answer = b""
    while (
        not answer and time.monotonic() - begun < 20
    ):  # each byte comes in time, and all of them never would
        connection.sendall(b" ")
        try:
            answer = connection.recv(1000)
        except TimeoutError:
            continue
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_body_that_nobody_wants_may_not_drip_for_ever(server, connect):
    """The refusal goes out at once; what follows is thrown away, for a while."""
    connection = connect()
    connection.sendall(b"POST /v1/videos HTTP/1.1\r\nhost: kit\r\ncontent-length: 99999\r\n\r\n")
    assert receive(connection)[0] == 401
    begun = time.monotonic()
    with pytest.raises(OSError):
        while time.monotonic() - begun < 20:
            connection.sendall(b" ")
            time.sleep(0.1)


def test_a_body_that_comes_slowly_but_surely_is_read(server, connect):
    connection = connect()
    connection.sendall(
        head(server, "/v1/videos", "content-type: application/json", "content-length: 6000\r\n\r\n")
    )
    for _ in range(6):
        connection.sendall(b" " * 1000)
        time.sleep(0.4)
    status, _, body = receive(connection)
    assert (status, code(body)) == (400, "missing_required_parameter")


@pytest.mark.parametrize("size", [40_000, 2_000_000])
def test_huge_headers_are_refused(server, connect, size: int):
    connection = connect()
    try:
        connection.sendall(head(server, "/v1/videos", f"x-large: {'a' * size}\r\n\r\n", method="GET"))
    except OSError:
        return  # it was closed before all was sent
    status, _, body = receive(connection)
    assert status in (431, 0)
    assert not body or code(body) == "headers_too_large"


def test_a_header_without_end_is_refused(server, connect):
    connection = connect()
    connection.sendall(b"GET /healthz HTTP/1.1\r\nx-large: ")
    sent = 0
    with pytest.raises(OSError):
        while sent < 50_000_000:
            sent += connection.send(b"a" * 10_000)
            time.sleep(0.001)
    assert sent < 5_000_000


def test_a_long_address_is_refused(server, connect):
    connection = connect()
    connection.sendall(f"GET /healthz?{'a' * 40_000} HTTP/1.1\r\nhost: kit\r\n\r\n".encode())
    assert receive(connection)[0] == 431


def test_trailers_count_too(server, connect):
    connection = connect()
    body = b"1\r\n{\r\n0\r\n" + b"x-trailer: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 3000
    connection.sendall(
        head(server, "/v1/videos", "content-type: application/json", "transfer-encoding: chunked\r\n\r\n")
    )
    try:
        for start in range(0, len(body), 8000):
            connection.sendall(body[start : start + 8000])
            time.sleep(0.005)
    except OSError:
        return
    assert receive(connection)[0] in (400, 431, 0)


def test_many_headers_are_refused(server, connect):
    connection = connect()
    many = "\r\n".join(f"x-{n}: 1" for n in range(4000))
    connection.sendall(head(server, "/v1/models", f"{many}\r\n\r\n", method="GET"))
    assert receive(connection)[0] == 431


def test_what_is_no_http_is_told_so(server, connect):
    connection = connect()
    connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")  # TLS
    status, _, body = receive(connection)
    assert (status, code(body)) == (400, "invalid_request")


def test_two_lengths_are_no_request(server, connect):
    """Whoever stands between might believe the other one."""
    for lines in (
        ("content-length: 5", "content-length: 50"),
        ("content-length: 5", "transfer-encoding: chunked"),
    ):
        connection = connect()
        connection.sendall(head(server, "/v1/videos", *lines, "", "0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n"))
        status, _, body = receive(connection)
        assert status == 400
        assert b"smuggled" not in body


def test_more_connections_than_are_served_are_told(server, connect):
    held = [connect() for _ in range(16)]
    time.sleep(0.1)
    connection = connect()
    status, headers, body = receive(connection)
    assert (status, code(body)) == (503, "too_many_connections")
    assert headers["retry-after"] == "5"
    for one in held:
        one.close()
    time.sleep(0.1)
    assert httpx.get(f"{server.url}/healthz").status_code == 200


def test_who_does_not_read_is_cut_off(server, connect):
    connection = connect()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    models = head(server, "/v1/models", "\r\n", method="GET")
    connection.settimeout(0.5)
    with contextlib.suppress(OSError):
        connection.sendall(models * 5000)  # their answers are more than the buffers of both sides hold
    end = time.monotonic() + 20
    while server._uvicorn.server_state.connections:
        assert time.monotonic() < end, "it is still held"
        time.sleep(0.02)


def test_answers_to_the_refused_are_safe_to_show(server, connect):
    connection = connect()
    connection.sendall(b"GET /<script>alert(1)</script> HTTP/9.9\r\n\r\n")
    _, headers, body = receive(connection)
    assert b"script" not in body
    assert headers["content-type"] == "application/json"
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers


def test_as_many_connections_as_files(monkeypatch: pytest.MonkeyPatch):
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    assert Limits().open_at_once() == 824
    assert Limits(connections=100).open_at_once() == 100
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert Limits().open_at_once() == 4096

"""What no client library sends, over a bare socket."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest

pytestmark = pytest.mark.server


def exchange(kit, data: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send bytes, and read one answer until the server closes."""
    with socket.create_connection(("127.0.0.1", kit.server.port), timeout=10) as connection:
        connection.sendall(data)
        received = b""
        while block := connection.recv(65536):
            received += block
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(status.split()[1]), headers, body


def request(kit, path: str, *more: str, method: str = "GET", body: bytes = b"") -> bytes:
    lines = [
        f"{method} {path} HTTP/1.1",
        "host: kit",
        f"authorization: Bearer {kit.key}",
        "connection: close",
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def test_a_client_that_asks_first_is_told_that_its_body_is_too_large(kit):
    more = ("expect: 100-continue", "content-length: 999999999999", "content-type: application/json")
    status, _, body = exchange(kit, request(kit, "/v1/videos", *more, method="POST"))
    assert (status, json.loads(body)["error"]["code"]) == (413, "request_too_large")


def test_a_body_of_unknown_length_is_limited_too(kit):
    head = request(
        kit, "/v1/videos", "transfer-encoding: chunked", "content-type: application/json", method="POST"
    )
    block = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    status, _, body = exchange(kit, head + block * 66 + b"0\r\n\r\n")
    assert (status, json.loads(body)["error"]["code"]) == (413, "request_too_large")


@pytest.mark.parametrize("host", ["", "a b", "a/b", "x" * 300])
def test_odd_hosts_never_reach_a_link(kit, video: dict[str, Any], host: str):
    data = request(kit, f"/v1/videos/{video['id']}").replace(b"host: kit", b"host: " + host.encode())
    status, _, body = exchange(kit, data)
    answer = json.loads(body)
    assert status == 400 or answer["url"].startswith(f"http://127.0.0.1:{kit.server.port}/media/")


def test_an_http_1_0_client_without_a_host(kit, video: dict[str, Any]):
    data = f"GET /v1/videos/{video['id']} HTTP/1.0\r\nx-api-key: {kit.key}\r\n\r\n".encode()
    status, headers, body = exchange(kit, data)
    assert status == 200
    assert json.loads(body)["url"].startswith(f"http://127.0.0.1:{kit.server.port}/media/")
    assert headers["x-request-id"].startswith("req_")


def test_a_client_that_leaves_while_sending_makes_no_noise(kit, caplog: pytest.LogCaptureFixture):
    data = request(kit, "/v1/videos", "content-length: 1000", "content-type: application/json", method="POST")
    with socket.create_connection(("127.0.0.1", kit.server.port)) as connection:
        connection.sendall(data + b'{"prompt"')
    end = time.monotonic() + 10
    while kit.server.requests[-1]["error"] != "client_left":
        assert time.monotonic() < end
        time.sleep(0.02)
    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []


def test_media_names_cannot_climb(kit):
    for path in (
        "/media/../studio.sqlite",
        "/media/..%2f..%2fsecret.key",
        "/media//etc/passwd",
        "/media/%2e%2e/x.mp4",
    ):
        status, _, body = exchange(kit, request(kit, path))
        assert status == 404
        assert json.loads(body)["error"]["code"] == "not_found"

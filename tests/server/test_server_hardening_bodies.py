"""Bodies that are large, many-parted, malformed or never finished; and what stays of them."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hardening_bench import Alone, alone, code, receive

from sora_kit import Studio
from sora_kit.server import Server

pytestmark = pytest.mark.server

MB = 1_000_000
MP4 = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41"
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
)


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    with alone(tmp_path_factory.mktemp("large") / "workspace") as server:
        small = {"input_reference": ("cat.png", PNG, "image/png")}
        answer = httpx.post(
            f"{server.url}/v1/videos", data={"prompt": "a"}, files=small, headers=server.headers, timeout=60
        )
        assert answer.status_code == 400, answer.text  # the picture is damaged; all is loaded by now
        yield server


def parts(size: int, field: bytes, name: bytes, first: bytes) -> Iterator[bytes]:
    """A form with one large part, which nobody ever holds in memory."""
    text = b'--limit\r\nContent-Disposition: form-data; name="%s"' % field
    yield text + (b'; filename="%s"' % name if name else b"") + b"\r\n\r\n" + first
    block = b"x" * 100_000
    for _ in range(size // len(block)):
        yield block
    yield b"\r\n--limit--\r\n"


FORM = {"content-type": "multipart/form-data; boundary=limit"}
JSON = {"content-type": "application/json"}


def block(start: bytes, size: int) -> Iterator[bytes]:
    yield start
    for _ in range(size // 100_000):
        yield b"x" * 100_000
    yield b'"}'


@pytest.mark.parametrize(
    ("path", "headers", "content", "status"),
    [
        ("/v1/videos", FORM, lambda: parts(100 * MB, b"input_reference", b"a.png", PNG), 400),
        ("/v1/videos/characters", FORM, lambda: parts(100 * MB, b"video", b"a.mp4", MP4), 400),
        ("/v1/videos", FORM, lambda: parts(300 * MB, b"input_reference", b"a.png", PNG), 413),
        ("/v1/videos", FORM, lambda: parts(100 * MB, b"prompt", b"", b""), 413),
        ("/v1/videos", JSON, lambda: block(b'{"prompt": "', 100 * MB), 413),
        ("/v1/chat/completions", JSON, lambda: block(b'{"model": "', 100 * MB), 413),
        (
            "/v1/videos",
            {"content-type": "application/x-www-form-urlencoded"},
            lambda: block(b"a=", 100 * MB),
            413,
        ),
    ],
    ids=["picture", "clip", "too large", "field", "json", "chat", "urlencoded"],
)
def test_a_large_upload_does_not_grow_the_server(
    process: Alone, path: str, headers: dict[str, str], content: Any, status: int
):
    with process.growth() as grown:
        try:
            answer = httpx.post(
                process.url + path, content=content(), headers=process.headers | headers, timeout=110
            )
        except httpx.HTTPError:
            assert status == 413  # it was still sending when the connection was closed
        else:
            assert answer.status_code == status, answer.text
            assert answer.json()["error"]["message"]
            assert (answer.headers.get("connection") == "close") == (status == 413)
    assert grown[0] < 20, f"{grown[0]:.1f} MB"


def test_a_refused_upload_is_told_before_it_is_sent(process: Alone):
    with process.growth() as grown, socket.create_connection(("127.0.0.1", process.port), 30) as connection:
        lines = ["POST /v1/videos HTTP/1.1", "host: kit", f"authorization: Bearer {process.key}"]
        lines += [f"content-type: {FORM['content-type']}", "content-length: 99999999999", "", ""]
        connection.sendall("\r\n".join(lines).encode() + b"x" * 1000)
        begun = time.monotonic()
        status, headers, body = receive(connection)
        assert (status, code(body), headers["connection"]) == (413, "request_too_large", "close")
        assert time.monotonic() - begun < 5
        sent = 0
        with pytest.raises(OSError):  # what follows is not read for ever
            while time.monotonic() - begun < 60:
                sent += connection.send(b"x" * 100_000)
    assert grown[0] < 20


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Studio, Server, httpx.Client]]:
    """A server with small limits in this process."""
    with Studio(tmp_path_factory.mktemp("small") / "workspace") as studio:
        for name, value in {"upload_bytes": 3_000_000, "body_bytes": 1_500_000, "parts": 20}.items():
            studio.settings.set(f"server.{name}", value)
        server = studio.serve(port=0)
        headers = {"authorization": f"Bearer {server.new_key}"}
        with httpx.Client(base_url=server.url, headers=headers, timeout=60) as client:
            yield studio, server, client


def left(studio: Studio) -> list[Path]:
    """Folders of requests that are still there, after a moment."""
    end = time.monotonic() + 10
    while (found := list(studio.workspace.media.scratch.glob("request-*"))) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def test_limits_come_from_the_settings(small):
    _, _, client = small
    assert client.post("/v1/videos", json={"prompt": "x" * 1_400_000}).status_code == 400  # too long a prompt
    refused = client.post("/v1/videos", json={"prompt": "x" * 1_600_000})
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "request_too_large")
    assert "1.431 MiB" in refused.json()["error"]["message"]
    files = {"input_reference": ("a.png", PNG + bytes(2_000_000))}
    assert client.post("/v1/videos", data={"prompt": "a"}, files=files).status_code == 400
    files = {"input_reference": ("a.png", PNG + bytes(3_100_000))}
    assert client.post("/v1/videos", data={"prompt": "a"}, files=files).status_code == 413


def test_a_form_of_many_parts_is_refused(small):
    _, _, client = small
    many = [(f"f{n}", (None, b"x")) for n in range(25)]
    answer = client.post("/v1/videos", files=many)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")
    pairs = "&".join(f"f{n}=x" for n in range(25))
    answer = client.post(
        "/v1/videos", content=pairs, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 400


def test_a_part_with_many_or_long_headers_is_refused(small):
    _, _, client = small
    for lines in (b"".join(b"x-%d: 1\r\n" % n for n in range(40)), b"x-long: " + b"a" * 40_000 + b"\r\n"):
        body = b'--limit\r\nContent-Disposition: form-data; name="a"\r\n' + lines + b"\r\n1\r\n--limit--\r\n"
        assert client.post("/v1/videos", content=body, headers=FORM).status_code == 413


ROTATED = (
    b'--limit\r\nContent-Disposition: form-data; name="prompt"\r\n'
    b"Content-Type: text/plain; charset=rot13\r\n\r\nuryyb\r\n--limit--\r\n"
)
MALFORMED = [
    (b"", "multipart/form-data"),
    (b"", "multipart/form-data; boundary="),
    (b"", "multipart/form-data; boundary=limit"),
    (b"--limit\r\n", "multipart/form-data; boundary=limit"),
    (b"--limit\r\nno header\r\n\r\n1\r\n--limit--", "multipart/form-data; boundary=limit"),
    (b"--other\r\n\r\n1\r\n--other--", "multipart/form-data; boundary=limit"),
    (b'--limit\r\nContent-Disposition: form-data; name="a"\r\n\r\n1', "multipart/form-data; boundary=limit"),
    (b"--" + b"b" * 300 + b"--\r\n", "multipart/form-data; boundary=" + "b" * 300),
    (b'--limit\r\nContent-Disposition: form-data; name="prompt"\r\n\r\n\xff\xfe\r\n--limit--\r\n',
     "multipart/form-data; boundary=limit"),
    (ROTATED, "multipart/form-data; boundary=limit"),
    (b"[" * 100_000, "application/json"),
    (b'{"a":' * 50_000, "application/json"),
    (b'{"prompt": "\xff\xfe"}', "application/json"),
    (b'{"prompt": "\\ud800"}', "application/json"),
    (b"prompt=%ff%fe&a=" + b"%" * 50, "application/x-www-form-urlencoded"),
    (b"\xff\xfe=\xff", "application/x-www-form-urlencoded"),
    (b"\x00" * 1000, "application/octet-stream"),
    (b"\x1f\x8b\x08\x00" + bytes(100), "application/json"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "kind"), MALFORMED, ids=map(str, range(len(MALFORMED))))
def test_malformed_bodies_are_refused_in_words(small, body: bytes, kind: str):
    studio, _, client = small
    answer = client.post("/v1/videos", content=body, headers={"content-type": kind})
    assert answer.status_code in (400, 415), answer.text
    assert answer.json()["error"]["message"]
    assert left(studio) == []


@pytest.mark.parametrize("kind", ["application/json", "", "application/x-www-form-urlencoded"])
def test_a_mark_in_front_of_json_is_nothing(small, kind: str):
    _, _, client = small
    body = b"\xef\xbb\xbf" + json.dumps({"prompt": "", "model": "sora-2"}).encode()
    answer = client.post("/v1/videos", content=body, headers={"content-type": kind} if kind else {})
    assert answer.json()["error"]["code"] != "invalid_json"
    padded = b"\xef\xbb\xbf" + b" " * 70_000 + json.dumps({"prompt": "", "model": "none"}).encode()
    answer = client.post("/v1/videos", content=padded, headers={"content-type": kind} if kind else {})
    assert answer.json()["error"]["code"] != "invalid_json"


def test_files_of_a_request_are_gone_with_it(small):
    studio, server, client = small
    before = {path.name for path in studio.workspace.media.scratch.iterdir()}
    files = {"input_reference": ("a.png", PNG + bytes(2_000_000))}
    assert client.post("/v1/videos", data={"prompt": "a"}, files=files).status_code == 400
    assert left(studio) == []
    # and when the client leaves in the middle
    content = parts(2_500_000, b"input_reference", b"a.png", PNG)
    with socket.create_connection(("127.0.0.1", server.port), 30) as connection:
        lines = ["POST /v1/videos HTTP/1.1", "host: kit", f"authorization: Bearer {server.new_key}"]
        lines += [f"content-type: {FORM['content-type']}", "content-length: 2900000", "", ""]
        connection.sendall("\r\n".join(lines).encode())
        for piece in list(content)[:15]:
            connection.sendall(piece)
        end = time.monotonic() + 10
        while not list(studio.workspace.media.scratch.glob("request-*")):
            assert time.monotonic() < end, "nothing went to disk"
            time.sleep(0.01)
    assert left(studio) == []
    assert {path.name for path in studio.workspace.media.scratch.iterdir()} <= before


def test_a_picture_from_disk_is_taken_like_one_from_memory(small):
    """Only its size says on which way it came."""
    import io

    import numpy as np
    from PIL import Image

    studio, _, client = small
    noise = np.random.default_rng(1).integers(0, 255, (720, 1280, 3), dtype=np.uint8)
    made = io.BytesIO()
    Image.fromarray(noise).save(made, "PNG")
    assert 1_100_000 < len(made.getvalue()) < 2_900_000
    answer = client.post(
        "/v1/videos",
        data={"prompt": "a", "seconds": "4", "size": "1280x720"},
        files={"input_reference": ("noise.png", made.getvalue(), "image/png")},
    )
    assert answer.status_code == 200, answer.text
    record = studio.record("job_" + answer.json()["id"].removeprefix("video_"))
    assert studio.workspace.media.find(record.request.image.sha256).read_bytes() == made.getvalue()
    assert "image/png" in studio.requests.latest(1)[0]["asked"] or left(studio) == []
    client.delete(f"/v1/videos/{answer.json()['id']}")


def test_ten_thousand_brackets_are_one_name(small):
    _, _, client = small
    answer = client.post(
        "/v1/videos",
        content="a" + "[b]" * 10_000 + "=1",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 400

"""Pieces of clips that are answered in front of the framework, and how the connection goes on behind them."""

from __future__ import annotations

import errno
import os
import socket
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sora_kit.server import quick_media

if TYPE_CHECKING:
    from conftest import Kit

pytestmark = pytest.mark.server

in_front = pytest.mark.skipif(
    quick_media.NOWAIT is None, reason=f"{sys.platform} cannot tell whether a read would wait"
)


@pytest.fixture
def url(video: dict[str, Any], anyone: httpx.Client) -> str:
    """A clip that the memory has."""
    anyone.get(video["url"])
    return str(video["url"])


def told(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in ("x-request-id", "date")}


@in_front
@pytest.mark.parametrize("poster", [False, True])
@pytest.mark.parametrize(
    "headers",
    [
        {"range": "bytes=0-99"},
        {"range": "bytes=-7"},
        {"range": "bytes=99999999-"},
        {"range": "bytes=0-99", "if-range": '"another"'},
        {"if-none-match": "*"},
        {},
    ],
    ids=lambda headers: ",".join(headers) + str(headers.get("range")),
)
def test_the_application_says_the_same(
    url: str,
    video: dict[str, Any],
    found: list[bool],
    anyone: httpx.Client,
    headers: Mapping[str, str],
    poster: bool,
):
    address = video["thumbnail_url"] if poster else url
    usual = anyone.get(address + "?unusual", headers=headers)
    assert found[-1] is False
    quick = anyone.get(address, headers=headers)
    small = int(quick.headers.get("content-length", 0)) <= quick_media.CHUNK
    end = time.monotonic() + 30
    while small and not found[-1]:  # what the memory has lost is answered by the application, and read
        assert time.monotonic() < end
        quick = anyone.get(address, headers=headers)
    assert found[-1] is small
    assert (quick.status_code, quick.content) == (usual.status_code, usual.content)
    assert told(quick) == told(usual)


@in_front
def test_what_the_memory_has_not_is_read_in_a_thread(
    url: str, found: list[bool], anyone: httpx.Client, monkeypatch: pytest.MonkeyPatch
):
    headers = {"range": "bytes=0-99"}
    whole = anyone.get(url, headers=headers).content
    assert found[-1] is True

    def cold(*_: Any) -> int:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(os, "preadv", cold)
    assert anyone.get(url, headers=headers).content == whole
    assert found[-1] is False


def test_a_piece_that_was_asked_for_by_head_has_no_body(url: str, anyone: httpx.Client):
    answer = anyone.head(url, headers={"range": "bytes=0-99"})
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (206, b"", "100")


def test_each_is_counted_under_its_route(kit: Kit, url: str, video: dict[str, Any], anyone: httpx.Client):
    rows = kit.server._app.state.tracing.meter.rows

    def count(method: str, route: str, status: int = 200) -> int:
        row = rows.get((method, route, status))
        return row.count if row else 0

    asked = [("GET", "/media/{name}", 206), ("GET", "/v1/videos/{video}", 200), ("GET", "/v1/models", 200)]
    asked += [("HEAD", route, status) for _, route, status in asked]
    before = [count(*one) for one in asked]
    others = sum(row.count for (_, route, _), row in rows.items() if route == "other")
    for method in ("GET", "HEAD"):
        for query in ("", "?unusual"):
            anyone.request(method, url + query, headers={"range": "bytes=0-99"})
            kit.http.request(method, f"/v1/videos/{video['id']}{query}")
            kit.http.request(method, f"/v1/models{query}")
    assert [count(*one) for one in asked] == [number + 2 for number in before]
    assert sum(row.count for (_, route, _), row in rows.items() if route == "other") == others


def test_a_head_of_nothing_is_counted_among_the_others(kit: Kit):
    rows = kit.server._app.state.tracing.meter.rows
    before = rows[key].count if (key := ("HEAD", "other", 404)) in rows else 0
    assert kit.http.head("/v1/nothing").status_code == 404
    end = time.monotonic() + 30
    while key not in rows or rows[key].count != before + 1:  # it is counted when the answer has gone out
        assert time.monotonic() < end, rows.get(key)
        time.sleep(0.01)


# -- the connection


def answers(kit: Kit, *requests: str) -> list[tuple[int, str]]:
    """Status and id of the answers to requests that are sent in one piece, the last of which closes."""
    sent = "".join(requests).encode()
    with socket.create_connection(("127.0.0.1", kit.server.port), timeout=30) as connection:
        connection.sendall(sent)
        data = b"".join(iter(lambda: connection.recv(65536), b""))
    found = []
    while data:
        head, _, data = data.partition(b"\r\n\r\n")
        line, *headers = head.decode().lower().split("\r\n")
        fields = dict(one.split(": ", 1) for one in headers)
        found.append((int(line.split()[1]), fields["x-request-id"]))
        data = data[int(fields["content-length"]) :]
    return found


def asking(kit: Kit, path: str, *more: str, version: str = "1.1") -> str:
    lines = (f"GET {path} HTTP/{version}", "host: kit", f"authorization: Bearer {kit.key}", *more, "", "")
    return "\r\n".join(lines)


def test_requests_in_one_piece_are_answered_in_their_order(kit: Kit, found: list[bool]):
    missing = asking(kit, "/v1/videos/video_none")
    models = asking(kit, "/v1/models")
    last = asking(kit, "/v1/models", "connection: close")
    got = answers(kit, models, models, missing, models, missing, last)
    assert [status for status, _ in got] == [200, 200, 404, 200, 404, 200]
    assert len({name for _, name in got}) == 6
    # while the application works on one, those behind it wait for their turn there
    assert found == [True, True, False]


def test_whoever_wants_the_connection_closed_gets_that(kit: Kit, found: list[bool]):
    assert [status for status, _ in answers(kit, asking(kit, "/v1/models", "connection: close"))] == [200]
    assert [status for status, _ in answers(kit, asking(kit, "/v1/models", version="1.0"))] == [200]
    assert found == []


def test_a_request_behind_one_in_front_is_not_cut_off(
    kit: Kit, found: list[bool], monkeypatch: pytest.MonkeyPatch
):
    """The time for which an idle connection is kept must not run while the application works."""
    timers: list[bool] = []
    protocol = kit.server._uvicorn.config.http_protocol_class
    start = protocol._start_asgi_task

    def note(self: Any, cycle: Any, app: Any) -> None:
        timers.append(self.timeout_keep_alive_task is None)
        start(self, cycle, app)

    monkeypatch.setattr(protocol, "_start_asgi_task", note)
    close = asking(kit, "/v1/videos/video_none", "connection: close")
    assert [status for status, _ in answers(kit, asking(kit, "/v1/models"), close)] == [200, 404]
    assert (found, timers) == ([True], [True])  # one that closes is not looked for in front

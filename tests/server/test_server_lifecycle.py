"""Starting and stopping, inside a process that has other things to do."""

from __future__ import annotations

import logging
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sora_kit.errors import ServerError

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def studio(home: Path, tmp_path_factory: pytest.TempPathFactory):
    from sora_kit import Studio

    # a client: these tests make nothing, so no engine needs to start
    with Studio(tmp_path_factory.mktemp("lifecycle") / "workspace", role="client") as opened:
        yield opened


@pytest.fixture
def server(studio) -> Iterator:
    from sora_kit.server import start

    running = start(studio, port=0)
    yield running
    running.stop()


def test_it_answers_when_start_returns_and_refuses_when_stop_returns(studio):
    from sora_kit.server import start

    server = start(studio, port=0)
    assert server.running
    assert httpx.get(f"{server.url}/healthz").json() == {"status": "ok"}
    assert httpx.get(f"{server.url}/readyz").json()["checks"]["database"] == {"ok": True}
    server.stop()
    assert not server.running
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/healthz")
    server.stop()  # twice is fine


def test_the_same_port_serves_again_at_once(studio):
    from sora_kit.server import start

    first = start(studio, port=0)
    with httpx.Client() as client:
        client.get(f"{first.url}/healthz")
        first.stop()
        again = start(studio, port=first.port, fallback=False)
        try:
            assert client.get(f"{again.url}/healthz").status_code == 200
        finally:
            again.stop()


def test_a_taken_port_is_an_error_or_the_next_one(studio, server):
    from sora_kit.server import start

    with pytest.raises(ServerError, match=f"Port {server.port} is taken"):
        start(studio, port=server.port, fallback=False)
    second = start(studio, port=server.port)
    try:
        assert second.port > server.port
        assert httpx.get(f"{second.url}/healthz").status_code == 200
    finally:
        second.stop()


def test_serving_again_from_a_cell_replaces_the_server(studio):
    first = studio.serve(port=0)
    second = studio.serve(port=first.port, fallback=False)
    assert not first.running
    assert second.running
    assert second.port == first.port
    second.stop()


def test_stopping_takes_less_than_a_second_whatever_is_open(studio, server):
    headers = {"authorization": f"Bearer {studio.keys.create('streamer').secret}"}
    idle = httpx.Client(base_url=server.url)
    idle.get("/healthz")  # a connection that is kept alive
    half = socket.create_connection(("127.0.0.1", server.port))
    half.sendall(b"POST /v1/videos HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nab")
    seen: list[str] = []
    started = threading.Event()

    def watch() -> None:
        body = {"model": "sora-2", "stream": True, "messages": [{"role": "user", "content": "a cat"}]}
        with httpx.stream(
            "POST", f"{server.url}/v1/chat/completions", json=body, headers=headers, timeout=20
        ) as answer:
            for line in answer.iter_lines():
                started.set()
                seen.append(line)

    reader = threading.Thread(target=watch)
    reader.start()
    assert started.wait(10)  # nobody runs this job, so the stream stays open
    before = time.monotonic()
    server.stop()
    assert time.monotonic() - before < 1
    reader.join(5)
    idle.close()
    half.close()
    assert any("server_stopping" in line for line in seen)
    assert [line for line in seen if line][-1] == "data: [DONE]"
    assert [record.state for record in studio.records(limit=1)] == ["queued"]  # the job goes on


def test_the_root_logger_is_left_alone(studio):
    from sora_kit.server import start

    root = logging.getLogger()
    before = root.level, list(root.handlers)
    server = start(studio, port=0)
    httpx.get(f"{server.url}/healthz")
    assert (root.level, list(root.handlers)) == before
    server.stop()


def test_signals_stay_with_the_process(studio):
    from sora_kit.server import start

    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    server = start(studio, port=0)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    server.stop()


def test_small_answers_are_not_held_back(server):
    """Accepted sockets have TCP_NODELAY; without it each keep-alive request takes 44 ms."""
    with httpx.Client(base_url=server.url) as client:
        client.get("/healthz")
        (connection,) = server._uvicorn.server_state.connections
        accepted = connection.transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        before = time.perf_counter()
        for _ in range(50):
            client.get("/healthz")
        assert (time.perf_counter() - before) / 50 < 0.03


def test_the_address_is_told_to_the_workspace(studio):
    from sora_kit.server import start

    server = start(studio, port=0)
    assert server.url in [runner.url for runner in studio.runners()]
    server.stop()
    assert server.url not in [runner.url for runner in studio.runners()]


def test_the_first_start_makes_a_key_and_tells_it_once(home: Path, workspace: Path):
    from sora_kit import Studio
    from sora_kit.server import start

    with Studio(workspace, role="client") as studio:
        first = start(studio, port=0)
        assert first.new_key
        assert first.new_key not in repr(first)
        answer = httpx.get(f"{first.url}/v1/models", headers={"authorization": f"Bearer {first.new_key}"})
        assert answer.status_code == 200
        first.stop()
        second = start(studio, port=0)
        assert second.new_key is None
        second.stop()


def test_a_server_for_media_only_makes_no_key(home: Path, workspace: Path):
    from sora_kit import Studio
    from sora_kit.server import start

    with Studio(workspace, role="client") as studio:
        server = start(studio, port=0, first_key=False)
        assert server.new_key is None
        assert studio.keys.list() == []
        server.stop()


def test_stop_on_the_loop_itself_is_an_error_not_a_deadlock(studio, server):
    async def stop() -> None:
        server.stop()

    with pytest.raises(RuntimeError, match="aclose"):
        studio.loop.run(stop())
    studio.loop.run(server.aclose())
    assert not server.running


def test_closing_the_studio_stops_its_server(home: Path, workspace: Path):
    from sora_kit import Studio

    with Studio(workspace, role="client") as studio:
        server = studio.serve(port=0)
    assert not server.running

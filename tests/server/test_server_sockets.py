"""Ports: claimed for good, or refused with a way out."""

from __future__ import annotations

import socket
import threading

import pytest

from sora_kit.errors import ServerError
from sora_kit.server.sockets import claim, is_loopback


@pytest.fixture
def taken():
    with claim("127.0.0.1", 0, fallback=False) as listener:
        yield listener.getsockname()[1]


def test_a_taken_port_is_an_error_with_a_way_out(taken: int):
    with pytest.raises(ServerError, match=f"Port {taken} is taken") as caught:
        claim("127.0.0.1", taken, fallback=False)
    assert "port=0" in caught.value.fix


def test_a_taken_port_falls_back_to_the_next(taken: int):
    with claim("127.0.0.1", taken, fallback=True) as second:
        assert taken < second.getsockname()[1] <= taken + 50


def test_the_claim_holds_although_nobody_accepts_yet(taken: int):
    # both could bind with SO_REUSEADDR; only listening makes the port ours
    with pytest.raises(ServerError), claim("127.0.0.1", taken, fallback=False):
        pass


def test_a_port_can_be_claimed_again_at_once():
    with claim("127.0.0.1", 0, fallback=False) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            listener.setblocking(True)
            listener.accept()[0].close()
            assert client.recv(1) == b""
    with claim("127.0.0.1", port, fallback=False) as again:
        assert again.getsockname()[1] == port


def test_the_listener_says_tcp_so_that_asyncio_switches_nagle_off():
    with claim("127.0.0.1", 0, fallback=False) as listener:
        assert listener.proto == socket.IPPROTO_TCP


@pytest.mark.parametrize("port", [-1, 65536])
def test_impossible_ports(port: int):
    with pytest.raises(ServerError, match="not a port"):
        claim("127.0.0.1", port, fallback=True)


def test_an_address_of_another_machine():
    with pytest.raises(ServerError) as caught:
        claim("192.0.2.1", 0, fallback=False)
    assert caught.value.param == "host"


def test_threads_that_race_for_ports_all_get_their_own():
    with claim("127.0.0.1", 0, fallback=False) as base:
        start = base.getsockname()[1]
    got: list[socket.socket] = []
    threads = [
        threading.Thread(target=lambda: got.append(claim("127.0.0.1", start, fallback=True)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    try:
        assert len({listener.getsockname()[1] for listener in got}) == 8
    finally:
        for listener in got:
            listener.close()


@pytest.mark.parametrize(
    ("host", "local"), [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("10.0.0.1", False)]
)
def test_loopback(host: str, local: bool):
    assert is_loopback(host) is local

"""The guard of a paid call: last before the first byte, once, and able to stop it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from sora_web_bench import Bench, nobody
from sora_web_wire import Connect, Proxy, Reply, Socks5, Upstream

from sora_kit.backends.base import AuthExpired, Task, TransportFailed
from sora_kit.backends.hosted import Login
from sora_kit.backends.sora_web import Clients, SoraWebBackend
from sora_kit.language import parse

CERTIFICATE = Path(__file__).with_name("sora_web_invalid.pem")
WAYS = ["direct", "socks5", "forward", "tunnel"]
TASK = Task(parse("a cat"), seed=1)


@contextlib.asynccontextmanager
async def reached(way: str, monkeypatch) -> AsyncIterator[tuple[SoraWebBackend, Login, Upstream, Proxy]]:
    """A scripted deployment, reached that way; a tunnel is TLS from end to end."""
    tls = way == "tunnel"
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(CERTIFICATE)
    proxy: Proxy = Socks5() if way == "socks5" else Connect()
    backend = SoraWebBackend()
    clients = Clients(tls=ssl.create_default_context(cafile=CERTIFICATE))
    backend._clients[asyncio.get_running_loop()] = clients
    async with Upstream().running(serving if tls else None) as upstream, proxy.running():
        upstream.on("POST", "/backend/nf/create", Reply({"id": "task_1"}))
        host = "127.0.0.1" if way == "direct" else "sora.invalid"
        scheme = "https" if tls else "http"
        monkeypatch.setenv("SORA_KIT_SORA_WEB_URL", f"{scheme}://{host}:{upstream.port}/backend")
        kind = "socks5" if way == "socks5" else "http"
        via = "" if way == "direct" else f"{kind}://127.0.0.1:{proxy.port}"
        yield backend, Login("a", {"access_token": "at-1"}, proxy=via), upstream, proxy
        await backend.close()


@pytest.mark.parametrize("way", WAYS)
async def test_it_is_called_once_when_the_way_is_open(way: str, monkeypatch) -> None:
    async with reached(way, monkeypatch) as (backend, login, upstream, proxy):
        at: list[tuple[int, int, int]] = []

        def guard() -> None:
            at.append((proxy.connections, len(proxy.targets), len(upstream.seen)))

        for number in range(2):  # on a new connection, and on one that is open
            started = await backend.submit(login, TASK, {}, "tok", guard)
            assert started.task == "task_1"
            assert len(at) == len(upstream.seen) == number + 1
        # Whatever comes before (the connection, the handshake, the tunnel) was done by then.
        tunnels = {"direct": (0, 0), "socks5": (1, 1), "forward": (1, 0), "tunnel": (1, 1)}
        assert at[0] == (*tunnels[way], 0)


ERRORS = [
    RuntimeError("stop"),
    TimeoutError("stop"),
    ConnectionResetError("stop"),
    AssertionError("stop"),
    aiohttp.ClientOSError("stop"),
    AuthExpired("stop"),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
async def test_what_it_raises_stops_the_call(way: str, error: Exception, monkeypatch) -> None:
    async with reached(way, monkeypatch) as (backend, login, upstream, proxy):

        def guard() -> None:
            raise error

        with pytest.raises(type(error)) as caught:
            await backend.submit(login, TASK, {}, "tok", guard)
        assert caught.value is error
        assert not upstream.seen
        if way == "forward":
            assert not proxy.targets  # not even the proxy has heard of it
        assert (await backend.submit(login, TASK, {}, "tok", lambda: None)).task == "task_1"
        assert len(upstream.seen) == 1


async def test_an_interrupt_in_it_stops_the_call_too(monkeypatch) -> None:
    async with reached("socks5", monkeypatch) as (backend, login, upstream, _):

        def guard() -> None:
            raise asyncio.CancelledError

        with pytest.raises(asyncio.CancelledError):
            await backend.submit(login, TASK, {}, "tok", guard)
        assert not upstream.seen


@pytest.mark.parametrize("way", ["socks5", "forward", "tunnel"])
async def test_it_is_not_called_where_the_proxy_is_gone(way: str, monkeypatch) -> None:
    async with reached(way, monkeypatch) as (backend, login, upstream, _):
        async with Socks5().running() as gone:
            port = gone.port
        scheme = "socks5" if way == "socks5" else "http"
        lost = Login("a", login.secrets, proxy=f"{scheme}://127.0.0.1:{port}")
        with pytest.raises(TransportFailed) as caught:
            await backend.submit(lost, TASK, {}, "tok", nobody)
        assert not caught.value.sent
        assert not upstream.seen


KINDS = [
    {"words": "a cat"},
    {"words": "a cat", "model": "gpt-image"},
    {"words": "a cat", "model": "prompt-enhance-long-15s"},
    {"words": "[5.0s]A [5.0s]B"},
    {"words": "it jumps", "kind": "extend", "from": "source"},
    {"words": "as a drawing", "kind": "remix", "from": "source"},
    {"words": "", "kind": "character", "from": "source"},
    {"words": "", "kind": "character", "from": "video"},
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(kind.values()))
async def test_every_kind_has_one_guarded_call(bench: Bench, kind) -> None:
    clip = await bench.make(bench.task("the source"))
    more = dict(kind)
    whence = more.pop("from", "")
    more |= {"source": clip} if whence == "source" else {"video": clip.path} if whence else {}
    task = bench.task(**more)
    login = bench.login()

    def total() -> int:
        return sum(sum(calls.values()) for calls in bench.standin.stats()["calls"].values())

    prepared = await bench.backend.prepare(login, task)
    before, guarded = total(), []
    started = await bench.backend.submit(login, task, prepared, "tok", lambda: guarded.append(total()))
    assert guarded == [before]
    assert total() == before + 1
    assert bool(started.task) != bool(started.done)

    def stop() -> None:
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        await bench.backend.submit(login, task, prepared, "tok", stop)
    assert total() == before + 1

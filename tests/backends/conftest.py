"""Parts that several tests of backends share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from sora_web_bench import LATENCY, Bench
from sora_web_wire import Upstream

from sora_kit.backends.sora_web import Clients, Credentials, Site, SoraWeb, SoraWebBackend
from sora_kit.standins.sora_web import Clock, Latency, NewAccount, SoraWebStandin

Web = Callable[..., SoraWeb]


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    """A scripted deployment on loopback."""
    async with Upstream().running() as server:
        yield server


@pytest.fixture
async def clients() -> AsyncIterator[Clients]:
    made = Clients()
    yield made
    await made.aclose()


@pytest.fixture
def web(upstream: Upstream, clients: Clients) -> Web:
    """``web(account, proxy=…)``: a client for the scripted deployment."""

    def web(account: str = "a", *, access_token: str = "at-1", **more: object) -> SoraWeb:
        credentials = Credentials(account, access_token, **more)  # type: ignore[arg-type]
        return SoraWeb(clients, credentials, Site.at(upstream.url))

    return web


@pytest.fixture(scope="session")
def _standin() -> Iterator[SoraWebStandin]:
    accounts = [NewAccount("pro@example.com", plan="chatgpt_pro", quota=1000), "plus@example.com"]
    latency = Latency.total(LATENCY)
    with SoraWebStandin(accounts, latency=latency, clock=Clock(speed=0), concurrency=100) as running:
        yield running


@pytest.fixture
async def bench(
    _standin: SoraWebStandin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Bench]:
    """The hosted backend and a stand-in with the accounts ``pro`` and ``plus``; see `Bench`."""
    _standin.reset()
    monkeypatch.setenv("SORA_KIT_SORA_WEB_URL", _standin.backend_url)
    backend = SoraWebBackend()
    yield Bench(backend, _standin, tmp_path)
    await backend.close()
    assert _standin.stats()["duplicate_submissions"] == 0

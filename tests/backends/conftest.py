"""Parts that several tests of backends share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
from sora_web_wire import Upstream

from sora_kit.backends.sora_web import Clients, Credentials, Site, SoraWeb

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

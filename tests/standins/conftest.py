"""A stand-in whose clock only moves when told, and clients signed in to its accounts."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from sora_kit.standins.sora_web import Clock, Latency, SoraWebStandin

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Spares each client the reading of all certificates of the system."""

Clients = Callable[[str], httpx.AsyncClient]


@pytest.fixture(scope="session")
def _running() -> Iterator[SoraWebStandin]:
    with SoraWebStandin(
        ["a@example.com", "b@example.com"], latency=Latency(2, 7, 1), clock=Clock(speed=0)
    ) as running:
        yield running


@pytest.fixture
def standin(_running: SoraWebStandin) -> SoraWebStandin:
    """Accounts a and b; a video takes 2 s queued, 7 s running, 1 s in no list."""
    _running.reset()
    return _running


@pytest.fixture
async def anyone(standin: SoraWebStandin) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a token, at the root."""
    async with httpx.AsyncClient(base_url=standin.url, verify=NO_TLS, trust_env=False) as client:
        yield client


@pytest.fixture
async def signed_in(standin: SoraWebStandin) -> AsyncIterator[Clients]:
    """``signed_in("a")`` is a client of ``a@example.com``, at the backend."""
    async with AsyncExitStack() as stack:
        made: dict[str, httpx.AsyncClient] = {}

        def client(name: str) -> httpx.AsyncClient:
            if name not in made:
                token = standin.accounts[f"{name}@example.com"].access_token
                made[name] = httpx.AsyncClient(
                    base_url=standin.backend_url,
                    headers={"Authorization": f"Bearer {token}"},
                    verify=NO_TLS,
                    trust_env=False,
                )
                stack.push_async_callback(made[name].aclose)
            return made[name]

        yield client


@pytest.fixture
def a(signed_in: Clients) -> httpx.AsyncClient:
    """A client of ``a@example.com``."""
    return signed_in("a")


@pytest.fixture
def b(signed_in: Clients) -> httpx.AsyncClient:
    """A client of ``b@example.com``."""
    return signed_in("b")


def video(prompt: str = "a cat", **fields: Any) -> dict[str, Any]:
    """The body of ``/nf/create``."""
    body = {
        "kind": "video",
        "prompt": prompt,
        "orientation": "landscape",
        "size": "small",
        "n_frames": 300,
        "model": "sy_8",
        "inpaint_items": [],
        "style_id": None,
    }
    return body | fields


def picture(prompt: str = "a cat", **fields: Any) -> dict[str, Any]:
    """The body of ``/video_gen``."""
    body = {
        "type": "image_gen",
        "operation": "simple_compose",
        "prompt": prompt,
        "width": 360,
        "height": 360,
        "n_variants": 1,
        "n_frames": 1,
        "inpaint_items": [],
    }
    return body | fields


class Making:
    """What tests do again and again, given to them as the fixture ``make``."""

    def __init__(self, standin: SoraWebStandin) -> None:
        self.standin = standin
        self.video = video
        self.picture = picture

    async def submit(self, client: httpx.AsyncClient, prompt: str = "a cat", **fields: Any) -> str:
        """A video's task id."""
        answer = await client.post("/nf/create", json=video(prompt, **fields))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    async def draft(self, client: httpx.AsyncClient, prompt: str = "a cat", **fields: Any) -> dict[str, Any]:
        """A finished draft."""
        task = await self.submit(client, prompt, **fields)
        self.standin.clock.advance(10)
        found = await self.drafts(client)
        return next(one for one in found if one["task_id"] == task)

    async def post(self, client: httpx.AsyncClient) -> tuple[str, dict[str, Any]]:
        """A post's id, and the draft behind it."""
        draft = await self.draft(client)
        attachment = {"generation_id": draft["id"], "kind": "sora"}
        answer = await client.post(
            "/project_y/post", json={"attachments_to_create": [attachment], "post_text": ""}
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["post"]["id"]), draft

    async def drafts(self, client: httpx.AsyncClient) -> list[dict[str, Any]]:
        """The newest drafts."""
        items: list[dict[str, Any]] = (await client.get("/project_y/profile/drafts?limit=15")).json()["items"]
        return items

    async def pending(self, client: httpx.AsyncClient) -> list[dict[str, Any]]:
        """Running videos."""
        items: list[dict[str, Any]] = (await client.get("/nf/pending/v2")).json()
        return items


@pytest.fixture
def make(standin: SoraWebStandin) -> Making:
    """Bodies and shortcuts."""
    return Making(standin)

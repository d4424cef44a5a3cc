"""A client's view of the gateway with the stand-in of the Sora web backend behind it, and both sides of it.

`Row` is a request and what of it must reach the upstream, `Bench` sends rows as clients do and finds
what became of them on the other side.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx
from PIL import Image

from sora_kit import Studio
from sora_kit.standins.sora_web import SoraWebStandin
from sora_kit.standins.sora_web.account import Account
from sora_kit.standins.sora_web.work import Task

__all__ = ("PICTURE", "Answer", "Bench", "Route", "Row", "data_url", "events")

Route = Literal["chat", "stream", "videos", "images"]


def jpeg() -> bytes:
    """A small picture that is no PNG."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 80, 20)).save(buffer, "JPEG")
    return buffer.getvalue()


PICTURE = jpeg()


def data_url(data: bytes, mime: str) -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


@dataclass(frozen=True, eq=False)
class Row:
    """A request, and what of it must reach the upstream."""

    model: str
    route: Route
    reaches: dict[str, Any]
    """Fields of the call upstream."""
    endpoint: str = "nf_create"
    words: str = ""
    """Before the marker that tells rows apart, such as a style tag."""
    picture: bool = False
    plan: str = ""
    """The plan of the account that must make it; empty for any."""

    @property
    def mark(self) -> str:
        """Words that no other row has."""
        facts = [self.model, self.route, self.endpoint, self.words, self.picture]
        return f"cat {hashlib.sha256(repr(facts).encode()).hexdigest()[:12]}"

    @property
    def prompt(self) -> str:
        return f"{self.words} A {self.mark} runs".strip()

    def __str__(self) -> str:
        return (
            f"{self.route}-{self.model}"
            + ("-picture" if self.picture else "")
            + ("-" + re.sub(r"\W+", "_", self.words).strip("_") if self.words else "")
        )


@dataclass
class Answer:
    """What a client got."""

    text: str
    """The answer of a chat."""
    thoughts: list[str] = field(default_factory=list)
    file: bytes = b""
    video: dict[str, Any] = field(default_factory=dict)
    """The last object of ``/v1/videos``."""


class Bench:
    """A server, its studio, and the stand-in behind it."""

    def __init__(self, studio: Studio, standin: SoraWebStandin, url: str, key: str) -> None:
        self.studio = studio
        self.standin = standin
        self.url = url
        self.headers = {"authorization": f"Bearer {key}"}
        self.answers: dict[Row, Answer] = {}

    # -- the client's side

    def together(self, *asked: Callable[[httpx.AsyncClient], Any]) -> list[Any]:
        """Ask several things at the same time; in a loop of its own, as any client is elsewhere."""

        async def all_of_them() -> list[Any]:
            limits = httpx.Limits(max_connections=100)
            async with httpx.AsyncClient(
                base_url=self.url, headers=self.headers, timeout=180, limits=limits, trust_env=False
            ) as http:
                return list(await asyncio.gather(*(ask(http) for ask in asked)))

        with ThreadPoolExecutor(1) as thread:
            return list(thread.submit(lambda: asyncio.run(all_of_them())).result())

    async def row(self, http: httpx.AsyncClient, row: Row) -> Answer:
        """Send a row in its way."""
        if row.route in ("chat", "stream"):
            return await self.chat(
                http, row.model, row.prompt, stream=row.route == "stream", picture=row.picture
            )
        body: dict[str, Any] = {"model": row.model, "prompt": row.prompt}
        if row.route == "images":
            answer = await http.post("/v1/images/generations", json=body)
            assert answer.status_code == 200, answer.text
            (datum,) = answer.json()["data"]
            file = await self.file(http, datum["url"])
            assert base64.b64decode(datum["b64_json"]) == file
            return Answer("", file=file)
        if row.picture:
            body["input_reference"] = {"image_url": data_url(PICTURE, "image/jpeg")}
        return await self.video(http, "/v1/videos", body)

    async def video(self, http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> Answer:
        """Create a video, ask until it is there, and download it."""
        answer = await http.post(path, json=body)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        while found["status"] in ("queued", "in_progress"):
            await asyncio.sleep(0.5)
            found = (await http.get(f"/v1/videos/{found['id']}")).json()
        assert found["status"] == "completed", found
        content = await http.get(f"/v1/videos/{found['id']}/content")
        assert content.status_code == 200
        return Answer("", file=content.content, video=found)

    async def chat(
        self, http: httpx.AsyncClient, model: str, prompt: str, *, stream: bool, picture: bool = False,
        **more: Any,
    ) -> Answer:  # fmt: skip
        """One question, and the file that the answer links to."""
        content: Any = prompt
        if picture:
            content = [
                {"type": "text", "text": prompt},
                {"type": "image_url", "image_url": {"url": data_url(PICTURE, "image/jpeg")}},
            ]
        body = {"model": model, "messages": [{"role": "user", "content": content}], "stream": stream, **more}
        if not stream:
            answer = await http.post("/v1/chat/completions", json=body)
            assert answer.status_code == 200, answer.text
            text, thoughts = answer.json()["choices"][0]["message"]["content"], []
        else:
            text, thoughts = "", []
            async with http.stream("POST", "/v1/chat/completions", json=body) as answer:
                async for event in events(answer):
                    assert "error" not in event, event
                    delta = event["choices"][0]["delta"]
                    text += delta.get("content", "")
                    thoughts += [delta["reasoning_content"]] if "reasoning_content" in delta else []
        links = re.findall(r"\]\((http\S+?\.(?:mp4|png))\)", text)
        return Answer(text, thoughts, await self.file(http, links[-1]) if links else b"")

    async def file(self, http: httpx.AsyncClient, url: str) -> bytes:
        answer = await http.get(url, headers={"authorization": ""})
        assert answer.status_code == 200
        return answer.content

    # -- the other side

    def tasks(self, words: str) -> list[tuple[Account, Task]]:
        """The tasks upstream whose prompt says some words."""
        found = [(a, t) for a in list(self.standin.accounts.values()) for t in list(a.tasks.values())]
        return [(account, task) for account, task in found if words in task.prompt]

    def task(self, words: str) -> tuple[Account, Task]:
        """The only one."""
        (found,) = self.tasks(words)
        return found

    def endpoint(self, task: Task) -> str:
        """Where a task was ordered."""
        (found,) = [s for s in self.standin.stats()["submissions"] if s["task"] == task.id]
        return str(found["endpoint"])

    def served(self, task: Task) -> bytes:
        """The file of a task, as the stand-in serves it."""
        link = self.standin.world.files.link(task, "source", time.time())
        return httpx.get(link, trust_env=False).raise_for_status().content

    def ordered_elsewhere(self, email: str, words: str) -> Task:
        """A draft that was made on the site itself, without sora_kit."""
        account = self.standin.accounts[email]
        body = {"kind": "video", "prompt": words, "orientation": "landscape", "size": "small"}
        body |= {"n_frames": 300, "model": "sy_8", "inpaint_items": [], "style_id": None}
        headers = {"authorization": f"Bearer {account.access_token}"}
        made = httpx.post(
            f"{self.standin.backend_url}/nf/create", json=body, headers=headers, trust_env=False
        )
        task = account.tasks[made.json()["id"]]
        while task.phase(time.time()) != "done":
            time.sleep(0.05)
        return task


async def events(answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """The events of a stream, which ends as it must."""
    assert answer.status_code == 200, await answer.aread()
    last = ""
    async for line in answer.aiter_lines():
        if line.startswith("data: "):
            if last:
                yield json.loads(last)
            last = line.removeprefix("data: ")
    assert last == "[DONE]"

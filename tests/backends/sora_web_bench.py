"""A bench for the hosted backend: the real `SoraWebBackend` against a real stand-in on real sockets.

The stand-in's clock only moves when told, so nothing waits.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sora_kit.backends.base import Output, Task
from sora_kit.backends.hosted import Done, Found, Login, Started
from sora_kit.backends.sora_web import SoraWebBackend
from sora_kit.language import parse
from sora_kit.language.request import MediaRef, Request
from sora_kit.standins.sora_web import SoraWebStandin

LATENCY = 10.0


def free() -> None:
    """A guard that lets everything through."""


def nobody(*_: Any) -> None:
    raise AssertionError("the guard was called")


@dataclass
class Bench:
    """The backend and the stand-in that it talks to."""

    backend: SoraWebBackend
    standin: SoraWebStandin
    folder: Path
    proxy: str = ""
    settings: dict[str, Any] = field(default_factory=dict)

    def login(self, name: str = "pro", **changed: str) -> Login:
        account = self.standin.accounts[f"{name}@example.com"]
        secrets = {
            "access_token": account.access_token,
            "session_token": account.session_token,
            "refresh_token": account.refresh_token,
        }
        secrets = {name: value for name, value in (secrets | changed).items() if value}
        return Login(name, secrets, self.settings, self.proxy)

    def task(self, words: str, *, seed: int = 7, source: Output | None = None, **more: Any) -> Task:
        """A task from words; ``source`` is an earlier result, as the engine hands it over."""
        files = {name: more.pop(name, None) for name in ("image", "video")}
        options = dict(more.pop("options", {}))
        for name, file in files.items():
            if file:
                more[name] = MediaRef(sha256="0" * 64)
        if source:
            options["source"] = source.understood["upstream"]
            more["source"] = "clip_abc"
        return Task(parse(words, **more), seed=seed, options=options, **files)

    async def begin(self, task: Task, name: str = "pro") -> tuple[Started, Mapping[str, Any]]:
        login = self.login(name)
        prepared = await self.backend.prepare(login, task)
        return await self.backend.submit(login, task, prepared, "tok", free), prepared

    async def finish(self, task: Task, started: Started, name: str = "pro") -> Output:
        self.standin.clock.advance(LATENCY + 1)
        looked = await self.backend.look(self.login(name), {started.task: task}, time.time())
        done = looked[started.task]
        assert isinstance(done, Done), done
        folder = self.folder / started.task
        folder.mkdir(exist_ok=True)
        return await self.backend.fetch(self.login(name), task, done, folder)

    async def make(self, task: Task, name: str = "pro") -> Output:
        started, prepared = await self.begin(task, name)
        made = await self.finish(task, started, name)
        await self.backend.tidy(self.login(name), prepared)
        return made

    async def find(self, task: Task, since: float | None = None, name: str = "pro") -> list[Found]:
        """What may be that submission, certainly different ones left out."""
        found = await self.backend.find(
            self.login(name), task, "tok", time.time() if since is None else since
        )
        assert found is not None
        return [one for one in found if one.same is not False]

    def sent(self, endpoint: str | None = None) -> list[Any]:
        """Accepted submissions, oldest first."""
        every = self.standin.world.ledger.submissions
        return [one for one in every if endpoint in (None, one.endpoint)]

    def body(self, task: str) -> dict[str, Any]:
        """What a task was ordered with."""
        return next(a.tasks[task].body for a in self.standin.accounts.values() if task in a.tasks)

    def calls(self, endpoint: str) -> int:
        return sum(self.standin.stats()["calls"].get(endpoint, {}).values())


def request(words: str, **more: Any) -> Request:
    return parse(words, **more)

"""One real server for all tests of this room: a studio on a new workspace, port 0, the animatic.

Making clips takes seconds on a small machine, so the finished ones are made once and shared. Tests
that only need rows (lists, failed jobs) write them with `Kit.row`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from sora_kit import Studio
    from sora_kit.server import Server

PROMPT = "A red kite over a meadow"
SHARED = "the shared video"
"""Idempotency key of the video that all tests share."""
UNDER_WAY = ("queued", "running")


@dataclass
class Kit:
    """A studio, its server and a key."""

    studio: Studio
    server: Server
    key: str = field(repr=False)
    http: httpx.Client = field(repr=False)
    """A client that presents the key."""

    @property
    def url(self) -> str:
        return self.server.url

    def until_done(self, video: str, seconds: float = 90) -> list[dict[str, Any]]:
        """The video object again and again until it has ended."""
        end = time.monotonic() + seconds
        seen = [self.http.get(f"/v1/videos/{video}").json()]
        while seen[-1]["status"] in ("queued", "in_progress"):
            assert time.monotonic() < end, seen[-1]
            time.sleep(0.1)
            seen.append(self.http.get(f"/v1/videos/{video}").json())
        return seen

    def row(self, **changes: Any) -> str:
        """Write a job that nobody runs; the id on the wire."""
        from sora_kit.language import parse
        from sora_kit.store import JobRecord
        from sora_kit.store.ids import new_id

        wish, now = parse(PROMPT, model="sora-2"), time.time()
        fields: dict[str, Any] = {
            "id": new_id("job"), "kind": "video", "state": "cancelled", "stage": "", "progress": 0.0,
            "place": None, "prompt": PROMPT, "model": "sora-2", "style": None, "backend": "animatic",
            "owner": "", "attempts": 0, "request": wish, "plan": {}, "clips": (), "text": "", "error": None,
            "created": now, "started": None, "finished": now, "parent": None, "runner": None, "seed": 1,
            "updated": now, "revision": 0,
        }  # fmt: skip
        record = JobRecord(**{**fields, **changes})
        self.studio.jobs_table.add(record)
        return "video_" + record.id.removeprefix("job_")


@pytest.fixture(scope="session")
def kit(home: Path, tmp_path_factory: pytest.TempPathFactory, lasting: list[Studio]) -> Iterator[Kit]:
    from sora_kit import Studio

    with Studio(tmp_path_factory.mktemp("served") / "workspace") as studio:
        lasting.append(studio)
        server = studio.serve(port=0)
        assert server.new_key is not None
        headers = {"authorization": f"Bearer {server.new_key}"}
        with httpx.Client(base_url=server.url, headers=headers, timeout=60) as http:
            yield Kit(studio, server, server.new_key, http)


@pytest.fixture(scope="session")
def anyone() -> Iterator[httpx.Client]:
    """A client without a key. (``httpx.get`` would read all certificates for each request.)"""
    with httpx.Client(timeout=60) as opened:
        yield opened


@pytest.fixture(scope="session")
def history(kit: Kit) -> list[dict[str, Any]]:
    """A video of 4 s, made once, as it was seen from its creation to its end."""
    body, headers = {"model": "sora-2", "prompt": PROMPT, "seed": 1}, {"idempotency-key": SHARED}
    made = kit.http.post("/v1/videos", json=body, headers=headers)
    assert made.status_code == 200, made.text
    return [made.json(), *kit.until_done(made.json()["id"])]


@pytest.fixture(scope="session")
def video(history: list[dict[str, Any]]) -> dict[str, Any]:
    """The finished video."""
    assert history[-1]["status"] == "completed", history[-1]
    return history[-1]


@pytest.fixture(autouse=True)
def _nothing_left_to_draw(request: pytest.FixtureRequest) -> Iterator[None]:
    """Cancel what a test started and did not wait for: it would draw beside the tests that follow."""
    if "kit" not in request.fixturenames:
        yield
        return
    studio: Studio = request.getfixturevalue("kit").studio
    before = {record.id for record in studio.records(states=UNDER_WAY, limit=1000)}
    yield
    for record in studio.records(states=UNDER_WAY, limit=1000):
        if record.id not in before:
            studio.cancel(record.id)


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> str:
    """The admin password of one test."""
    monkeypatch.setenv("SORA_KIT_ADMIN_PASSWORD", "a long admin password")
    return "a long admin password"


@pytest.fixture
def admin(kit: Kit, password: str) -> Iterator[httpx.Client]:
    """A client that presents it, from an address that no other test guessed passwords from."""
    headers = {"authorization": f"Bearer {password}", "x-forwarded-for": f"192.0.2.{time.time_ns() % 250}"}
    with httpx.Client(base_url=kit.url, headers=headers, timeout=60) as http:
        yield http


@pytest.fixture
def another_key(kit: Kit) -> Iterator[Callable[[], dict[str, str]]]:
    """Makes keys for one test; as headers."""
    made: list[str] = []

    def make() -> dict[str, str]:
        new = kit.studio.keys.create(f"test {time.time_ns()}")
        made.append(new.id)
        return {"authorization": f"Bearer {new.secret}"}

    yield make
    for one in made:
        kit.studio.keys.revoke(one)


@pytest.fixture
def found(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each ``GET`` from now on was answered in front (`sora_kit.server.quick`).

    When a key was used is written by the application, once a minute; here not in the middle of a test.
    """
    monkeypatch.setattr("sora_kit.store.keys.TOUCH_SECONDS", 1e9)
    assert kit.http.get("/v1/models").status_code == 200
    kit.studio.keys.write_uses()
    seen: list[bool] = []
    quick = kit.server._app.state.tracing.quick
    find = quick.find

    def note(scope: Any) -> Any:
        answer = find(scope)
        seen.append(answer is not None)
        return answer

    monkeypatch.setattr(quick, "find", note)
    return seen


@pytest.fixture(scope="session")
def upload(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A clip that nobody here made: 320x180 pixels, one and a half seconds of a red ball on green."""
    import numpy as np

    from sora_kit.media.encode import VideoWriter

    path = tmp_path_factory.mktemp("upload") / "ball.mp4"
    with VideoWriter(path, 320, 180, 24) as writer:
        for number in range(36):
            frame = np.full((180, 320, 4), (60, 150, 70, 255), np.uint8)
            frame[60:120, 20 + 6 * number : 80 + 6 * number] = (200, 40, 40, 255)
            writer.put_rgba(frame)
        writer.close()
    return path.read_bytes()

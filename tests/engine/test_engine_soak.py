"""A day in the life of a pool, in minutes: nothing is lost, and nothing is left behind.

Twenty accounts with tokens that end every three hours and quotas of six hours serve videos, pictures
and enhanced prompts all day, while the stand-in refuses, overloads, cuts answers and forgets tokens at
seeded random calls. The stand-in has a process of its own and a fast clock; pool and backend of the
studio follow the same clock, while leases, pauses and heartbeats stay with the real time. What the
engine waits for in real time between two looks is shortened, or a look would take an hour of the day.

Here runs a sample of 600 jobs; with ``SORA_KIT_SOAK=5000`` in the environment it is a day of 5,000. Of
ten jobs three are videos, four are pictures and three are enhanced prompts. On two busy cores the sample took
two minutes and the whole day 14, of which the engine computed 6, at 7 jobs a second.
"""

from __future__ import annotations

import asyncio
import gc
import json
import math
import os
import random
import secrets
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import sqlalchemy as sa
from sora_web_time import live_by

from sora_kit import Job, Studio
from sora_kit.backends.sora_web.transport import Clients
from sora_kit.engine import runner, watch
from sora_kit.store import Settings, Workspace
from sora_kit.store.tables import lease, waiting

JOBS = int(os.environ.get("SORA_KIT_SOAK", "600"))
PACE = float(os.environ.get("SORA_KIT_SOAK_PACE", "6"))
"""Jobs that are ordered in a second, in real time."""
DAY = 86_400.0
SPEED = DAY / (JOBS / PACE)
HOUR = 3600.0
ACCOUNTS = 20
PERIOD = 6 * HOUR
VIDEOS = JOBS * 3 // 10
QUOTA = max(1, math.floor(0.95 * VIDEOS / ACCOUNTS / (DAY / PERIOD)))
"""A little less than the day needs, so that jobs must wait for it."""

SLACK_SECONDS = 120 + JOBS / 5
IDLE_SECONDS = 3.0
MOST_MEGABYTES = 15.0
"""Growth of this process for each thousand jobs; of a day of 5,000 it was 7."""
OVERHEAD_MEGABYTES = 20.0
"""What caches and the allocator may take once, however many jobs there are."""

pytestmark = [pytest.mark.crash, pytest.mark.timeout(600 + JOBS)]

SERVE = """
import json, sys, time
from sora_kit.standins.sora_web import Clock, Latency, NewAccount, SoraWebStandin
order = json.loads(sys.argv[1])
accounts = [NewAccount(**one) for one in order["accounts"]]
clock = Clock(speed=order["speed"])
with SoraWebStandin(
    accounts, clock=clock, latency=Latency(30, 240, 20, spread=0.5), token_seconds=3 * 3600, window=1e6
) as standin:
    print(json.dumps({**standin.describe(), "clock": clock.time(), "real": time.time()}), flush=True)
    sys.stdin.read()
"""

LIMITS = {
    "poll_seconds": 0.3,
    "pause_seconds": 0.2,
    "linger_seconds": 1.0,
    # these are told apart by the pool's clock
    "settle_seconds": 2.0 * SPEED,
    "unreachable_seconds": 60.0 * SPEED,
    "video_seconds": 9 * DAY,
    "image_seconds": 9 * DAY,
    "other_seconds": 9 * DAY,
}

ODDS = {
    "nf_create": {
        "heavy_load": 0.02,
        "too_many_concurrent_tasks": 0.02,
        "rate_limit_exhausted": 0.01,
        "connection_reset": 0.01,
        "cut_after_acceptance": 0.02,
        "truncated_body": 0.02,
        "content_policy": 0.02,
        "sora_content_violation": 0.02,
        "sora_error": 0.01,
    },
    "video_gen": {"heavy_load": 0.02, "cut_after_acceptance": 0.02, "image_failed": 0.01},
    "enhance_prompt": {"heavy_load": 0.02, "connection_reset": 0.01},
    "pending": {"heavy_load": 0.01, "connection_reset": 0.01},
    "recent_tasks": {"heavy_load": 0.01, "truncated_body": 0.01},
}
"""Endpoint → fault → its part of the calls."""
TOKENS = {"nf_create": 0.02, "video_gen": 0.01, "enhance_prompt": 0.01, "pending": 0.01}
"""Endpoint → part of the calls that refuse a good access token. A session gives the same one again until it
ends, so this is for accounts with refresh tokens only."""


@dataclass
class Service:
    """The stand-in in its process, and its clock."""

    told: dict[str, Any] = field(repr=False)
    http: httpx.Client
    skipped: float = 0.0

    def time(self) -> float:
        """Its time, told without asking it."""
        since = time.time() - float(self.told["real"])
        return float(self.told["clock"]) + since * SPEED + self.skipped

    def skip(self, seconds: float) -> None:
        self.http.post("/__clock", json={"advance": seconds}).raise_for_status()
        self.skipped += seconds

    def break_things(self) -> None:
        """Set all faults."""
        chance = random.Random(5)
        faults: list[dict[str, Any]] = []
        for endpoint, odds in ODDS.items():
            calls: dict[str, list[int]] = {kind: [] for kind in odds}
            for call in range(1, 4 * JOBS):
                draw = chance.random()
                for kind, odd in odds.items():
                    draw -= odd
                    if draw < 0:
                        calls[kind].append(call)
                        break
            faults += [{"kind": kind, "endpoint": endpoint, "nth": nth} for kind, nth in calls.items()]
        for account in self.told["accounts"][1::2]:
            for endpoint, odd in TOKENS.items():
                nth = [call for call in range(1, JOBS) if chance.random() < odd]
                more = {"account": account["email"], "endpoint": endpoint, "nth": nth}
                faults.append({"kind": "token_expired", **more})
        self.http.post("/__faults", json=[one for one in faults if one["nth"]]).raise_for_status()

    def hits(self) -> Counter[str]:
        """How often each fault acted."""
        met: Counter[str] = Counter()
        for one in self.http.get("/__faults").json()["faults"]:
            met[one["kind"]] += one["hits"]
        return met

    def stats(self) -> dict[str, Any]:
        told: dict[str, Any] = self.http.get("/__stats").json()
        return told


@pytest.fixture
def service() -> Iterator[Service]:
    accounts = [{"email": f"{n}@example.com", "quota": QUOTA, "period": PERIOD} for n in range(ACCOUNTS)]
    order = json.dumps({"accounts": accounts, "speed": SPEED})
    command = [sys.executable, "-c", SERVE, order]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        told = json.loads(process.stdout.readline())
        service = Service(told, httpx.Client(base_url=told["url"], timeout=30, trust_env=False))
        yield service
        service.http.close()
        process.stdin.close()
        process.wait(20)


@pytest.fixture
def studio(workspace: Path, service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    monkeypatch.setenv("SORA_KIT_SORA_WEB_URL", service.told["backend_url"])
    monkeypatch.setenv("SORA_KIT_SECRET_KEY", secrets.token_hex(32))
    monkeypatch.setattr(watch, "QUIET_SECONDS", 0.5)
    monkeypatch.setattr(runner, "RENEW_SECONDS", 2.0)
    assert Clients.__init__.__kwdefaults__ is not None
    monkeypatch.setitem(Clients.__init__.__kwdefaults__, "idle", IDLE_SECONDS)
    database = Workspace(workspace).database
    for name, value in LIMITS.items():
        Settings(database).set(f"engine.{name}", value)
    database.close()
    with Studio(workspace, backend="sora_web", role="runner") as studio:
        live_by(service.time, studio, monkeypatch)
        for number, account in enumerate(service.told["accounts"]):
            longer: dict[str, str] = {"session_token": account["session_token"]}
            if number % 2:
                longer = {
                    "refresh_token": account["refresh_token"],
                    "client_id": "app_soak",
                    "redirect_uri": "com.example.soak://callback",
                }
            studio.accounts.add(
                "sora_web", access_token=account["access_token"], image_cap=3, video_cap=3, **longer
            )
        yield studio


def order(studio: Studio, number: int) -> Job:
    """The n-th job of the day."""
    match number % 10:
        case 0 | 4 | 7:
            return studio.video(f"Kitten number {number} runs", model="sora2-landscape-10s")
        case 1 | 3 | 6 | 9:
            return studio.image(f"Dog number {number} sits", model="gpt-image")
        case _:
            return studio.enhance(f"bird number {number}", level="short")


@dataclass(frozen=True)
class Footprint:
    """What a process holds."""

    tasks: Counter[str]
    """asyncio tasks on the background loop, by their coroutine."""
    files: int
    """Open file descriptors (handles on Windows)."""
    connections: int
    """Open TCP connections."""
    threads: int
    megabytes: float

    @classmethod
    def of(cls, studio: Studio) -> Footprint:
        async def tasks() -> Counter[str]:
            mine = asyncio.current_task()
            return Counter(name_of(one) for one in asyncio.all_tasks() if one is not mine)

        gc.collect()
        me = psutil.Process()
        return cls(
            studio.loop.run(tasks()),
            me.num_handles() if sys.platform == "win32" else me.num_fds(),
            len([one for one in me.net_connections("tcp") if one.status == psutil.CONN_ESTABLISHED]),
            threading.active_count(),
            me.memory_info().rss / 2**20,
        )


def name_of(task: asyncio.Task[Any]) -> str:
    return str(getattr(task.get_coro(), "__qualname__", task.get_coro()))


def until(true: Callable[[], Any], seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.2)


def open_jobs(studio: Studio) -> int:
    counts = studio.jobs_table.counts()
    return counts.get("queued", 0) + counts.get("running", 0)


def rows(studio: Studio, table: sa.Table) -> list[Any]:
    with studio.workspace.database.read() as connection:
        return list(connection.execute(sa.select(table)))


def size(studio: Studio, name: str) -> float:
    """Megabytes of a database."""
    return sum(file.stat().st_size for file in studio.workspace.folder.glob(f"{name}*")) / 2**20


def at_rest(studio: Studio, service: Service) -> Footprint:
    """What the process holds when nothing is to do and idle connections have closed.

    In a day this fast some token always ends soon; from now on nobody looks for those (`renewing`).
    """
    service.http.close()
    service.http = httpx.Client(base_url=service.told["url"], timeout=30, trust_env=False)
    assert studio.part.runner is not None
    studio.part.runner.next_renewal = math.inf
    until(lambda: Footprint.of(studio).connections == 0, 60, "connections stay open")
    return Footprint.of(studio)


def renewing(studio: Studio) -> None:
    """Look for tokens that end soon again."""
    assert studio.part.runner is not None
    studio.part.runner.next_renewal = 0.0


def test_a_day_of_the_pool(studio: Studio, service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    # warm up: every kind, and as much at once as there will be
    warm = [order(studio, -number) for number in range(1, 31)]
    until(lambda: all(job.done for job in warm), 120, "the first jobs do not end")
    assert {job.state for job in warm} == {"completed"}
    before = at_rest(studio, service)
    renewing(studio)

    service.break_things()
    ids, cancelled, samples = [], set(), [(0, before.megabytes)]
    began, day = time.monotonic(), service.time()
    for number in range(JOBS):
        time.sleep(max(0.0, began + number / PACE - time.monotonic()))
        job = order(studio, number)
        ids.append(job.id)
        if number % 61 == 60:
            cancelled.add(job.id)
            job.cancel()
        if number % max(50, JOBS // 20) == 0:
            samples.append((number, psutil.Process().memory_info().rss / 2**20))
    ordered = time.monotonic() - began
    until(lambda: not open_jobs(studio), SLACK_SECONDS, f"{open_jobs(studio)} jobs are still open")
    took, hours = time.monotonic() - began, (service.time() - day) / HOUR

    after = at_rest(studio, service)

    # every job has ended as it should
    records = [
        record for start in range(0, JOBS, 500) for record in studio.jobs_table.some(ids[start : start + 500])
    ]
    states = Counter(record.state for record in records)
    failed = Counter(record.error["code"] for record in records if record.error)
    met = service.hits()
    stats = service.stats()
    with capsys.disabled():
        print(
            f"\n{JOBS} jobs in {took:.0f} s ({ordered:.0f} s of orders), {hours:.1f} h of the pool's day at "
            f"{SPEED:.0f} times the speed: {dict(states)}, failed by {dict(failed)}\n"
            f"faults met: {dict(met)}\n"
            f"calls: { {name: sum(by.values()) for name, by in stats['calls'].items()} }\n"
            f"memory {before.megabytes:.0f} → {after.megabytes:.0f} MB, {[round(mb) for _, mb in samples]}; "
            f"files {before.files} → {after.files}, threads {before.threads} → {after.threads}, "
            f"tables {size(studio, 'studio.sqlite'):.1f} MB, engine {size(studio, 'engine.sqlite'):.1f} MB"
        )
    assert len(records) == JOBS
    assert set(states) <= {"completed", "failed", "cancelled"}
    assert {record.id for record in records if record.state == "cancelled"} <= cancelled
    assert set(failed) <= {"moderation_blocked", "upstream_broken"}, [r.error for r in records if r.error]
    assert met["content_policy"] <= failed["moderation_blocked"]
    assert failed["moderation_blocked"] <= met["content_policy"] + met["sora_content_violation"]
    assert failed["upstream_broken"] <= met["sora_error"] + met["image_failed"]
    assert all(count for count in met.values()), "a fault never acted"

    # nothing was bought twice
    assert stats["duplicate_submissions"] == 0
    accepted = Counter(one["prompt"] for one in stats["submissions"])
    assert max(accepted.values()) == 1
    paid = [one for one in records if one.kind in ("video", "image") and one.state == "completed"]
    assert len(accepted) >= len(paid)

    # nothing is left behind
    assert studio.part.runner is not None
    mine = studio.part.runner
    assert rows(studio, waiting) == []
    until(lambda: not rows(studio, lease), 30, "a lease was left")
    assert not mine.slots.kept
    assert not mine.slots.lines
    assert not mine.errands.collecting.watcher.pollers
    assert not mine.errands.buying.calls
    assert not mine.errands.leaving
    assert not mine.renewal.flights
    assert not mine.shop.running
    assert not studio.hub.followers
    assert after.tasks == before.tasks
    assert after.files <= before.files + 8, "more than the tables of a few more threads"
    assert after.threads <= before.threads + 8, "more than thread pools keep"
    grown = after.megabytes - samples[len(samples) // 4][1]
    assert grown <= OVERHEAD_MEGABYTES + MOST_MEGABYTES * JOBS / 1000
    assert list(studio.workspace.media.scratch.iterdir()) == []

    renewing(studio)

    # quotas came back by themselves, and so does every account when its time has come
    events = studio.accounts.events(limit=100_000)
    what = Counter(event.what for event in events)
    with capsys.disabled():
        print(f"events of accounts: {dict(what)}")
    assert what["cooled"] > ACCOUNTS
    assert what["ready"] >= what["cooled"] // 2
    assert "expired" not in what
    assert "unfit" not in what
    service.skip(DAY)
    until(
        lambda: all(
            one.state == "ready" and one.quota != 0 for one in studio.accounts.list(backend="sora_web")
        ),
        20,
        "an account does not come back",
    )
    assert all(one.videos_in_use + one.images_in_use == 0 for one in studio.accounts.list(backend="sora_web"))

    # and tokens were renewed
    renewed = {event.account for event in events if event.what == "refreshed"}
    assert len(renewed) == ACCOUNTS
    assert what["refreshed"] >= ACCOUNTS * (hours // 3 - 1)

"""Nothing is bought twice and nothing is lost, whatever happens to the processes that run the jobs.

Runners on one workspace are killed, frozen, or cut off from their answers at seeded random instants
while they make all kinds of jobs on the stand-in of the Sora web backend. Afterwards each job has
ended, and the stand-in counts as many submissions as jobs were submitted: no more.

Here runs a sample; with ``SORA_KIT_KILLS=200`` in the environment it is the whole of it.
"""

from __future__ import annotations

import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from postgres_server import Postgres

from sora_kit import Job, Studio
from sora_kit.standins.sora_web import Latency, NewAccount, SoraWebStandin
from sora_kit.store import Settings, Workspace

KILLS = int(os.environ.get("SORA_KIT_KILLS", "6"))
JOBS = max(24, KILLS)
pytestmark = [pytest.mark.crash, pytest.mark.timeout(1800)]

SERVE = """
import sys
from sora_kit import Studio
with Studio(sys.argv[1], role="runner", backend="sora_web"):
    print("ready", flush=True)
    sys.stdin.read()
"""
IMPATIENT = {"engine.poll_seconds": 0.3, "engine.settle_seconds": 4.0, "engine.pause_seconds": 0.2}


@pytest.fixture
def standin() -> Iterator[SoraWebStandin]:
    accounts = [NewAccount(f"{n}@example.com", plan="chatgpt_pro", quota=10_000) for n in range(8)]
    with SoraWebStandin(accounts, latency=Latency(0.4, 1.4, 0.4, spread=0.5), window=3600.0) as server:
        yield server


@pytest.fixture
def place(
    request: pytest.FixtureRequest, tmp_path: Path, standin: SoraWebStandin, monkeypatch: pytest.MonkeyPatch
) -> str:
    """A workspace with accounts, on the database that the test's parameter names."""
    monkeypatch.setenv("SORA_KIT_SORA_WEB_URL", standin.backend_url)
    monkeypatch.setenv("SORA_KIT_SECRET_KEY", secrets.token_hex(32))
    if request.param == "postgresql":
        monkeypatch.setenv("SORA_KIT_MEDIA_STORE", str(tmp_path / "media"))
        server: Postgres = request.getfixturevalue("postgres")
        place = server.database()
    else:
        place = str(tmp_path / "workspace")
    database = Workspace(place).database
    for name, value in IMPATIENT.items():
        Settings(database).set(name, value)
    database.close()
    with Studio(place, role="client", backend="sora_web") as studio:
        for account in standin.accounts.values():
            studio.accounts.add("sora_web", access_token=account.access_token, image_cap=3)
    return place


class Crew:
    """Runner processes, and what happens to them."""

    def __init__(self, place: str, size: int) -> None:
        self.place = place
        self.processes = [self.start() for _ in range(size)]

    def start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", SERVE, self.place], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )

    def replace(self, index: int) -> None:
        """Kill one and start another in its place."""
        self.end(self.processes[index])
        self.processes[index] = self.start()

    def freeze(self, index: int, seconds: float) -> None:
        """Stop one for longer than its heartbeat lasts, then let it go on."""
        os.kill(self.processes[index].pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(self.processes[index].pid, signal.SIGCONT)

    @staticmethod
    def end(process: subprocess.Popen[bytes]) -> None:
        with process:
            process.kill()

    def close(self) -> None:
        for process in self.processes:
            self.end(process)


@pytest.fixture
def crew() -> Iterator[Callable[[str, int], Crew]]:
    crews: list[Crew] = []

    def make(place: str, size: int) -> Crew:
        crews.append(Crew(place, size))
        return crews[-1]

    try:
        yield make
    finally:
        for one in crews:
            one.close()


def sources(studio: Studio) -> tuple[str, str]:
    """A clip that can be remixed, extended and made a character, and its id upstream."""
    clip = studio.video("A cat on a roof", model="sora2-landscape-10s").result(120)
    return clip.id, clip.upstream_id


def start(studio: Studio, n: int, clip: str) -> Job:
    """The n-th job, of all kinds in turn."""
    match n % 8:
        case 0 | 1:
            return studio.video(f"Kitten number {n} runs", model="sora2-landscape-10s")
        case 2:
            return studio.image(f"Dog number {n} sits", model="gpt-image")
        case 3:
            return studio.video(f"[5.0s]Bird {n} flies [5.0s]It lands", model="sora2-portrait-10s")
        case 4:
            return studio.remix(clip, f"Now with hat number {n}")
        case 5:
            return studio.extend(clip, f"It jumps {n} times", model="sora2-extension-10s")
        case 6:
            return studio.enhance(f"kitten {n}", level="short")
        case _:
            return studio.character(clip, name=f"tom{n}")


PAID = {"video", "image", "remix", "extend"}


def ended(jobs: list[Job], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while still := [job for job in jobs if not job.done and job.state != "needs_you"]:
        assert time.monotonic() < deadline, f"still open: {[job.record for job in still]}"
        time.sleep(0.3)


def nothing_was_bought_twice(standin: SoraWebStandin, jobs: list[Job]) -> None:
    """As many submissions as jobs that were to be submitted, and each of them told of its end."""
    states = Counter(job.state for job in jobs)
    stats = standin.stats()
    print(f"{len(jobs)} jobs: {dict(states)}; {stats['accepted_submissions']} submissions")
    asked = [
        (job.record.kind, (job.record.error or {}).get("why")) for job in jobs if job.state == "needs_you"
    ]
    print(f"questions: {asked}")
    prompts = Counter(one["prompt"] for one in stats["submissions"])
    assert [prompt for prompt, count in prompts.items() if count > 1] == []
    assert stats["duplicate_submissions"] == 0
    wrong = [
        (job.record.kind, job.record.error) for job in jobs if job.state not in ("completed", "needs_you")
    ]
    assert wrong == []
    paid = [job for job in jobs if job.record.kind in PAID and job.state == "completed"]
    assert len(prompts) >= len(paid) + 1
    assert states["needs_you"] <= len(jobs) // 10


BOTH = pytest.mark.parametrize("place", ["sqlite", "postgresql"], indirect=True)


@BOTH
@pytest.mark.parametrize("size", [1, 3])
def test_killed_at_random_instants(
    place: str, size: int, standin: SoraWebStandin, crew: Callable[[str, int], Crew]
) -> None:
    chance = random.Random(f"{size} {KILLS}")
    with Studio(place, role="client", backend="sora_web") as studio:
        runners = crew(place, size)
        clip, _ = sources(studio)
        jobs: list[Job] = []
        for kill in range(KILLS):
            while len(jobs) < JOBS * (kill + 1) // KILLS:
                jobs.append(start(studio, len(jobs), clip))
            time.sleep(chance.uniform(0.0, 5.0 / size))
            runners.replace(chance.randrange(size))
        ended(jobs, 240 + JOBS)
        nothing_was_bought_twice(standin, jobs)


@BOTH
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system cannot freeze a process")
def test_frozen_past_their_heartbeat_and_thawed(
    place: str, standin: SoraWebStandin, crew: Callable[[str, int], Crew]
) -> None:
    chance = random.Random(7)
    with Studio(place, role="client", backend="sora_web") as studio:
        runners = crew(place, 3)
        clip, _ = sources(studio)
        jobs: list[Job] = []
        for _ in range(max(2, KILLS // 10)):
            jobs += [start(studio, len(jobs) + n, clip) for n in range(8)]
            time.sleep(chance.uniform(0.3, 2.0))
            runners.freeze(chance.randrange(3), 10.0)
        ended(jobs, 240)
        time.sleep(3)  # what thawed may still be at it
        nothing_was_bought_twice(standin, jobs)


@BOTH
def test_answers_cut_off_after_the_backend_accepted(
    place: str, standin: SoraWebStandin, crew: Callable[[str, int], Crew]
) -> None:
    with Studio(place, role="client", backend="sora_web") as studio:
        crew(place, 1)
        clip, _ = sources(studio)
        for n, endpoint in enumerate(("nf_create", "storyboard", "extension", "video_gen") * 2):
            kind = ("cut_after_acceptance", "truncated_body")[n % 2]
            standin.fault(kind, endpoint=endpoint, nth=[n + 1, n + 3])
        jobs = [start(studio, n, clip) for n in range(max(32, JOBS))]
        ended(jobs, 300)
        nothing_was_bought_twice(standin, jobs)


@pytest.mark.postgres
@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
def test_the_database_restarts_twice_in_mid_run(
    place: str, standin: SoraWebStandin, postgres: Postgres, crew: Callable[[str, int], Crew]
) -> None:
    with Studio(place, role="client", backend="sora_web") as studio:
        runners = crew(place, 2)
        clip, _ = sources(studio)
        jobs = [start(studio, n, clip) for n in range(max(24, JOBS // 2))]
        for _ in range(2):
            time.sleep(3)
            postgres.stop()
            time.sleep(1)
            postgres.start()
        ended(jobs, 300)
        assert all(process.poll() is None for process in runners.processes), "a runner died"
        nothing_was_bought_twice(standin, jobs)

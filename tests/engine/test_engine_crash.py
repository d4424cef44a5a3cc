"""Real processes, killed and frozen at random moments: every job ends, with one clip and not two."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sora_kit import Job, Studio
from sora_kit.media.probe import probe
from sora_kit.store.runners import STALE_SECONDS

pytestmark = [pytest.mark.crash, pytest.mark.timeout(420)]

SERVE = """
import sys
from sora_kit import Studio
with Studio(sys.argv[1], role="runner"):
    print("ready", flush=True)
    sys.stdin.read()
"""


class Runners:
    """Processes that run jobs, and accidents that happen to them."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.processes: list[subprocess.Popen[str]] = []

    def start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(self.workspace)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process

    def kill(self, process: subprocess.Popen[str]) -> None:
        with process:  # closes its pipes and waits
            process.kill()
        self.processes.remove(process)

    def end(self) -> None:
        for process in list(self.processes):
            self.kill(process)


@pytest.fixture
def runners(workspace: Path) -> Iterator[Runners]:
    crew = Runners(workspace)
    try:
        yield crew
    finally:
        crew.end()


def mixed(studio: Studio, count: int) -> list[Job]:
    """Text, picture and storyboard jobs in turn."""
    kinds = (
        lambda n: studio.image(f"A cat number {n} on the beach"),
        lambda n: studio.enhance(f"kitten {n}", level="short"),
        lambda n: studio.video(f"[0.5s]A dog {n} runs [0.5s]It sleeps", model="sora-2"),
    )
    return [kinds[n % 3](n) for n in range(count)]


def all_done(jobs: list[Job], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while open_jobs := [job for job in jobs if not job.done]:
        assert time.monotonic() < deadline, f"still open: {[job.record for job in open_jobs]}"
        time.sleep(0.2)


def each_has_one_whole_result(studio: Studio, jobs: list[Job]) -> None:
    assert [job.state for job in jobs] == ["completed"] * len(jobs)
    clips = studio.clips(limit=1000)
    assert sorted(clip.job for clip in clips) == sorted(
        job.id for job in jobs if job.record.kind != "enhance"
    )
    assert all(job.record.text for job in jobs if job.record.kind == "enhance")
    for clip in clips:
        facts = probe(clip.file)
        assert (facts.width, facts.height) == (clip.width, clip.height)
        assert clip.poster_file.is_file()


def test_twenty_kills_at_random_instants(workspace: Path, runners: Runners) -> None:
    chance = random.Random(20)
    with Studio(workspace, role="client") as studio:
        crew = [runners.start(), runners.start()]
        jobs = mixed(studio, 36)
        for _ in range(20):
            time.sleep(chance.uniform(0.2, 3.5))
            victim = chance.randrange(2)
            runners.kill(crew[victim])
            crew[victim] = runners.start()
        all_done(jobs, 240)
        each_has_one_whole_result(studio, jobs)


def test_jobs_are_finished_after_a_restart(workspace: Path, runners: Runners) -> None:
    with Studio(workspace, role="client") as studio:
        alone = runners.start()
        jobs = mixed(studio, 6)
        while not any(job.state == "running" for job in jobs):
            time.sleep(0.05)
        runners.kill(alone)
        assert not all(job.done for job in jobs)
    with Studio(workspace) as again:
        assert again.role == "runner"
        jobs = [again.job(job.id) for job in jobs]
        all_done(jobs, 90)
        each_has_one_whole_result(again, jobs)


def test_a_client_takes_over_when_the_last_runner_dies(workspace: Path, runners: Runners) -> None:
    alone = runners.start()
    assert alone.stdout is not None
    assert alone.stdout.readline() == "ready\n"
    with Studio(workspace) as studio:
        assert studio.role == "client"
        job = studio.video("A horse gallops through the snow", model="sora2-landscape-15s")
        while job.state != "running":
            time.sleep(0.05)
        runners.kill(alone)
        assert job.result(120).seconds == pytest.approx(15, abs=0.05)
        assert studio.role == "runner"


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system cannot freeze a process")
def test_a_frozen_process_that_thaws_does_no_harm(workspace: Path, runners: Runners) -> None:
    with Studio(workspace, role="client") as studio:
        crew = [runners.start(), runners.start()]
        jobs = mixed(studio, 18)
        while not any(job.state == "running" for job in jobs):
            time.sleep(0.05)
        for frozen in (crew[0], crew[1]):
            os.kill(frozen.pid, signal.SIGSTOP)
            time.sleep(STALE_SECONDS + 3)
            os.kill(frozen.pid, signal.SIGCONT)
            time.sleep(1)
        all_done(jobs, 150)
        time.sleep(3)  # what thawed may still be at it
        each_has_one_whole_result(studio, jobs)


def test_closing_in_mid_run_hands_the_job_to_the_next(workspace: Path) -> None:
    first = Studio(workspace)
    job = first.video("A ship on the ocean", model="sora2-landscape-15s")
    while job.progress < 3:
        time.sleep(0.05)
    began = time.monotonic()
    first.close()
    assert time.monotonic() - began < 3
    with Studio(workspace) as second:
        assert second.job(job.id).result(90).seconds == pytest.approx(15, abs=0.05)
        assert second.record(job.id).attempts == 2

"""`serve`, `worker` and `studio` as real processes: they answer, and they end well."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from sora_kit.store import Jobs, Runners, Workspace

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals"),
]

LIMIT = 3.0
"""Seconds that a serving command may take to end."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def get(url: str, key: str = "") -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.get(url, headers=headers, timeout=30, trust_env=False)


def ended_well(sora: Any, process: Any, number: int = signal.SIGINT) -> None:
    """It ends in time with 0, without a traceback and without leaving a process behind."""
    family = psutil.Process(process.pid).children(recursive=True)
    code, took = sora.interrupt(process, number)
    said = sora.log.read_text("utf-8")
    assert code == 0, said
    assert took < LIMIT, said
    assert "Traceback" not in said
    assert "did not stop in time" not in said
    left = psutil.wait_procs(family, timeout=LIMIT - took)[1]
    assert not left


def test_serve_answers_with_the_key_that_it_shows(sora: Any) -> None:
    process = sora.start("serve")
    url = sora.said(r"^API +(\S+)/v1", process)
    key = sora.said(r"^Key +(sk-\S+)", process)
    assert get(f"{url}/v1/models").status_code == 401
    models = get(f"{url}/v1/models", key).json()
    assert "sora2-landscape-10s" in [m["id"] for m in models["data"]]
    ended_well(sora, process)

    again = sora.start("serve")
    sora.said("Ctrl-C", again)
    assert "sk-" not in sora.log.read_text("utf-8")  # a key is shown once
    ended_well(sora, again, signal.SIGTERM)


def test_serve_takes_a_key_from_the_environment_and_ends_but_once(sora: Any) -> None:
    process = sora.start("serve", SORA_KIT_API_KEY="sk-of-mine")
    url = sora.said(r"^API +(\S+)/v1", process)
    assert "SORA_KIT_API_KEY" in sora.said("^Key.*", process)
    assert get(f"{url}/v1/models", "sk-of-mine").status_code == 200
    assert "sk-of-mine" not in sora.log.read_text("utf-8")
    # a second signal disturbs nothing
    os.killpg(process.pid, signal.SIGINT)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(10) == 0
    assert "Traceback" not in sora.log.read_text("utf-8")


def test_a_worker_runs_jobs_of_others_and_ends(sora: Any) -> None:
    from sora_kit import Studio

    process = sora.start("worker")
    sora.said("Running the jobs", process)
    with Studio(sora.workspace, role="client") as studio:
        clip = studio.image("A red ball", seed=1).result(60)
        (runner,) = [one for one in studio.runners() if one.role == "runner"]
        assert runner.pid == process.pid
        assert clip.file.stat().st_size > 0
    ended_well(sora, process)


def test_a_worker_ends_with_its_parent(sora: Any) -> None:
    parent = (
        "import subprocess, sys, os, time\n"
        "worker = [sys.executable, '-m', 'sora_kit', 'worker', '--with-parent', str(os.getpid())]\n"
        "child = subprocess.Popen(worker)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", parent]
    with subprocess.Popen(
        command, env=sora.environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        worker = psutil.Process(int(process.stdout.readline()))
        runners = Runners(Workspace(sora.workspace).database)
        deadline = time.monotonic() + 30
        while not runners.live() and time.monotonic() < deadline:
            time.sleep(0.1)
        lived = runners.live()
        process.kill()
    assert lived
    worker.wait(timeout=10)


def test_studio_opens_both_and_ctrl_c_ends_all(sora: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        taken = busy.getsockname()[1]
        words = ["--port", str(taken), "--api-port", str(free_port()), "--no-browser"]
        process = sora.start("studio", *words)
        page = sora.said(r"^Studio +(\S+)", process)
        url = sora.said(r"^API +(\S+)/v1", process)
        sora.said("Ctrl-C", process)
        assert f"Port {taken} is in use" in sora.log.read_text("utf-8")
        assert f":{taken}/" not in page
        assert get(page).status_code == 200
        assert get(f"{url}/healthz").status_code == 200
        ended_well(sora, process)


def test_ctrl_c_in_the_middle_of_a_job(sora: Any) -> None:
    from sora_kit import Studio

    process = sora.start("studio", "--port", str(free_port()), "--api-port", str(free_port()), "--no-browser")
    sora.said("Ctrl-C", process)
    with Studio(sora.workspace, role="client") as studio:
        job = studio.video("A long walk", model="sora2-landscape-25s")
        deadline = time.monotonic() + 30
        while job.progress < 5 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert job.progress >= 5
        ended_well(sora, process)
        assert not Jobs(studio.workspace.database).get(job.id).done  # it goes on at the next start
        job.cancel()


@pytest.mark.parametrize("seconds", [0.3, 0.7, 1.2, 1.8, 2.5])
def test_ctrl_c_during_the_start(sora: Any, tmp_path: Path, seconds: float) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    words = ["--port", str(free_port()), "--api-port", str(free_port()), "--no-browser"]
    process = sora.start("studio", *words, TMPDIR=str(scratch))
    sora.said("Starting", process)
    time.sleep(seconds)  # the start takes about two
    ended_well(sora, process)
    assert not list(scratch.iterdir())


def test_a_page_that_dies_is_told(sora: Any) -> None:
    process = sora.start("studio", "--port", str(free_port()), "--api-port", str(free_port()), "--no-browser")
    sora.said("Ctrl-C", process)
    (page,) = [
        child
        for child in psutil.Process(process.pid).children()
        if "sora_kit.panels.child" in " ".join(child.cmdline())
    ]
    page.kill()
    assert process.wait(15) == 1
    assert "error: The page ended" in sora.log.read_text("utf-8")

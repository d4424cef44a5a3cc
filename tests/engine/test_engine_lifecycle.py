"""Opening and closing: twice, in two workspaces, in scripts that end, in forks."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sora_kit import Studio
from sora_kit.engine.durable import Durable
from sora_kit.errors import StudioClosed

SCRIPT = """
import sys
from sora_kit import Studio
job = Studio(sys.argv[1]).video("[1.0s]A cat in the meadow", model="sora-2", key="once")
print(job.id)
"""


def test_two_studios_in_one_process_share_the_workspace(studio: Studio) -> None:
    with Studio(studio.workspace.folder) as second:
        assert (studio.role, second.role) == ("runner", "client")
        job = second.image("A rabbit")
        assert job.result(60) == studio.clip(job.record.clips[0])


def test_a_second_workspace_in_one_process_is_served_by_a_child(studio: Studio, workspace: Path) -> None:
    assert Durable.busy()
    with Studio(workspace) as second:
        assert second.role == "client"
        assert second.image("A frog").result(90).kind == "image"
        child = second.part.child
        assert child is not None
    assert child.poll() is not None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_is_told_to_open_its_own(studio: Studio) -> None:
    code = """
import os, sys
from sora_kit import Studio
from sora_kit.errors import StudioClosed
studio = Studio(sys.argv[1], role="client")
if os.fork() == 0:
    try:
        studio.image("x")
    except StudioClosed as error:
        print(error.what, flush=True)
    os._exit(0)
os.wait()
"""
    ran = subprocess.run(
        [sys.executable, "-c", code, str(studio.workspace.folder)], capture_output=True, text=True, timeout=60
    )
    assert ran.stdout == "This studio belongs to another process\n", ran.stderr


def test_a_script_that_ends_early_ends_quietly_and_its_job_goes_on(workspace: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(workspace)], capture_output=True, text=True, timeout=60
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    with Studio(workspace) as again:
        assert again.job(ran.stdout.strip()).result(90).seconds == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("when", ["before", "meanwhile"])
async def test_news_end_when_the_studio_is_closed(studio: Studio, when: str) -> None:
    second = Studio(studio.workspace.folder)
    job = second.video("A mountain in the fog", model="sora2-landscape-15s")
    if when == "before":
        await asyncio.to_thread(second.close)
    try:
        with pytest.raises(StudioClosed) as closed:
            async with asyncio.timeout(60):
                async for _ in job.events():
                    await asyncio.to_thread(second.close)
        assert all((closed.value.what, closed.value.why, closed.value.fix))
    finally:
        second.close()
        studio.job(job.id).cancel()


def test_waiting_ends_when_the_studio_is_closed(studio: Studio) -> None:
    with Studio(studio.workspace.folder) as second:
        job = second.video("A mountain in the fog", model="sora2-landscape-15s")
    with pytest.raises(StudioClosed):
        job.result()
    with pytest.raises(StudioClosed):
        asyncio.run(job.wait())
    before = len(studio.records(limit=1000))
    for ask in (lambda: second.image("x"), lambda: second.serve(port=0)):
        with pytest.raises(StudioClosed, match="Open the workspace again"):
            ask()
    assert len(studio.records(limit=1000)) == before
    assert studio.cancel(job.id)


def test_the_root_logger_and_signals_are_left_alone(studio: Studio) -> None:
    assert not [
        h for h in logging.getLogger().handlers if type(h).__module__.startswith(("dbos", "litestar"))
    ]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_empty_tables_answer_like_full_ones(workspace: Path) -> None:
    with Studio(workspace, role="client") as empty:
        results = empty.results()
        assert results[~results["preview"]].sora.preview() is not None
        assert results.nlargest(3, "bytes").empty
        assert empty.jobs()["progress"].dtype == float

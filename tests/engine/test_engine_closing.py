"""Closing a studio in the middle of things."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from sora_web_studio import sora_web_studio

from sora_kit.standins.sora_web import SoraWebStandin


def test_a_refresh_token_that_is_being_exchanged_is_not_lost(workspace: Path) -> None:
    """It is good once: whoever closes between its use and the answer must still store the next one."""
    app = {"client_id": "app_test", "redirect_uri": "com.example.test://callback"}
    with SoraWebStandin(["a@example.com"], latency=0.5) as standin:
        given = standin.accounts["a@example.com"]
        with sora_web_studio(workspace, standin) as studio:
            account = studio.accounts.add(
                "sora_web", access_token=given.access_token, refresh_token=given.refresh_token, **app
            )
            standin.world.revoke(given)
            slow = standin.fault("slow", endpoint="oauth_token", seconds=1.5)
            job = studio.video("A cat")
            while not slow.hits:
                time.sleep(0.02)
        standin.clear_faults()
        with sora_web_studio(workspace, standin) as studio:
            assert studio.accounts.login(account.id).secrets["refresh_token"] == given.refresh_token
            assert studio.job(job.id).result(60)
            assert studio.accounts.get(account.id).state == "ready"
        assert standin.stats()["calls"]["oauth_token"] == {"a@example.com": 1}


FOLLOWED = """
import sys, threading
from sora_kit import Studio

if __name__ == "__main__":
    studio = Studio(sys.argv[1])
    job = studio.image("A heron")
    heard = threading.Event()
    for _ in range(4):
        studio.watch(lambda record: None)
        studio.watch(lambda record: None, job.id)
    studio.watch(lambda record: heard.set(), job.id)  # the last to begin; it is told the present state
    assert heard.wait(60)
    job.cancel()
    if "close" in sys.argv:
        studio.close()
        studio.watch(print)
"""


@pytest.mark.parametrize("end", ["close", "exit"])
def test_a_process_with_followers_ends_without_a_word(workspace: Path, end: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FOLLOWED, str(workspace), end],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (ran.stderr, ran.stdout, ran.returncode) == ("", "", 0)

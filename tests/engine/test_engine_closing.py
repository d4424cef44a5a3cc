"""Closing a studio in the middle of things."""

from __future__ import annotations

import time
from pathlib import Path

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

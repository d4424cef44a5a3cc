"""Starting and stopping, the clock, counts, and the command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from sora_kit.errors import ServerError
from sora_kit.standins.sora_web import ENDPOINTS, Clock, Latency, NewAccount, SoraWebStandin
from sora_kit.standins.sora_web.work import Task

ROOT = Path(__file__).parents[2]


async def test_it_runs_inside_async_with() -> None:
    async with SoraWebStandin(["x@example.com"], latency=1) as standin:
        async with httpx.AsyncClient(trust_env=False) as client:
            headers = {"Authorization": f"Bearer {standin.accounts['x@example.com'].access_token}"}
            answer = await client.get(f"{standin.url}/backend/me", headers=headers)
            assert answer.json()["email"] == "x@example.com"
        url = standin.url
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


def test_it_leaves_no_thread_and_can_stop_twice() -> None:
    before = threading.active_count()
    standin = SoraWebStandin().start()
    assert standin.start() is standin
    assert str(standin.port) in repr(standin)
    standin.stop()
    standin.stop()
    assert threading.active_count() == before
    assert "stopped" in repr(standin)


def test_an_open_answer_does_not_hold_the_end_up() -> None:
    standin = SoraWebStandin().start()
    standin.fault("slow", seconds=60)
    ends: list[Exception] = []

    def ask() -> None:
        try:
            httpx.get(f"{standin.url}/api/auth/session", trust_env=False, timeout=60)
        except httpx.TransportError as error:
            ends.append(error)

    waiting = threading.Thread(target=ask)
    waiting.start()
    while not standin.stats()["calls"]:
        time.sleep(0.01)
    begin = time.monotonic()
    standin.stop()
    assert time.monotonic() - begin < 2
    waiting.join(5)
    assert len(ends) == 1


def test_a_port_that_is_taken() -> None:
    with SoraWebStandin() as first, pytest.raises(ServerError, match="cannot listen"):
        SoraWebStandin(port=first.port).start()
    with pytest.raises(ServerError, match="cannot listen"):
        SoraWebStandin(host="not a host").start()


def test_a_clock_that_runs_faster() -> None:
    clock = Clock(speed=1000)
    begin = clock.time()
    time.sleep(0.02)
    assert clock.time() - begin >= 20
    still = Clock(speed=0)
    begin = still.time()
    still.advance(5)
    assert still.time() == begin + 5
    with pytest.raises(ValueError, match="backwards"):
        still.advance(-1)
    with pytest.raises(ValueError, match="backwards"):
        Clock(speed=-1)


def test_lengths_of_tasks() -> None:
    assert Latency.total(10) == Latency(2, 7, 1)
    with pytest.raises(ValueError, match="0 or more"):
        Latency(queue=-1)
    task = Task("t", "video", "g", 100, Latency(0, 0, 0), {}, 2, 2, 1)
    assert (task.phase(100), task.progress(100)) == ("done", 1.0)


async def test_lengths_can_vary(make: Any) -> None:
    with SoraWebStandin(
        [NewAccount("x@example.com")], latency=Latency(spread=0.5), clock=Clock(0)
    ) as standin:
        account = standin.accounts["x@example.com"]
        async with httpx.AsyncClient(
            base_url=standin.backend_url,
            headers={"Authorization": f"Bearer {account.access_token}"},
            trust_env=False,
        ) as client:
            for number in range(3):
                await make.submit(client, str(number))
        lengths = {task.ended - task.created for task in account.tasks.values()}
    assert len(lengths) == 3
    assert all(5 <= length <= 15 for length in lengths)


async def test_counts(
    standin: SoraWebStandin, make: Any, a: httpx.AsyncClient, b: httpx.AsyncClient, anyone: httpx.AsyncClient
) -> None:
    await make.submit(a, "a cat")
    await make.submit(a, "a dog")
    await make.submit(b, "a cat")  # the same words on another account
    await a.post("/video_gen", json=make.picture("a cat"))  # a picture is something else
    standin.clock.advance(10)
    await make.submit(a, "a bird")
    await make.drafts(a)

    stats = (await anyone.get("/__stats")).json()
    assert stats["calls"]["nf_create"] == {"a@example.com": 3, "b@example.com": 1}
    assert stats["calls"]["drafts"] == {"a@example.com": 1}
    assert stats["accepted_submissions"] == 5
    assert stats["accepted_by_account"] == {"a@example.com": 4, "b@example.com": 1}
    assert stats["duplicate_submissions"] == 1
    assert stats["running"] == {"a@example.com": 1, "b@example.com": 0}
    assert stats["max_concurrent"] == {"a@example.com": 2, "b@example.com": 1}
    twice = next(one for one in stats["submissions"] if one["duplicate_of"])
    assert (twice["account"], twice["duplicate_of"]) == ("b@example.com", stats["submissions"][0]["task"])
    assert stats == standin.stats()


async def test_duplicates_by_key_and_window(standin: SoraWebStandin, make: Any, a: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    await a.post("/nf/create", json=make.video("one"), headers=headers)
    await a.post("/nf/create", json=make.video("two"), headers=headers)
    assert standin.stats()["duplicate_submissions"] == 1
    standin.clock.advance(601)
    await make.submit(a, "one")
    assert standin.stats()["duplicate_submissions"] == 1
    await make.submit(a, "one")
    assert standin.stats()["duplicate_submissions"] == 2


async def test_time_and_accounts_over_http(
    standin: SoraWebStandin, make: Any, a: httpx.AsyncClient, anyone: httpx.AsyncClient
) -> None:
    await make.submit(a)
    assert (await anyone.post("/__clock", json={"advance": 10})).status_code == 200
    assert len(await make.drafts(a)) == 1
    for wrong in ({"advance": -1}, {"advance": "much"}, [1]):
        assert (await anyone.post("/__clock", json=wrong)).status_code == 400
    accounts = (await anyone.get("/__accounts")).json()["accounts"]
    assert [one["email"] for one in accounts] == ["a@example.com", "b@example.com"]
    assert accounts[0]["access_token"] == standin.accounts["a@example.com"].access_token


async def test_a_reset(
    standin: SoraWebStandin, make: Any, a: httpx.AsyncClient, anyone: httpx.AsyncClient
) -> None:
    post, _ = await make.post(a)
    await make.submit(a, "@name")
    standin.fault("heavy_load", endpoint="post_get")
    before = standin.accounts["a@example.com"]
    assert (await anyone.post("/__reset")).status_code == 204
    assert standin.stats() == SoraWebStandin(["a@example.com", "b@example.com"]).stats()
    after = standin.accounts["a@example.com"]
    assert after.refresh_token != before.refresh_token
    headers = {"Authorization": f"Bearer {after.access_token}"}
    assert (await anyone.get("/backend/nf/pending/v2", headers=headers)).json() == []
    assert (await anyone.get(f"/backend/project_y/post/{post}", headers=headers)).status_code == 404


async def test_every_named_endpoint_is_there(standin: SoraWebStandin, anyone: httpx.AsyncClient) -> None:
    for name, place in ENDPOINTS.items():
        method, path = place.split()
        await anyone.request(method, path.replace("{", "").replace("}", ""))
        assert standin.stats()["calls"].get(name) == {"": 1}, name
    assert (await anyone.get("/backend/nowhere")).status_code == 404
    assert (await anyone.put("/backend/me")).status_code == 405


@pytest.mark.server
@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
def test_the_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sora_kit", "standin", "sora-web", "--port", "0", "--accounts", "3"]
    process = subprocess.Popen(
        [*command, "--latency", "0", "--plan", "chatgpt_pro", "--json"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line == "}\n":
                break
        told = json.loads("".join(lines))
        assert [account["plan"] for account in told["accounts"]] == ["chatgpt_pro"] * 3
        headers = {"Authorization": f"Bearer {told['accounts'][2]['access_token']}"}
        me = httpx.get(f"{told['backend_url']}/me", headers=headers, trust_env=False).json()
        assert me["email"] == "user3@example.com"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=5)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, said) == (0, "")

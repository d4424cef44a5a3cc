"""Kernels that wait for visitors: none that died is given away, and one that was is not ended at once."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import socket
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import psutil
import pytest

from sora_kit.panels.page import Page
from sora_kit.panels.warm import Warm

WAITING = 2


def kernels(page: Page) -> dict[str, psutil.Process]:
    """Id of a kernel → its process."""
    process = page._process
    assert process
    found = {}
    for child in psutil.Process(process.pid).children():
        with suppress(psutil.NoSuchProcess):  # or one that Voilà has not yet seen end
            named = re.search(r"kernel-([0-9a-f-]{36})\.json", " ".join(child.cmdline()))
            if named:
                found[named[1]] = child
    return found


def ended(process: psutil.Process) -> bool:
    """Whether its parent can hear of its end; one that is just ending has no command line any more."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def told(page: Page, kernel: str) -> dict[str, Any]:
    """What Voilà says of a kernel."""
    answer = httpx.get(f"{page.url}api/kernels/{kernel}", trust_env=False, timeout=60)
    return dict(answer.json()) if answer.status_code == 200 else {}


def visit(page: Page) -> tuple[str, str]:
    """Id of the kernel that a visitor gets, and the page."""
    html = httpx.get(page.url, trust_env=False, timeout=90).text
    config = re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert config
    return json.loads(config[1])["kernelId"], html


@pytest.mark.kernel
@pytest.mark.timeout(180)
async def test_visitors_get_kernels_that_live_and_go_on_living(workspace: Path):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    with Page(workspace, port=port) as page:
        while True:
            before = kernels(page)
            states = [told(page, kernel).get("execution_state") for kernel in before]
            if states == ["idle"] * WAITING:
                break
            await asyncio.sleep(0.1)

        # the culler counts from the last activity, and a kernel may have waited for hours
        asked = datetime.now(UTC)
        first, _ = visit(page)
        assert first in before
        assert datetime.fromisoformat(told(page, first)["last_activity"]) >= asked

        (other,) = before.keys() - {first}
        before[other].kill()
        while not ended(before[other]):  # as long as the system takes for it
            await asyncio.sleep(0.01)
        second, html = visit(page)
        assert second not in before
        assert kernels(page)[second].is_running()
        assert "application/vnd.jupyter.widget-view+json" in html


class Manager:
    """As much of Voilà's kernel manager as is asked."""

    log = logging.getLogger(__name__)

    def __init__(self, **alive: bool) -> None:
        self.kernels = {
            name: SimpleNamespace(has_kernel=True, is_alive=self._say(lives), execution_state="idle")
            for name, lives in alive.items()
        }
        self._pools: dict[str, list[asyncio.Future[dict[str, Any]]]] = {"a.ipynb": []}
        self.filled: list[str] = []

    @staticmethod
    def _say(lives: bool) -> Any:
        async def is_alive() -> bool:
            return lives

        return is_alive

    def line(self, *names: str) -> None:
        """Put kernels in line: a name with ``?`` failed to run its notebook, one with ``!`` to start."""
        for name in names:
            ran: asyncio.Future[None] = asyncio.Future()
            made: asyncio.Future[dict[str, Any]] = asyncio.Future()
            ran.set_exception(RuntimeError()) if "?" in name else ran.set_result(None)
            if "!" in name:
                made.set_exception(RuntimeError())
            else:
                made.set_result({"kernel_id": name.strip("?"), "task": ran})
            self._pools["a.ipynb"].append(made)

    @property
    def names(self) -> list[str]:
        return [made.result()["kernel_id"] for made in self._pools["a.ipynb"]]

    def __contains__(self, kernel_id: str) -> bool:
        return kernel_id in self.kernels

    def list_kernel_ids(self) -> list[str]:
        return list(self.kernels)

    def get_kernel(self, kernel_id: str) -> Any:
        return self.kernels[kernel_id]

    def fill_if_needed(self, *, delay: float, notebook_name: str) -> None:
        assert delay == 0
        self.filled.append(notebook_name)


async def test_the_first_in_line_is_one_that_can_be_given_away():
    manager = Manager(dead=False, odd=True, good=True, next=False)
    manager.line("!", "dead", "odd?", "gone", "good", "next")
    await Warm(manager).ready("a.ipynb")
    assert manager.names == ["good", "next"]
    assert manager.filled == ["a.ipynb"] * 4
    assert datetime.now(UTC) >= manager.kernels["good"].last_activity


async def test_a_line_without_a_good_one_ends():
    manager = Manager(dead=False)
    manager.line("dead", "!")
    await Warm(manager).ready("a.ipynb")
    await Warm(manager).ready("unknown.ipynb")
    assert manager.names == []


async def test_a_look_replaces_the_dead_and_names_them_so():
    manager = Manager(good=True, dead=False, visited=False)
    manager.line("good", "dead")
    await Warm(manager).look()
    assert manager.names == ["good"]
    assert manager.filled == ["a.ipynb"]
    assert [one.execution_state for one in manager.kernels.values()] == ["idle", "dead", "dead"]

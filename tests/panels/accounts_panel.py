"""What the tests of the accounts panel share: a panel, its page's messages, and what goes over the wire."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from comm.base_comm import BaseComm

from sora_kit import Studio
from sora_kit.panels import Accounts

SECRET = "eyJhbGciOiJIUzI1NiJ9.SecretSecretSecretSecret{}.QsignatureQ9xk"
PROXY = "socks5://someone:hunter2hunter2@127.0.0.1:1080"
HOSTILE = "<img src=x onerror=document.title='hacked'>"


@pytest.fixture
def studio(workspace: Path) -> Iterator[Studio]:
    """A client: nothing here runs a job, so none is started for real."""
    with Studio(workspace, role="client") as opened:
        yield opened


@pytest.fixture
def panel(studio: Studio) -> Iterator[Accounts]:
    made = Accounts(studio)
    yield made
    made.close()


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All that goes to the page: the opening of widgets, their traits, and messages with their buffers."""
    heard: list[str] = []

    def publish(
        self: BaseComm,
        msg_type: str,
        data: Any = None,
        metadata: Any = None,
        buffers: Any = None,
        **keys: Any,
    ) -> None:
        files = [bytes(buffer).decode("utf-8", "replace") for buffer in buffers or ()]
        heard.append(json.dumps([msg_type, data, metadata, files, keys], default=repr))

    for kind in (BaseComm, *BaseComm.__subclasses__()):
        monkeypatch.setattr(kind, "publish_msg", publish)
    return heard


def do(panel: Accounts, what: str, /, **arguments: Any) -> None:
    """Send a message as the page does."""
    panel._dispatch(None, {"do": what, "who": "me", **arguments})


def until(true: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        threading.Event().wait(0.02)


def settled(panel: Accounts) -> dict[str, Any]:
    """Wait until what is done to many is done; gives the status."""
    until(lambda: panel.work and not panel.work["running"] and panel.status["said"])
    status: dict[str, Any] = panel.status
    return status


def fill(studio: Studio, number: int = 3) -> list[str]:
    return [
        studio.accounts.add("sora_web", access_token=SECRET.format(n), label=f"pool-{n:02}").id
        for n in range(number)
    ]


def shown(panel: Accounts) -> list[str]:
    return [row["label"] for row in panel.view["rows"]]

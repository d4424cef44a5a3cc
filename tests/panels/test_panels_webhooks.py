"""Webhooks on the server panel: what it makes, shows, tries and forgets, and what it never keeps."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hook_receiver import Receiver

from sora_kit import Studio
from sora_kit.panels import Server
from sora_kit.panels.webhooks import Webhooks
from sora_kit.store.outbox import COMPLETED, FAILED

HOOK = "https://shop.example/hook"


@pytest.fixture
def hooks(studio: Studio) -> Iterator[Webhooks]:
    panel = Server(studio)
    yield panel.webhooks
    panel.close()


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("SORA_KIT_ALLOW_PRIVATE_URLS", "1")
    opened = Receiver()
    yield opened
    opened.close()


def listen(panel: Any) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    panel.send = lambda message, buffers=None: sent.append(message)
    return sent


def tell(panel: Any, **message: Any) -> None:
    panel._dispatch(None, message)


def tried(panel: Webhooks, webhook: str) -> dict[str, Any]:
    """The status after a sample was sent."""
    told = threading.Event()
    panel.observe(lambda _: told.set(), "status")
    tell(panel, do="try", id=webhook)
    assert told.wait(60)
    return panel.status


def test_a_webhook_is_added_and_its_secret_shown_once(studio: Studio, hooks: Webhooks):
    sent = listen(hooks)
    tell(hooks, do="add", url=HOOK, events=[FAILED])
    (shown,) = [message["secret"] for message in sent if "secret" in message]
    (kept,) = studio.webhooks.list()
    assert shown == {"url": HOOK, "secret": studio.webhooks.signing(kept.id)[0]}
    assert shown["secret"] not in json.dumps(hooks.get_state(), default=str)
    assert hooks.hooks == [
        {
            "id": kept.id,
            "name": "",
            "url": HOOK,
            "events": [FAILED],
            "enabled": True,
            "cause": "",
            "last": None,
        }
    ]


@pytest.mark.parametrize(
    ("url", "events"), [("", [COMPLETED]), ("ftp://x", [COMPLETED]), (HOOK, []), (HOOK, ["x"])]
)
def test_what_is_no_webhook_is_a_card(studio: Studio, hooks: Webhooks, url: str, events: list[str]):
    tell(hooks, do="add", url=url, events=events)
    assert hooks.status["error"]["what"]
    assert hooks.status["error"]["fix"]
    assert studio.webhooks.list() == []


def test_a_sample_is_sent_and_its_fate_told(studio: Studio, hooks: Webhooks, receiver: Receiver):
    hook = studio.webhooks.add(receiver.url)
    assert tried(hooks, hook.id)["said"] == f"{receiver.url} took the sample: status 200."
    assert json.loads(receiver.got[0][0])["type"] == COMPLETED
    receiver.statuses = [503]
    error = tried(hooks, hook.id)["error"]
    assert error["what"] == f"{receiver.url} did not take the sample"
    assert "503" in error["why"]
    assert "200 to 299" in error["fix"]


def test_the_last_message_is_shown(studio: Studio, hooks: Webhooks):
    hook = studio.webhooks.add(HOOK)
    outbox = studio.webhooks.outbox
    first = outbox.add(hook.id, COMPLETED, "job_1")
    tell(hooks, do="look")
    assert (hooks.hooks[0]["last"]["event"], hooks.hooks[0]["last"]["word"]) == (COMPLETED, "not taken yet")
    second = outbox.add(hook.id, FAILED, "job_2")
    assert second.id > first.id
    tell(hooks, do="look")
    assert hooks.hooks[0]["last"]["event"] == FAILED
    assert hooks.hooks[0]["last"]["good"] is False


def test_it_is_switched_off_and_on_and_removed(studio: Studio, hooks: Webhooks):
    hook = studio.webhooks.add(HOOK)
    tell(hooks, do="switch", id=hook.id, enabled=False)
    assert hooks.hooks[0]["enabled"] is False
    assert studio.webhooks.get(hook.id).enabled is False
    tell(hooks, do="switch", id=hook.id, enabled=True)
    assert hooks.status["said"] == f"{HOOK} is told again."
    tell(hooks, do="remove", id=hook.id)
    assert hooks.hooks == []
    assert studio.webhooks.list() == []
    tell(hooks, do="remove", id=hook.id)
    assert "no webhook" in hooks.status["error"]["what"]


def test_its_code_runs(studio: Studio, hooks: Webhooks):
    made = studio.webhooks.add(HOOK)
    *lines, last = [
        line for line in hooks.code.splitlines() if line and not line.startswith(("from", "studio ="))
    ]
    assert lines == []
    assert eval(last, {"studio": studio}) == [made.endpoint]

"""Webhooks from the end of a job to the receiver: signed for the real SDK, durable, guarded, given up."""

from __future__ import annotations

import base64
import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
import sqlalchemy as sa
from hook_receiver import Receiver, until

from sora_kit import Studio
from sora_kit.engine import webhooks as posting
from sora_kit.engine.webhooks import PAUSES, Reply, body_of, signed
from sora_kit.errors import InvalidInput, NotFound
from sora_kit.language import parse
from sora_kit.store import JobRecord
from sora_kit.store.ids import new_id
from sora_kit.store.tables import clip
from sora_kit.store.webhook_tables import delivery
from sora_kit.store.webhooks import Webhooks

CLIP: dict[str, Any] = {column.name: None for column in clip.c if column.name not in ("favourite", "tags")}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def studio(workspace: Path) -> Iterator[Studio]:
    """A studio of its own for each test."""
    with Studio(workspace) as opened:
        yield opened


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> Iterator[Studio]:
    """A studio whose webhooks may lead to this machine, and which looks often.

    It runs no jobs, because another test's studio may be this process's only runner; it delivers.
    """
    monkeypatch.setenv("SORA_KIT_ALLOW_PRIVATE_URLS", "1")
    monkeypatch.setattr(posting, "ROUND_SECONDS", 0.05)
    monkeypatch.setattr(posting, "PAUSES", (0.05, 0.05))
    with Studio(workspace, role="client") as opened:
        delivers = posting.Posting(Webhooks(opened.workspace.database, opened.accounts.secrets))
        opened.loop.loop.call_soon_threadsafe(delivers.start)
        yield opened
        opened.loop.run(delivers.close())


def job(studio: Studio, *, owner: str = "", kind: str = "video") -> JobRecord:
    """A job that nobody runs: it waits for a person."""
    wish, now = parse("A cat", model="sora-2"), time.time()
    new = JobRecord(
        id=new_id("job"), kind=kind, state="needs_you", stage="", progress=0.0, place=None, prompt="A cat",
        model="sora-2", style=None, backend="animatic", owner=owner, attempts=0, request=wish, plan={},
        clips=(), text="", error=None, created=now, started=None, finished=None, parent=None, runner=None,
        seed=1, updated=now, revision=0,
    )  # fmt: skip
    return studio.jobs_table.add(new)


def end(studio: Studio, state: str = "completed", **more: str) -> JobRecord:
    found = studio.jobs_table.finish(job(studio, **more).id, state)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_the_real_sdk_takes_what_is_sent(own: Studio, receiver: Receiver) -> None:
    made = own.webhooks.add(receiver.url)
    done, failed = end(own), end(own, "failed")
    until(lambda: len(receiver.got) == 2)
    client = openai.OpenAI(api_key="none", webhook_secret=made.secret)
    events = [client.webhooks.unwrap(body, headers) for body, headers in receiver.got]
    told = {event.type: event for event in events}
    assert told["video.completed"].data.id == "video_" + done.id.removeprefix("job_")
    assert told["video.failed"].data.id == "video_" + failed.id.removeprefix("job_")
    for event, (_, headers) in zip(events, receiver.got, strict=True):
        assert event.object == "event"
        assert abs(event.created_at - time.time()) < 60
        assert event.id == headers["webhook-id"]
        assert headers["content-type"] == "application/json"
    body, headers = receiver.got[0]
    with pytest.raises(openai.InvalidWebhookSignatureError):
        client.webhooks.unwrap(body.replace(b"video_", b"video-"), headers)
    other = own.webhooks.add(receiver.url).secret
    with pytest.raises(openai.InvalidWebhookSignatureError):
        openai.OpenAI(api_key="none", webhook_secret=other).webhooks.unwrap(body, headers)


def test_a_clip_that_is_really_made_is_told(
    workspace: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SORA_KIT_ALLOW_PRIVATE_URLS", "1")
    with Studio(workspace) as studio:
        studio.webhooks.add(receiver.url)
        made = studio.video("[0.5s]A kite", model="sora-2")
        made.result()
        until(lambda: receiver.got)
    assert json.loads(receiver.got[0][0])["data"]["id"] == "video_" + made.id.removeprefix("job_")


def test_only_what_was_wanted_is_told(own: Studio, receiver: Receiver) -> None:
    own.webhooks.add(receiver.url, ["video.failed"])
    own.webhooks.add(receiver.url, owner="key_a", name="of a")
    off = own.webhooks.add(receiver.url)
    own.webhooks.change(off.id, enabled=False)
    end(own, owner="key_b")
    end(own, kind="image")
    end(own, kind="enhance")
    mine = end(own, owner="key_a")
    gone = job(own)
    own.cancel(gone.id)  # the API calls it failed
    until(lambda: len(receiver.got) == 2)
    time.sleep(0.3)
    told = {json.loads(body)["data"]["id"].removeprefix("video_") for body, _ in receiver.got}
    assert told == {one.id.removeprefix("job_") for one in (mine, gone)}


def test_what_was_not_taken_is_sent_again_under_the_same_id(own: Studio, receiver: Receiver) -> None:
    own.webhooks.add(receiver.url)
    receiver.statuses = [500, 302, 204]
    receiver.headers = {"location": receiver.url + "/elsewhere"}
    end(own)
    until(lambda: own.webhooks.deliveries()[0].state == "delivered")
    assert len(receiver.got) == 3
    assert len({headers["webhook-id"] for _, headers in receiver.got}) == 1
    assert len({body for body, _ in receiver.got}) == 1
    (one,) = own.webhooks.deliveries()
    assert (one.tries, one.status) == (3, 204)


def test_who_takes_nothing_is_given_up_and_the_others_hear_of_it(own: Studio, receiver: Receiver) -> None:
    deaf = Receiver()
    deaf.statuses = [503]
    other = own.webhooks.add(receiver.url, ["webhook.disabled"])
    made = own.webhooks.add(deaf.url)
    end(own)
    until(lambda: receiver.got)
    assert json.loads(receiver.got[0][0])["type"] == "webhook.disabled"
    assert json.loads(receiver.got[0][0])["data"] == {"id": made.id}
    endpoint = own.webhooks.get(made.id)
    assert not endpoint.enabled
    assert "503" in endpoint.cause
    assert endpoint.failing_since is not None
    (dead,) = own.webhooks.deliveries(made.id, dead=True)
    assert (dead.state, dead.status, dead.tries) == ("dead", 503, 3)
    assert own.webhooks.deliveries(other.id, dead=True) == []
    deaf.statuses = [200]
    assert own.webhooks.change(made.id, enabled=True).cause == ""
    own.webhooks.retry(dead.id)
    until(lambda: own.webhooks.deliveries(made.id)[0].state == "delivered")
    deaf.close()


def test_one_lost_message_does_not_end_an_endpoint_that_takes_others(own: Studio, receiver: Receiver) -> None:
    made = own.webhooks.add(receiver.url)
    receiver.statuses = [500, 500, 200, 500, 200]
    end(own)
    until(lambda: len(receiver.got) == 2)
    end(own)
    until(lambda: not own.webhooks.outbox.latest(states=["waiting"]))
    assert own.webhooks.get(made.id).enabled


def test_gone_is_gone(own: Studio, receiver: Receiver) -> None:
    made = own.webhooks.add(receiver.url)
    receiver.statuses = [410]
    end(own)
    until(lambda: not own.webhooks.get(made.id).enabled)
    assert "410" in own.webhooks.get(made.id).cause
    assert len(receiver.got) == 1


def test_a_wish_to_wait_is_heard(own: Studio, receiver: Receiver) -> None:
    own.webhooks.add(receiver.url)
    receiver.statuses, receiver.headers = [429], {"retry-after": "3000"}
    end(own)
    until(lambda: own.webhooks.deliveries()[0].tries == 1)
    assert own.webhooks.deliveries()[0].due > time.time() + 2900


def test_an_endpoint_that_hangs_holds_up_nobody(
    own: Studio, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "AT_ONCE", 6)
    hanging = Receiver()
    hanging.hold.clear()
    own.webhooks.add(hanging.url)
    for _ in range(10):
        end(own)
    until(lambda: len(hanging.got) == posting.PER_ENDPOINT)
    own.webhooks.add(receiver.url)
    end(own)
    until(lambda: receiver.got)
    assert len(hanging.got) == posting.PER_ENDPOINT
    hanging.close()


def test_private_addresses_are_never_asked(
    studio: Studio, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "ROUND_SECONDS", 0.05)
    studio.webhooks.add(receiver.url)
    end(studio)
    until(lambda: studio.webhooks.deliveries()[0].tries == 1)
    assert "public internet" in studio.webhooks.deliveries()[0].error
    assert receiver.got == []


def test_messages_outlive_the_process(workspace: Path, receiver: Receiver, monkeypatch) -> None:
    monkeypatch.setattr(posting, "ROUND_SECONDS", 3600.0)
    with Studio(workspace) as studio:
        studio.webhooks.add(receiver.url)
        ended = end(studio)
    assert receiver.got == []
    monkeypatch.setattr(posting, "ROUND_SECONDS", 0.05)
    monkeypatch.setenv("SORA_KIT_ALLOW_PRIVATE_URLS", "1")
    with Studio(workspace):
        until(lambda: receiver.got)
    assert ended.id.removeprefix("job_").encode() in receiver.got[0][0]


def test_a_message_is_written_with_the_end_of_its_job_or_not_at_all(studio: Studio) -> None:
    studio.webhooks.add("https://hook.example/")
    one = job(studio)
    with pytest.raises(sa.exc.IntegrityError):  # no clip is without a prompt, so the job has not ended
        studio.jobs_table.finish(one.id, "completed", clip_row={**CLIP, "job": one.id})
    assert studio.webhooks.deliveries() == []
    assert studio.record(one.id).state == "needs_you"
    assert studio.jobs_table.finish(one.id, "failed") is not None
    assert studio.jobs_table.finish(one.id, "completed") is None
    assert [each.type for each in studio.webhooks.deliveries()] == ["video.failed"]


def test_of_two_runners_one_gets_a_message(workspace: Path) -> None:
    with Studio(workspace, role="client") as studio:  # a runner would take the message itself
        studio.webhooks.add("https://hook.example/")
        end(studio)
        outbox = studio.webhooks.outbox
        seen = outbox.latest()[0]
        with studio.workspace.database.write() as connection:
            connection.execute(sa.update(delivery).values(due=seen.created - 1))
        first = outbox.take(10, time.time() + 60)
        assert [one.id for one in first] == [seen.id]
        assert outbox.take(10, time.time() + 60) == []


def test_the_secret_is_shown_once_and_lies_sealed(workspace: Path) -> None:
    with Studio(workspace) as studio:
        made = studio.webhooks.add("https://hook.example/x", name="shop")
        assert made.secret.startswith("whsec_")
        assert len(base64.b64decode(made.secret.removeprefix("whsec_"))) == 32
        assert made.secret not in repr(made) + repr(studio.webhooks.list()) + repr(studio.webhooks)
        assert studio.webhooks.signing(made.id) == (made.secret,)
        assert studio.webhooks.get("shop") == made.endpoint == studio.webhooks.get("https://hook.example/x")
        studio.accounts.rotate_key()
        assert studio.webhooks.signing(made.id) == (made.secret,)
    with sqlite3.connect(workspace / "studio.sqlite") as file:
        dump = "\n".join(file.iterdump())
    assert made.secret.removeprefix("whsec_")[:20] not in dump


def test_a_new_secret_may_live_beside_the_old_one(studio: Studio) -> None:
    made = studio.webhooks.add("https://hook.example/")
    new = studio.webhooks.rotate(made.id, keep_old=True)
    assert studio.webhooks.signing(made.id) == (new.secret, made.secret)
    headers = signed("evt_1", b"{}", studio.webhooks.signing(made.id), time.time())
    for secret in (made.secret, new.secret):
        openai.OpenAI(api_key="none").webhooks.verify_signature("{}", headers, secret=secret)
    last = studio.webhooks.rotate(made.id)
    assert studio.webhooks.signing(made.id) == (last.secret,)


def test_a_sample_is_sent_on_request(own: Studio, receiver: Receiver) -> None:
    made = own.webhooks.add(receiver.url)
    assert own.webhooks.test(made.id) == Reply(200)
    client = openai.OpenAI(api_key="none", webhook_secret=made.secret)
    assert client.webhooks.unwrap(*receiver.got[0]).data.id == "video_test"
    receiver.statuses = [404]
    reply = own.webhooks.test(made.id)
    assert not reply.taken
    assert "404" in reply.error
    assert own.webhooks.deliveries() == []


@pytest.mark.parametrize(
    ("url", "events"),
    [
        ("ftp://hook.example/", None),
        ("https://user:pass@hook.example/", None),
        ("hook.example", None),
        ("https://hook.example:22/", None),
        ("https://hook.example/" + "x" * 3000, None),
        ("https://hook.example/", ["video.done"]),
        ("https://hook.example/", []),
    ],
)
def test_what_is_no_endpoint_is_refused(studio: Studio, url: str, events: list[str] | None) -> None:
    with pytest.raises(InvalidInput) as caught:
        studio.webhooks.add(url, *([events] if events is not None else []))
    assert caught.value.param in ("url", "events")
    assert studio.webhooks.list() == []


def test_who_is_removed_hears_nothing(own: Studio, receiver: Receiver) -> None:
    made = own.webhooks.add(receiver.url)
    own.webhooks.remove(made.id)
    end(own)
    time.sleep(0.3)
    assert receiver.got == []
    with pytest.raises(NotFound):
        own.webhooks.get(made.id)


def test_the_tries_last_about_a_day() -> None:
    assert 0.9 < sum(PAUSES) / 86_400 < 1.5
    assert list(PAUSES) == sorted(PAUSES)


def test_a_message_has_the_form_of_openais(studio: Studio) -> None:
    studio.webhooks.add("https://hook.example/")
    ended = end(studio)
    (one,) = studio.webhooks.deliveries()
    assert json.loads(body_of(one)) == {
        "id": one.id,
        "object": "event",
        "type": "video.completed",
        "created_at": int(one.created),
        "data": {"id": "video_" + ended.id.removeprefix("job_")},
    }

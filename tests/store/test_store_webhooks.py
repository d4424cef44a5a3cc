"""Rows of webhooks where their key is lost, and on PostgreSQL."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from sora_kit.errors import InvalidInput, NotFound
from sora_kit.store import Workspace
from sora_kit.store import webhooks as rows
from sora_kit.store.figures import figures
from sora_kit.store.outbox import Outbox, note_end
from sora_kit.store.secrets import Secrets, SecretsLocked
from sora_kit.store.webhook_tables import delivery
from sora_kit.store.webhooks import Webhooks

KEY = "a text that is long enough"


def open_at(place: str | Path) -> Webhooks:
    workspace = Workspace(place)
    return Webhooks(workspace.database, Secrets(workspace.database, workspace.folder))


def test_a_webhook_whose_key_is_lost_is_off_until_it_gets_a_new_secret(workspace: Path, monkeypatch) -> None:
    monkeypatch.setenv("SORA_KIT_SECRET_KEY", KEY)
    made = open_at(workspace).add("https://hook.example/")
    monkeypatch.setenv("SORA_KIT_SECRET_KEY", "another text that is long enough")
    hooks = open_at(workspace)
    with pytest.raises(SecretsLocked):
        hooks.signing(made.id)
    assert hooks.secrets.rotate(lost=lambda *_: pytest.fail("that is for accounts")) == 0
    found = hooks.get(made.id)
    assert not found.enabled
    assert "key" in found.cause
    with pytest.raises(NotFound, match="webhooks rotate"):
        hooks.signing(made.id)
    new = hooks.rotate(made.id)
    assert hooks.signing(made.id) == (new.secret,)


def test_one_key_does_not_take_all_the_room(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MOST", 5)
    monkeypatch.setattr(rows, "MOST_OF_ONE", 2)
    hooks = open_at(workspace)
    for owner in ("key_a", "key_a", "key_b", "", ""):
        hooks.add("https://hook.example/", owner=owner)
        if len(hooks.list("key_a")) == 2 and owner == "key_a":
            with pytest.raises(InvalidInput, match="2 webhooks"):
                hooks.add("https://hook.example/", owner="key_a")
    with pytest.raises(InvalidInput, match="5 webhooks"):
        hooks.add("https://hook.example/")


def test_a_name_that_several_have_is_no_name(workspace: Path) -> None:
    hooks = open_at(workspace)
    first = hooks.add("https://hook.example/", name="shop")
    hooks.add("https://hook.example/2", name="shop")
    for name in ("shop", "", "none"):
        with pytest.raises(NotFound):
            hooks.get(name)
    assert hooks.get(first.id).url == "https://hook.example/"


def test_old_messages_go(workspace: Path) -> None:
    hooks = open_at(workspace)
    made = hooks.add("https://hook.example/")
    kept = [hooks.outbox.add(made.id, "video.completed", f"job_{n}") for n in range(4)]
    for one, state, days in zip(
        kept, ("delivered", "delivered", "dead", "dead"), (6, 8, 29, 31), strict=True
    ):
        hooks.outbox.tried(one, state=state, status=None)
        with hooks.database.write() as connection:
            ended = {"ended": time.time() - days * 86_400}
            connection.execute(sa.update(delivery).where(delivery.c.id == one.id).values(ended))
    hooks.outbox.prune()
    assert {one.id for one in hooks.deliveries()} == {kept[0].id, kept[2].id}


@pytest.mark.postgres
def test_the_same_on_postgresql(postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORA_KIT_MEDIA_STORE", str(tmp_path / "media"))
    monkeypatch.setenv("SORA_KIT_SECRET_KEY", KEY)
    hooks = open_at(postgres.database())
    made = hooks.add("https://hook.example/", ["video.completed", "webhook.disabled"], name="shop")
    other = hooks.add("https://hook.example/2", ["webhook.disabled"])
    with hooks.database.write() as connection:
        note_end(connection, "job_1", "video", "completed", "")
        note_end(connection, "job_2", "video", "failed", "")
        note_end(connection, "job_3", "image", "completed", "")
    outbox = Outbox(hooks.database)
    (one,) = outbox.take(10, time.time() + 60)
    assert (one.about, one.webhook) == ("job_1", made.id)
    assert outbox.take(10, time.time() + 60) == []
    assert outbox.tried(one, state="dead", status=500, error="no")
    hooks.give_up(made.id, "no")
    assert [each.webhook for each in outbox.take(10, time.time() + 60)] == [other.id]
    hooks.secrets.rotate("yet another text that is long enough")
    assert hooks.signing(made.id) == (made.secret,)
    counted = figures(hooks.database)
    assert counted.webhooks == {True: 1, False: 1}
    assert counted.deliveries == {"dead": 1, "waiting": 1}
    assert counted.queue == 0
    hooks.database.close()

"""Keys: what is stored, what they may, and how fast a change counts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlite_watch import watched

from sora_kit.errors import InvalidInput, NotFound, UnknownModel
from sora_kit.store import Keys, Workspace
from sora_kit.store.keys import BELIEVED
from sora_kit.store.limits import DEFAULT_SCOPES, SCOPES, matches


@pytest.fixture
def keys(workspace: Path) -> Keys:
    return Keys(Workspace(workspace).database)


def test_a_key_without_limits_makes_everything_and_administers_nothing(keys: Keys) -> None:
    new = keys.create("ann")
    key = keys.get("ann")
    assert key == keys.get(new.id)
    assert (key.scopes, key.models, key.state) == (DEFAULT_SCOPES, (), "valid")
    assert (key.per_minute, key.at_once, key.budget, key.expires) == (None, None, None, None)
    assert set(SCOPES) - set(key.scopes) == {"admin"}


def test_limits_are_read_as_people_write_them(keys: Keys) -> None:
    keys.create(
        "ann", scopes="read, videos", models="sora2-*-10s sora-video", per_minute=60, at_once=2,
        budget="$2.50", expires="30d",
    )  # fmt: skip
    key = keys.get("ann")
    assert key.scopes == ("videos", "read")
    assert key.models == ("sora2-*-10s", "sora2-landscape-10s")
    assert (key.per_minute, key.at_once, key.budget) == (60, 2, 2.5)
    assert key.expires == pytest.approx(time.time() + 30 * 86_400, abs=60)
    later = datetime.now(UTC) + timedelta(days=1)
    assert keys.edit("ann", expires=later, budget=None, models=None).expires == later.timestamp()
    assert keys.get("ann").budget is None
    assert keys.get("ann").models == ()
    assert keys.get("ann").per_minute == 60, "what is not given stays"
    assert keys.edit("ann", expires="2999-12-31").expires is not None
    assert keys.edit("ann", expires=None, name="bob").name == "bob"


@pytest.mark.parametrize(
    ("limits", "param", "words"),
    [
        ({"scopes": "video"}, "scopes", "Did you mean videos"),
        ({"scopes": []}, "scopes", "can do nothing"),
        ({"scopes": 5}, "scopes", "list of words"),
        ({"scopes": {"read": 1}}, "scopes", "list of words"),
        ({"models": "sorra-9*"}, "models", "No model is called like"),
        ({"per_minute": 0}, "per_minute", "from 1 to"),
        ({"per_minute": True}, "per_minute", "from 1 to"),
        ({"at_once": -1}, "at_once", "from 1 to"),
        ({"at_once": 1.5}, "at_once", "from 1 to"),
        ({"budget": -1}, "budget", "sum of US dollars"),
        ({"budget": float("nan")}, "budget", "sum of US dollars"),
        ({"budget": "a lot"}, "budget", "sum of US dollars"),
        ({"expires": "soon"}, "expires", "is no time"),
        ({"expires": 1.0}, "expires", "is over"),
        ({"expires": float("inf")}, "expires", "is no time"),
        ({"expires": True}, "expires", "is no time"),
        ({"enabled": 1}, "enabled", "true or false"),
    ],
)
def test_what_cannot_be_meant_is_refused(keys: Keys, limits: dict[str, Any], param: str, words: str) -> None:
    for call in (lambda: keys.create("ann", **limits), lambda: keys.edit("there", **limits)):
        if not keys.list():
            keys.create("there")
        with pytest.raises(InvalidInput, match=words) as caught:
            call()
        assert caught.value.param == param
    assert [key.name for key in keys.list()] == ["there"]


def test_a_misspelt_model_gets_the_nearest(keys: Keys) -> None:
    with pytest.raises(UnknownModel, match="sora2-landscape-10s"):
        keys.create("ann", models="sora2-landscap-10s")


def test_a_keyword_that_does_not_exist_is_answered_with_the_nearest(keys: Keys) -> None:
    with pytest.raises(TypeError, match=r"no 'perminute'; did you mean 'per_minute'.*budget"):
        keys.create("ann", perminute=5)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"no 'nam'; did you mean 'name'"):
        keys.edit("ann", nam="bob")  # type: ignore[call-arg]


def test_names_are_of_people_and_taken_once(keys: Keys) -> None:
    keys.create("ann")
    keys.create("bob")
    for bad in ("", " ", "x" * 81, "a\nb"):
        with pytest.raises(InvalidInput, match="1 to 80"):
            keys.create(bad)
    with pytest.raises(InvalidInput, match="already"):
        keys.edit("bob", name="ann")
    with pytest.raises(NotFound, match="carl"):
        keys.edit("carl", enabled=False)


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (lambda keys, _: keys.edit("ann", enabled=False), "disabled"),
        (lambda keys, _: keys.revoke("ann"), "revoked"),
    ],
)
def test_what_this_object_changes_counts_at_once(
    keys: Keys, end: Callable[[Keys, str], Any], state: str
) -> None:
    secret = keys.create("ann").secret
    assert keys.check(secret) is not None
    end(keys, secret)
    assert keys.check(secret) is None
    found = keys.find(secret)
    assert found is not None
    assert found.state == state


def test_a_revoked_key_stays_so_and_a_disabled_one_comes_back(keys: Keys) -> None:
    secret = keys.create("ann").secret
    keys.edit("ann", enabled=False)
    keys.edit("ann", enabled=True)
    assert keys.check(secret) is not None
    keys.revoke("ann")
    with pytest.raises(InvalidInput, match="for good"):
        keys.edit("ann", enabled=True)
    assert keys.check(secret) is None


def test_a_change_by_another_process_counts_within_a_second(
    keys: Keys, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = keys.create("ann").secret
    assert keys.check(secret) is not None
    others = Keys(Workspace(workspace).database)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    keys.believed.clear()
    with watched(keys.database) as asked:
        for _ in range(1000):
            assert keys.check(secret) is not None
    assert sum(sql.startswith("SELECT") for sql in asked) == 1, "a busy client costs one question a second"
    others.revoke("ann")
    assert BELIEVED <= 2
    monkeypatch.setattr(time, "monotonic", lambda: now + BELIEVED)
    assert keys.check(secret) is None
    assert keys.believed == {}


def test_a_key_ends_to_the_second_though_it_is_believed(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = keys.create("ann", expires=time.time() + 100).secret
    assert keys.check(secret) is not None
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 101)
    assert keys.check(secret) is None
    assert keys.get("ann").state == "expired"


def test_wrong_secrets_are_not_remembered(keys: Keys) -> None:
    keys.create("ann")
    for wrong in ("", "x", "sk-sora-" + "x" * 43, "é", "\udce9"):
        assert keys.check(wrong) is None
    assert keys.believed == {}


def test_when_a_key_was_used_is_written_beside_the_requests(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = keys.create("ann").secret
    assert keys.get("ann").last_used is None
    keys.check(secret)
    first = keys.get("ann").last_used
    assert first == pytest.approx(time.time(), abs=5)
    keys.check(secret)
    assert keys.unwritten == set(), "a minute is exact enough"
    monkeypatch.setattr(time, "time", lambda: first + 61)
    keys.check(secret)
    assert keys.get("ann").last_used == first + 61


def test_the_key_of_the_environment_has_no_limits_and_no_admin(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SORA_KIT_API_KEY", "from-outside")
    key = keys.check("from-outside")
    assert key is not None
    assert "admin" not in key.scopes
    assert replace(key, created=0.0).to_json()["state"] == "valid"


def test_an_admin_key_alone_does_not_keep_the_first_one_away(keys: Keys) -> None:
    keys.create("operator", scopes="admin")
    assert keys.first() is not None, "nobody else could make a video"
    keys.edit("default", enabled=False)
    assert keys.first() is None, "somebody switched it off on purpose"


def test_names_and_globs() -> None:
    assert matches("sora-2", ())
    assert matches("sora2-landscape-10s", ("sora2-*-10s",))
    assert not matches("sora2-landscape-15s", ("sora2-*-10s", "gpt-image"))


def test_keys_of_before_can_do_what_they_could(workspace: Path) -> None:
    """The migration: a workspace of the version before, with a key in it."""
    from sora_kit.store import database as module
    from sora_kit.store.database import Database

    workspace.mkdir()
    url = f"sqlite:///{workspace / 'studio.sqlite'}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SCHEMA", "0002")
        old = Database(url)
        with old.write() as connection:
            connection.execute(
                sa.text(
                    "insert into api_key (id, name, hash, hint, created) values ('key_1', 'ann', 'h', 'x', 1)"
                )
            )
        old.close()
    key = Keys(Database(url)).get("ann")
    assert (key.scopes, key.models, key.enabled, key.state) == (DEFAULT_SCOPES, (), True, "valid")

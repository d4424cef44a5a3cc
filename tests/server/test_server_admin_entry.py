"""The ways into /admin: a key, a session, the password; and how they end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from sora_kit.store.gate import FREE_TRIES, network
from sora_kit.store.sessions import LIFE, PREFIX
from sora_kit.store.tables import gate

pytestmark = pytest.mark.server

PASSWORD = "a long admin password"


@pytest.fixture
def door(kit: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """A client from an address of its own, without credentials."""
    monkeypatch.setenv("SORA_KIT_ADMIN_PASSWORD", PASSWORD)
    address = {"x-forwarded-for": f"2001:db8:{time.time_ns() % 65_000:x}::1"}
    with httpx.Client(base_url=kit.url, headers=address, timeout=60) as http:
        yield http


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def last_try(kit: Any, address: str, ago: float) -> None:
    """Move the last wrong password from an address, so that no test hangs on how slow the machine is."""
    with kit.studio.workspace.database.write() as connection:
        change = sa.update(gate).where(gate.c.name == network(address))
        assert connection.execute(change.values(last=time.time() - ago)).rowcount == 1


def login(door: httpx.Client, password: str = PASSWORD) -> httpx.Response:
    return door.post("/admin/login", json={"password": password})


def test_a_session_is_opened_used_and_ended(kit: Any, door: httpx.Client) -> None:
    answer = login(door)
    assert answer.status_code == 200
    session = answer.json()
    assert session["token"].startswith(PREFIX)
    assert session["expires"] == pytest.approx(time.time() + LIFE, abs=30)
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    headers = bearer(session["token"])
    assert door.get("/admin/stats", headers=headers).status_code == 200
    assert door.get("/v1/models", headers=headers).status_code == 401, "a session is no key"
    assert door.post("/admin/logout", headers=headers).json()["ended"] is True
    over = door.get("/admin/stats", headers=headers)
    assert over.status_code == 401
    assert "(any more)" in over.json()["error"]["message"]


def test_a_session_that_is_over_locks_nobody_out(door: httpx.Client) -> None:
    for token in (PREFIX + "x" * 43, "sk-sora-" + "x" * 43):
        for _ in range(FREE_TRIES + 2):
            assert door.get("/admin/stats", headers=bearer(token)).status_code == 401
    assert login(door).status_code == 200


def test_another_password_ends_all_sessions(door: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = bearer(login(door).json()["token"])
    monkeypatch.setenv("SORA_KIT_ADMIN_PASSWORD", "another admin password")
    assert door.get("/admin/stats", headers=headers).status_code == 401
    monkeypatch.delenv("SORA_KIT_ADMIN_PASSWORD")
    closed = door.get("/admin/stats", headers=headers)
    assert closed.json()["error"]["code"] == "no_admin_password"
    assert login(door).status_code == 403


def test_wrong_logins_cost_time_wherever_they_are_tried(kit: Any, door: httpx.Client) -> None:
    for _ in range(FREE_TRIES - 1):
        answer = login(door, "wrong")
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "invalid_admin_password"
    assert door.get("/admin/stats", headers=bearer("wrong")).status_code == 401
    last_try(kit, door.headers["x-forwarded-for"], -60)
    locked = login(door)
    assert locked.status_code == 429, "the right one as well"
    assert locked.json()["error"]["code"] == "too_many_tries"
    assert locked.headers["retry-after"] == "1"
    assert locked.headers["x-should-retry"] == "false"
    last_try(kit, door.headers["x-forwarded-for"], 1)
    assert login(door).status_code == 200
    assert login(door).status_code == 200, "the right one ends it"


def test_the_lock_holds_at_other_servers_of_the_workspace(kit: Any, door: httpx.Client) -> None:
    from sora_kit.server import start

    for _ in range(FREE_TRIES):
        login(door, "wrong")
    last_try(kit, door.headers["x-forwarded-for"], -600)
    other = start(kit.studio, port=0)
    try:
        answer = httpx.post(
            f"{other.url}/admin/login",
            json={"password": PASSWORD},
            headers={"x-forwarded-for": door.headers["x-forwarded-for"]},
        )
        assert answer.status_code == 429
    finally:
        other.stop()
        kit.studio.advertise(kit.server.url)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "password"),
        ({"password": 5}, "Expected `str`"),
        ({"password": "x" * 2000}, "length <= 1024"),
        ({"password": PASSWORD, "user": "admin"}, "unknown field `user`"),
        ([], "Expected `object`"),
    ],
)
def test_a_login_that_cannot_be_read(door: httpx.Client, body: Any, words: str) -> None:
    answer = door.post("/admin/login", json=body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]
    assert PASSWORD not in answer.text


def test_a_login_is_no_place_for_large_bodies(door: httpx.Client) -> None:
    answer = door.post("/admin/login", content=b'{"password": "' + b"x" * 200_000 + b'"}')
    assert answer.status_code in (400, 413)


def test_an_admin_key_opens_it_in_either_header(kit: Any, door: httpx.Client) -> None:
    name = f"operator {time.time_ns()}"
    new = kit.studio.keys.create(name, scopes="admin", per_minute=3)
    try:
        assert door.get("/admin/stats", headers=bearer(new.secret)).status_code == 200
        assert door.get("/admin/stats", headers={"x-api-key": new.secret}).status_code == 200
        row = kit.studio.requests.latest(1)[0]
        assert (row["path"], row["key"]) == ("/admin/stats", name)
        answer = door.get("/admin/stats", headers=bearer(new.secret))
        assert answer.headers["x-ratelimit-remaining-requests"] == "0"
        assert door.get("/admin/stats", headers=bearer(new.secret)).status_code == 429
    finally:
        kit.studio.keys.revoke(new.id)
    assert door.get("/admin/stats", headers=bearer(new.secret)).status_code == 401


def test_an_admin_key_needs_no_password_to_be_set(
    kit: Any, door: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SORA_KIT_ADMIN_PASSWORD")
    new = kit.studio.keys.create(f"operator {time.time_ns()}", scopes="admin")
    assert door.get("/admin/stats", headers=bearer(new.secret)).status_code == 200
    kit.studio.keys.revoke(new.id)


def test_no_password_turns_up_in_the_log(kit: Any, door: httpx.Client) -> None:
    login(door)
    login(door, "a wrong admin password")
    door.get("/admin/stats", headers=bearer("a wrong admin password"))
    rows = str(kit.studio.requests.latest(10))
    assert "/admin/login" in rows
    assert "admin password" not in rows

"""Wrong passwords cost time, for all processes; sessions end with the password."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from postgres_server import Postgres

from sora_kit.store import Workspace
from sora_kit.store import gate as module
from sora_kit.store.database import Database
from sora_kit.store.gate import FREE_TRIES, LONGEST, Gate, network
from sora_kit.store.sessions import LIFE, PREFIX, Sessions
from sora_kit.store.tables import gate, session


@pytest.fixture
def database(workspace: Path) -> Database:
    return Workspace(workspace).database


def test_five_are_free_and_then_the_wait_doubles(database: Database) -> None:
    now = [1000.0]
    one = Gate(database, lambda: now[0])
    assert not one.known("192.0.2.1")
    assert [one.take("192.0.2.1") for _ in range(FREE_TRIES)] == [0.0] * FREE_TRIES
    for wait in (1, 2, 4, 8):
        assert one.take("192.0.2.1") == pytest.approx(wait)
        now[0] += wait - 0.01
        assert one.take("192.0.2.1") > 0, "asking too early is no further try"
        now[0] += 0.01
        assert one.take("192.0.2.1") == 0.0
    assert one.take("192.0.2.2") == 0.0, "others are not kept waiting"
    for _ in range(80):
        now[0] += LONGEST
        assert one.take("192.0.2.1") == 0.0
    assert one.take("192.0.2.1") == LONGEST
    now[0] -= 500_000
    assert one.take("192.0.2.1") == LONGEST, "a clock that was put back keeps nobody out for longer"
    one.passed("192.0.2.1")
    assert one.take("192.0.2.1") == 0.0


def test_all_processes_share_the_count(database: Database, workspace: Path) -> None:
    other = Gate(Workspace(workspace).database)
    for _ in range(FREE_TRIES):
        other.take("203.0.113.9")
    assert Gate(database).take("203.0.113.9") > 0


def race(places: list[Database]) -> int:
    free, barrier = [], threading.Barrier(len(places))

    def work(place: Database) -> None:
        barrier.wait()
        free.extend(1 for _ in range(FREE_TRIES) if Gate(place).take("one") == 0)

    threads = [threading.Thread(target=work, args=(place,)) for place in places]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return len(free)


def test_many_at_once_are_not_more_tries(workspace: Path) -> None:
    assert race([Workspace(workspace).database for _ in range(4)]) == FREE_TRIES


@pytest.mark.postgres
def test_nor_on_postgresql(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORA_KIT_MEDIA_STORE", str(tmp_path))
    url = postgres.database()
    places = [Workspace(url).database for _ in range(4)]
    assert race(places) == FREE_TRIES
    token, _ = Sessions(places[0]).open("password")
    assert Sessions(places[1]).holds(token, "password")
    for place in places:
        place.close()


def test_it_remembers_an_end(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 10)
    now = [0.0]
    one = Gate(database, lambda: now[0])
    for number in range(25):
        now[0] += 1
        one.take(f"192.0.2.{number}")
    with database.read() as connection:
        names = set(connection.execute(sa.select(gate.c.name)).scalars())
    assert names == {f"192.0.2.{number}" for number in range(15, 25)}


def test_whom_an_address_stands_for() -> None:
    assert network("2001:db8::1") == network("2001:db8::ffff") != network("2001:db8:0:1::1")
    assert network("page") == "page"
    assert len(network("x" * 500)) <= 80


def test_a_session_ends_by_itself_by_hand_and_with_the_password(
    database: Database, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions, others = Sessions(database), Sessions(Workspace(workspace).database)
    token, expires = sessions.open("old password")
    assert token.startswith(PREFIX)
    assert expires == pytest.approx(time.time() + LIFE, abs=5)
    assert others.holds(token, "old password")
    assert not others.holds(token, "new password")
    assert not others.holds(token, "")
    assert not others.holds(token + "x", "old password")
    assert not others.holds("old password", "old password")
    assert others.end(token, "old password")
    assert not sessions.holds(token, "old password")
    assert not others.end(token, "old password")
    token, expires = sessions.open("old password")
    monkeypatch.setattr(time, "time", lambda: expires + 1)
    assert not sessions.holds(token, "old password")
    sessions.open("old password")
    with database.read() as connection:
        assert len(connection.execute(sa.select(session)).all()) == 1, "those that are over are forgotten"


def test_neither_token_nor_password_is_stored(database: Database, workspace: Path) -> None:
    token, _ = Sessions(database).open("a password of an operator")
    database.close()
    stored = b"".join(path.read_bytes() for path in workspace.glob("studio.sqlite*"))
    assert token.encode() not in stored
    assert b"a password of an operator" not in stored

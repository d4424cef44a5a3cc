"""Transactions: what belongs together is written together, and no failure stays unsaid."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from postgres_server import Postgres
from sqlalchemy.exc import IntegrityError

from sora_kit.errors import WorkspaceError
from sora_kit.store import Settings, Workspace
from sora_kit.store.database import Database


@pytest.fixture
def database(workspace: Path) -> Database:
    return Workspace(workspace).database


def test_a_block_inside_a_writing_block_is_part_of_it(database: Database) -> None:
    settings = Settings(database)
    with pytest.raises(RuntimeError, match="stop"), database.write():
        settings.set("one", 1)
        assert settings.get("one") == 1
        raise RuntimeError("stop")
    assert settings.get("one") is None
    with database.write():
        settings.set("one", 1)
        settings.set("two", 2)
    assert (settings.get("one"), settings.get("two")) == (1, 2)


def test_a_commit_that_fails_is_told_and_leaves_nothing(database: Database) -> None:
    make = "create table child (parent integer references runner (id) deferrable initially deferred)"
    with database.write() as connection:
        connection.execute(sa.text(make))
    with pytest.raises(WorkspaceError), database.write() as connection:
        connection.execute(sa.text("insert into child values (7)"))
    with database.read() as connection:
        assert connection.execute(sa.text("select count(*) from child")).scalar_one() == 0


def test_an_interrupt_in_a_statement_stays_an_interrupt(database: Database) -> None:
    settings = Settings(database)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt  # as the kernel's Interrupt button does

    sa.event.listen(database.engine, "do_execute", interrupted)
    with pytest.raises(KeyboardInterrupt), database.write() as transaction:
        settings.set("one", 1)
        transaction.usual().execute(sa.text("select 1"))
    sa.event.remove(database.engine, "do_execute", interrupted)
    assert settings.get("one") is None
    settings.set("one", 1)  # nobody holds the lock
    assert settings.get("one") == 1


@pytest.mark.postgres
def test_a_promise_that_is_broken_at_the_commit_is_told_on_postgresql(postgres: Postgres) -> None:
    database = Workspace(postgres.database()).database
    with database.write() as connection:
        connection.execute(sa.text("create table once (n integer unique deferrable initially deferred)"))
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(sa.text("insert into once values (1), (1)"))
    with database.read() as connection:
        assert connection.execute(sa.text("select count(*) from once")).scalar_one() == 0
    database.close()

"""The journal of paid calls: what was bought, or may have been.

A step that costs money has one entry. It is *intended* before the call, *submitted* with the
backend's id after it, and gone again if the backend surely refused. Each intention has a token of
its own, and every write names the token it belongs to: a process that was frozen between intention
and call finds, at its last look before the call, that another one has taken over, and whatever it
still writes does nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError

from sora_kit.store.database import Database
from sora_kit.store.statements import Prepared, any_of
from sora_kit.store.tables import job, journal

__all__ = ("Entry", "Journal")


@dataclass(frozen=True, slots=True)
class Entry:
    """One paid call."""

    step: str
    """``job_…/number``."""
    job: str
    backend: str
    account: str
    state: str
    """``intended``, ``submitted`` or ``done``."""
    runner: str
    """The process that intended it."""
    token: str
    """Names this intention, also towards backends that take idempotency keys."""
    words: str
    """Digest of what was ordered; equal orders have equal digests."""
    prepared: dict[str, Any]
    """What was made ready before the call (uploads)."""
    intended: float
    submitted: float | None
    """Unix seconds."""
    task: str | None
    """The backend's id of it."""
    piece: dict[str, Any] | None = None
    """What came of it, once it is stored here."""


SAME = sa.and_(
    journal.c.step == sa.bindparam("which"),
    journal.c.token == sa.bindparam("its_token"),
    journal.c.state == sa.bindparam("its_state"),
)
"""That an entry still is what was read."""

ONE = Prepared(sa.select(journal).where(journal.c.step == sa.bindparam("which")))
MAY_CALL = Prepared(
    sa.select(journal.c.step)
    .join(job, job.c.id == journal.c.job)
    .where(
        SAME, ~job.c.cancel, any_of(job.c.state, ("queued", "running")), job.c.runner == sa.bindparam("me")
    )
)
WITHDRAW = Prepared(sa.delete(journal).where(SAME))


def writing(*names: str) -> Prepared:
    """The statement that writes these columns of an entry that still is what was read."""
    values = {name: sa.bindparam(f"new_{name}", type_=journal.c[name].type) for name in names}
    return Prepared(sa.update(journal).where(SAME).values(values))


SUBMITTED = writing("state", "submitted", "task")
DONE = writing("state", "piece")


class Journal:
    """The journal of a workspace. All calls are synchronous, each one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database
        insert = sqlite_insert if database.sqlite else postgresql_insert
        self.add = Prepared(insert(journal).on_conflict_do_nothing())

    def get(self, step: str) -> Entry | None:
        """The entry of a step, None when nothing was ever intended or it was surely refused."""
        with self.database.read() as connection:
            row = connection.run(ONE, {"which": step}).one()
        return None if row is None else Entry(**row)

    def intend(self, entry: Entry, after: Entry | None) -> bool:
        """Write an intention.

        Args:
            entry: With a fresh token.
            after: What stood there before, None for nothing.

        Returns:
            False when somebody else changed the entry meanwhile; then nothing was written.
        """
        values = {name: getattr(entry, name) for name in Entry.__slots__}
        with self.database.write() as connection:
            if after is not None:
                done = connection.execute(sa.update(journal).where(SAME).values(values), same(after))
                return bool(done.rowcount)
            return bool(connection.run(self.add, values).count)

    def may_call(self, entry: Entry) -> bool:
        """The last look before the call: it is still our intention, and nobody stopped the job."""
        with self.database.read() as connection:
            return connection.run(MAY_CALL, same(entry) | {"me": entry.runner}).one() is not None

    def submitted(self, entry: Entry, task: str, when: float) -> bool:
        """It was accepted as ``task``.

        Returns:
            False when somebody else took over, or another step has that task.
        """
        values = {"new_state": "submitted", "new_submitted": when, "new_task": task}
        try:
            with self.database.write() as connection:
                done = connection.run(SUBMITTED, same(entry) | values)
        except IntegrityError:
            return False
        return bool(done.count)

    def done(self, entry: Entry, piece: dict[str, Any]) -> None:
        """Its result is stored here, as ``piece`` tells."""
        with self.database.write() as connection:
            connection.run(DONE, same(entry) | {"new_state": "done", "new_piece": piece})

    def withdraw(self, entry: Entry) -> bool:
        """It was surely refused, or never arrived: as if it had never been intended."""
        with self.database.write() as connection:
            return bool(connection.run(WITHDRAW, same(entry)).count)

    def known(self, backend: str, tasks: Iterable[str]) -> set[str]:
        """Those of the backend's ids that belong to some step."""
        query = sa.select(journal.c.task).where(journal.c.backend == backend, journal.c.task.in_(list(tasks)))
        with self.database.read() as connection:
            return {str(row.task) for row in connection.execute(query)}

    def rivals(self, entry: Entry) -> list[Entry]:
        """Other steps whose call for the same account has no answer yet."""
        query = sa.select(journal).where(
            journal.c.account == entry.account,
            journal.c.state == "intended",
            journal.c.step != entry.step,
        )
        with self.database.read() as connection:
            return [Entry(**row) for row in connection.execute(query).mappings()]

    def give_up(self, job_id: str) -> None:
        """Forget the orders of a job that brought no result; a person decided so."""
        with self.database.write() as connection:
            connection.execute(sa.delete(journal).where(journal.c.job == job_id, journal.c.state != "done"))


def same(entry: Entry) -> dict[str, Any]:
    """What `SAME` asks for."""
    return {"which": entry.step, "its_token": entry.token, "its_state": entry.state}

"""Jobs: the row that every face reads.

State only moves forward, by conditional updates, so that two processes which both believe that they
run a job (one was frozen and thawed) cannot undo each other: the first to end it wins. ``revision``
counts the writes, which lets a follower see what is news.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sora_kit.errors import NotFound
from sora_kit.language.request import Request
from sora_kit.store import leftovers, sequels
from sora_kit.store.allowance import accept, release
from sora_kit.store.characters import insert_character
from sora_kit.store.database import Database
from sora_kit.store.job_record import FINAL, JobRecord, State
from sora_kit.store.outbox import note_end
from sora_kit.store.runners import STALE_SECONDS
from sora_kit.store.sequels import Sequel
from sora_kit.store.statements import Prepared, Transaction, any_of
from sora_kit.store.tables import clip, job, runner, sequel

__all__ = ("FINAL", "JobRecord", "Jobs", "State")

COLUMNS = [column for column in job.c if column.name not in ("key", "cancel")]
ONE = Prepared(sa.select(*COLUMNS).where(job.c.id == sa.bindparam("which")))

OPEN = ~any_of(job.c.state, FINAL)
BEGUN = any_of(job.c.state, ("queued", "running"))
MINE = job.c.runner == sa.bindparam("me")
WHERE: dict[str, sa.ColumnElement[bool]] = {
    "open": OPEN,
    "open and mine": sa.and_(OPEN, MINE),
    "begun and mine": sa.and_(BEGUN, MINE),
    "queued or waiting for a person": any_of(job.c.state, ("queued", "needs_you")),
    "running": job.c.state == "running",
    "waiting for a person": job.c.state == "needs_you",
}
"""Conditions under which a row may be written."""


def value_of(name: str) -> sa.ColumnElement[Any]:
    """What is written into a column: what is given, except where the row must only move forward."""
    given = sa.bindparam(f"new_{name}", type_=job.c[name].type)
    match name:
        case "attempts":
            return job.c.attempts + 1
        case "progress":
            return sa.case((job.c.progress > given, job.c.progress), else_=given)
        case "started":
            return sa.func.coalesce(job.c.started, given)
    return given


@functools.lru_cache(maxsize=128)
def change_of(where: str, names: tuple[str, ...], *, told: bool = True) -> Prepared:
    """The statement that writes these columns, and tells the row."""
    values = {name: value_of(name) for name in (*names, "updated")} | {"revision": job.c.revision + 1}
    change = sa.update(job).where(job.c.id == sa.bindparam("which"), WHERE[where]).values(values)
    return Prepared(change.returning(*COLUMNS) if told else change)


def record(row: sa.Row[Any]) -> JobRecord:
    """The snapshot of a row of `COLUMNS`."""
    return of_columns(dict(row._mapping))  # noqa: SLF001 (SQLAlchemy's public name for it)


def of_columns(fields: dict[str, Any]) -> JobRecord:
    """The snapshot with these values."""
    fields["request"] = Request.from_json(fields["request"])
    fields["clips"] = tuple(fields["clips"])
    return JobRecord(**fields)


ADD_JOB = Prepared(sa.insert(job))
FREE = ~sa.exists().where(runner.c.id == job.c.runner, runner.c.seen > sa.bindparam("alive"))
"""No live runner has it. Asked in the very statement that takes it: a list of live runners that was read
before is too old when a new one begins."""
CLAIM = Prepared(
    sa.update(job)
    .where(job.c.id == sa.bindparam("which"), BEGUN, FREE)
    .values(runner=sa.bindparam("me"), updated=sa.bindparam("now"), revision=job.c.revision + 1)
)
WAITING = Prepared(
    sa.select(*COLUMNS).where(BEGUN, FREE).order_by(job.c.id).limit(sa.bindparam("most", type_=sa.Integer))
)
LOST = Prepared(sa.select(*COLUMNS).where(BEGUN, job.c.updated < sa.bindparam("before")))
TO_STOP = Prepared(sa.select(job.c.id).where(sa.text("cancel"), job.c.updated >= sa.bindparam("since")))
CHANGED = Prepared(
    sa.select(*COLUMNS)
    .where(
        job.c.updated >= sa.bindparam("since"),
        sa.or_(job.c.runner.is_(None), job.c.runner != sa.bindparam("besides")),
    )
    .order_by(job.c.updated)
    .limit(2000)
)
ADD_CLIP = Prepared(sa.insert(clip))


class Jobs:
    """The jobs of a workspace. All calls are synchronous and safe from any thread."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(
        self,
        new: JobRecord,
        key: str | None = None,
        *,
        limited: bool = False,
        then: Sequel | None = None,
    ) -> JobRecord:
        """Write a new job; it is durable when this returns.

        Args:
            new: The first snapshot, state ``queued``.
            key: Idempotency key, unique per owner.
            limited: Whether it must keep within what its owner may have; see `allowance.accept`.
            then: What follows it.

        Returns:
            ``new``, or the job that was accepted earlier under the same key.
        """
        values = {column.name: getattr(new, column.name) for column in COLUMNS}
        values |= {"request": new.request.to_json(), "clips": list(new.clips), "key": key}
        try:
            with self.database.write() as connection:
                connection.run(ADD_JOB, values)
                if limited:
                    accept(connection, self.database, new)
                if then is not None:
                    connection.execute(sa.insert(sequel).values(sequels.row(then)))
        except IntegrityError:
            earlier = self.by_key(new.owner, key)
            if earlier is None:
                raise
            return earlier
        return new

    def by_key(self, owner: str, key: str | None) -> JobRecord | None:
        """The job that was accepted under an idempotency key."""
        if key is None:
            return None
        with self.database.read() as connection:
            query = sa.select(*COLUMNS).where(job.c.owner == owner, job.c.key == key)
            found = connection.execute(query).one_or_none()
        return record(found) if found else None

    def key_of(self, job_id: str) -> str | None:
        """The idempotency key under which a job was accepted, or None."""
        with self.database.read() as connection:
            key: str | None = connection.execute(
                sa.select(job.c.key).where(job.c.id == job_id)
            ).scalar_one_or_none()
        return key

    def get(self, job_id: str) -> JobRecord:
        """One job.

        Raises:
            NotFound: No such job here.
        """
        with self.database.read() as connection:
            row = connection.run(ONE, {"which": job_id}).one()
        if row is None:
            raise NotFound(
                f"There is no job {job_id}",
                why="This workspace does not hold it",
                fix="List them with studio.jobs()",
                param="id",
            )
        return of_columns(row)

    def some(self, ids: Collection[str]) -> list[JobRecord]:
        """Those of the given jobs that exist."""
        with self.database.read() as connection:
            return [record(row) for row in connection.execute(sa.select(*COLUMNS).where(job.c.id.in_(ids)))]

    def keyed(self, prefix: str, owner: str = "") -> dict[str, JobRecord]:
        """Idempotency key → job, for an owner's keys that begin with ``prefix``."""
        query = sa.select(job.c.key, *COLUMNS).where(
            job.c.owner == owner, job.c.key.startswith(prefix, autoescape=True)
        )
        with self.database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return {row["key"]: of_columns({name: row[name] for name in row if name != "key"}) for row in rows}

    def latest(
        self,
        *,
        limit: int = 100,
        before: str | None = None,
        states: Collection[str] | None = None,
        owner: str | None = None,
    ) -> list[JobRecord]:
        """Jobs, newest first; ``before`` continues behind that id."""
        query = sa.select(*COLUMNS).order_by(job.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(job.c.id < before)
        if states is not None:
            query = query.where(job.c.state.in_(states))
        if owner is not None:
            query = query.where(job.c.owner == owner)
        with self.database.read() as connection:
            return [record(row) for row in connection.execute(query)]

    def changed_since(self, moment: float, besides: str = "") -> list[JobRecord]:
        """Jobs whose row was written at or after ``moment``, oldest change first.

        Args:
            moment: Unix seconds.
            besides: Leave out the jobs of this runner: it knows them.
        """
        with self.database.read() as connection:
            rows = connection.run(CHANGED, {"since": moment, "besides": besides}).found
        return [of_columns(row) for row in rows]

    def counts(self, owner: str | None = None) -> dict[str, int]:
        """Number of jobs in each state that occurs; of one owner's jobs if one is given."""
        query = sa.select(job.c.state, sa.func.count()).group_by(job.c.state)
        query = query if owner is None else query.where(job.c.owner == owner)
        with self.database.read() as connection:
            return {str(state): int(count) for state, count in connection.execute(query)}

    # -- what runners do

    def waiting(self, limit: int = 50) -> list[JobRecord]:
        """Jobs to be run that no live runner has, oldest first."""
        with self.database.read() as connection:
            rows = connection.run(WAITING, {"alive": time.time() - STALE_SECONDS, "most": limit})
        return [of_columns(row) for row in rows.found]

    def lost(self, before: float) -> list[JobRecord]:
        """Jobs to be run of which nothing was heard since ``before`` (Unix seconds)."""
        with self.database.read() as connection:
            return [of_columns(row) for row in connection.run(LOST, {"before": before}).found]

    def claim(self, job_id: str, runner: str) -> bool:
        """Take a job for ``runner`` unless a live one has it."""
        now = time.time()
        given = {"which": job_id, "alive": now - STALE_SECONDS, "me": runner, "now": now}
        with self.database.write() as connection:
            return bool(connection.run(CLAIM, given).count)

    def to_stop(self, since: float) -> list[str]:
        """Ids of jobs that somebody cancelled at or after ``since`` (Unix seconds)."""
        with self.database.read() as connection:
            return [row["id"] for row in connection.run(TO_STOP, {"since": since}).found]

    def begin(self, job_id: str, runner: str) -> JobRecord | None:
        """Take the job in hand for ``runner``; None when it has ended meanwhile."""
        return self.change(job_id, "open", runner=runner, attempts=1)

    def enter(self, job_id: str, runner: str) -> JobRecord | None:
        """It waits no longer: ``running``. None when ``runner`` has it no more."""
        new = {"state": "running", "stage": "", "place": None, "started": time.time()}
        return self.change(job_id, "begun and mine", me=runner, **new)

    def progress(
        self, job_id: str, runner: str, *, progress: float, stage: str, place: int | None, **more: Any
    ) -> bool:
        """Note how far it is; False when ``runner`` no longer runs it."""
        given = {"which": job_id, "me": runner, "new_updated": time.time(), "new_progress": progress}
        given |= {"new_stage": stage, "new_place": place}
        given |= {f"new_{name}": value for name, value in more.items()}
        change = change_of("begun and mine", ("progress", "stage", "place", *more), told=False)
        with self.database.write() as connection:
            return bool(connection.run(change, given).count)

    def ask_to_cancel(self, job_id: str) -> bool:
        """Cancel a waiting job at once, or ask the runner of a running one; False if it has ended."""
        new = {"state": "cancelled", "stage": "", "place": None, "finished": time.time(), "cancel": True}
        return (
            self.change(job_id, "queued or waiting for a person", **new) is not None
            or self.change(job_id, "running", cancel=True) is not None
        )

    def reopen(self, job_id: str, now: float) -> bool:
        """Queue a job again that waited for a person; False when it does not (any more)."""
        timings = {**self.get(job_id).timings, "resumed": now}
        new = {"state": "queued", "stage": "", "error": None, "finished": None, "runner": None}
        return self.change(job_id, "waiting for a person", timings=timings, **new) is not None

    def finish(
        self,
        job_id: str,
        state: State,
        *,
        clip_row: dict[str, Any] | None = None,
        character_row: dict[str, Any] | None = None,
        text: str = "",
        error: dict[str, Any] | None = None,
        timings: dict[str, float] | None = None,
        account: str = "",
        runner: str | None = None,
    ) -> JobRecord | None:
        """End a job, with its clip or character in the same transaction.

        Args:
            job_id: The job.
            state: How it ended.
            clip_row: The clip that it made.
            character_row: The character that it made.
            text: The text that it made.
            error: Why it failed, or what it needs.
            timings: When it reached its stages.
            account: Who served it.
            runner: Only if this process still has it; None for anybody, because a result is a result.

        Returns:
            The row as it is now; None when it had ended already or is another's, and nothing was written.
        """
        new: dict[str, Any] = {"state": state, "stage": "", "place": None, "finished": time.time()}
        new |= {"text": text, "error": error, "timings": timings or {}}
        if account:
            new["account"] = account
        if state == "completed":
            new["progress"] = 100.0
        if clip_row is not None:
            new["clips"] = [clip_row["id"]]
        where = "open" if runner is None else "open and mine"
        with self.database.write() as connection:
            ended = self.changed(connection, job_id, where, me=runner, **new)
            if ended is not None and clip_row is not None:
                connection.run(ADD_CLIP, clip_row)
            if ended is not None and character_row is not None:
                insert_character(connection, character_row)
        return ended

    def change(self, job_id: str, where: str, **new: Any) -> JobRecord | None:
        """Write columns of one row if the condition of that name still holds; the row as it is then."""
        with self.database.write() as connection:
            return self.changed(connection, job_id, where, **new)

    def changed(
        self, connection: Transaction, job_id: str, where: str, *, me: str | None = None, **new: Any
    ) -> JobRecord | None:
        """As `change`, inside a transaction; every write to an existing row goes through here."""
        given = {f"new_{name}": value for name, value in new.items()}
        given |= {"which": job_id, "me": me, "new_updated": time.time()}
        row = connection.run(change_of(where, tuple(new)), given).one()
        if row is not None and new.get("state") in FINAL:
            note_end(connection, row["id"], row["kind"], row["state"], row["owner"])
        return None if row is None else of_columns(row)

    def remove(self, ids: Sequence[str]) -> None:
        """Forget jobs that have ended, and what belongs to them; see `leftovers`."""
        with self.database.write() as connection:
            ended = sa.select(job.c.id).where(job.c.id.in_(ids), job.c.state.in_(FINAL))
            ids = connection.execute(ended).scalars().all()
            release(connection, ids)
            leftovers.forget(connection, ids)
            connection.execute(sa.delete(job).where(job.c.id.in_(ids)))

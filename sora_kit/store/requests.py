"""The log of API requests: who asked what, who served it, and how it ended.

A row is given away in a microsecond (`RequestLog.add`) and written with its neighbours a little later
(`RequestLog.flush`): masking, which `sora_kit.store.masking` does, and the insert are both done there,
off the event loop. Reading through the same object flushes first, so whoever has an answer finds its
row. What its job learns later (the account, the times of its stages) is joined when a row is read.

Settings of the workspace: ``log.keep_rows`` (10,000), ``log.keep_days`` (30), and ``log.body_bytes``
(4,096), the characters kept of each body; 0 keeps no bodies.
"""

from __future__ import annotations

import functools
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from sora_kit.store.database import Database
from sora_kit.store.masking import mask, mask_body
from sora_kit.store.settings import Settings
from sora_kit.store.statements import Transaction
from sora_kit.store.tables import account, api_key, job, request_log

__all__ = ("STAGES", "Answered", "RequestLog", "durations", "moments")

KEEP_ROWS = 10_000
KEEP_DAYS = 30.0
BODY = 4096

PRUNE_EVERY = 500
"""Rows between two looks for old ones."""

TOGETHER = 50
"""Rows that one statement writes."""

WAITING = 2000
"""Rows that wait to be written; a database that is blocked for long costs the oldest of them."""

STAGES = {
    "started": "waiting",
    "submitted": "submitting",
    "made": "making",
    "fetched": "fetching",
    "stored": "storing",
}
"""The moments of a job, in order, and what it did until then; before them comes ``queued``."""


MOMENTS = ("timings", "created", "started", "finished")
"""What a job's row tells of its times; see `moments`."""


@dataclass(slots=True)
class Answered:
    """One answered request, as a server saw it; secrets are still in it.

    (Nobody changes it. A frozen dataclass takes three times as long to make.)
    """

    method: str
    path: str
    """Masked, as is the model; the bodies are masked when they are written."""

    status: int
    ms: float
    """From the first byte asked to the last one answered."""

    owner: str = ""
    """Id of the API key, ``admin``, or empty."""

    client: str = ""
    """Address of who asked."""

    job: str | None = None
    model: str | None = None
    error: str | None = None
    """Code of the failure, also of one that came after status 200; ``client_left`` for a client that did."""

    asked: Any = field(default="", repr=False)
    """The body: text, or a tree of JSON types."""

    answered: str = field(default="", repr=False)
    """The answer, or its last part; its beginning where ``answered_size`` is larger."""

    answered_size: int = 0
    masked: bool = False
    """The answer is masked already."""

    known: tuple[str, ...] = field(default=(), repr=False)
    """Secrets that came with the request, to be masked wherever they stand."""

    time: float = field(default_factory=time.time)
    """Unix seconds."""


class RequestLog:
    """The request log of a workspace. Safe from any thread."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.settings = Settings(database)
        self.waiting: deque[Answered] = deque(maxlen=WAITING)
        self.lock = threading.Lock()
        self.unpruned = PRUNE_EVERY  # a process that writes little prunes once
        self._body: int | None = None

    @property
    def body_limit(self) -> int:
        """Characters kept of each body, as of the last flush."""
        if self._body is None:
            self._body = int(self.number("log.body_bytes", BODY))
        return self._body

    def add(self, row: Answered) -> None:
        """Take a row; the next `flush` writes it."""
        self.waiting.append(row)

    def flush(self) -> None:
        """Write the rows that were taken. Others that flush at the same time wait until it is done.

        Raises:
            WorkspaceError: They could not be written; they are lost then.
        """
        with self.lock:
            rows = [self.waiting.popleft() for _ in range(len(self.waiting))]
            if not rows:
                return
            self._body = None  # a changed setting counts from here on
            limit = self.body_limit
            written = [as_row(row, limit) for row in rows]
            with self.database.write() as connection:
                insert(connection, written)
            self.unpruned += len(rows)
            if self.unpruned >= PRUNE_EVERY:
                self.unpruned = 0
                self.prune()

    def prune(self) -> None:
        """Forget rows that are too many or too old."""
        keep = max(0, int(self.number("log.keep_rows", KEEP_ROWS)))
        oldest = time.time() - 86_400 * max(0.0, self.number("log.keep_days", KEEP_DAYS))
        # Rows are numbered without gaps, as only the oldest ever go. Counting them would mean reading them.
        newest = sa.select(sa.func.max(request_log.c.id))
        with self.database.write() as connection:
            beyond = (connection.execute(newest).scalar_one() or 0) - keep
            connection.execute(
                sa.delete(request_log).where(sa.or_(request_log.c.time < oldest, request_log.c.id <= beyond))
            )

    def latest(
        self,
        limit: int = 1000,
        *,
        before: int | None = None,
        since: float | None = None,
        status: int | None = None,
        owner: str | None = None,
        job_id: str | None = None,
        search: str = "",
        bodies: bool = True,
    ) -> list[dict[str, Any]]:
        """Rows, newest first, with what their jobs tell by now.

        Args:
            limit: Most rows.
            before: Continue behind the row of that id.
            since: Unix seconds; rows from then on.
            status: Only that status; 4 or 5 stand for all of their hundred.
            owner: Only requests of the key of that id or name.
            job_id: Only requests about that job.
            search: Only those with this text in path, model, failure, job or address, in any case.
            bodies: Whether ``asked`` and ``answered`` are read; else they are left out.

        Returns:
            The columns of the table; ``key`` is the name of the key, ``account`` the label of the account
            that served it, ``timings`` the seconds per stage of the job (see `STAGES`).
        """
        self.flush()
        left_out = {"account"} if bodies else {"account", "asked", "answered"}
        query = (
            sa.select(
                *(column for column in request_log.c if column.name not in left_out),
                sa.func.coalesce(api_key.c.name, "").label("key"),
                sa.func.coalesce(account.c.label, job.c.account, request_log.c.account).label("account"),
                *(job.c[name].label(f"job_{name}") for name in MOMENTS),
            )
            .select_from(
                request_log.outerjoin(job, job.c.id == request_log.c.job)
                .outerjoin(account, account.c.id == job.c.account)
                .outerjoin(api_key, api_key.c.id == request_log.c.owner)
            )
            .order_by(request_log.c.id.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(request_log.c.id < before)
        if since is not None:
            query = query.where(request_log.c.time >= since)
        if status is not None and status < 10:
            query = query.where(request_log.c.status.between(status * 100, status * 100 + 99))
        elif status is not None:
            query = query.where(request_log.c.status == status)
        if owner is not None:
            query = query.where(sa.or_(request_log.c.owner == owner, api_key.c.name == owner))
        if job_id is not None:
            query = query.where(request_log.c.job == job_id)
        if search:
            columns = (request_log.c[name] for name in ("path", "model", "error", "job", "client"))
            query = query.where(sa.or_(*(column.icontains(search, autoescape=True) for column in columns)))
        with self.database.read() as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        for row in rows:
            row["timings"] = durations(moments(*(row.pop(f"job_{name}") for name in MOMENTS)))
            row["key"] = row["key"] or row["owner"].removeprefix("key_")
        return rows

    def counts(self, since: float) -> dict[str, dict[str, int]]:
        """Requests since a moment (Unix seconds): by status, and by code of the failure."""
        self.flush()
        found: dict[str, dict[str, int]] = {}
        with self.database.read() as connection:
            for name, column in (("statuses", request_log.c.status), ("errors", request_log.c.error)):
                query = (
                    sa.select(column, sa.func.count())
                    .where(request_log.c.time >= since, column.is_not(None))
                    .group_by(column)
                    .order_by(column)
                )
                found[name] = {str(value): int(count) for value, count in connection.execute(query)}
        return found

    def number(self, name: str, default: float) -> float:
        """A setting that is a number; anything else counts as not set."""
        value = self.settings.get(name, default)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else default


def insert(connection: Transaction, rows: list[dict[str, Any]]) -> None:
    """Write rows, all with the same columns; on SQLite by the dozen.

    SQLite's driver lets other threads run at each statement, and one that gives answers pays more for that
    than the row costs.
    """
    if connection.driver is None:
        connection.execute(sa.insert(request_log), rows)
        return
    for start in range(0, len(rows), TOGETHER):
        some = rows[start : start + TOGETHER]
        values = [value for row in some for value in row.values()]
        try:
            connection.driver.execute(insert_text(tuple(some[0]), len(some)), values)
        except sqlite3.Error as error:
            raise DBAPIError.instance("insert", None, error, sqlite3.Error) from error


@functools.lru_cache(maxsize=2 * TOGETHER)
def insert_text(columns: tuple[str, ...], count: int) -> str:
    """The statement that writes so many rows."""
    row = f"({', '.join('?' * len(columns))})"
    return f"insert into {request_log.name} ({', '.join(columns)}) values {', '.join([row] * count)}"  # noqa: S608 - names of our own


def as_row(row: Answered, limit: int) -> dict[str, Any]:
    """What is written of a request."""
    asked = answered = ""
    if limit > 0:
        as_text = isinstance(row.asked, str)
        asked = mask(row.asked, row.known) if as_text else mask_body(row.asked, row.known)
        answered = row.answered
        if not row.masked:
            answered = mask(answered, row.known, whole=row.answered_size)
    return {
        "time": row.time,
        "method": row.method[:8],
        "path": cut(row.path, 500),
        "status": row.status,
        "owner": row.owner[:64],
        "client": row.client[:64],
        "job": row.job[:40] if row.job else None,
        "model": cut(row.model, 64) if row.model else None,
        "ms": row.ms,
        "error": row.error[:64] if row.error else None,
        "asked": cut(asked, limit),
        "answered": cut(answered, limit),
    }


def cut(text: str, limit: int) -> str:
    """The beginning of a masked text; PostgreSQL takes no NUL in it."""
    text = text.replace("\x00", "\ufffd")
    return text if len(text) <= limit else text[: limit - 1] + "…"


def moments(
    timings: Mapping[str, Any] | None, created: float | None, started: float | None, finished: float | None
) -> dict[str, Any]:
    """When a job reached what, Unix seconds: what its stages noted, and what its row tells anyway.

    Work on this computer has no stages that are noted: it is making from its start to its end.
    """
    found = {"queued": created, "started": started} | dict(timings or {})
    return found if timings else found | {"made": finished}


def durations(timings: Mapping[str, Any] | None) -> dict[str, float]:
    """Seconds that a job spent in each stage that it ended, from the moments in its row."""
    return dict(_durations(timings or {}))


def _durations(timings: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    last = timings.get("queued")
    for moment, stage in STAGES.items():
        now = timings.get(moment)
        if not isinstance(now, int | float):
            continue
        if isinstance(last, int | float):
            yield stage, round(max(0.0, now - last), 3)
        last = now

"""The outbox: what is to be told to webhooks.

A row is written in the very transaction that ends a job, one for each endpoint that wants to hear of it, so
that no end is forgotten and none is told that did not happen. A runner takes what is due by moving ``due``
to the time when it would be tried again if the runner died; of several runners one gets it. What the other
side has taken becomes ``delivered``, what it did not take for a day ``dead``. Its id is the message's
``webhook-id``, the same at each try: at least once, and told apart.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import sqlalchemy as sa

from sora_kit.errors import NotFound
from sora_kit.store.database import Database
from sora_kit.store.ids import new_id
from sora_kit.store.statements import Prepared, Transaction
from sora_kit.store.webhook_tables import delivery, webhook

__all__ = ("COMPLETED", "DISABLED", "EVENTS", "FAILED", "Delivery", "Outbox", "note_end", "write")

COMPLETED, FAILED, DISABLED = "video.completed", "video.failed", "webhook.disabled"
EVENTS = (COMPLETED, FAILED, DISABLED)
"""What can be told: two as OpenAI names them, and that another endpoint was given up."""

KINDS = frozenset({"video", "remix", "extend"})
"""Jobs whose end is told; OpenAI has no such event for pictures and texts."""

ENDS = {"completed": COMPLETED, "failed": FAILED, "cancelled": FAILED}

KEPT = {"delivered": 7 * 86_400.0, "dead": 30 * 86_400.0}
"""Seconds for which ended rows stay."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message for one endpoint. Times are Unix seconds."""

    id: str
    """``evt_…``, the message's ``webhook-id``"""
    webhook: str
    type: str
    about: str
    """Id of the job, or of the endpoint that was given up."""
    state: Literal["waiting", "delivered", "dead"]
    created: float
    due: float
    """When it is tried next."""
    tries: int
    status: int | None
    """What the other side answered last."""
    error: str
    """Why the last try failed."""
    ended: float | None

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON types."""
        return asdict(self)


LISTENERS = Prepared(sa.select(webhook.c.id, webhook.c.events, webhook.c.owner).where(webhook.c.enabled))
WRITE = sa.insert(delivery)
DUE = (
    sa.select(delivery)
    .where(delivery.c.state == "waiting", delivery.c.due <= sa.bindparam("now"))
    .order_by(delivery.c.due)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
TAKE = (
    sa.update(delivery)
    .where(
        delivery.c.id == sa.bindparam("which"),
        delivery.c.state == "waiting",
        delivery.c.due == sa.bindparam("seen"),
    )
    .values(due=sa.bindparam("until"))
)


def note_end(connection: Transaction, job_id: str, kind: str, state: str, owner: str) -> None:
    """Write what is to be told of a job that just ended, inside the transaction that ends it."""
    if kind in KINDS and state in ENDS:
        write(connection, ENDS[state], job_id, owner)


def write(connection: Transaction, event: str, about: str, owner: str = "", besides: str = "") -> None:
    """Write an event for every endpoint that wants it.

    Args:
        connection: A writing transaction.
        event: One of `EVENTS`.
        about: Id of the job or endpoint.
        owner: Key of the job: endpoints of other keys do not hear of it.
        besides: An endpoint that is not told.
    """
    now = time.time()
    rows = [
        {"id": new_id("evt"), "webhook": one["id"], "type": event, "about": about, "created": now, "due": now}
        for one in connection.run(LISTENERS, {}).found
        if event in one["events"] and one["owner"] in ("", owner) and one["id"] != besides
    ]
    if rows:
        connection.execute(WRITE, rows)


class Outbox:
    """The messages of a workspace."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(self, webhook_id: str, event: str, about: str) -> Delivery:
        """Write one message for one endpoint."""
        now = time.time()
        name = new_id("evt")
        row = {"id": name, "webhook": webhook_id, "type": event, "about": about, "created": now, "due": now}
        with self.database.write() as connection:
            connection.execute(WRITE, row)
        return self.get(name)

    def get(self, delivery_id: str) -> Delivery:
        """One message.

        Raises:
            NotFound: There is none.
        """
        found = self.select(sa.select(delivery).where(delivery.c.id == delivery_id))
        if not found:
            raise NotFound(
                f"There is no delivery {delivery_id[:80]!r}",
                why="It was delivered long ago, or its webhook was removed",
                fix="List them with studio.webhooks.deliveries()",
                param="id",
            )
        return found[0]

    def latest(
        self,
        webhook_id: str | None = None,
        *,
        states: Collection[str] | None = None,
        limit: int = 100,
        before: str | None = None,
    ) -> list[Delivery]:
        """Messages, newest first; ``before`` continues behind that id."""
        query = sa.select(delivery).order_by(delivery.c.id.desc()).limit(limit)
        if webhook_id is not None:
            query = query.where(delivery.c.webhook == webhook_id)
        if states is not None:
            query = query.where(delivery.c.state.in_(states))
        if before is not None:
            query = query.where(delivery.c.id < before)
        return self.select(query)

    def counts(self) -> dict[str, int]:
        """Number of messages in each state that occurs."""
        query = sa.select(delivery.c.state, sa.func.count()).group_by(delivery.c.state)
        with self.database.read() as connection:
            return {str(state): int(count) for state, count in connection.execute(query)}

    # -- what runners do

    def take(self, most: int, until: float) -> list[Delivery]:
        """Take messages that are due.

        Args:
            most: At most so many.
            until: When somebody else may try them, if we never come back (Unix seconds).
        """
        with self.database.read() as connection:
            seen = [Delivery(**row) for row in connection.execute(DUE, given(most)).mappings()]
        if not seen:
            return []
        with self.database.write() as connection:
            return [
                one
                for one in seen
                if connection.execute(TAKE, {"which": one.id, "seen": one.due, "until": until}).rowcount
            ]

    def tried(
        self, one: Delivery, *, state: str, status: int | None, error: str = "", due: float | None = None
    ) -> bool:
        """Note how a try went; False when the message is gone or has ended meanwhile."""
        now = time.time()
        values: dict[str, Any] = {"state": state, "status": status, "error": error[:500]}
        values |= {"tries": one.tries + 1, "due": due or one.due}
        values["ended"] = None if state == "waiting" else now
        with self.database.write() as connection:
            mine = sa.update(delivery).where(delivery.c.id == one.id, delivery.c.state == "waiting")
            if not connection.execute(mine.values(values)).rowcount:
                return False
            fine: dict[str, Any]
            if state == "delivered":
                fine = {"last_ok": now, "failing_since": None}
            else:
                fine = {"failing_since": sa.func.coalesce(webhook.c.failing_since, now)}
            connection.execute(sa.update(webhook).where(webhook.c.id == one.webhook).values(fine))
        return True

    def put_back(self, one: Delivery, due: float) -> None:
        """It was not tried."""
        mine = sa.update(delivery).where(delivery.c.id == one.id, delivery.c.state == "waiting")
        with self.database.write() as connection:
            connection.execute(mine.values(due=due))

    def again(self, delivery_id: str) -> Delivery:
        """Let a message be tried anew, with all its tries before it.

        Raises:
            NotFound: There is none.
        """
        self.get(delivery_id)
        values = {"state": "waiting", "due": time.time(), "tries": 0, "ended": None}
        with self.database.write() as connection:
            connection.execute(sa.update(delivery).where(delivery.c.id == delivery_id).values(values))
        return self.get(delivery_id)

    def prune(self) -> None:
        """Forget what ended long ago."""
        with self.database.write() as connection:
            for state, seconds in KEPT.items():
                old = (delivery.c.state == state, delivery.c.ended < time.time() - seconds)
                connection.execute(sa.delete(delivery).where(*old))

    def select(self, query: sa.Select[Any]) -> list[Delivery]:
        """The messages of a query."""
        with self.database.read() as connection:
            rows: Sequence[Any] = connection.execute(query).mappings().all()
        return [Delivery(**row) for row in rows]


def given(most: int) -> dict[str, Any]:
    """Values for `DUE`."""
    return {"now": time.time(), "most": most}

"""What a key's limits mean for a job that is about to be accepted.

`accept` runs in the very transaction that writes the job, after the job was inserted and before anything
is bought: whatever process accepts it, no two of them can both take the last place or the last dollar.
SQLite has one writer at a time; on PostgreSQL the key's row is locked.

What a job costs is the estimate of its plan, written as a *charge* beside the job. A charge counts from
the moment when the job is accepted, until it turns out that the job ended without having been ordered;
and it stays when the job is deleted, so deleting does not give the money back.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from sora_kit.errors import LimitReached, NotAllowed
from sora_kit.store.limits import matches, scope_of
from sora_kit.store.statements import Prepared, Transaction, any_of
from sora_kit.store.tables import api_key, charge, job

if TYPE_CHECKING:
    from sora_kit.store.database import Database
    from sora_kit.store.jobs import JobRecord

__all__ = ("Usage", "accept", "midnight", "permit", "release", "usage")

KEPT_DAYS = 400
"""How long charges are remembered."""

WAIT = 10.0
"""Seconds after which a client may ask again while its jobs run."""

CENT = 0.005
"""Half of one: prices are sums of fractions."""

OPEN = any_of(job.c.state, ("queued", "running"))
PAID = sa.or_(
    job.c.id.is_(None),
    job.c.state.not_in(("completed", "failed", "cancelled")),
    job.c.timings["submitted"].as_float().is_not(None),
)
"""Whether a charge counts: its job was ordered, may be yet, or is gone (see `release`)."""

LIMITS = sa.select(*(column for column in api_key.c if column.name != "hash")).where(
    api_key.c.id == sa.bindparam("key")
)
KEY = Prepared(LIMITS)
KEY_LOCKED = Prepared(LIMITS.with_for_update())
RUNNING = Prepared(sa.select(sa.func.count().label("count")).where(job.c.owner == sa.bindparam("key"), OPEN))
FORGET = Prepared(
    sa.delete(charge).where(charge.c.owner == sa.bindparam("key"), charge.c.time < sa.bindparam("before"))
)
CHARGE = Prepared(sa.insert(charge))
SPENT = (
    sa.select(sa.func.coalesce(sa.func.sum(charge.c.dollars), 0.0))
    .select_from(charge.outerjoin(job, job.c.id == charge.c.job))
    .where(charge.c.owner == sa.bindparam("key"), charge.c.time >= sa.bindparam("since"), PAID)
)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a key uses."""

    running: int = 0
    """Jobs that wait or run."""
    jobs: int = 0
    """Jobs of today that are still there, whatever became of them."""
    spent: float = 0.0
    """US dollars of today."""


def permit(database: Database, owner: str, kind: str, model: str) -> None:
    """Refuse what a key may never make, before any work is put into it.

    Args:
        database: The workspace's.
        owner: Id of the key; anything else may make everything.
        kind: Of the request.
        model: Its name in the catalogue.

    Raises:
        NotAllowed: It lacks the scope or the model, or is not valid any more.
    """
    if not owner:
        return
    with database.read() as connection:
        key = connection.run(KEY, {"key": owner}).one()
    if key is not None:
        look(key, kind, model)


def accept(connection: Transaction, database: Database, new: JobRecord) -> None:
    """Refuse a job that was just inserted if its owner may not have it now, and charge it if it may.

    Raises:
        NotAllowed: As for `permit`; or it costs nobody knows what, and the key has a budget.
        LimitReached: Too many run at once, or the day's budget does not hold it.
    """
    if not new.owner:
        return
    key = connection.run(KEY if database.sqlite else KEY_LOCKED, {"key": new.owner}).one()
    if key is None:
        return
    look(key, new.kind, new.model)
    if key["at_once"] is not None:
        running = connection.run(RUNNING, {"key": new.owner}).value()
        if running > key["at_once"]:
            raise LimitReached(
                f"The key {key['name']!r} has {running - 1} jobs in hand, and it may have "
                f"{key['at_once']} at once",
                fix="Wait until one has ended, or cancel one",
                retry_after=WAIT,
                code="too_many_jobs",
            )
    estimate = new.plan.get("estimate", {})
    dollars = float(estimate.get("dollars", 0.0))
    if key["budget"] is not None:
        afford(connection, key, dollars, priced=bool(estimate.get("priced") or new.plan.get("preview")))
    if dollars > 0:
        old = time.time() - KEPT_DAYS * 86_400
        connection.run(FORGET, {"key": new.owner, "before": old})
        row = {"job": new.id, "owner": new.owner, "time": new.created, "dollars": dollars}
        connection.run(CHARGE, row)


def look(key: Any, kind: str, model: str) -> None:
    """Refuse by what stands in a key's row."""
    if key["revoked"] is not None or not key["enabled"] or (key["expires"] or float("inf")) <= time.time():
        raise NotAllowed(f"The key {key['name']!r} is not valid any more", fix="Use another key")
    if (scope := scope_of(kind)) not in key["scopes"]:
        raise NotAllowed(
            f"The key {key['name']!r} may not make {scope}",
            why=f"Its scopes are {', '.join(key['scopes'])}",
            fix=f"Use a key with the scope {scope}; `sora-kit keys edit` gives it to this one",
        )
    if not matches(model, key["models"]):
        raise NotAllowed(
            f"The key {key['name']!r} may not use the model {model}",
            why=f"It may use {', '.join(key['models'])}",
            fix="Use one of these, or another key",
            param="model",
            code="model_not_allowed",
        )


def afford(connection: Transaction, key: Any, dollars: float, *, priced: bool) -> None:
    """Refuse what a key's budget does not hold."""
    if not dollars:
        if priced:
            return
        raise NotAllowed(
            f"The key {key['name']!r} has a budget, and the price of this backend is not known",
            fix="Say what it costs with the setting prices, or use another key or backend",
            code="price_not_known",
        )
    now = time.time()
    spent = connection.execute(SPENT, {"key": key["id"], "since": midnight(now)}).scalar_one()
    if spent + dollars > key["budget"] + CENT:
        raise LimitReached(
            f"This costs about ${dollars:,.2f}, and the key {key['name']!r} has "
            f"${max(0.0, key['budget'] - spent):,.2f} of ${key['budget']:,.2f} left today",
            fix="Try again after midnight UTC, ask for something cheaper, or have the budget raised",
            retry_after=midnight(now) + 86_400 - now,
            code="insufficient_quota",
        )


def release(connection: Transaction, ids: Sequence[str]) -> None:
    """Forget the charges of jobs that are about to be deleted and were never ordered."""
    never = sa.select(job.c.id).where(job.c.id.in_(ids), sa.not_(PAID))
    connection.execute(sa.delete(charge).where(charge.c.job.in_(never)))


def usage(database: Database, ids: Collection[str]) -> dict[str, Usage]:
    """What these keys use now and have used today (UTC), by their ids."""
    since = midnight(time.time())
    jobs = (
        sa.select(
            job.c.owner,
            sa.func.sum(sa.case((OPEN, 1), else_=0)),
            sa.func.sum(sa.case((job.c.created >= since, 1), else_=0)),
        )
        .where(job.c.owner.in_(ids), sa.or_(OPEN, job.c.created >= since))
        .group_by(job.c.owner)
    )
    spent = (
        sa.select(charge.c.owner, sa.func.sum(charge.c.dollars))
        .select_from(charge.outerjoin(job, job.c.id == charge.c.job))
        .where(charge.c.owner.in_(ids), charge.c.time >= since, PAID)
        .group_by(charge.c.owner)
    )
    with database.read() as connection:
        counted = {owner: (int(now), int(today)) for owner, now, today in connection.execute(jobs)}
        paid = {owner: float(dollars) for owner, dollars in connection.execute(spent)}
    return {one: Usage(*counted.get(one, (0, 0)), spent=paid.get(one, 0.0)) for one in ids}


def midnight(now: float) -> float:
    """When the UTC day of a moment began, Unix seconds."""
    day = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day.timestamp()

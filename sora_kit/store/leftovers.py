"""What jobs leave behind when they are deleted: their tries, and what was bought for them.

Both go with their job, except purchases of the last hour. A call whose answer was lost is looked for among
its account's latest tasks, and a task that was ordered for a job which is deleted by now must not be taken
for it. `sweep` removes these when their hour is over, and what earlier versions left behind.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import sqlalchemy as sa

from sora_kit.store.database import Database
from sora_kit.store.statements import Transaction
from sora_kit.store.tables import attempt, job, journal

__all__ = ("forget", "sweep")

KNOWN_SECONDS = 3600.0
"""How long a task upstream is known after its job is gone; far longer than any answer is looked for."""


def forget(connection: Transaction, ids: Sequence[str]) -> None:
    """Remove what belongs to jobs that are deleted in the same transaction."""
    connection.execute(sa.delete(attempt).where(attempt.c.job.in_(ids)))
    connection.execute(sa.delete(journal).where(journal.c.job.in_(ids), over(time.time())))


def sweep(database: Database) -> int:
    """Remove what belongs to no job (any more).

    Returns:
        How many purchases were forgotten.
    """
    with database.write() as connection:
        connection.execute(sa.delete(attempt).where(~sa.exists().where(job.c.id == attempt.c.job)))
        gone = connection.execute(
            sa.delete(journal).where(~sa.exists().where(job.c.id == journal.c.job), over(time.time()))
        )
    return int(gone.rowcount)


def over(now: float) -> sa.ColumnElement[bool]:
    """Whether nobody can take a purchase for another any more; a mere intention names no task."""
    when = sa.func.coalesce(journal.c.submitted, journal.c.intended)
    return sa.or_(journal.c.state == "intended", when < now - KNOWN_SECONDS)

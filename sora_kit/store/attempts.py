"""Attempts: which account tried which step of a job, and what came of it.

A job that moves from one account to the next leaves one line per try, so that "why did it take so
long" and "why did it fail" have an answer after the fact. A line is written once and never changed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import sqlalchemy as sa

from sora_kit.store.database import Database
from sora_kit.store.statements import Prepared
from sora_kit.store.tables import account, attempt

__all__ = ("Attempt", "Attempts")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of one step of a job."""

    job: str
    step: int
    """Number of the plan's step, from 0."""
    account: str
    """Id of the account, or empty where the backend has none."""
    label: str
    """What the account is called; its id once it was removed."""
    time: float
    """Unix seconds."""
    outcome: str
    """``submitted``, ``adopted`` (found upstream after a crash), or the code of the failure."""
    why: str
    """The failure's sentence, empty when there is nothing to say."""


ADD = Prepared(sa.insert(attempt))


class Attempts:
    """The tries of a workspace's jobs."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(self, job: str, step: int, account: str, outcome: str, why: str = "") -> None:
        """Write one try down, with the time of now, and note with the job who serves it.

        Args:
            job: Id of the job.
            step: Number of the plan's step.
            account: Id of the account, empty where the backend has none.
            outcome: ``submitted``, ``adopted``, or a failure's code.
            why: The failure's sentence. It is shown to people: no secret may be in it.
        """
        row = {"job": job, "step": step, "account": account, "outcome": outcome[:64], "why": why}
        with self.database.write() as connection:
            connection.run(ADD, row | {"time": time.time()})

    def of(self, job: str) -> list[Attempt]:
        """The tries of one job, oldest first."""
        query = (
            sa.select(
                attempt.c.job,
                attempt.c.step,
                attempt.c.account,
                sa.func.coalesce(account.c.label, attempt.c.account).label("label"),
                attempt.c.time,
                attempt.c.outcome,
                attempt.c.why,
            )
            .select_from(attempt.outerjoin(account, account.c.id == attempt.c.account))
            .where(attempt.c.job == job)
            .order_by(attempt.c.id)
        )
        with self.database.read() as connection:
            return [Attempt(**row) for row in connection.execute(query).mappings()]

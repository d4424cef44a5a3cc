"""Looking for jobs: filters and pages, for whoever runs the workspace."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from sora_kit.store.database import Database
from sora_kit.store.jobs import JobRecord, Jobs
from sora_kit.store.tables import api_key, job

__all__ = ("HERE", "JobFilter", "find_jobs")

HERE = "local"
"""Stands for those at this computer, who need no key."""


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs are meant; empty values mean all."""

    states: Collection[str] = ()
    owner: str = ""
    """Id or name of a key, or `HERE`."""
    kind: str = ""
    model: str = ""
    backend: str = ""
    account: str = ""
    """Id of the account that served it last."""
    since: float | None = None
    """Unix seconds; created from then on."""
    search: str = ""
    """Part of the prompt or the id, in any case."""

    def terms(self) -> list[sa.ColumnElement[bool]]:
        """The same as conditions of a query."""
        terms = [
            job.c[name] == value
            for name in ("kind", "model", "backend", "account")
            if (value := getattr(self, name))
        ]
        if self.states:
            terms.append(job.c.state.in_(self.states))
        if self.owner == HERE:
            terms.append(job.c.owner == "")
        elif self.owner:
            named = sa.select(api_key.c.id).where(api_key.c.name == self.owner)
            terms.append(sa.or_(job.c.owner == self.owner, job.c.owner.in_(named)))
        if self.since is not None:
            terms.append(job.c.created >= self.since)
        if self.search:
            columns = (job.c.prompt, job.c.id)
            terms.append(sa.or_(*(column.icontains(self.search, autoescape=True) for column in columns)))
        return terms


def find_jobs(
    database: Database, wanted: JobFilter, *, after: str | None, limit: int
) -> tuple[list[JobRecord], bool]:
    """A page of jobs, newest first, and whether more follow.

    Args:
        database: Where they are.
        wanted: Which ones.
        after: Continue behind this id, which need not exist any more.
        limit: Most jobs.
    """
    query = sa.select(job.c.id).where(*wanted.terms()).order_by(job.c.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(job.c.id < after)
    with database.read() as connection:
        ids = [str(row.id) for row in connection.execute(query)]
    found = sorted(Jobs(database).some(ids[:limit]), key=lambda one: one.id, reverse=True)
    return found, len(ids) > limit

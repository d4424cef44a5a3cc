"""Lists of jobs in pages, as the API shows them: those of one key and of the machine itself.

A page begins behind an id. Ids sort by time, so that id need not exist any more: whoever deletes what he
lists finds the next page all the same.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from sora_kit.store.database import Database
from sora_kit.store.tables import clip, job

__all__ = ("page_of_jobs",)


def page_of_jobs(
    database: Database,
    owner: str,
    kinds: Collection[str],
    *,
    after: str | None,
    limit: int,
    ascending: bool,
) -> tuple[list[str], bool]:
    """Ids of the jobs of one page, and whether more follow. Finished ones without a result are left out.

    Args:
        database: Where they are.
        owner: Id of the API key that asks.
        kinds: Kinds of job that belong to the list.
        after: Id of the job before the page, or None for the first page.
        limit: Most jobs on the page.
        ascending: Oldest first.
    """
    shown = sa.or_(job.c.state != "completed", sa.exists().where(clip.c.job == job.c.id))
    query = sa.select(job.c.id).where(job.c.owner.in_({"", owner}), job.c.kind.in_(kinds), shown)
    if after is not None:
        query = query.where(job.c.id > after if ascending else job.c.id < after)
    query = query.order_by(job.c.id if ascending else job.c.id.desc()).limit(limit + 1)
    with database.read() as connection:
        found = [str(row.id) for row in connection.execute(query)]
    return found[:limit], len(found) > limit

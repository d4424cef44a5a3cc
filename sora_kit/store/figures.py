"""The state of a workspace in numbers, for whoever watches it: a handful of grouped counts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sora_kit.store.database import Database
from sora_kit.store.tables import account, clip, job, lease
from sora_kit.store.webhook_tables import delivery, webhook

__all__ = ("Figures", "figures")


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of rows, by what tells them apart."""

    jobs: dict[tuple[str, str, str, str], int]
    """(state, kind, backend, code of the failure) → jobs"""
    queue: int
    """Jobs that wait for their turn."""
    oldest: float
    """Seconds for which the one that was asked for first waits; 0 without one."""
    accounts: dict[tuple[str, str], int]
    """(backend, state or ``disabled``) → accounts"""
    leases: dict[tuple[str, str], int]
    """(backend, ``image`` or ``video``) → slots in use"""
    clips: dict[str, tuple[int, int]]
    """kind → (clips, bytes of their files)"""
    webhooks: dict[bool, int]
    """on or off → webhooks"""
    deliveries: dict[str, int]
    """state → messages that are kept"""


STATE = sa.case((account.c.enabled, account.c.state), else_="disabled")
CODE = sa.func.coalesce(job.c.error["code"].as_string(), "")


def figures(database: Database) -> Figures:
    """Count. One reading transaction; the largest table is gone through once."""
    now = time.time()
    jobs = sa.select(job.c.state, job.c.kind, job.c.backend, CODE, sa.func.count()).group_by(
        job.c.state, job.c.kind, job.c.backend, CODE
    )
    waiting = sa.select(sa.func.count(), sa.func.min(job.c.created)).where(job.c.state == "queued")
    accounts = sa.select(account.c.backend, STATE, sa.func.count()).group_by(account.c.backend, STATE)
    leases = (
        sa.select(account.c.backend, lease.c.feature, sa.func.count())
        .join(account, account.c.id == lease.c.account)
        .where(lease.c.expires > now)
        .group_by(account.c.backend, lease.c.feature)
    )
    clips = sa.select(clip.c.kind, sa.func.count(), sa.func.sum(clip.c.bytes)).group_by(clip.c.kind)
    hooks = sa.select(webhook.c.enabled, sa.func.count()).group_by(webhook.c.enabled)
    told = sa.select(delivery.c.state, sa.func.count()).group_by(delivery.c.state)
    with database.read() as connection:

        def rows(query: sa.Executable) -> list[Any]:
            return [tuple(row) for row in connection.execute(query)]

        ((queue, first),) = rows(waiting)
        return Figures(
            jobs={(state, kind, backend, code): n for state, kind, backend, code, n in rows(jobs)},
            queue=queue,
            oldest=max(0.0, now - first) if first is not None else 0.0,
            accounts={(backend, state): n for backend, state, n in rows(accounts)},
            leases={(backend, feature): n for backend, feature, n in rows(leases)},
            clips={kind: (n, int(size)) for kind, n, size in rows(clips)},
            webhooks={bool(on): n for on, n in rows(hooks)},
            deliveries=dict(rows(told)),
        )

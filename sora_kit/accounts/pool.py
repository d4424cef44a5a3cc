"""Accounts and leases.

A slot on an account is a row that expires. Whoever holds one renews it while it works; a crash, a
cancelled task or a lost connection needs no cleaning up. The row's key is the step that it serves,
so that asking twice for the same step (after a takeover, say) gives the same slot.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import sqlalchemy as sa

from sora_kit.store.database import Database
from sora_kit.store.tables import account, lease

__all__ = ("LEASE_SECONDS", "Account", "Accounts", "Lease")

LEASE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Account:
    """One account of a backend."""

    id: str
    backend: str
    label: str
    enabled: bool
    cap: int
    """How many steps may run on it at the same time."""
    last_used: float
    """Unix seconds."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A slot on an account, until ``expires`` (Unix seconds) unless renewed."""

    step: str
    account: str
    expires: float


class Accounts:
    """The accounts of a workspace. All calls are synchronous, each one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def ensure_local(self, backend: str) -> None:
        """The account of a backend that draws on this computer: half as many places as it has cores."""
        row = {"id": f"local-{backend}", "backend": backend, "label": "This computer", "enabled": True}
        row |= {"cap": max(1, (os.cpu_count() or 2) // 2), "last_used": 0.0}
        with self.database.write() as connection:
            known = connection.execute(sa.select(account.c.id).where(account.c.id == row["id"])).one_or_none()
            if known is None:
                connection.execute(sa.insert(account).values(row))

    def list(self) -> list[Account]:
        """All accounts."""
        with self.database.read() as connection:
            return [Account(**row) for row in connection.execute(sa.select(account)).mappings()]

    def lease(self, step: str, backend: str) -> Lease | None:
        """A slot for ``step`` on the least recently used account of ``backend`` with room.

        Returns:
            The lease, the same one when the step holds one already, or None while all slots are taken.
        """
        now = time.time()
        held = (
            sa.select(sa.func.count())
            .select_from(lease)
            .where(lease.c.account == account.c.id, lease.c.expires > now)
            .scalar_subquery()
        )
        with self.database.write() as connection:
            connection.execute(sa.delete(lease).where(lease.c.expires <= now))
            mine = connection.execute(
                sa.select(lease.c.account).where(lease.c.step == step)
            ).scalar_one_or_none()
            if mine is None:
                mine = connection.execute(
                    sa.select(account.c.id)
                    .where(account.c.backend == backend, account.c.enabled, held < account.c.cap)
                    .order_by(account.c.last_used)
                    .limit(1)
                ).scalar_one_or_none()
                if mine is None:
                    return None
                connection.execute(
                    sa.insert(lease).values(step=step, account=mine, expires=now + LEASE_SECONDS)
                )
                connection.execute(sa.update(account).where(account.c.id == mine).values(last_used=now))
        return Lease(step, mine, now + LEASE_SECONDS)

    def renew(self, step: str) -> bool:
        """Keep a slot for another `LEASE_SECONDS`; False when it had expired and was given away."""
        with self.database.write() as connection:
            kept = connection.execute(
                sa.update(lease).where(lease.c.step == step).values(expires=time.time() + LEASE_SECONDS)
            )
        return bool(kept.rowcount)

    def release(self, step: str) -> None:
        """Give a slot back."""
        with self.database.write() as connection:
            connection.execute(sa.delete(lease).where(lease.c.step == step))

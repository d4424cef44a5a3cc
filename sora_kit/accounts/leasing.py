"""Slots on accounts, as rows that expire.

Whoever holds a slot renews it while the work goes on; a crash, a cancelled task or a lost connection
needs no cleaning up. A lease is named after the step that it serves, so that asking again for the same
step (after a takeover, say) gives the same slot.

Which account comes next is decided by one number, its `rank`: the lowest among those with room. What the
number means is the mode:

    round_robin   the turn at which it was last used: strictly one after the other
    least_busy    slots in use, then the time of the last use
    random        a random number, drawn anew at each use; the search begins at a random point
"""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sora_kit.accounts.rows import CHOSEN, MODE, STATE, Row, Rows, busy_rank, lease_time, settle, used_up
from sora_kit.backends.hosted import Feature, Need
from sora_kit.errors import InvalidInput
from sora_kit.store.ids import new_id
from sora_kit.store.settings import Settings
from sora_kit.store.statements import Prepared, Transaction
from sora_kit.store.tables import account, lease

__all__ = ("LEASE_SECONDS", "MODES", "Lease", "Leasing")

LEASE_SECONDS = 15.0
"""How long a slot lasts without being renewed."""

MODES = ("round_robin", "least_busy", "random")

BATCH = 500

PATIENCE = 50
"""Tries to get a slot whose account is being written by another process, a few milliseconds apart."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A slot on an account, until ``expires`` (Unix seconds) unless renewed."""

    step: str
    account: str
    expires: float


LOOK = Prepared(
    sa.select(
        CHOSEN.scalar_subquery().label("mode"),
        sa.exists().where(lease.c.expires <= sa.bindparam("lease_now")).label("stale"),
        sa.exists().where(account.c.due <= sa.bindparam("now")).label("due"),
        sa.select(lease.c.account)
        .where(lease.c.step == sa.bindparam("step"))
        .scalar_subquery()
        .label("mine"),
        sa.select(account.c.rank)
        .where(account.c.backend == sa.bindparam("backend"))
        .order_by(account.c.rank.desc())
        .limit(1)
        .scalar_subquery()
        .label("last"),
    )
)
"""All that must be known before an account is chosen, in one question."""

HOLDING = sa.select(*STATE).where(
    account.c.id == sa.select(lease.c.account).where(lease.c.step == sa.bindparam("step")).scalar_subquery()
)
HOLDER = Prepared(HOLDING)
HOLDER_LOCKED = Prepared(HOLDING.with_for_update())
GIVE = Prepared(sa.insert(lease))
TAKE = Prepared(sa.delete(lease).where(lease.c.step == sa.bindparam("step")))

FREE: dict[Feature, sa.ColumnElement[bool] | sa.TextClause] = {
    # bare names, as in the partial indices: SQLite uses an index only if the very same term is asked for
    "video": sa.text("video_free"),
    "image": sa.text("image_free"),
    "other": sa.and_(
        account.c.enabled,
        sa.or_(
            account.c.state == "ready",
            sa.and_(
                account.c.state == "cooling",
                account.c.quota == 0,
                account.c.cool_until == account.c.quota_resets,
            ),
        ),
    ),
}


class Leasing(Rows):
    """Giving out slots; part of `sora_kit.accounts.Accounts`."""

    def lease(self, step: str, need: Need) -> Lease | None:
        """A slot for ``step`` on the next account that can serve ``need``; atomic.

        Args:
            step: Names the slot. Asking again for the same step gives the same slot.
            need: What the account must have.

        Returns:
            The lease, or None while nobody has room.
        """
        for _ in range(PATIENCE):
            try:
                with self.database.write() as connection:
                    found = self.choose(connection, step, need)
            except IntegrityError:  # the same step got its slot in another process at this very moment
                continue
            if found is not None or not self.only_locked(need):
                return found
            time.sleep(random.uniform(0.002, 0.01))  # noqa: S311 - so that two do not keep step
        return None

    def renew(self, steps: Collection[str]) -> set[str]:
        """Keep slots for another `LEASE_SECONDS`, all in one transaction.

        Returns:
            The steps that still have their slots; others had expired and were given away.
        """
        kept: set[str] = set()
        wanted = sorted(steps)
        if not wanted:
            return kept
        until = lease_time() + LEASE_SECONDS
        with self.database.write() as connection:
            for start in range(0, len(wanted), BATCH):
                change = sa.update(lease).where(lease.c.step.in_(wanted[start : start + BATCH]))
                kept |= set(
                    connection.execute(change.values(expires=until).returning(lease.c.step)).scalars()
                )
        return kept

    def release(self, step: str) -> None:
        """Give a slot back. Giving back what is not held is fine."""
        with self.database.write() as connection:
            self.drop(connection, step)

    def linger(self, step: str, seconds: float) -> str:
        """Leave the slot of a cancelled step taken for ``seconds``: upstream it still runs.

        Renewing or releasing ``step`` does not reach it from now on.

        Returns:
            The name under which it can be released.
        """
        name = new_id("linger")
        change = sa.update(lease).where(lease.c.step == step)
        with self.database.write() as connection:
            connection.execute(change.values(step=name, expires=lease_time() + seconds))
        return name

    def resume(self, step: str, account: str, feature: Feature) -> Lease:
        """A slot for a step that is already submitted on an account, whatever its limits and state.

        Raises:
            NotFound: The account was removed.
        """
        expires = lease_time() + LEASE_SECONDS
        with self.database.write() as connection:
            held = connection.execute(
                sa.select(lease.c.account).where(lease.c.step == step)
            ).scalar_one_or_none()
            if held not in (None, account):
                self.drop(connection, step)
            row = self.row(connection, account)
            if held == account:
                change = sa.update(lease).where(lease.c.step == step)
                connection.execute(change.values(feature=feature, expires=expires))
            else:
                values = {"step": step, "account": account, "feature": feature, "expires": expires}
                connection.execute(sa.insert(lease).values(values))
            self.put(connection, row)
        return Lease(step, account, expires)

    def mode(self) -> str:
        """How accounts take turns: one of `MODES`."""
        with self.database.read() as connection:
            return self.chosen_mode(connection)

    def set_mode(self, mode: str) -> None:
        """Choose how accounts take turns, for all processes of the workspace.

        Args:
            mode: ``round_robin``, ``least_busy`` or ``random``.

        Raises:
            InvalidInput: It is none of these.
        """
        if mode not in MODES:
            raise InvalidInput(
                f"There is no mode {mode!r}", fix=f"Use one of {', '.join(MODES)}", param="mode"
            )
        Settings(self.database).set(MODE, mode)
        columns = (account.c.id, account.c.images_in_use, account.c.videos_in_use, account.c.last_used)
        query = sa.select(*columns).order_by(account.c.last_used, account.c.id)
        with self.database.write() as connection:
            rows = connection.execute(query if self.database.sqlite else query.with_for_update()).mappings()
            ranks = [
                {"which": row["id"], "rank": first_rank(mode, row, turn)} for turn, row in enumerate(rows, 1)
            ]
            change = sa.update(account).where(account.c.id == sa.bindparam("which"))
            if ranks:
                connection.execute(change.values(rank=sa.bindparam("rank")), ranks)

    # -- inside

    def choose(self, connection: Transaction, step: str, need: Need) -> Lease | None:
        """Choose an account and write the lease, in one transaction."""
        now = lease_time()
        asked = {"lease_now": now, "now": self.clock(), "step": step, "backend": need.backend}
        seen = connection.run(LOOK, asked).found[0]
        if (mine := seen["mine"]) is not None:
            wrong = mine in need.without or need.account not in ("", mine)
            kept = None if wrong else self.keep(connection, step, mine, now)
            if kept is not None:
                return kept
            self.drop(connection, step)
        if seen["stale"]:
            self.sweep(connection, now)
        if seen["due"]:
            self.settle_due(connection)
        mode = seen["mode"] or "round_robin"
        passed: set[str] = set()
        while (row := self.next(connection, need, mode, passed)) is not None:
            if settle(dict(row), self.clock()):
                row = self.put(connection, row)
            if not is_free(row, need.feature):  # the time had closed it, and nobody had written it yet
                passed.add(row["id"])
                continue
            until = now + LEASE_SECONDS
            given = {"step": step, "account": row["id"], "feature": need.feature, "expires": until}
            connection.run(GIVE, given)
            changes: Row = {"last_used": now}
            if mode == "round_robin":
                changes["rank"] = float(int(seen["last"]) + 1)
            elif mode == "random":
                changes["rank"] = random.random()  # noqa: S311 - turns, no secrets
            self.put(connection, row, changes, mode=mode)
            return Lease(step, row["id"], until)
        return None

    def next(self, connection: Transaction, need: Need, mode: str, passed: set[str]) -> Row | None:
        """The row of the account whose turn it is, or None; locked on PostgreSQL."""
        out = {*need.without, *passed}
        lock = not self.database.sqlite
        wanted: dict[str, Any] = {"backend": need.backend, "plan": need.plan, "account": need.account}
        for start in (random.random(), None) if mode == "random" else (None,):  # noqa: S311 - turns, no secrets
            query = candidates(
                need.feature, bool(need.plan), bool(need.account), bool(out), start is not None, lock=lock
            )
            if out:  # how many there are is part of the text
                found = connection.execute(query.statement, wanted | {"out": sorted(out), "start": start})
                row = next((dict(one) for one in found.mappings()), None)
            else:
                row = connection.run(query, wanted | {"start": start}).one()
            if row is not None:
                return row
        return None

    def only_locked(self, need: Need) -> bool:
        """Whether somebody has room, and was passed over because another process was writing that row.

        Nobody ever waits for a row while holding another one, so there is no deadlock; the price is
        that a row may have to be tried again.
        """
        if self.database.sqlite:
            return False
        with self.database.read() as connection:
            found = connection.execute(
                candidates(
                    need.feature, bool(need.plan), bool(need.account), bool(need.without), False
                ).statement,
                {
                    "backend": need.backend,
                    "plan": need.plan,
                    "account": need.account,
                    "out": sorted(need.without),
                },
            )
            return found.first() is not None

    def keep(self, connection: Transaction, step: str, held: str, now: float) -> Lease | None:
        """Renew the slot that a step holds, unless it has expired."""
        change = sa.update(lease).where(lease.c.step == step, lease.c.account == held, lease.c.expires > now)
        kept = connection.execute(change.values(expires=now + LEASE_SECONDS))
        return Lease(step, held, now + LEASE_SECONDS) if kept.rowcount else None

    def drop(self, connection: Transaction, step: str) -> None:
        """Remove a lease and give its room back."""
        row = connection.run(HOLDER if self.database.sqlite else HOLDER_LOCKED, {"step": step}).one()
        connection.run(TAKE, {"step": step})
        if row is not None:
            self.put(connection, row)

    def sweep(self, connection: Transaction, now: float) -> None:
        """Remove the leases of those who never came back."""
        stale = sa.select(lease.c.account).where(lease.c.expires <= now)
        query = sa.select(account.c.id).where(account.c.id.in_(stale)).order_by(account.c.id)
        if not self.database.sqlite:
            query = query.with_for_update(skip_locked=True)
        for held in connection.execute(query).scalars().all():
            row = self.row(connection, held)
            old = sa.delete(lease).where(lease.c.account == held, lease.c.expires <= now)
            connection.execute(old)
            self.put(connection, row)

    def settle_due(self, connection: Transaction) -> list[str]:
        """Write the rows that time alone has changed; gives those that can be used again."""
        due = (
            sa.select(account.c.id).where(account.c.due <= self.clock()).order_by(account.c.due).limit(BATCH)
        )
        if not self.database.sqlite:
            due = due.with_for_update(skip_locked=True)
        woken = []
        for one in connection.execute(due).scalars().all():
            before = self.row(connection, one)
            after = self.put(connection, before)
            if after["state"] == "ready" != before["state"] or (
                before["eased_cap"] and not after["eased_cap"]
            ):
                woken.append(str(one))
        return woken


@functools.lru_cache(maxsize=128)
def candidates(
    feature: Feature, plan: bool, pinned: bool, without: bool, start: bool, *, lock: bool = False
) -> Prepared:
    """The account whose turn it is among those that can serve a need now; served by an index.

    Args:
        feature: What the slot is for.
        plan: Whether it must have the plan ``:plan``.
        pinned: Whether only ``:account`` will do.
        without: Whether those in ``:out`` will not.
        start: Whether the search begins at the rank ``:start``.
        lock: On PostgreSQL: lock it, and pass over those that others have locked.
    """
    query = sa.select(*STATE).where(account.c.backend == sa.bindparam("backend"), FREE[feature])
    if plan:
        query = query.where(account.c.plan == sa.bindparam("plan"))
    if pinned:
        query = query.where(account.c.id == sa.bindparam("account"))
    if without:
        query = query.where(account.c.id.not_in(sa.bindparam("out", expanding=True)))
    if start:
        query = query.where(account.c.rank >= sa.bindparam("start"))
    order = (account.c.rank,) if feature == "other" else (account.c.rank, account.c.id)  # as its index has it
    query = query.order_by(*order).limit(1)
    return Prepared(query.with_for_update(skip_locked=True) if lock else query)


def is_free(row: Row, feature: Feature) -> bool:
    """Whether a settled row has room."""
    if feature == "other":
        return bool(row["enabled"] and (row["state"] == "ready" or used_up(row)))
    return bool(row[f"{feature}_free"])


def first_rank(mode: str, row: Any, turn: int) -> float:
    """The rank of an account when a mode begins."""
    if mode == "least_busy":
        return busy_rank(row)
    return random.random() if mode == "random" else float(turn)  # noqa: S311 - turns, no secrets

"""Wrong passwords cost time.

After `FREE_TRIES` wrong ones, whoever is counted waits twice as long after each further one, up to `LONGEST`
seconds, and meanwhile the right one is refused too: else the wait would tell which one it is. Who is
counted is the caller's choice: an address (an IPv6 network of a home, /64, counts as one), or one thing
that all share. The count stands in the workspace, so it holds for all processes and across restarts. A
try is counted before it is looked at, in one transaction: many at the same time are not more tries.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sora_kit.store.database import Database
from sora_kit.store.statements import Transaction
from sora_kit.store.tables import gate

__all__ = ("FREE_TRIES", "LONGEST", "REMEMBERED", "Gate", "network")

FREE_TRIES = 5
"""Wrong passwords that cost nothing."""

LONGEST = 900.0
"""Seconds that somebody waits at most."""

REMEMBERED = 1024
"""How many are remembered; those who have been quiet for longest are forgotten first."""


class Gate:
    """Counts wrong passwords.

    Args:
        database: Where.
        clock: Unix seconds.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self.database = database
        self.clock = clock

    def known(self, name: str) -> bool:
        """Whether there were wrong passwords."""
        with self.database.read() as connection:
            return connection.execute(ONE, {"which": network(name)}).one_or_none() is not None

    def take(self, name: str) -> float:
        """Take a try, as a wrong one until `passed`; gives the seconds to wait if there is none now."""
        name = network(name)
        for last_chance in (False, True):
            try:
                return self._take(name)
            except IntegrityError:  # on PostgreSQL somebody else was first to be first
                if last_chance:
                    raise
        raise AssertionError

    def _take(self, name: str) -> float:
        now = self.clock()
        which = gate.c.name == name
        with self.database.write() as connection:
            # first a write, which locks the row against other processes until this transaction ends
            if not connection.execute(sa.update(gate).where(which).values(name=name)).rowcount:
                self._forget(connection)
                connection.execute(sa.insert(gate).values(name=name, failures=1, last=now))
                return 0.0
            failures, last = connection.execute(ONE, {"which": name}).one()
            if failures >= FREE_TRIES:
                age = max(0.0, now - last)
                wait = min(LONGEST, 2.0 ** (failures - FREE_TRIES)) - age
                if wait > 0:
                    return float(wait)
            change = sa.update(gate).where(which)
            connection.execute(change.values(failures=min(failures + 1, 64), last=now))
        return 0.0

    def passed(self, name: str) -> None:
        """It was the right one: forget the wrong ones."""
        with self.database.write() as connection:
            connection.execute(sa.delete(gate).where(gate.c.name == network(name)))

    def _forget(self, connection: Transaction) -> None:
        """Make room for one more."""
        kept = sa.select(gate.c.name).order_by(gate.c.last.desc(), gate.c.name).limit(REMEMBERED - 1)
        count = connection.execute(sa.select(sa.func.count()).select_from(gate)).scalar_one()
        if count >= REMEMBERED:
            connection.execute(sa.delete(gate).where(gate.c.name.not_in(kept.scalar_subquery())))


ONE = sa.select(gate.c.failures, gate.c.last).where(gate.c.name == sa.bindparam("which"))


def network(address: str) -> str:
    """Whom an address stands for: itself, or the /64 of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:80]
    if found.version == 6 and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((int(found), 64), strict=False))
    return str(found)

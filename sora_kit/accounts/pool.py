"""The pool: one object for all that can be done with accounts.

Each part is a module of its own and a base class here; they share one database, one key and one clock.
All calls are synchronous and each is one small transaction.

    editing    the book: add, change, switch, remove, sign in
    leasing    slots, as rows that expire
    health     what successes and failures do to an account
    verdict    why somebody waits
    lines      who is next
    exchange   import and export
    table      as a DataFrame
"""

from __future__ import annotations

import time
from collections.abc import Callable

from sora_kit.accounts.account import Account, AccountEvent
from sora_kit.accounts.exchange import Exchange
from sora_kit.accounts.health import Health
from sora_kit.accounts.leasing import LEASE_SECONDS, Lease
from sora_kit.accounts.lines import Lines
from sora_kit.accounts.table import Tables
from sora_kit.accounts.verdict import Verdict, Verdicts
from sora_kit.store.database import Database
from sora_kit.store.secrets import Secrets

__all__ = ("LEASE_SECONDS", "Account", "AccountEvent", "Accounts", "Lease", "Verdict")


class Accounts(Health, Verdicts, Lines, Exchange, Tables):
    """The accounts of a workspace.

    Args:
        database: Its tables.
        secrets: Seals and opens their secrets; by default with the key of ``SORA_KIT_SECRET_KEY`` only.
        clock: Unix seconds, for cool-downs, quotas, expiry and days. Leases always live by real time.
    """

    def __init__(
        self, database: Database, secrets: Secrets | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.database = database
        self.secrets = secrets or Secrets(database)
        self.clock = clock

"""Looking for accounts: one page, the figures over all, and the last thing that happened to each.

A console shows twenty rows of a pool that may hold thousands. So filtering, sorting, counting and paging
are the database's work, and only what is shown is read; nothing here opens a secret. The account of
drawing on this computer is in no list: nobody signs in to it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sora_kit.accounts.account import COLUMNS, Account, AccountEvent
from sora_kit.accounts.pool import Accounts
from sora_kit.store.tables import account, account_event

__all__ = (
    "ORDERS",
    "STATES",
    "Filter",
    "Totals",
    "labels",
    "last_events",
    "matching",
    "page",
    "ready",
    "totals",
)

STATES = ("ready", "cooling", "needs_you", "expired", "unfit", "disabled")
"""What can be asked for: an account's state, ``disabled`` for one that is switched off, or ``needs_you``
for ``expired`` and ``unfit`` together."""

ORDERS: dict[str, sa.ColumnElement[Any]] = {
    "created": account.c.created,
    "label": sa.func.lower(account.c.label),
    "plan": account.c.plan,
    "quota": account.c.quota,
    "expires": account.c.expires,
    "videos": account.c.videos,
    "errors": account.c.errors,
}
"""What accounts can be sorted by."""

REMOTE = account.c.id.not_like("local-%")
OFF = sa.not_(account.c.enabled)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which accounts are meant; empty values mean all."""

    text: str = ""
    """Part of the label, e-mail, name, remark or id, in any case."""

    state: str = ""
    """One of `STATES`."""

    plan: str = ""
    """Id of a plan, or ``unknown``."""

    backend: str = ""

    def terms(self) -> list[sa.ColumnElement[bool]]:
        """The same as conditions of a query."""
        terms: list[sa.ColumnElement[bool]] = [REMOTE]
        if text := self.text.strip():
            where = (account.c.label, account.c.email, account.c.username, account.c.name,
                     account.c.remark, account.c.id)  # fmt: skip
            terms.append(sa.or_(*(column.icontains(text, autoescape=True) for column in where)))
        if self.state == "disabled":
            terms.append(OFF)
        elif self.state == "needs_you":
            terms += [account.c.enabled, account.c.state.in_(("expired", "unfit"))]
        elif self.state:
            terms += [account.c.enabled, account.c.state == self.state]
        if self.plan:
            terms.append(account.c.plan == ("" if self.plan == "unknown" else self.plan))
        if self.backend:
            terms.append(account.c.backend == self.backend)
        return terms


@dataclass(frozen=True, slots=True)
class Totals:
    """Figures over all accounts."""

    accounts: int
    ready: int
    cooling: int
    needs_you: int
    disabled: int
    next_back: float | None
    """When the next cooling account comes back, Unix seconds."""
    in_use: int
    """Slots that are taken."""
    videos_today: int
    images_today: int
    errors_today: int
    plans: dict[str, int]
    """Accounts by id of the plan; empty for an unknown one."""
    backends: dict[str, int]
    """Accounts by backend."""


def page(
    accounts: Accounts,
    wanted: Filter | None = None,
    *,
    order: str = "created",
    down: bool = False,
    limit: int = 20,
    offset: int = 0,
) -> tuple[list[Account], int]:
    """One page of the accounts that are wanted.

    Args:
        accounts: The pool.
        wanted: Which ones; all if not given.
        order: One of `ORDERS`; accounts where it is unknown come last.
        down: The largest first.
        limit: Rows of a page.
        offset: Rows before it.

    Returns:
        The accounts, and how many there are on all pages.
    """
    terms = (wanted or Filter()).terms()
    by = ORDERS[order]
    query = (
        sa.select(*COLUMNS)
        .where(*terms)
        .order_by((by.desc() if down else by.asc()).nulls_last(), account.c.created, account.c.id)
        .limit(limit)
        .offset(offset)
    )
    with accounts.database.read() as connection:
        count = connection.execute(sa.select(sa.func.count()).where(*terms)).scalar_one()
    return accounts.select(query), count


def matching(accounts: Accounts, wanted: Filter | None = None) -> list[str]:
    """Ids of all accounts that are wanted, oldest first."""
    query = sa.select(account.c.id).where(*(wanted or Filter()).terms())
    with accounts.database.read() as connection:
        return list(connection.execute(query.order_by(account.c.created, account.c.id)).scalars())


def totals(accounts: Accounts) -> Totals:
    """The figures over all accounts; two passes over the table, whatever its size."""
    on, today = account.c.enabled, account.c.today == accounts.today()

    def count(*terms: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((sa.and_(*terms), 1), else_=0)), 0)

    def add(column: sa.ColumnElement[Any], *terms: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((sa.and_(sa.true(), *terms), column), else_=0)), 0)

    cooling = (on, account.c.state == "cooling")
    figures = sa.select(
        sa.func.count().label("accounts"),
        count(on, account.c.state == "ready").label("ready"),
        count(*cooling).label("cooling"),
        count(on, account.c.state.in_(("expired", "unfit"))).label("needs_you"),
        count(OFF).label("disabled"),
        sa.func.min(sa.case((sa.and_(*cooling), account.c.cool_until))).label("next_back"),
        add(account.c.images_in_use + account.c.videos_in_use).label("in_use"),
        add(account.c.videos_today, today).label("videos_today"),
        add(account.c.images_today, today).label("images_today"),
        add(account.c.errors_today, today).label("errors_today"),
    ).where(REMOTE)
    kinds = (
        sa.select(account.c.plan, account.c.backend, sa.func.count().label("number"))
        .where(REMOTE)
        .group_by(account.c.plan, account.c.backend)
        .order_by(account.c.plan, account.c.backend)
    )
    plans: dict[str, int] = {}
    backends: dict[str, int] = {}
    with accounts.database.read() as connection:
        row = connection.execute(figures).mappings().one()
        for plan, backend, number in connection.execute(kinds):
            plans[plan] = plans.get(plan, 0) + number
            backends[backend] = backends.get(backend, 0) + number
    return Totals(**row, plans=plans, backends=backends)


READY = sa.select(
    sa.func.count(),
    sa.func.coalesce(
        sa.func.sum(sa.case((sa.and_(account.c.enabled, account.c.state == "ready"), 1), else_=0)), 0
    ),
).where(REMOTE)


def ready(accounts: Accounts) -> tuple[int, int]:
    """How many accounts there are, and how many of them are ready: two of the `totals`, for a title."""
    with accounts.database.read() as connection:
        row = connection.execute(READY).one()
    return row[0], row[1]


def last_events(accounts: Accounts, ids: Collection[str]) -> dict[str, AccountEvent]:
    """The last event of each of these accounts; those that have none are left out."""
    newest = (
        sa.select(sa.func.max(account_event.c.id))
        .where(account_event.c.account.in_(list(ids)))
        .group_by(account_event.c.account)
    )
    query = sa.select(account_event).where(account_event.c.id.in_(newest))
    with accounts.database.read() as connection:
        return {row["account"]: AccountEvent(**row) for row in connection.execute(query).mappings()}


def labels(accounts: Accounts, ids: Collection[str]) -> dict[str, str]:
    """Labels of those of these accounts that are still there."""
    query = sa.select(account.c.id, account.c.label).where(account.c.id.in_(list(ids)))
    with accounts.database.read() as connection:
        return {row.id: row.label for row in connection.execute(query)}

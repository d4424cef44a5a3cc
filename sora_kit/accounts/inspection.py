"""Testing accounts: what each of them is, may and has left, as its backend tells it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from sora_kit.accounts.account import Account, plan_name
from sora_kit.accounts.pool import Accounts
from sora_kit.accounts.renewal import Renewal
from sora_kit.accounts.rows import Row
from sora_kit.backends.base import AuthExpired, BackendError
from sora_kit.backends.hosted import Hosted, Standing
from sora_kit.errors import SoraKitError
from sora_kit.store.tables import account

__all__ = ("Inspected", "inspect")

WORDS = ("name", "username", "user", "plan", "plan_title", "invite_code")
NUMBERS = ("plan_ends", "invites_used", "invites_total", "onboarded")


@dataclass(frozen=True, slots=True)
class Inspected:
    """What became of the test of one account."""

    account: str
    """Its id."""

    label: str
    ok: bool
    why: str
    """What was found, or why it could not be tested; without secrets."""

    same_as: str = ""
    """Id of another account that is the same user upstream, or empty."""


async def inspect(
    accounts: Accounts, backend_of: Callable[[str], Hosted], ids: Iterable[str], concurrency: int = 8
) -> list[Inspected]:
    """Test accounts and write down what their backends say.

    An access token that is refused is renewed first, where the account has something to renew it with. A
    test that goes well ends ``unfit`` and ``expired``; one that fails has the effect of any failure.

    Args:
        accounts: The pool.
        backend_of: Gives a backend by its name.
        ids: Accounts to test.
        concurrency: How many at the same time.

    Returns:
        One result for each id, in their order.
    """
    renewal = Renewal(accounts, backend_of)
    gate = asyncio.Semaphore(max(1, concurrency))

    async def one(account_id: str) -> Inspected:
        async with gate:
            return await look_at(accounts, backend_of, renewal, account_id)

    return list(await asyncio.gather(*(one(account_id) for account_id in ids)))


async def look_at(
    accounts: Accounts, backend_of: Callable[[str], Hosted], renewal: Renewal, account_id: str
) -> Inspected:
    """Test one account."""
    label = account_id
    try:
        known = accounts.get(account_id)
        label = known.label
        backend = backend_of(known.backend)
        standing = await ask(backend, renewal, account_id)
        record(accounts, account_id, standing)
    except SoraKitError as error:
        if isinstance(error, BackendError):
            accounts.failed(account_id, error)
        return Inspected(account_id, label, ok=False, why=str(error))
    now = accounts.get(account_id)
    words = [plan_name(now.plan) if now.plan else "no plan known"]
    words += [f"{now.quota} left"] if now.quota is not None else []
    return Inspected(account_id, now.label, ok=True, why=", ".join(words), same_as=twin(accounts, now))


def twin(accounts: Accounts, one: Account) -> str:
    """Id of another account that is the same user upstream, or empty."""
    query = (
        sa.select(account.c.id)
        .where(account.c.backend == one.backend, account.c.user == one.user, account.c.id != one.id)
        .order_by(account.c.created, account.c.id)
        .limit(1)
    )
    if not one.user:
        return ""
    with accounts.database.read() as connection:
        return connection.execute(query).scalar_one_or_none() or ""


async def ask(backend: Hosted, renewal: Renewal, account_id: str) -> Standing:
    """Ask the backend, with a new access token if the present one is refused."""
    login = await renewal.fresh(account_id)
    try:
        return await backend.inspect(login)
    except AuthExpired:
        login = await renewal.fresh(account_id, login.secrets.get("access_token", ""))
        return await backend.inspect(login)


def record(accounts: Accounts, account_id: str, standing: Standing) -> None:
    """Write down what a backend says of an account; what it does not tell stays as it was."""
    with accounts.database.write() as connection:
        row = accounts.row(connection, account_id)
        now = accounts.clock()
        changes: Row = {name: value for name in WORDS if (value := getattr(standing, name))}
        changes |= {name: value for name in NUMBERS if (value := getattr(standing, name)) is not None}
        if standing.expires is not None:
            changes["expires"] = standing.expires
        if standing.email:
            email = standing.email.lower()
            changes["email"] = email
            if row["label"] == account_id or "…" in row["label"]:
                changes["label"] = email
        changes |= {"checked": now, "errors_in_row": 0}
        events = [("tested", "By its owner")]
        if row["state"] in ("unfit", "expired") or (row["state"] == "cooling" and row["errors_in_row"]):
            changes |= {"state": "ready", "cause": "", "cool_until": None, "since": now}
            events.append(("ready", "A test went well"))
        state = row | {name: changes[name] for name in ("state", "cool_until") if name in changes}
        changes, more = accounts.with_balance(state, changes, standing.balance)
        accounts.put(connection, row, changes, [*events, *more])

"""New access tokens, once for everybody.

Session and refresh tokens are often used up by being used: the answer holds the next one. So of all
processes of a workspace only one may renew an account at a time, and what it gets must be stored before
anybody uses it. Whoever needs a token claims the account in its row (`renewing_until`); the others wait
and read again. Within a process the work is a task of its own: a job that is cancelled while it waits
does not cut the exchange off between the answer and the storing.

A failure of the network proves nothing about an account and changes nothing. Only a backend that says
that the credentials are over sets an account to ``expired``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from sora_kit.accounts.account import SECRETS, can_renew
from sora_kit.accounts.pool import Accounts
from sora_kit.accounts.rows import Row, lease_time
from sora_kit.backends.base import AuthExpired, BackendError, InvalidRequest, TransportFailed
from sora_kit.backends.hosted import Hosted, Login, Renewed
from sora_kit.errors import NotFound, SoraKitError
from sora_kit.store.tables import account

__all__ = ("Renewal",)

log = logging.getLogger(__name__)

CLAIM_SECONDS = 60.0
CALL_SECONDS = 45.0
"""A call is given up before its claim ends, so that no second one begins beside it."""
LOOK_SECONDS = 0.1
EARLY_SECONDS = 3600.0
"""A token that ends within this time (or within a tenth of its life, if that is less) is renewed."""
AGAIN_SECONDS = 300.0
"""Between two attempts that nobody waits for."""
TENDED = 8
"""Accounts that are tended at the same time."""


class Renewal:
    """Gets new access tokens. All methods run on one event loop.

    Args:
        accounts: The pool.
        backend: Gives a backend by its name.
    """

    def __init__(self, accounts: Accounts, backend: Callable[[str], Hosted]) -> None:
        self.accounts = accounts
        self.backend = backend
        self.flights: dict[str, asyncio.Task[None]] = {}
        self.not_before: dict[str, float] = {}

    async def fresh(self, account_id: str, rejected: str = "") -> Login:
        """A login with an access token that is good, as far as is known.

        Args:
            account_id: The account.
            rejected: The access token that was refused; empty if none was.

        Returns:
            The stored login if its token is another one and has not ended, else a renewed one.

        Raises:
            AuthExpired: The credentials are over; the account is ``expired`` now.
            BackendError: It could not be renewed at the moment; the account stays as it is.
            NotFound: There is no such account.
        """
        while True:
            login, ends = self.accounts.login_until(account_id)
            if self.is_good(login, ends, rejected):
                return login
            await asyncio.shield(self.flight(account_id, rejected, refused=bool(rejected)))

    async def tend(self) -> None:
        """Renew the tokens that end soon. Failures are noted with the account and raise nothing."""
        gate = asyncio.Semaphore(TENDED)

        async def one(account_id: str, token: str) -> None:
            async with gate:
                try:
                    await asyncio.shield(self.flight(account_id, token, refused=False))
                except SoraKitError as error:
                    log.info("account %s was not renewed: %s", account_id, error)
                except Exception:  # a fault in one backend must not leave the other accounts untended
                    log.exception("renewing account %s failed", account_id)

        due = self.ending_soon()
        if due:
            await asyncio.gather(*(one(account_id, token) for account_id, token in due))

    async def close(self, seconds: float) -> None:
        """Wait for what is under way: who is cut off after the exchange has lost the next refresh token.

        Args:
            seconds: For so long; what then still goes on is cut off.
        """
        flights = list(self.flights.values())
        if flights:
            await asyncio.wait(flights, timeout=seconds)
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    # -- inside

    def flight(self, account_id: str, replaced: str, *, refused: bool) -> asyncio.Task[None]:
        """The renewal of an account that is under way in this process, or a new one."""
        flight = self.flights.get(account_id)
        if flight is None:
            work = self.renew(account_id, replaced, refused=refused)
            flight = self.flights[account_id] = asyncio.get_running_loop().create_task(work)
            flight.add_done_callback(lambda done: self.landed(account_id, done))
        return flight

    def is_good(self, login: Login, ends: float | None, replaced: str) -> bool:
        """Whether a stored login can be used; one without access tokens always can."""
        token = login.secrets.get("access_token", "")
        if not token:
            return not can_renew(login.secrets, login.settings.get("client_id", ""))
        if token == replaced:
            return False
        return ends is None or ends > self.accounts.clock()

    def landed(self, account_id: str, done: asyncio.Task[None]) -> None:
        """A renewal is over; those who waited for it have its error, if they still wait."""
        if self.flights.get(account_id) is done:
            del self.flights[account_id]
        if not done.cancelled():
            done.exception()

    async def renew(self, account_id: str, replaced: str, *, refused: bool) -> None:
        """Renew, or wait until another process has done it.

        Args:
            account_id: The account.
            replaced: The access token to replace; empty for whatever there is.
            refused: Whether that token is no longer accepted, or only ends soon.
        """
        while not self.claim(account_id):
            await asyncio.sleep(LOOK_SECONDS)
            if self.is_good(*self.accounts.login_until(account_id), replaced):
                return
        try:
            login, ends = self.accounts.login_until(account_id)
            if not self.is_good(login, ends, replaced):
                await self.exchange(login, replaced if refused else "")
        finally:
            self.unclaim(account_id)

    async def exchange(self, login: Login, rejected: str) -> None:
        """Ask the backend, and store what it gives before anything else happens."""
        known = self.accounts.get(login.account)
        try:
            if not can_renew(login.secrets, login.settings.get("client_id", "")):
                raise refused("The account has no session token and no refresh token with its client id")
            renewed = await asyncio.wait_for(self.backend(known.backend).renew(login), CALL_SECONDS)
            token = renewed.secrets.get("access_token", "")
            if rejected and token == rejected:
                self.store(login.account, renewed, rejected)  # it may hold a new session token all the same
                raise refused("The backend gives the same one again")
        except (AuthExpired, InvalidRequest) as error:
            self.give_up(login, rejected, error)
            raise expired(error) from error
        except TimeoutError as error:
            self.postpone(login.account, "The backend did not answer")
            raise TransportFailed(
                "The account could not be signed in again", why=f"No answer within {CALL_SECONDS:.0f} s"
            ) from error
        except BackendError as error:
            self.postpone(login.account, str(error))
            raise
        self.store(login.account, renewed, rejected)
        if token == login.secrets.get("access_token"):
            # It is given anew only when the old one has ended; asking each minute is of no use.
            self.not_before[login.account] = self.accounts.clock() + AGAIN_SECONDS

    def claim(self, account_id: str) -> bool:
        """Become the one that renews an account, unless somebody is."""
        now = lease_time()
        change = sa.update(account).where(account.c.id == account_id, account.c.renewing_until <= now)
        with self.accounts.database.write() as connection:
            won = connection.execute(change.values(renewing_until=now + CLAIM_SECONDS)).rowcount
        if not won:
            self.accounts.get(account_id)  # it may have been removed
        return bool(won)

    def unclaim(self, account_id: str) -> None:
        """Let others renew it again."""
        with self.accounts.database.write() as connection:
            connection.execute(
                sa.update(account).where(account.c.id == account_id).values(renewing_until=0.0)
            )

    def store(self, account_id: str, renewed: Renewed, rejected: str) -> None:
        """Keep new credentials; an account that had expired is ready again."""
        pool = self.accounts
        values: Row = {name: renewed.secrets[name] for name in SECRETS if renewed.secrets.get(name)}
        with pool.database.write() as connection:
            row = pool.row(connection, account_id)
            if renewed.email and not row["email"]:
                values["email"] = renewed.email.lower()
            cause = "The old token was refused" if rejected else "Before it was needed"
            pool.change(connection, account_id, values, ("refreshed", cause), revives=("expired",))
            row = pool.row(connection, account_id)
            issued = row["settings"].get("issued") or pool.clock()
            changes: Row = {"settings": row["settings"] | {"issued": issued}}
            if renewed.expires is not None:
                changes["expires"] = renewed.expires
            pool.put(connection, row, changes)
        self.not_before.pop(account_id, None)

    def give_up(self, login: Login, rejected: str, error: BackendError) -> None:
        """The backend says that the credentials are over."""
        pool = self.accounts
        with pool.database.write() as connection:
            row = pool.row(connection, login.account)
            query = sa.select(account.c.secrets).where(account.c.id == login.account)
            now_stored = pool.secrets.open(login.account, connection.execute(query).scalar_one())
            if any(now_stored.get(name, "") != login.secrets.get(name, "") for name in SECRETS):
                return  # its owner gave it new ones meanwhile
            token = login.secrets.get("access_token", "")
            over = not token or token == rejected or (row["expires"] or 0.0) <= pool.clock()
            if over and row["state"] != "expired":
                changes = {"state": "expired", "cause": str(error), "since": pool.clock(), "cool_until": None}
                pool.put(connection, row, changes, [("expired", str(error))])
            elif not over:
                pool.note(connection, login.account, "not refreshed", str(error))
        self.not_before[login.account] = pool.clock() + AGAIN_SECONDS

    def postpone(self, account_id: str, cause: str) -> None:
        """Note that it did not work this time."""
        pool = self.accounts
        first = account_id not in self.not_before
        self.not_before[account_id] = pool.clock() + AGAIN_SECONDS
        if first:
            with pool.database.write() as connection:
                pool.note(connection, account_id, "not refreshed", cause)

    def ending_soon(self) -> list[tuple[str, str]]:
        """Accounts to renew now, each with the token to replace."""
        pool, now = self.accounts, self.accounts.clock()
        columns: list[Any] = [account.c.id, account.c.expires, account.c.settings]
        query = sa.select(*columns).where(
            account.c.enabled,
            account.c.state.in_(("ready", "cooling")),
            account.c.secrets != "",
            sa.or_(account.c.expires.is_(None), account.c.expires <= now + EARLY_SECONDS),
        )
        found = []
        with pool.database.read() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            held = row.settings.get("held", {})
            if not can_renew(held, row.settings.get("client_id", "")) or now < self.not_before.get(
                row.id, 0.0
            ):
                continue
            if row.expires is None:
                ending = not held.get("access_token")
            else:
                life = row.expires - (row.settings.get("issued") or row.expires - 10 * EARLY_SECONDS)
                ending = row.expires - now <= min(EARLY_SECONDS, max(life, 0.0) / 10)
            if ending:
                try:
                    found.append((row.id, pool.login(row.id).secrets.get("access_token", "")))
                except NotFound:
                    continue  # removed a moment ago
        return found


def refused(why: str) -> AuthExpired:
    """The failure of an access token that cannot be replaced."""
    return AuthExpired(
        "The access token is no longer accepted",
        why=why,
        fix="Sign in anew, and give the account its new tokens (`sora-kit accounts edit`)",
    )


def expired(error: BackendError) -> BackendError:
    """The failure that callers know."""
    if isinstance(error, AuthExpired):
        return error
    return AuthExpired(error.what, why=error.why, fix=error.fix)

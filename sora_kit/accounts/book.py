"""The book of accounts: looking things up, and signing in."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sora_kit.accounts.account import COLUMNS, SECRETS, Account, AccountEvent, from_row
from sora_kit.accounts.fields import PLAIN, checked_proxy
from sora_kit.accounts.rows import Rows, no_account
from sora_kit.backends.hosted import Login
from sora_kit.errors import InvalidInput
from sora_kit.store.settings import Settings
from sora_kit.store.statements import Prepared
from sora_kit.store.tables import account, account_event, setting

__all__ = ("PROXY", "Book")

PROXY = "accounts.proxy"
"""Setting with the global proxy, sealed."""


SIGN_IN = Prepared(
    sa.select(
        account.c.secrets,
        account.c.settings,
        account.c.expires,
        sa.select(setting.c.value).where(setting.c.name == PROXY).scalar_subquery().label("proxy"),
    ).where(account.c.id == sa.bindparam("id"))
)
"""All that a login needs, in one question: it is asked before every call."""


class Book(Rows):
    """Reading accounts; part of `sora_kit.accounts.Accounts`."""

    def get(self, account_id: str) -> Account:
        """One account.

        Raises:
            NotFound: There is none of that id.
        """
        found = self.select(sa.select(*COLUMNS).where(account.c.id == account_id))
        if not found:
            raise no_account(account_id)
        return found[0]

    def find(self, text: str) -> Account:
        """One account by its id, label or e-mail.

        Raises:
            NotFound: There is none.
            InvalidInput: There are several; ``fix`` holds their ids.
        """
        text = text.strip()
        wanted = sa.or_(account.c.id == text, account.c.label == text, account.c.email == text.lower())
        found = self.select(sa.select(*COLUMNS).where(wanted).order_by(account.c.id))
        exact = [one for one in found if one.id == text]
        found = exact or found
        if not found:
            raise no_account(text)
        if len(found) > 1:
            raise InvalidInput(
                f"{len(found)} accounts are called {text!r}",
                fix=f"Name one by its id: {', '.join(one.id for one in found[:5])}",
                param="account",
            )
        return found[0]

    def events(self, account: str | None = None, limit: int = 200) -> list[AccountEvent]:
        """What changed accounts, newest first."""
        query = sa.select(account_event).order_by(account_event.c.id.desc()).limit(limit)
        if account is not None:
            query = query.where(account_event.c.account == account)
        with self.database.read() as connection:
            return [AccountEvent(**row) for row in connection.execute(query).mappings()]

    def login(self, account_id: str) -> Login:
        """An account as its backend needs to see it, secrets opened; with the global proxy if it has none.

        Raises:
            NotFound: There is no such account.
            SecretsLocked: The key of the workspace is not here.
        """
        return self.login_until(account_id)[0]

    def login_until(self, account_id: str) -> tuple[Login, float | None]:
        """As `login`, and when its access token ends (Unix seconds, None if that is not known)."""
        with self.database.read() as connection:
            row = connection.run(SIGN_IN, {"id": account_id}).one()
        if row is None:
            raise no_account(account_id)
        values, kept = self.secrets.open(account_id, row["secrets"]), row["settings"] or {}
        settings: dict[str, Any] = {name: kept[name] for name in PLAIN if kept.get(name)}
        if headers := values.get("write_headers"):
            settings["write_headers"] = headers
        login = Login(
            account_id,
            {name: values[name] for name in SECRETS if values.get(name)},
            settings,
            values.get("proxy") or self.opened_proxy(row["proxy"] or ""),
        )
        return login, row["expires"]

    def private(self, account_id: str) -> dict[str, Any]:
        """What is sealed of an account, opened."""
        query = sa.select(account.c.secrets).where(account.c.id == account_id)
        with self.database.read() as connection:
            sealed = connection.execute(query).scalar_one_or_none()
        if sealed is None:
            raise no_account(account_id)
        return self.secrets.open(account_id, sealed)

    def set_global_proxy(self, url: str) -> None:
        """The proxy of all accounts that have none of their own; empty for none. Kept sealed.

        Raises:
            InvalidInput: It is no proxy's URL.
        """
        url = checked_proxy(url)
        with self.database.write() as connection:
            sealed = self.secrets.seal(connection, PROXY, {"url": url}) if url else ""
        Settings(self.database).set(PROXY, sealed)

    def global_proxy(self) -> str:
        """The proxy of accounts that have none of their own, or empty. A secret: it may hold a password."""
        return self.opened_proxy(Settings(self.database).get(PROXY, ""))

    def opened_proxy(self, sealed: str) -> str:
        """What is sealed in the setting of the global proxy."""
        return str(self.secrets.open(PROXY, sealed).get("url", ""))

    def select(self, query: sa.Select[Any]) -> list[Account]:
        """The accounts of a query over `COLUMNS`."""
        today = self.today()
        with self.database.read() as connection:
            return [from_row(dict(row), today) for row in connection.execute(query).mappings()]

    def list(
        self, *, backend: str | None = None, state: str | None = None, enabled: bool | None = None
    ) -> list[Account]:
        """Accounts, oldest first; only those of a backend, in a state, or switched on or off."""
        query = sa.select(*COLUMNS).order_by(account.c.created, account.c.id)
        wanted = {"backend": backend, "state": state, "enabled": enabled}
        for name, value in wanted.items():
            if value is not None:
                query = query.where(account.c[name] == value)
        return self.select(query)

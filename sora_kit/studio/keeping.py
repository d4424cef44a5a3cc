"""Keeping: a workspace as a file, and back.

The form and the checks are those of `sora_kit.store.backup` and `sora_kit.store.restore`. What is added
here are the accounts: their rows as the pool knows them, with their secrets opened to be sealed under the
passphrase, and sealed again with the key of the workspace that takes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sora_kit.accounts import Accounts
from sora_kit.accounts.account import SECRETS
from sora_kit.accounts.fields import checked, outside
from sora_kit.errors import InvalidInput
from sora_kit.store import Workspace
from sora_kit.store.archive import ACCOUNT, damaged, read_row
from sora_kit.store.backup import Report, export
from sora_kit.store.restore import restore
from sora_kit.store.statements import Transaction
from sora_kit.store.tables import account
from sora_kit.studio.opened import Opened

__all__ = ("Keeping", "load", "save")

PRIVATE = (*SECRETS, "proxy", "write_headers")


class Keeping(Opened):
    """The part of a studio that makes backups."""

    def export(
        self,
        path: str | Path,
        *,
        since: datetime | float | None = None,
        media: bool = True,
        log: bool = False,
        keys: bool = False,
        accounts: bool = False,
        passphrase: str = "",
    ) -> Report:
        """Write clips, jobs, characters and settings into one zip file.

        Args:
            path: The file; one that is there is replaced once the new one is whole.
            since: Only what was made from then on: a datetime, or Unix seconds.
            media: Whether pictures and videos are included.
            log: Whether the request log is included.
            keys: Whether API keys are included, as hashes.
            accounts: Whether accounts are included, sealed under ``passphrase``.
            passphrase: At least 8 characters; without it nobody can read the accounts.

        Returns:
            What was written and what was left out; unfinished jobs always are.

        Raises:
            InvalidInput: The path is no place for a file, or the passphrase is too short.
            SecretsLocked: Accounts are wanted and the key of the workspace is not here.
        """
        self.must_be_open()
        return save(
            self.workspace,
            self.accounts,
            path,
            since=since.timestamp() if isinstance(since, datetime) else since,
            media=media,
            log=log,
            keys=keys,
            with_accounts=accounts,
            passphrase=passphrase,
        )

    def import_(self, path: str | Path, *, passphrase: str = "") -> Report:
        """Merge a backup into this workspace. What is here stays; the same backup twice changes nothing.

        Args:
            path: A file that `export` wrote.
            passphrase: Opens its accounts; without one they are left out.

        Returns:
            What is new.

        Raises:
            InvalidInput: It is no backup, damaged or hostile, or the passphrase is another one. Nothing was
                changed.
            WorkspaceFull: There is no space for it. Nothing was changed.
        """
        self.must_be_open()
        return load(self.workspace, self.accounts, path, passphrase=passphrase)


def save(
    workspace: Workspace, accounts: Accounts, path: str | Path, *, with_accounts: bool = False, **options: Any
) -> Report:
    """As `Keeping.export`, for a workspace without a studio."""
    return export(workspace, path, accounts=packed(accounts) if with_accounts else None, **options)


def load(workspace: Workspace, accounts: Accounts, path: str | Path, *, passphrase: str = "") -> Report:
    """As `Keeping.import_`, for a workspace without a studio."""
    new: list[str] = []

    def adopt(connection: Transaction, rows: list[dict[str, Any]]) -> Mapping[str, str]:
        ids: dict[str, str] = {}
        for number, row in enumerate(rows, 1):
            adopted(accounts, connection, row, f"Account {number}", ids, new)
        return ids

    report = restore(workspace, path, passphrase=passphrase, adopt=adopt)
    report.count("accounts", len(new))
    return report


def packed(accounts: Accounts) -> list[dict[str, Any]]:
    """Accounts with their secrets in plain, to be sealed at once. Those of this computer stay."""
    columns = [column for column in account.c if column.name not in ACCOUNT.without]
    query = sa.select(*columns).where(account.c.id.not_like("local-%")).order_by(account.c.id)
    with accounts.database.read() as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    return [row | {"private": accounts.private(row["id"])} for row in rows]


def adopted(
    accounts: Accounts,
    connection: Transaction,
    found: Mapping[str, Any],
    where: str,
    ids: dict[str, str],
    new: list[str],
) -> None:
    """Take one account, unless it is here, under the same id or another."""
    row = read_row(ACCOUNT, found, where)
    private = found.get("private")
    if not isinstance(private, Mapping):
        raise damaged(f"{where} has no secrets")
    try:
        values = checked({name: private[name] for name in PRIVATE if private.get(name)})
    except InvalidInput as error:
        raise damaged(f"{where}: {error.what}") from error
    known = connection.execute(sa.select(account.c.id).where(account.c.id == row["id"])).scalar_one_or_none()
    known = known or accounts.known(
        connection, row["backend"], values, str(row.get("user", "")), str(row.get("email", ""))
    )
    ids[row["id"]] = known or row["id"]
    if known is not None:
        return
    connection.execute(sa.insert(account).values(row))
    accounts.reseal(connection, row["id"], values)
    there = accounts.row(connection, row["id"])
    accounts.put(connection, there, {"settings": there["settings"] | outside(values)})
    new.append(row["id"])

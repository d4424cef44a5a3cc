"""Adding, changing, switching and removing accounts.

An account that is added again is the same account: one that holds a token already, or of the same user
upstream, or, where nobody knows a user on either side, of the same e-mail. Two workspaces of one e-mail
are two users and stay two accounts. It is updated with what is new; what is not given stays.

Secrets are sealed in one text (`sora_kit.store.secrets`). Beside it stand their masked forms, so that
lists never open it, and digests of 64 bits, which tell a known token again.
"""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from sora_kit.accounts.account import SECRETS, Account
from sora_kit.accounts.book import PROXY, Book
from sora_kit.accounts.claims import read_claims
from sora_kit.accounts.fields import COLUMNS_TO_EDIT, PLAIN, checked, from_token, mark_of, named, outside
from sora_kit.accounts.rows import Row, used_up
from sora_kit.errors import InvalidInput
from sora_kit.store.ids import new_id
from sora_kit.store.statements import Transaction
from sora_kit.store.tables import account, lease

__all__ = ("Editing",)


class Editing(Book):
    """The book of accounts; part of `sora_kit.accounts.Accounts`."""

    def ensure_local(self, backend: str) -> None:
        """The account of a backend that draws on this computer: half as many places as it has cores."""
        places = max(1, (os.cpu_count() or 2) // 2)
        values: Row = {"id": f"local-{backend}", "backend": backend, "label": "This computer"}
        values |= {"image_cap": places, "video_cap": places, "created": self.clock()}
        query = sa.select(account.c.id).where(account.c.id == values["id"])
        with self.database.read() as connection:
            if connection.execute(query).one_or_none() is not None:
                return
        with self.database.write() as connection:
            if connection.execute(query).one_or_none() is None:
                connection.execute(sa.insert(account).values(values))

    def add(self, backend: str, **fields: Any) -> Account:
        """Add an account, or update it if it is there already.

        Args:
            backend: Name of the backend that it belongs to.
            **fields: Of ``access_token``, ``session_token``, ``refresh_token``, ``api_key`` at least one;
                ``client_id``, ``redirect_uri``, ``device_id``, ``write_headers`` (name → value),
                ``proxy`` (URL), ``label``, ``remark``, ``email``, ``image_enabled``, ``video_enabled``,
                ``image_cap``, ``video_cap`` (-1 for no limit), ``enabled``.

        Raises:
            InvalidInput: There is no credential, or a value cannot be right.
            SecretsLocked: The key of the workspace is not here.
        """
        return self.add_or_update(backend, fields)[0]

    def edit(self, account_id: str, **fields: Any) -> Account:
        """Change an account. What is not given, or is `KEEP`, stays; empty text or None clears.

        Args:
            account_id: Its id.
            **fields: Those of `add`.

        Raises:
            NotFound: There is no such account.
            InvalidInput: A value cannot be right, or nothing would be left to sign in with.
        """
        values = checked(fields)
        with self.database.write() as connection:
            self.change(connection, account_id, values, ("updated", f"Edited: {named(values)}"))
        return self.get(account_id)

    def enable(self, account_id: str) -> Account:
        """Switch an account on; one that was set aside or paused after failures is tried again.

        Raises:
            NotFound: There is no such account.
        """
        with self.database.write() as connection:
            row = self.row(connection, account_id)
            changes: Row = {"enabled": True}
            paused = row["state"] == "cooling" and row["errors_in_row"] > 0
            if row["state"] in ("unfit", "expired") or paused:
                changes |= {"state": "ready", "cause": "", "cool_until": None, "since": self.clock()}
                changes["errors_in_row"] = 0
            different = any(row[name] != value for name, value in changes.items())
            self.put(connection, row, changes, [("enabled", "By its owner")] if different else [])
        return self.get(account_id)

    def disable(self, account_id: str, cause: str = "By its owner") -> Account:
        """Switch an account off. Its running tasks go on.

        Raises:
            NotFound: There is no such account.
        """
        with self.database.write() as connection:
            row = self.row(connection, account_id)
            events = [("disabled", cause)] if row["enabled"] else []
            self.put(connection, row, {"enabled": False}, events)
        return self.get(account_id)

    def reset(self, account_id: str) -> Account:
        """Forget what went wrong: counts of failures, pauses, lowered limits, a state that needs a person.

        Whether it is switched on stays, and so does what its backend said of its quota.

        Raises:
            NotFound: There is no such account.
        """
        with self.database.write() as connection:
            row = self.row(connection, account_id)
            changes: Row = {"errors": 0, "errors_today": 0, "errors_in_row": 0, "last_error": ""}
            changes |= {"last_error_at": None, "eased_cap": None, "eased_until": None}
            if row["state"] != "ready" and not used_up(row):
                changes |= {"state": "ready", "cause": "", "cool_until": None, "since": self.clock()}
            self.put(connection, row, changes, [("reset", "By its owner")])
        return self.get(account_id)

    def remove(self, account_id: str) -> None:
        """Forget an account and its secrets; its events stay.

        Raises:
            NotFound: There is no such account.
        """
        with self.database.write() as connection:
            row = self.row(connection, account_id)
            connection.execute(sa.delete(lease).where(lease.c.account == account_id))
            connection.execute(sa.delete(account).where(account.c.id == account_id))
            self.note(connection, account_id, "removed", f"{row['label']}, of {row['backend']}")

    def remove_disabled(self) -> list[str]:
        """Forget all accounts that are switched off; gives their ids."""
        gone = [one.id for one in self.list(enabled=False)]
        for one in gone:
            self.remove(one)
        return gone

    def rotate_key(self, new: str = "", *, lost: bool = False) -> int:
        """Seal all secrets anew with another key; see `sora_kit.store.secrets.Secrets.rotate`.

        Args:
            new: Key text for ``SORA_KIT_SECRET_KEY``; empty makes a key where the present one lies.
            lost: The old key is gone: accounts whose secrets cannot be opened become ``expired``.

        Returns:
            How many sealed texts there are now.

        Raises:
            SecretsLocked: The old key is not here, or comes from the environment and ``new`` is empty.
        """
        return self.secrets.rotate(new, lost=self.forget_secrets if lost else None)

    # -- inside

    def forget_secrets(self, connection: Transaction, account_id: str) -> None:
        """Note that an account's secrets are gone with their key."""
        if account_id == PROXY:
            return
        row = self.row(connection, account_id)
        cause = "Its secrets are gone with the key that sealed them; give it its tokens again"
        changes: Row = {"state": "expired", "cause": cause, "since": self.clock(), "cool_until": None}
        changes["settings"] = row["settings"] | outside({})
        self.put(connection, row, changes, [("expired", cause)])

    def add_or_update(self, backend: str, fields: Mapping[str, Any]) -> tuple[Account, bool]:
        """As `add`; tells whether the account is new."""
        values = checked(fields)
        enabled = values.pop("enabled", None)
        if not any(values.get(name) for name in SECRETS):
            raise InvalidInput(
                "An account needs something to sign in with",
                why="There is no access, session or refresh token and no API key",
                fix="Give one of them",
                param="access_token",
            )
        claims = read_claims(values.get("access_token", ""))
        email = values.get("email") or claims.email.lower()
        with self.database.write() as connection:
            known = self.known(connection, backend, values, claims.user, email)
            if known is not None:
                given = {name: value for name, value in values.items() if value not in ("", None, {})}
                self.change(connection, known, given, ("updated", f"Added again: {named(given)}"))
            else:
                account_id = new_id("acc")
                new: Row = {"id": account_id, "backend": backend, "label": ""}
                new |= {"created": self.clock(), "since": self.clock()}
                new |= {"rank": random.random() if self.chosen_mode(connection) == "random" else 0.0}  # noqa: S311
                connection.execute(sa.insert(account).values(new))
                self.change(connection, account_id, values, ("added", "By its owner"))
            which = known or account_id
            if enabled is not None:
                row = self.row(connection, which)
                event = ("enabled" if enabled else "disabled", "By its owner")
                events = [event] if enabled != row["enabled"] else []
                self.put(connection, row, {"enabled": enabled}, events)
        return self.get(which), known is None

    def known(
        self, connection: Transaction, backend: str, values: Mapping[str, Any], user: str, email: str
    ) -> str | None:
        """Id of the account that this is already, or None."""
        ours = account.c.backend == backend
        for place, name in enumerate(SECRETS):
            if secret := values.get(name):
                part = sa.func.substr(account.c.mark, place * 16 + 1, 16)
                query = sa.select(account.c.id).where(ours, part == mark_of(secret))
                if (found := connection.execute(query).scalars().first()) is not None:
                    return str(found)
        if user:
            query = sa.select(account.c.id).where(ours, account.c.user == user)
        elif email:
            query = sa.select(account.c.id).where(ours, account.c.email == email, account.c.user == "")
        else:
            return None
        found = connection.execute(query).scalars().first()
        return None if found is None else str(found)

    def change(
        self,
        connection: Transaction,
        account_id: str,
        values: Row,
        event: tuple[str, str],
        revives: tuple[str, ...] = ("expired", "unfit"),
    ) -> None:
        """Write checked values into a row, with what follows from new credentials.

        Args:
            connection: A writing transaction.
            account_id: The row.
            values: As `checked` gives them.
            event: What to note, if anything changes.
            revives: States that new credentials end.
        """
        row = self.row(connection, account_id)
        changes: Row = {name: values[name] for name in COLUMNS_TO_EDIT if name in values}
        if "enabled" in values:
            changes["enabled"] = values["enabled"]
        settings = dict(row["settings"])
        settings |= {name: values[name] for name in PLAIN if name in values}
        private = {n: values[n] for n in (*SECRETS, "proxy", "write_headers") if n in values}
        fresh = False
        if private:
            before, after = self.reseal(connection, account_id, private)
            fresh = any(after.get(name) and after.get(name) != before.get(name) for name in SECRETS)
            settings |= outside(after)
            if after.get("access_token") != before.get("access_token"):
                changes |= from_token(
                    str(after.get("access_token", "")), str(changes.get("email", row["email"])), settings
                )
        changes["settings"] = settings
        label, email = changes.get("label", row["label"]), changes.get("email", row["email"])
        if not label or ("…" in label and email):  # until it has a name, it is called after its token
            held = settings.get("held", {})
            hint = next((held[name] for name in SECRETS if held.get(name, "…") != "…"), account_id)
            changes["label"] = email or hint
        if fresh and row["state"] in revives:
            changes |= {"state": "ready", "cause": "", "since": self.clock(), "cool_until": None}
        different = bool(private) or any(row[name] != value for name, value in changes.items())
        self.put(connection, row, changes, [event] if different else [])

    def reseal(
        self, connection: Transaction, account_id: str, private: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Change sealed values of a locked row; gives what they were and what they are. Empty ones go."""
        query = sa.select(account.c.secrets).where(account.c.id == account_id)
        before = self.secrets.open(account_id, connection.execute(query).scalar_one())
        after = {name: value for name, value in (before | dict(private)).items() if value}
        if before and not any(after.get(name) for name in SECRETS):
            raise InvalidInput(
                "Nothing would be left to sign in with",
                fix="Give another token, or remove the account",
                param="access_token",
            )
        sealed = self.secrets.seal(connection, account_id, after)
        mark = "".join(mark_of(str(after.get(name, ""))) for name in SECRETS)
        change = sa.update(account).where(account.c.id == account_id)
        connection.execute(change.values(secrets=sealed, mark=mark))
        return before, after

"""Adding, changing, switching and removing accounts.

An account that is added again is the same account: one that holds a token already, or of the same user
upstream, or, where nobody knows a user on either side, of the same e-mail. Two workspaces of one e-mail
are two users and stay two accounts. It is updated with what is new; what is not given stays.

Secrets are sealed in one text (`sora_kit.store.secrets`). Beside it stand their masked forms, so that
lists never open it, and digests of 64 bits, which tell a known token again.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from sora_kit.accounts.account import COLUMNS, SECRETS, Account, AccountEvent, from_row, shown, shown_url
from sora_kit.accounts.claims import read_claims
from sora_kit.accounts.rows import Row, Rows, no_account
from sora_kit.backends.hosted import Login
from sora_kit.errors import InvalidInput
from sora_kit.store.ids import new_id
from sora_kit.store.settings import Settings
from sora_kit.store.tables import account, account_event, lease

__all__ = ("KEEP", "Editing", "Keep")

PROXY = "accounts.proxy"

PLAIN = ("client_id", "redirect_uri", "device_id")
"""Settings that are no secrets."""

COLUMNS_TO_EDIT = ("label", "remark", "email", "image_enabled", "video_enabled", "image_cap", "video_cap")

LONGEST = {"label": 200, "remark": 2000, "email": 320, "proxy": 500}
SECRET_LONGEST = 16_000

PROXIES = ("http", "https", "socks5", "socks5h")


class Keep:
    """The type of `KEEP`."""

    def __repr__(self) -> str:
        return "KEEP"


KEEP: Final = Keep()
"""Leave a field as it is; an empty value clears it."""


class Editing(Rows):
    """The book of accounts; part of `sora_kit.accounts.Accounts`."""

    # -- reading

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
        query = sa.select(account.c.secrets, account.c.settings).where(account.c.id == account_id)
        with self.database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise no_account(account_id)
        values = self.secrets.open(account_id, row.secrets)
        settings: dict[str, Any] = {name: row.settings[name] for name in PLAIN if row.settings.get(name)}
        if headers := values.get("write_headers"):
            settings["write_headers"] = headers
        return Login(
            account_id,
            {name: values[name] for name in SECRETS if values.get(name)},
            settings,
            values.get("proxy") or self.global_proxy(),
        )

    # -- changing

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
        sealed = Settings(self.database).get(PROXY, "")
        return str(self.secrets.open(PROXY, sealed).get("url", ""))

    # -- inside

    def select(self, query: sa.Select[Any]) -> list[Account]:
        """The accounts of a query over `COLUMNS`."""
        today = self.today()
        with self.database.read() as connection:
            return [from_row(dict(row), today) for row in connection.execute(query).mappings()]

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
                new |= {"rank": random.random() if self.mode(connection) == "random" else 0.0}  # noqa: S311
                connection.execute(sa.insert(account).values(new))
                self.change(connection, account_id, values, ("added", "By its owner"))
            which = known or account_id
            if enabled is not None:
                row = self.row(connection, which)
                self.put(connection, row, {"enabled": bool(enabled)})
        return self.get(which), known is None

    def known(
        self, connection: sa.Connection, backend: str, values: Mapping[str, Any], user: str, email: str
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
        connection: sa.Connection,
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
        if not changes.get("label", row["label"]):
            held = settings.get("held", {})
            hint = next((held[name] for name in SECRETS if held.get(name, "…") != "…"), account_id)
            changes["label"] = changes.get("email", row["email"]) or hint
        if fresh and row["state"] in revives:
            changes |= {"state": "ready", "cause": "", "since": self.clock(), "cool_until": None}
        different = bool(private) or any(row[name] != value for name, value in changes.items())
        self.put(connection, row, changes, [event] if different else [])

    def reseal(
        self, connection: sa.Connection, account_id: str, private: Mapping[str, Any]
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


def outside(values: Mapping[str, Any]) -> dict[str, Any]:
    """What may be seen of sealed values."""
    held = {name: shown(values[name]) for name in SECRETS if values.get(name)}
    if proxy := values.get("proxy"):
        held["proxy"] = shown_url(proxy)
    return {"held": held, "headers": sorted(values.get("write_headers") or {})}


def from_token(token: str, email: str, settings: dict[str, Any]) -> Row:
    """What a new access token tells of its account."""
    claims = read_claims(token)
    settings["issued"] = claims.issued
    found: Row = {"expires": claims.expires, "email": email or claims.email.lower()}
    if claims.user:
        found["user"] = claims.user
    if claims.plan:
        found["plan"] = claims.plan
    return found


def named(values: Mapping[str, Any]) -> str:
    """The names of values."""
    return ", ".join(sorted(values)).replace("_", " ")


def mark_of(secret: str) -> str:
    """64 bits that tell a token again; 16 blanks for none."""
    return hashlib.sha256(f"sora_kit {secret}".encode()).hexdigest()[:16] if secret else " " * 16


def checked(fields: Mapping[str, Any]) -> Row:
    """Fields of an account with the values that they are stored with.

    Raises:
        InvalidInput: One of them is unknown or cannot be right.
    """
    known = {*SECRETS, *PLAIN, *COLUMNS_TO_EDIT, "proxy", "write_headers", "enabled"}
    values: Row = {}
    for name, value in fields.items():
        if value is KEEP:
            continue
        if name not in known:
            raise InvalidInput(
                f"An account has no {name!r}", fix=f"It has {', '.join(sorted(known))}", param=name
            )
        if name in ("enabled", "image_enabled", "video_enabled"):
            values[name] = True if value is None else bool(value)
        elif name in ("image_cap", "video_cap"):
            values[name] = checked_cap(name, value)
        elif name == "write_headers":
            values[name] = checked_headers(value)
        else:
            text = str(value or "").strip()
            if len(text) > LONGEST.get(name, SECRET_LONGEST) or any(
                ord(c) < 32 for c in text if c not in "\n\t"
            ):
                raise InvalidInput(
                    f"That cannot be the {name.replace('_', ' ')} of an account",
                    why="It is too long, or holds control characters",
                    fix="Copy it again",
                    param=name,
                )
            values[name] = text.lower() if name == "email" else text
    if "proxy" in values:
        values["proxy"] = checked_proxy(values["proxy"])
    return values


def checked_cap(name: str, value: Any) -> int:
    """A limit; None, 0 and -1 mean none."""
    if value is None:
        return -1
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = -2
    if not -1 <= number <= 1000:
        raise InvalidInput(
            f"{value!r} is no limit", fix="Use a number from 1 to 1000, or -1 for no limit", param=name
        )
    return number or -1


def checked_headers(value: Any) -> dict[str, str]:
    """Extra headers; the backend has its own view of which ones can be sent."""
    if not value:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(x, str) for pair in value.items() for x in pair):
        raise InvalidInput(
            "Extra headers are a mapping of names to texts",
            fix='Write {"name": "value"}',
            param="write_headers",
        )
    return dict(value)


def checked_proxy(url: str) -> str:
    """The URL of a proxy, or empty."""
    url = (url or "").strip()
    scheme, sign, rest = url.partition("://")
    if url and (
        not sign or scheme.lower() not in PROXIES or not rest.strip("/") or any(c.isspace() for c in rest)
    ):
        raise InvalidInput(
            "That is no address of a proxy",
            why=f"It begins with one of {', '.join(f'{one}://' for one in PROXIES)}",
            fix="Write it like socks5://127.0.0.1:1080",
            param="proxy",
        )
    return url

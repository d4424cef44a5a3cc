"""Secrets at rest: sealed with a key that does not lie in the database.

A sealed text is ``1.<key id>.<nonce and ciphertext, base64>``: AES-256-GCM, bound to the row that it
belongs to, so that it opens nowhere else and every change of it is noticed. The key is derived (scrypt)
from a *key text* that comes from the first of

    SORA_KIT_SECRET_KEY     for servers and for workspaces that several machines share
    the OS keyring          where the package ``keyring`` is installed and has a real keyring
    secret.key              a file beside the database that only its owner may read

A workspace notes the id of its key when it first seals something, and from then on uses that key or
none: half of the accounts under one key and half under another would be lost by the next mistake. The
keys' places are in `sora_kit.store.secret_keys`.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from sora_kit.errors import WorkspaceError
from sora_kit.store.database import Database
from sora_kit.store.secret_keys import ENVIRONMENT, Places
from sora_kit.store.statements import Transaction
from sora_kit.store.tables import account, setting
from sora_kit.store.webhook_tables import webhook

__all__ = ("SEALED_SETTINGS", "Secrets", "SecretsLocked")

NOTE = "secrets.key"
"""Setting that holds the id of the workspace's key and where it was put."""

SEALED_SETTINGS = ("accounts.proxy",)
"""Settings whose value is a sealed text."""

WEBHOOK = "we_"
"""How ids of webhooks begin."""

SHORTEST = 16
"""Characters that a key text must have."""

NONCE = 12


Lost = Callable[[Transaction, str], None]


class SecretsLocked(WorkspaceError):
    """The key is missing or is another one; nothing was changed."""

    code = "secrets_locked"


class Secrets:
    """Seals and opens the secrets of a workspace. No key is made or looked for before it is needed.

    Args:
        database: The workspace's tables.
        folder: Where ``secret.key`` lies; None if only the environment may hold the key.
    """

    def __init__(self, database: Database, folder: Path | None = None) -> None:
        self.database = database
        self.places = Places(folder)
        self.keys: dict[str, bytes] = {}

    def seal(self, connection: Transaction, owner: str, values: Mapping[str, Any]) -> str:
        """Seal values for one row, inside the transaction that writes them.

        Args:
            connection: A writing transaction.
            owner: Id of the row; the same is needed to open it.
            values: JSON types.

        Returns:
            The sealed text, or an empty one if there is nothing to seal.

        Raises:
            SecretsLocked: The workspace's key is not here.
        """
        if not values:
            return ""
        name = self.current(connection)
        return self.locked(name, owner, values)

    def open(self, owner: str, sealed: str) -> dict[str, Any]:
        """What was sealed.

        Raises:
            SecretsLocked: Its key is not here, or it was changed, or belongs to another row.
        """
        if not sealed:
            return {}
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        version, _, rest = sealed.partition(".")
        name, _, box = rest.partition(".")
        if version != "1":
            raise damaged(f"It has the form {version[:8]!r}, which this version does not know")
        key = self.key(name)
        try:
            raw = base64.b64decode(box, validate=True)
            text = AESGCM(key).decrypt(raw[:NONCE], raw[NONCE:], bound_to(owner))
            found: dict[str, Any] = json.loads(text)
        except (InvalidTag, ValueError, binascii.Error):
            raise damaged("It was changed, or was copied from another account") from None
        return found

    def rotate(self, new: str = "", *, lost: Lost | None = None) -> int:
        """Seal everything anew with another key, in one transaction.

        The new key is kept beside the old one until the transaction is over, so that a crash at any
        moment leaves a workspace that opens.

        Args:
            new: Key text for `SORA_KIT_SECRET_KEY` from now on. Empty makes one where the present one
                lies, or moves to the environment's where that is another than the present one.
            lost: The old key is gone: drop what cannot be opened, instead of failing. Called for each row,
                with the transaction and the row's id.

        Returns:
            How many sealed texts there are now.

        Raises:
            SecretsLocked: The old key is not here, or comes from the environment and ``new`` is empty.
        """
        given = new or self.places.environment()
        if given:
            name = self.learn(given)
            old_note = self.note()
            if not new and old_note.get("id") == name and lost is None:
                raise SecretsLocked(
                    "The key comes from the environment, so sora_kit cannot replace it",
                    why=f"{ENVIRONMENT} is set by whoever starts this process",
                    fix="Give the new key (`sora-kit rotate-key --new FILE`), then set it there",
                )
            place = "environment"
        else:
            used = self.note().get("id")
            self.places.promote(lambda text: self.learn(text) == used)
            text = self.places.new_text()
            name = self.learn(text)
            place = self.places.put(name, text, beside=True)
        with self.database.write() as connection:
            before = self.noted(connection, lock=True)
            count = self.seal_anew(connection, name, lost=lost)
            self.write_note(connection, {"id": name, "place": place}, replace=True)
        self.places.settle(name, place, before.get("id", ""))
        return count

    # -- inside

    def seal_anew(self, connection: Transaction, name: str, *, lost: Lost | None) -> int:
        """Open every sealed text and seal it with another key."""
        count = 0

        def again(owner: str, sealed: str) -> str:
            nonlocal count
            if not sealed:
                return ""
            try:
                values = self.open(owner, sealed)
            except SecretsLocked:
                if lost is None:
                    raise
                if not owner.startswith(WEBHOOK):
                    lost(connection, owner)
                return ""
            count += 1
            return self.locked(name, owner, values)

        query = sa.select(account.c.id, account.c.secrets).where(account.c.secrets != "")
        if not self.database.sqlite:
            query = query.with_for_update()
        for row in connection.execute(query).all():
            values = {"secrets": again(row.id, row.secrets)}
            connection.execute(sa.update(account).where(account.c.id == row.id).values(values))
        query = sa.select(webhook.c.id, webhook.c.secrets).where(webhook.c.secrets != "")
        for row in connection.execute(query if self.database.sqlite else query.with_for_update()).all():
            sealed = again(row.id, row.secrets)
            gone = {} if sealed else {"enabled": False, "cause": "Its secret is gone with its key"}
            change = sa.update(webhook).where(webhook.c.id == row.id).values(secrets=sealed, **gone)
            connection.execute(change)
        kept = sa.select(setting.c.name, setting.c.value).where(setting.c.name.in_(SEALED_SETTINGS))
        for row in connection.execute(kept).all():
            sealed = again(row.name, str(row.value or ""))
            connection.execute(sa.update(setting).where(setting.c.name == row.name).values(value=sealed))
        return count

    def current(self, connection: Transaction) -> str:
        """Id of the key to seal with; at the first need a key is made and noted."""
        noted = self.noted(connection)
        if not noted:
            text = self.places.environment() or self.places.left()
            place = "environment" if self.places.environment() else "file"
            if not text:
                text = self.places.new_text()
                place = self.places.put(self.learn(text), text)
                if place == "file":
                    text = self.places.left()  # somebody else's, if that was first
            self.write_note(connection, {"id": self.learn(text), "place": place})
            noted = self.noted(connection)  # somebody else's, if that was first
        name = str(noted["id"])
        self.key(name)
        return name

    def key(self, name: str) -> bytes:
        """The key of that id.

        Raises:
            SecretsLocked: It is not here.
        """
        if name not in self.keys:
            for text in self.places.texts(name):
                self.learn(text)
        if name not in self.keys:
            raise self.locked_out(name)
        return self.keys[name]

    def learn(self, text: str) -> str:
        """Derive a key and keep it in this process; gives its id."""
        if len(text) < SHORTEST:
            raise SecretsLocked(
                f"A key text has at least {SHORTEST} characters",
                why=f"That in {ENVIRONMENT} or in the file is shorter",
                fix='Make one: python -c "import secrets; print(secrets.token_urlsafe(32))"',
            )
        name, key = derived(text)
        self.keys[name] = key
        return name

    def locked(self, name: str, owner: str, values: Mapping[str, Any]) -> str:
        """Values, sealed with the key of that id."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(NONCE)
        text = json.dumps(dict(values), separators=(",", ":")).encode()
        box = nonce + AESGCM(self.keys[name]).encrypt(nonce, text, bound_to(owner))
        return f"1.{name}.{base64.b64encode(box).decode()}"

    def note(self) -> dict[str, Any]:
        """What is noted about the workspace's key; empty before the first need."""
        with self.database.read() as connection:
            return self.noted(connection)

    def noted(self, connection: Transaction, *, lock: bool = False) -> dict[str, Any]:
        """As `note`, within a transaction; ``lock`` keeps others from sealing until it ends."""
        query = sa.select(setting.c.value).where(setting.c.name == NOTE)
        if not self.database.sqlite and connection.writes:
            query = query.with_for_update(
                read=not lock
            )  # a rotation waits for those who seal, and they for it
        found = connection.execute(query).scalar_one_or_none()
        return dict(found) if found else {}

    def write_note(self, connection: Transaction, value: dict[str, Any], *, replace: bool = False) -> None:
        """Note the key; without ``replace`` the first note stays."""
        insert = (sqlite if self.database.sqlite else postgresql).insert(setting)
        row = insert.values(name=NOTE, value=value)
        if replace:
            connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
        else:
            connection.execute(row.on_conflict_do_nothing(index_elements=["name"]))

    def locked_out(self, name: str) -> SecretsLocked:
        """The error of a key that is not here."""
        place = {"environment": f"in {ENVIRONMENT}", "keyring": "in the OS keyring"}.get(
            str(self.note().get("place", "")), f"in {self.places.file or 'a file secret.key'}"
        )
        shared = "" if self.database.sqlite else ". All machines that share the database need the same key"
        if self.places.environment():
            why = f"{ENVIRONMENT} holds another key than the one that was used (id {name}, kept {place})"
            fix = f"Set the former key there, or take it away if the key lies elsewhere{shared}"
        else:
            why = f"The key with the id {name} was kept {place}, and is not there"
            fix = f"Put it back, or set {ENVIRONMENT}{shared}"
        return SecretsLocked(
            "The accounts' secrets cannot be opened",
            why=why,
            fix=f"{fix}. Nothing is lost. If the key is gone for good: `sora-kit rotate-key --lost`",
        )


@functools.lru_cache(maxsize=8)
def derived(text: str) -> tuple[str, bytes]:
    """Id and key of a key text; slow on purpose, so that a short text is not quickly guessed."""
    key = hashlib.scrypt(text.encode(), salt=b"sora_kit secrets 1", n=2**14, r=8, p=1, dklen=32)
    return hashlib.sha256(b"sora_kit key id" + key).hexdigest()[:12], key


def bound_to(owner: str) -> bytes:
    """What a sealed text is bound to."""
    return f"sora_kit/1/{owner}".encode()


def damaged(why: str) -> SecretsLocked:
    """The error of a sealed text that is not what was written."""
    return SecretsLocked(
        "A sealed secret cannot be opened", why=why, fix="Give that account its tokens again", code="damaged"
    )

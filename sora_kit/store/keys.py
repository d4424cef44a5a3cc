"""API keys: shown once, stored hashed.

A key has 256 random bits, so a plain SHA-256 is enough: there is nothing to guess that a slow hash
would protect. Looking it up by its hash also makes the comparison independent of the secret.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sora_kit.errors import InvalidInput, NotFound
from sora_kit.store.database import Database
from sora_kit.store.ids import new_id
from sora_kit.store.tables import api_key

__all__ = ("KeyRecord", "Keys", "NewKey")

PREFIX = "sk-sora-"
TOUCH_SECONDS = 60.0
"""How exact ``last_used`` is; a row is not written at every request."""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What is known of a key; never the key itself."""

    id: str
    name: str
    hint: str
    """Its last four characters."""
    created: float
    last_used: float | None
    revoked: float | None
    """Unix seconds."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made. This is the only time its secret can be read."""

    id: str
    name: str
    secret: str = field(repr=False)


class Keys:
    """The API keys of a workspace."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def create(self, name: str) -> NewKey:
        """Make a key.

        Raises:
            InvalidInput: The name is empty, too long or taken.
        """
        name = name.strip()
        if not 0 < len(name) <= 80:
            raise InvalidInput(
                "A key needs a name of 1 to 80 characters", fix="Name it after who uses it", param="name"
            )
        new = NewKey(new_id("key"), name, PREFIX + secrets.token_urlsafe(32))
        row = {
            "id": new.id,
            "name": name,
            "hash": digest(new.secret),
            "hint": new.secret[-4:],
            "created": time.time(),
        }
        try:
            with self.database.write() as connection:
                connection.execute(sa.insert(api_key).values(row))
        except IntegrityError:
            raise InvalidInput(
                f"There is a key named {name!r} already",
                fix=f"Choose another name, or revoke that one with `sora-kit keys revoke {name}`",
                param="name",
            ) from None
        return new

    def first(self) -> NewKey | None:
        """Make the first key of a workspace, or None when somebody can get in already."""
        if os.environ.get("SORA_KIT_API_KEY") or any(key.revoked is None for key in self.list()):
            return None
        taken = {key.name for key in self.list()}
        return self.create(
            next(n for n in ("default", *(f"default-{i}" for i in range(2, 999))) if n not in taken)
        )

    def revoke(self, name_or_id: str) -> KeyRecord:
        """Make a key useless.

        Raises:
            NotFound: No key of that name or id.
        """
        wanted = sa.or_(api_key.c.name == name_or_id, api_key.c.id == name_or_id)
        with self.database.write() as connection:
            connection.execute(
                sa.update(api_key).where(wanted, api_key.c.revoked.is_(None)).values(revoked=time.time())
            )
        found = self.select(sa.select(*COLUMNS).where(wanted))
        if not found:
            raise NotFound(
                f"There is no key {name_or_id!r}", fix="List them with `sora-kit keys list`", param="name"
            )
        return found[0]

    def check(self, secret: str) -> KeyRecord | None:
        """The key that a caller presented, or None if it is not accepted.

        ``SORA_KIT_API_KEY`` is accepted too, as a key named ``environment``.
        """
        unattended = os.environ.get("SORA_KIT_API_KEY")
        if unattended and hmac.compare_digest(secret.encode(), unattended.encode()):
            return KeyRecord("key_environment", "environment", unattended[-4:], 0.0, None, None)
        query = sa.select(*COLUMNS).where(api_key.c.hash == digest(secret), api_key.c.revoked.is_(None))
        found = next(iter(self.select(query)), None)
        now = time.time()
        if found is not None and (found.last_used is None or now - found.last_used > TOUCH_SECONDS):
            with self.database.write() as connection:
                connection.execute(sa.update(api_key).where(api_key.c.id == found.id).values(last_used=now))
        return found

    def select(self, query: sa.Select[tuple[object, ...]]) -> list[KeyRecord]:
        """The keys of a query over `COLUMNS`."""
        with self.database.read() as connection:
            return [KeyRecord(**row) for row in connection.execute(query).mappings()]

    def list(self) -> list[KeyRecord]:
        """All keys, oldest first, revoked ones too."""
        return self.select(sa.select(*COLUMNS).order_by(api_key.c.created))


COLUMNS = [column for column in api_key.c if column.name != "hash"]


def digest(secret: str) -> str:
    """What is stored of a key."""
    return hashlib.sha256(secret.encode()).hexdigest()

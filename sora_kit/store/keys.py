"""API keys: shown once, stored hashed, with what each of them may.

A key has 256 random bits, so a plain SHA-256 is enough: there is nothing to guess that a slow hash
would protect. Looking it up by its hash also makes the comparison independent of the secret.

A key that was found is believed for `BELIEVED` seconds, so that a busy client costs no question to the
database: what another process changes about a key counts here within that time, what this object changes
at once. When a key was last used is noted in memory and written by `Keys.write_uses`, off the event loop.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Unpack

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sora_kit.errors import InvalidInput, NotFound
from sora_kit.store.allowance import Usage, usage
from sora_kit.store.database import Database
from sora_kit.store.ids import new_id
from sora_kit.store.limits import DEFAULT_SCOPES, Changes, Limits, checked, known
from sora_kit.store.tables import api_key

__all__ = ("BELIEVED", "ENVIRONMENT", "KeyRecord", "Keys", "NewKey", "digest")

PREFIX = "sk-sora-"
ENVIRONMENT = "key_environment"
"""Id of the key in ``SORA_KIT_API_KEY``."""

TOUCH_SECONDS = 60.0
"""How exact ``last_used`` is; a row is not written at every request."""

BELIEVED = 1.0
"""Seconds until a change by another process counts."""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What is known of a key; never the key itself. Times are Unix seconds."""

    id: str
    name: str
    hint: str
    """Its last four characters."""
    created: float
    last_used: float | None
    revoked: float | None
    enabled: bool = True
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    models: tuple[str, ...] = ()
    """Names and globs of the models that it may use; empty for all."""
    per_minute: int | None = None
    at_once: int | None = None
    budget: float | None = None
    """US dollars a day."""
    expires: float | None = None

    @property
    def state(self) -> Literal["valid", "disabled", "expired", "revoked"]:
        """Whether it opens anything now."""
        if self.revoked is not None:
            return "revoked"
        if not self.enabled:
            return "disabled"
        return "expired" if self.expires is not None and self.expires <= time.time() else "valid"

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON types."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return found | {"scopes": list(self.scopes), "models": list(self.models), "state": self.state}


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made. This is the only time its secret can be read."""

    id: str
    name: str
    secret: str = field(repr=False)


class Keys:
    """The API keys of a workspace. Safe from any thread."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.believed: dict[str, tuple[float, KeyRecord]] = {}
        """Hash of a key → until when (monotonic seconds) its record is believed."""
        self.noted: dict[str, float] = {}
        """Id of a key → when it was last used, as far as that is written or waits for it."""
        self.unwritten: set[str] = set()

    def create(self, name: str, **limits: Unpack[Limits]) -> NewKey:
        """Make a key.

        Args:
            name: What it is for.
            **limits: See `sora_kit.store.limits.Limits`; without any it may make and see everything and
                administer nothing.

        Raises:
            InvalidInput: The name is empty, too long or taken, or a limit cannot be meant.
            TypeError: A keyword that does not exist.
        """
        known(limits)
        new = NewKey(new_id("key"), proper(name), PREFIX + secrets.token_urlsafe(32))
        row = {
            "id": new.id,
            "name": new.name,
            "hash": digest(new.secret),
            "hint": new.secret[-4:],
            "created": time.time(),
            **checked(limits),
        }
        try:
            with self.database.write() as connection:
                connection.execute(sa.insert(api_key).values(row))
        except IntegrityError:
            raise taken(new.name) from None
        return new

    def edit(self, name_or_id: str, **changes: Unpack[Changes]) -> KeyRecord:
        """Change what a key may, or its name. What is not given stays; None takes a limit away.

        Args:
            name_or_id: The key.
            **changes: Those of `create`, and ``name``.

        Raises:
            NotFound: There is no such key.
            InvalidInput: It was revoked, a name is taken, or a limit cannot be meant.
            TypeError: A keyword that does not exist.
        """
        known(changes, name=True)
        given: dict[str, Any] = dict(changes)
        values: dict[str, Any] = {"name": proper(given.pop("name"))} if "name" in given else {}
        values |= checked(given)
        key = self.get(name_or_id)
        if key.revoked is not None:
            raise InvalidInput(
                f"The key {key.name!r} was revoked", why="That is for good", fix="Make a new one", param="key"
            )
        if values:
            try:
                with self.database.write() as connection:
                    connection.execute(sa.update(api_key).where(api_key.c.id == key.id).values(values))
            except IntegrityError:
                raise taken(values["name"]) from None
        self.believed.clear()
        return self.get(key.id)

    def first(self) -> NewKey | None:
        """Make the first key of a workspace, or None when somebody can get in already."""
        if os.environ.get("SORA_KIT_API_KEY"):
            return None
        there = self.list()
        if any(key.revoked is None and set(key.scopes) != {"admin"} for key in there):
            return None
        names = {key.name for key in there}
        return self.create(
            next(n for n in ("default", *(f"default-{i}" for i in range(2, 999))) if n not in names)
        )

    def revoke(self, name_or_id: str) -> KeyRecord:
        """Make a key useless, for good.

        Raises:
            NotFound: No key of that name or id.
        """
        wanted = sa.or_(api_key.c.name == name_or_id, api_key.c.id == name_or_id)
        with self.database.write() as connection:
            connection.execute(
                sa.update(api_key).where(wanted, api_key.c.revoked.is_(None)).values(revoked=time.time())
            )
        self.believed.clear()
        return self.get(name_or_id)

    def get(self, name_or_id: str) -> KeyRecord:
        """A key, by its name or id.

        Raises:
            NotFound: No key of that name or id.
        """
        wanted = sa.or_(api_key.c.name == name_or_id, api_key.c.id == name_or_id)
        found = self.select(sa.select(*COLUMNS).where(wanted))
        if not found:
            raise NotFound(
                f"There is no key {name_or_id[:80]!r}",
                fix="List them with `sora-kit keys list`",
                param="name",
            )
        return next((one for one in found if one.id == name_or_id), found[0])

    def check(self, secret: str) -> KeyRecord | None:
        """The key that a caller presented, or None if it is not accepted (any more, or now).

        ``SORA_KIT_API_KEY`` is accepted too, as a key named ``environment``.
        """
        return self.unattended(secret) or self.marked(digest(secret))

    def unattended(self, secret: str) -> KeyRecord | None:
        """The key of the environment, if that is presented."""
        unattended = os.environ.get("SORA_KIT_API_KEY")
        if not unattended or not hmac.compare_digest(secret.encode(), unattended.encode()):
            return None
        return KeyRecord(ENVIRONMENT, "environment", unattended[-4:], 0.0, None, None)

    def marked(self, mark: str) -> KeyRecord | None:
        """As `check`, for who has the `digest` of a key already; it knows nothing of the environment."""
        now = time.monotonic()
        until, found = self.believed.get(mark, (0.0, None))
        if until <= now:
            found = self.hashed(mark)
            if found is None or found.state != "valid":
                self.believed.pop(mark, None)
                return None
            self.believed[mark] = (now + BELIEVED, found)
        if found is None or (found.expires is not None and found.expires <= time.time()):
            return None
        self.note_use(found)
        return found

    def find(self, secret: str) -> KeyRecord | None:
        """The key of a secret, also one that is not accepted; None for a secret that is no key."""
        return self.hashed(digest(secret))

    def hashed(self, mark: str) -> KeyRecord | None:
        """As `find`, for the `digest` of a key."""
        with self.database.read() as connection:
            row = connection.execute(BY_HASH, {"mark": mark}).mappings().one_or_none()
        if row is None or not hmac.compare_digest(row["hash"], mark):
            return None
        return record({name: value for name, value in row.items() if name != "hash"})

    def note_use(self, key: KeyRecord) -> None:
        """Remember that a key was used just now, if what is written is older than `TOUCH_SECONDS`."""
        now = time.time()
        if now - self.noted.get(key.id, key.last_used or 0.0) > TOUCH_SECONDS:
            self.noted[key.id] = now
            self.unwritten.add(key.id)

    def write_uses(self) -> None:
        """Write when keys were last used. It may wait for other writers."""
        ids, self.unwritten = self.unwritten, set()
        if not ids:
            return
        with self.database.write() as connection:
            for one in ids:
                change = sa.update(api_key).where(api_key.c.id == one)
                connection.execute(change.values(last_used=self.noted[one]))

    def select(self, query: sa.Select[Any]) -> list[KeyRecord]:
        """The keys of a query over `COLUMNS`."""
        self.write_uses()
        with self.database.read() as connection:
            return [record(dict(row)) for row in connection.execute(query).mappings()]

    def list(self) -> list[KeyRecord]:
        """All keys, oldest first, revoked ones too."""
        return self.select(sa.select(*COLUMNS).order_by(api_key.c.created))

    def usage(self, ids: Collection[str]) -> dict[str, Usage]:
        """What these keys use now and have used today (UTC), by their ids."""
        return usage(self.database, ids)


COLUMNS = [column for column in api_key.c if column.name != "hash"]
BY_HASH = sa.select(*api_key.c).where(api_key.c.hash == sa.bindparam("mark"))


def record(row: dict[str, Any]) -> KeyRecord:
    """The key of a row of `COLUMNS`."""
    return KeyRecord(**row | {"scopes": tuple(row["scopes"]), "models": tuple(row["models"])})


def proper(name: str) -> str:
    """A name as it is stored.

    Raises:
        InvalidInput: It is empty or too long, or would be taken for something else.
    """
    name = name.strip()
    if not 0 < len(name) <= 80 or not name.isprintable():
        raise InvalidInput(
            "A key needs a name of 1 to 80 characters", fix="Name it after who uses it", param="name"
        )
    return name


def taken(name: str) -> InvalidInput:
    """The error of a name that another key has."""
    return InvalidInput(
        f"There is a key named {name!r} already",
        fix=f"Choose another name, or rename that one with `sora-kit keys edit {name} --name …`",
        param="name",
    )


def digest(secret: str) -> str:
    """What is stored of a key."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()

"""Webhooks: addresses that are told when a video has ended.

An endpoint has a secret, with which every message to it is signed (`sora_kit.engine.webhooks`). It is shown
once, when it is made, and kept sealed, because signing needs it in plain. A new one may be given while the
old one still signs for a day.
"""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa

from sora_kit.errors import InvalidInput, NotFound
from sora_kit.store.database import Database
from sora_kit.store.ids import new_id
from sora_kit.store.outbox import COMPLETED, DISABLED, EVENTS, FAILED, Delivery, Outbox, write
from sora_kit.store.secrets import Secrets
from sora_kit.store.statements import Transaction
from sora_kit.store.webhook_tables import delivery, webhook

__all__ = ("USUAL", "Endpoint", "NewEndpoint", "Webhooks")

USUAL = (COMPLETED, FAILED)
"""What an endpoint hears of unless it says otherwise."""

PREFIX = "whsec_"
BYTES = 32
OLD_SECONDS = 86_400.0
LONGEST = 2000
MOST = 500
"""Endpoints of a workspace; every end of a job looks at all of them."""

MOST_OF_ONE = 20
"""Endpoints of one API key."""

COLUMNS = [column for column in webhook.c if column.name != "secrets"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What is known of an endpoint; never its secret. Times are Unix seconds."""

    id: str
    """``we_…``"""
    url: str
    name: str
    events: tuple[str, ...]
    owner: str
    """Id of the API key whose videos it hears of; empty for all."""
    hint: str
    """The last four characters of its secret."""
    enabled: bool
    cause: str
    """Why it is off."""
    created: float
    updated: float
    last_ok: float | None
    """When it took a message last."""
    failing_since: float | None
    """Since when it takes none."""

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON types."""
        return asdict(self) | {"events": list(self.events)}


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An endpoint that was just made. This is the only time its secret can be read."""

    endpoint: Endpoint
    secret: str = field(repr=False)
    """``whsec_…``, for `openai.OpenAI(webhook_secret=…).webhooks.unwrap`."""

    @property
    def id(self) -> str:
        """Id of the endpoint."""
        return self.endpoint.id


class Webhooks:
    """The endpoints of a workspace.

    Args:
        database: Its tables.
        secrets: Its seal.
    """

    def __init__(self, database: Database, secrets: Secrets) -> None:
        self.database = database
        self.secrets = secrets
        self.outbox = Outbox(database)

    def add(
        self, url: str, events: Collection[str] = USUAL, *, name: str = "", owner: str = ""
    ) -> NewEndpoint:
        """Tell an address of the ends of videos from now on.

        Args:
            url: Where messages are posted, ``https`` or ``http``.
            events: ``video.completed``, ``video.failed``, ``webhook.disabled``.
            name: For people.
            owner: Id of an API key: only what was asked for with it. Empty for all.

        Returns:
            The endpoint with its secret, which cannot be read again.

        Raises:
            InvalidInput: The address or an event is none, or there are too many endpoints.
            SecretsLocked: The key of the workspace is not here.
        """
        now, secret, new = time.time(), fresh_secret(), new_id("we")
        row = {"id": new, "created": now, "owner": owner, "hint": secret[-4:]}
        row |= {"url": checked_url(url), "events": checked_events(events), "name": checked_name(name)}
        with self.database.write() as connection:
            must_have_room(connection, owner)
            sealed = self.secrets.seal(connection, new, {"secret": secret})
            connection.execute(sa.insert(webhook).values(**row, secrets=sealed, updated=now))
        return NewEndpoint(self.get(new), secret)

    def get(self, webhook_id: str) -> Endpoint:
        """One endpoint, by its id, or by its name or address if only one has that.

        Raises:
            NotFound: There is none.
        """
        named = sa.or_(webhook.c.id == webhook_id, webhook.c.name == webhook_id, webhook.c.url == webhook_id)
        found = self.select(sa.select(*COLUMNS).where(named))
        exact = [one for one in found if one.id == webhook_id] or found
        if len(exact) != 1 or not webhook_id:
            raise NotFound(
                f"There is no webhook {webhook_id[:80]!r}",
                why="Several have that name" if len(exact) > 1 else "",
                fix="List them with `sora-kit webhooks list`",
                param="id",
            )
        return exact[0]

    def change(
        self,
        webhook_id: str,
        *,
        url: str | None = None,
        events: Collection[str] | None = None,
        name: str | None = None,
        enabled: bool | None = None,
    ) -> Endpoint:
        """Change an endpoint; None leaves things as they are. One that is switched on begins afresh.

        Raises:
            NotFound: There is none.
            InvalidInput: The address or an event is none.
        """
        found = self.get(webhook_id)
        values: dict[str, Any] = {"updated": time.time()}
        if url is not None:
            values["url"] = checked_url(url)
        if events is not None:
            values["events"] = checked_events(events)
        if name is not None:
            values["name"] = checked_name(name)
        if enabled is not None:
            values |= {"enabled": enabled, "cause": "", "failing_since": None}
        with self.database.write() as connection:
            connection.execute(sa.update(webhook).where(webhook.c.id == found.id).values(values))
        return self.get(found.id)

    def remove(self, webhook_id: str) -> Endpoint:
        """Forget an endpoint, its secret and what was to be told to it.

        Raises:
            NotFound: There is none.
        """
        found = self.get(webhook_id)
        with self.database.write() as connection:
            connection.execute(sa.delete(delivery).where(delivery.c.webhook == found.id))
            connection.execute(sa.delete(webhook).where(webhook.c.id == found.id))
        return found

    def rotate(self, webhook_id: str, *, keep_old: bool = False) -> NewEndpoint:
        """Give an endpoint a new secret.

        Args:
            webhook_id: The endpoint.
            keep_old: Sign with the old one, too, for a day, so that the receiver can be changed meanwhile.

        Raises:
            NotFound: There is none.
            SecretsLocked: The key of the workspace is not here.
        """
        found, secret = self.get(webhook_id), fresh_secret()
        values: dict[str, Any] = {"secret": secret}
        if keep_old:
            values |= {"old": self.signing(found.id)[0], "old_until": time.time() + OLD_SECONDS}
        with self.database.write() as connection:
            sealed = self.secrets.seal(connection, found.id, values)
            changed = {"secrets": sealed, "hint": secret[-4:], "updated": time.time()}
            connection.execute(sa.update(webhook).where(webhook.c.id == found.id).values(changed))
        return NewEndpoint(self.get(found.id), secret)

    def signing(self, webhook_id: str) -> tuple[str, ...]:
        """The secrets that sign for an endpoint, the newest first.

        Raises:
            NotFound: There is none.
            SecretsLocked: The key of the workspace is not here.
        """
        query = sa.select(webhook.c.secrets).where(webhook.c.id == webhook_id)
        with self.database.read() as connection:
            sealed = connection.execute(query).scalar_one_or_none()
        if sealed is None:
            raise NotFound(f"There is no webhook {webhook_id[:80]!r}", param="id")
        found = self.secrets.open(webhook_id, sealed)
        if not found:
            raise NotFound(
                "This webhook has no secret any more",
                why="It went with the key that sealed it",
                fix=f"Give it a new one: `sora-kit webhooks rotate {webhook_id}`",
                param="id",
            )
        old = (str(found["old"]),) if found.get("old_until", 0) > time.time() else ()
        return (str(found["secret"]), *old)

    def give_up(self, webhook_id: str, cause: str) -> None:
        """Switch an endpoint off that has not answered for long, and tell the others."""
        with self.database.write() as connection:
            mine = sa.update(webhook).where(webhook.c.id == webhook_id, webhook.c.enabled)
            values = {"enabled": False, "cause": cause, "updated": time.time()}
            if connection.execute(mine.values(values)).rowcount:
                write(connection, DISABLED, webhook_id, besides=webhook_id)

    def deliveries(
        self, webhook_id: str | None = None, *, dead: bool = False, limit: int = 100
    ) -> list[Delivery]:
        """What was told or is to be told, newest first.

        Args:
            webhook_id: To this endpoint only.
            dead: Only what nobody took.
            limit: At most so many.
        """
        which = self.get(webhook_id).id if webhook_id is not None else None
        return self.outbox.latest(which, states=("dead",) if dead else None, limit=limit)

    def retry(self, delivery_id: str) -> Delivery:
        """Try a message anew, as if it had never been tried.

        Raises:
            NotFound: There is none.
        """
        return self.outbox.again(delivery_id)

    def select(self, query: sa.Select[Any]) -> list[Endpoint]:
        """The endpoints of a query over `COLUMNS`."""
        with self.database.read() as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        return [Endpoint(**row | {"events": tuple(row["events"])}) for row in rows]

    def list(self, owner: str | None = None) -> list[Endpoint]:
        """All endpoints, oldest first; of one key if ``owner`` is given."""
        query = sa.select(*COLUMNS).order_by(webhook.c.id)
        return self.select(query if owner is None else query.where(webhook.c.owner == owner))

    def __repr__(self) -> str:
        return f"<Webhooks: {len(self.list())}>"


def must_have_room(connection: Transaction, owner: str) -> None:
    """Refuse one endpoint too many.

    Raises:
        InvalidInput: There are as many as there may be.
    """
    count = sa.select(sa.func.count()).select_from(webhook)
    limits = [(MOST, count)]
    if owner:
        limits.append((MOST_OF_ONE, count.where(webhook.c.owner == owner)))
    for most, query in limits:
        if connection.execute(query).scalar_one() >= most:
            raise InvalidInput(
                f"There are {most} webhooks already", fix="Remove one that nobody needs", param="url"
            )


def fresh_secret() -> str:
    """A secret in the form of Standard Webhooks."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def checked_url(url: str) -> str:
    """An address that messages may be posted to; whether it leads inside is seen when it is used.

    Raises:
        InvalidInput: It is none.
    """
    from sora_kit.errors import FetchRefused
    from sora_kit.media.guarded import read_url

    url = url.strip()
    if len(url) > LONGEST:
        raise InvalidInput("The URL is too long", fix="Use a shorter one", param="url")
    try:
        read_url(url)
    except FetchRefused as error:
        raise InvalidInput(error.what, why=error.why, fix=error.fix, param="url") from None
    return url


def checked_events(events: Collection[str]) -> list[str]:
    """Events without duplicates.

    Raises:
        InvalidInput: One is none, or there are none.
    """
    given = [events] if isinstance(events, str) else list(events)
    unknown = [one for one in given if one not in EVENTS]
    if unknown or not given:
        raise InvalidInput(
            f"{str(unknown[0])[:80]!r} is no event" if unknown else "A webhook needs an event",
            fix=f"There are {', '.join(EVENTS)}",
            param="events",
        )
    return list(dict.fromkeys(given))


def checked_name(name: str) -> str:
    """A name.

    Raises:
        InvalidInput: It is too long.
    """
    if len(name) > 200:
        raise InvalidInput("The name is longer than 200 characters", fix="Use a shorter one", param="name")
    return name.strip()

"""The one way in which an account's row is written.

Selection must be one look into an index, whatever the number of accounts. So a row carries columns that
say whether it has room for a video or an image (`image_free`, `video_free`), how much of it is in use,
and when time alone will change that (`due`). They are never counted up or down: `Rows.put` works them
out anew, from the rest of the row and from the leases that exist, each time it writes a row. Whatever
happened before, the next write is right.

The order of locking is always the account's row first, then its leases. SQLite has one writer anyway; on
PostgreSQL this order makes the count of leases exact.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

import sqlalchemy as sa

from sora_kit.accounts.account import can_renew, utc
from sora_kit.errors import NotFound
from sora_kit.store.database import Database
from sora_kit.store.masking import mask
from sora_kit.store.secrets import Secrets
from sora_kit.store.statements import Prepared, Transaction
from sora_kit.store.tables import account, account_event, lease, setting

__all__ = ("MODE", "Row", "Rows", "busy_rank")

Row = dict[str, Any]

MODE = "accounts.mode"

CAUSE = 500
"""Characters of a cause or an error that are kept."""

UNLOCKED = ("secrets", "mark", "renewing_until")
"""Columns that are read and written by those who know them only."""

STATE = [column for column in account.c if column.name not in UNLOCKED]
ONE_ROW = sa.select(*STATE).where(account.c.id == sa.bindparam("id"))
ONE = Prepared(ONE_ROW)
ONE_LOCKED = Prepared(ONE_ROW.with_for_update())
COUNT = Prepared(
    sa.select(lease.c.feature, sa.func.count().label("count"))
    .where(lease.c.account == sa.bindparam("id"))
    .group_by(lease.c.feature)
)
CHOSEN = sa.select(setting.c.value).where(setting.c.name == MODE)
MODE_NOW = Prepared(CHOSEN)
NOTE = Prepared(sa.insert(account_event))


class Rows:
    """Reads and writes rows of accounts; the base of `sora_kit.accounts.Accounts`."""

    database: Database
    secrets: Secrets
    clock: Callable[[], float]

    def row(self, connection: Transaction, account_id: str) -> Row:
        """An account's row, locked until the transaction ends.

        Raises:
            NotFound: There is none.
        """
        query = ONE if self.database.sqlite else ONE_LOCKED
        found = connection.run(query, {"id": account_id}).one()
        if found is None:
            raise no_account(account_id)
        return found

    def put(
        self,
        connection: Transaction,
        row: Row,
        changes: Mapping[str, Any] | None = None,
        events: Iterable[tuple[str, str]] = (),
        mode: str = "",
    ) -> Row:
        """Write changes to a locked row, with all that follows from them, from the leases and from the time.

        Args:
            connection: The transaction that holds ``row``.
            row: As `row` gave it.
            changes: Columns to change.
            events: ``(what, cause)`` to note.
            mode: How accounts take turns, where the caller knows it.

        Returns:
            The row as it is now.
        """
        now = self.clock()
        new = row | dict(changes or {})
        noted = [*events, *settle(new, now)]
        used = {one["feature"]: one["count"] for one in connection.run(COUNT, {"id": row["id"]}).found}
        new |= implied(new, used.get("image", 0), used.get("video", 0))
        moved = any(new[name] != row[name] for name in ("images_in_use", "videos_in_use", "last_used"))
        if moved and (mode or self.chosen_mode(connection)) == "least_busy":
            new["rank"] = busy_rank(new)
        if new["cause"] != row["cause"]:
            new["cause"] = mask(new["cause"])[:CAUSE]
        different = {name: value for name, value in new.items() if value != row[name]}
        if different:
            values = {f"new_{name}": value for name, value in different.items()}
            connection.run(change_of(tuple(different)), values | {"which": row["id"]})
        for what, cause in noted:
            self.note(connection, row["id"], what, cause)
        return new

    def note(self, connection: Transaction, account_id: str, what: str, cause: str) -> None:
        """Write an event."""
        event = {"account": account_id, "time": self.clock(), "what": what, "cause": mask(cause)[:CAUSE]}
        connection.run(NOTE, event)

    def chosen_mode(self, connection: Transaction) -> str:
        """How accounts take turns."""
        return cast("str", connection.run(MODE_NOW, {}).value() or "round_robin")

    def today(self) -> str:
        """The present UTC day."""
        return datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%d")


@functools.lru_cache(maxsize=256)
def change_of(names: tuple[str, ...]) -> Prepared:
    """The statement that writes these columns."""
    values = {name: sa.bindparam(f"new_{name}", type_=account.c[name].type) for name in names}
    return Prepared(sa.update(account).where(account.c.id == sa.bindparam("which")).values(values))


def settle(row: Row, now: float) -> list[tuple[str, str]]:
    """Bring a row to the present: what was to last until a time that has passed is over.

    Returns:
        What happened, as ``(what, cause)``.
    """
    events: list[tuple[str, str]] = []
    if row["quota"] == 0 and (row["quota_resets"] or 0.0) <= now:
        row |= {"quota": None, "quota_resets": None}
    if row["eased_until"] is not None and row["eased_until"] <= now:
        row |= {"eased_cap": None, "eased_until": None}
        events.append(("lifted", "It may run as many at once as before"))
    if row["state"] == "cooling" and (row["cool_until"] or 0.0) <= now:
        if row["quota"] == 0:
            row["cool_until"] = row["quota_resets"]
        else:
            row |= {"state": "ready", "cause": "", "cool_until": None, "since": now}
            events.append(("ready", "The time it was to wait for is over"))
    ends = dead_at(row)
    if ends is not None and ends <= now:
        cause = f"Its access token ended at {utc(ends, now)}, and it has nothing to get a new one with"
        row |= {"state": "expired", "cause": cause, "cool_until": None, "since": now}
        events.append(("expired", cause))
    return events


def implied(row: Row, images: int, videos: int) -> Row:
    """The columns that follow from a settled row and from the number of its leases."""
    only_videos = used_up(row)
    usable = row["enabled"] and (row["state"] == "ready" or only_videos)
    eased = row["eased_cap"]
    image = usable and row["image_enabled"] and room(row["image_cap"], eased, images)
    video = usable and row["video_enabled"] and room(row["video_cap"], eased, videos)
    times = [
        row["cool_until"] if row["state"] == "cooling" else None,
        row["quota_resets"] if row["quota"] == 0 else None,
        row["eased_until"],
        dead_at(row),
    ]
    return {
        "images_in_use": images,
        "videos_in_use": videos,
        "image_free": bool(image),
        "video_free": bool(video and row["quota"] != 0 and row["onboarded"] is not False),
        "due": min((time for time in times if time is not None), default=None),
    }


def used_up(row: Mapping[str, Any]) -> bool:
    """Whether it cools only because its videos are used up; images and texts it can still make."""
    resets = row["quota_resets"]
    return bool(row["state"] == "cooling" and row["quota"] == 0 and row["cool_until"] == resets)


def dead_at(row: Mapping[str, Any]) -> float | None:
    """When its access token ends, if nothing can renew it and nobody has noticed yet."""
    if row["expires"] is None or row["state"] not in ("ready", "cooling"):
        return None
    settings: dict[str, Any] = row["settings"]
    held = settings.get("held", {})
    renewable = can_renew(held, settings.get("client_id", "")) or not held.get("access_token")
    return None if renewable else float(row["expires"])


def room(cap: int, eased: int | None, used: int) -> bool:
    """Whether one more fits."""
    if eased is not None:
        cap = eased if cap < 0 else min(cap, eased)
    return cap < 0 or used < cap


def busy_rank(row: Mapping[str, Any]) -> float:
    """The rank by which the least busy comes first, and of those the one that has rested longest."""
    return float((row["images_in_use"] + row["videos_in_use"]) * 1e10 + row["last_used"])


def no_account(which: str) -> NotFound:
    """The error of an account that is not there."""
    return NotFound(
        f"There is no account {which!r}", fix="List them with `sora-kit accounts list`", param="account"
    )


def lease_time() -> float:
    """Leases live by the machine's own clock, whatever the pool's is: they guard real work."""
    return time.time()

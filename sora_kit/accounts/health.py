"""What happens to an account when something goes well or badly.

One failure has one effect, and which one stands in `sora_kit.backends.base.EFFECTS`. This module is the
only place that carries effects out:

    nothing   refused prompts, malformed requests, a busy backend: none of the account's doing
    refresh   counted; new credentials are the business of `sora_kit.accounts.renewal`
    unfit     set aside until a person enables or tests it
    cool      out of use until its quota returns, then back by itself
    ease      fewer tasks at once for five minutes
    rest      after three failed connections in a row a pause of 1, 2, 4 … 30 minutes

Nothing here ever turns an account's own switch (`enabled`): that belongs to people.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sora_kit.accounts.account import utc
from sora_kit.accounts.leasing import Leasing
from sora_kit.accounts.rows import Row, lease_time, used_up
from sora_kit.backends.base import EFFECTS, BackendError, QuotaExhausted
from sora_kit.backends.hosted import Balance, Feature
from sora_kit.store.masking import mask
from sora_kit.store.statements import Prepared
from sora_kit.store.tables import account, lease

__all__ = ("Health",)

COOL_SECONDS = 3600.0
"""Used where the backend does not say when the quota returns."""
SOON_SECONDS = 60.0
"""Used where it says that the quota has returned already, and refuses all the same."""
EASE_SECONDS = 300.0
REST_AFTER = 3
REST_SECONDS = 60.0
REST_MOST = 1800.0

COUNTERS: dict[Feature, str] = {"image": "images", "video": "videos", "other": ""}

DUE = Prepared(
    sa.select(
        sa.or_(
            sa.exists().where(account.c.due <= sa.bindparam("now")),
            sa.exists().where(lease.c.expires <= sa.bindparam("lease_now")),
        )
    )
)


class Health(Leasing):
    """Successes, failures, quotas and waking; part of `sora_kit.accounts.Accounts`."""

    def submitted(self, account_id: str, feature: Feature, balance: Balance | None) -> None:
        """Note that a task was accepted, and what the backend said of the quota.

        An exhausted quota closes the account for videos until it resets; the generation that used it up
        goes on.

        Raises:
            NotFound: There is no such account.
        """
        with self.database.write() as connection:
            row = self.row(connection, account_id)
            changes = self.counted(row, COUNTERS[feature])
            changes, events = self.with_balance(row, changes, balance)
            self.put(connection, row, changes, events)

    def succeeded(self, account_id: str) -> None:
        """Note that a task ended well: the connection works, so a pause after failures is over."""
        with self.database.write() as connection:
            row = self.row(connection, account_id)
            if not row["errors_in_row"]:
                return
            changes: Row = {"errors_in_row": 0}
            events = []
            if resting(row):
                changes |= {"state": "ready", "cause": "", "cool_until": None, "since": self.clock()}
                events.append(("ready", "A task ended well"))
                if row["quota"] == 0:
                    changes |= {"state": "cooling", "cool_until": row["quota_resets"]}
            self.put(connection, row, changes, events)

    def failed(self, account_id: str, error: BackendError) -> None:
        """Carry out what a failure does to the account, as `EFFECTS` says; note when and why.

        Raises:
            NotFound: There is no such account.
        """
        effect = EFFECTS[kind_of(error)].account
        if effect == "nothing" or error.code == "plan_refused":
            return  # a plan that is too small for one job fits the next
        cause = mask(". ".join(text.rstrip(".") for text in (error.what, error.why) if text))
        with self.database.write() as connection:
            row = self.row(connection, account_id)
            changes = self.counted(row, "errors")
            changes |= {"last_error": cause[:500], "last_error_at": self.clock()}
            if effect != "rest":
                changes["errors_in_row"] = 0  # whoever says no is reached
            events: list[tuple[str, str]] = []
            if effect == "unfit" and row["state"] != "unfit":
                events.append(turn(changes, "unfit", cause, self.clock()))
            elif effect == "cool":
                events += self.cooled(row, changes, cause, error)
            elif effect == "ease":
                events += self.eased(row, changes, cause)
            elif effect == "rest":
                events += self.rested(row, changes, cause)
            self.put(connection, row, changes, events)

    def wake(self) -> list[str]:
        """Bring back the accounts whose time has come; gives their ids.

        One look into two indices when nothing is due.
        """
        now = lease_time()
        with self.database.read() as connection:
            if not connection.run(DUE, {"now": self.clock(), "lease_now": now}).value():
                return []
        with self.database.write() as connection:
            self.sweep(connection, now)
            return self.settle_due(connection)

    # -- inside

    def counted(self, row: Row, what: str) -> Row:
        """Changes that count one more, in all and today."""
        day = self.today()
        changes: Row = {}
        if row["today"] != day:
            changes = {"today": day, "images_today": 0, "videos_today": 0, "errors_today": 0}
        if what:
            today = changes[f"{what}_today"] if "today" in changes else row[f"{what}_today"]
            changes |= {what: row[what] + 1, f"{what}_today": today + 1}
        return changes

    def with_balance(
        self, row: Row, changes: Row, balance: Balance | None
    ) -> tuple[Row, list[tuple[str, str]]]:
        """Changes and events of what a backend says about the quota."""
        if balance is None or (balance.remaining is None and not balance.exhausted):
            return changes, []
        now = self.clock()
        resets = balance.resets_at
        events = []
        if balance.exhausted or balance.remaining == 0:
            until = cool_until(resets, now)
            changes |= {"quota": 0, "quota_resets": until}
            if row["state"] == "ready" or used_up(row):
                cause = f"Its quota is used up until {utc(until, now)}"
                changed = row["cool_until"] != until
                event = turn(changes, "cooling", cause, now, until)
                events += [event] if changed else []
        else:
            changes |= {"quota": balance.remaining, "quota_resets": resets}
            if used_up(row):
                events.append(turn(changes, "ready", "", now))
        return changes, events

    def cooled(self, row: Row, changes: Row, cause: str, error: BackendError) -> list[tuple[str, str]]:
        """Out of use until the quota returns."""
        if row["state"] not in ("ready", "cooling"):
            return []
        now = self.clock()
        told = error.resets_at if isinstance(error, QuotaExhausted) else None
        until = cool_until(told, now)
        changes |= {"quota": None, "quota_resets": None}  # it may be that of images, which nobody counts
        return [turn(changes, "cooling", f"{cause}. It comes back at {utc(until, now)}", now, until)]

    def eased(self, row: Row, changes: Row, cause: str) -> list[tuple[str, str]]:
        """Fewer at once than now, for a while."""
        used = row["videos_in_use"] or row["images_in_use"]
        cap = max(1, used - 1)
        changes |= {"eased_cap": cap, "eased_until": self.clock() + EASE_SECONDS}
        return [("eased", f"{cause}. At most {cap} at once for a while")] if cap != row["eased_cap"] else []

    def rested(self, row: Row, changes: Row, cause: str) -> list[tuple[str, str]]:
        """A pause, when it happens again and again."""
        if resting(row):
            return []  # those that were under way already say nothing new
        count = row["errors_in_row"] + 1
        changes["errors_in_row"] = count
        if count < REST_AFTER or not (row["state"] == "ready" or used_up(row)):
            return []
        now = self.clock()
        pause = min(REST_MOST, REST_SECONDS * 2.0 ** min(count - REST_AFTER, 10))
        why = f"{count} failures in a row. {cause}. Tried again at {utc(now + pause, now)}"
        changes |= {"state": "cooling", "cause": why, "since": now, "cool_until": now + pause}
        return [("rested", why)]


def kind_of(error: BackendError) -> type[BackendError]:
    """The class of the table that an error belongs to; a backend may have finer ones."""
    return next((kind for kind in type(error).__mro__ if kind in EFFECTS), BackendError)


def cool_until(told: float | None, now: float) -> float:
    """When a quota returns."""
    if told is None:
        return now + COOL_SECONDS
    return told if told > now else now + SOON_SECONDS


def resting(row: Row) -> bool:
    """Whether an account pauses after failures."""
    return bool(row["state"] == "cooling" and row["errors_in_row"] >= REST_AFTER)


def turn(changes: Row, state: str, cause: str, now: float, until: float | None = None) -> tuple[str, str]:
    """Change the state, and say so."""
    changes |= {"state": state, "cause": cause, "since": now, "cool_until": until}
    words: dict[str, Any] = {"cooling": "cooled"}
    return words.get(state, state), cause or "Its quota is back"

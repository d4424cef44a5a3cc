"""Why a step waits, or why waiting is of no use.

The conditions that an account must fulfil stand in one list, each with the sentence for the case that it
leaves nobody. One query counts how many accounts fulfil the first, the first two, and so on; the first
count of zero is the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sora_kit.accounts.account import plan_name, utc
from sora_kit.accounts.health import REST_AFTER
from sora_kit.accounts.rows import Rows
from sora_kit.backends.hosted import Need
from sora_kit.store.tables import account

__all__ = ("Verdict", "Verdicts")

Condition = tuple[sa.ColumnElement[bool], str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What can be said to somebody who waits for an account."""

    never: str = ""
    """A sentence, where nobody can serve it unless a person does something; else empty."""

    why: str = ""
    """A sentence for a job that waits; empty if it need not wait."""

    at: float | None = None
    """Unix seconds when an account comes back, where all of them are away."""


class Verdicts(Rows):
    """Reasons; part of `sora_kit.accounts.Accounts`."""

    def verdict(self, need: Need) -> Verdict:
        """Why a step that needs this waits, and whether waiting is of any use."""
        conditions = pinned(need) if need.account else anybody(need)
        fulfilled: list[sa.ColumnElement[bool]] = []
        counts: list[Any] = []
        for number, (condition, _) in enumerate(conditions):
            fulfilled.append(condition)
            counts.append(total(*fulfilled).label(f"n{number}"))
        now = self.clock()
        here, until = away(need, now)
        resting = sa.and_(~here, account.c.errors_in_row >= REST_AFTER)
        query = sa.select(
            *counts,
            total(*fulfilled, here).label("here"),
            total(*fulfilled, resting).label("resting"),
            sa.func.min(sa.case((sa.and_(*fulfilled, ~here), until))).label("back"),
        ).where(account.c.backend == need.backend)
        with self.database.read() as connection:
            found = connection.execute(query).mappings().one()
        before = 0
        for number, (_, sentence) in enumerate(conditions):
            if not found[f"n{number}"]:
                return Verdict(never=sentence)
            before = found[f"n{number}"]
        if need.account and found["here"]:
            return Verdict(why="the account that owns the source is busy")
        if found["here"]:
            return Verdict(why=busy(found["here"]))
        back = float(found["back"]) if found["back"] is not None else None
        when = f"; the next returns at {utc(back, now)}" if back is not None else ""
        if found["resting"] == before:
            return Verdict(why=f"all accounts pause after failed connections{when}", at=back)
        return Verdict(why=f"all quotas are used up{when}", at=back)


def anybody(need: Need) -> list[Condition]:
    """What an account must fulfil, and the sentence where none does."""
    of = need.backend
    checks: list[Condition] = [
        (sa.true(), f"no account of {of} yet"),
        (account.c.enabled, f"all accounts of {of} are disabled"),
    ]
    if need.plan:
        checks.append((account.c.plan == need.plan, f"no account has {plan_name(need.plan)}"))
    checks += [(condition, f"{sentence} for all accounts") for condition, sentence in switches(need)]
    if need.feature == "video":
        checks.append((account.c.onboarded.is_not(sa.false()), "no account is set up for videos"))
    checks.append((fit(), "every account that could do it needs new credentials or your decision"))
    if need.without:
        wanted = account.c.id.not_in(sorted(need.without))
        checks.append((wanted, "every account that could do it has failed at it"))
    return checks


def pinned(need: Need) -> list[Condition]:
    """The same for the one account that owns the source."""
    owner = "the account that owns the source"
    checks: list[Condition] = [
        (account.c.id == need.account, f"{owner} was removed"),
        (account.c.enabled, f"{owner} is disabled"),
    ]
    if need.plan:
        checks.append((account.c.plan == need.plan, f"{owner} does not have {plan_name(need.plan)}"))
    checks += [(condition, f"{sentence} for {owner}") for condition, sentence in switches(need)]
    if need.feature == "video":
        checks.append((account.c.onboarded.is_not(sa.false()), f"{owner} is not set up for videos"))
    checks.append((fit(), f"{owner} needs new credentials or your decision"))
    if need.without:
        checks.append((account.c.id.not_in(sorted(need.without)), f"{owner} has failed at it"))
    return checks


def switches(need: Need) -> list[Condition]:
    """The owner's switch of the feature."""
    known = {
        "image": (account.c.image_enabled, "images are switched off"),
        "video": (account.c.video_enabled, "videos are switched off"),
    }
    return [known[need.feature]] if need.feature in known else []


def fit() -> sa.ColumnElement[bool]:
    """In use now, or back by itself."""
    return account.c.state.in_(("ready", "cooling"))


def away(need: Need, now: float) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[Any]]:
    """Whether an account is here (perhaps busy) rather than away, and when it is back if it is away."""
    used_up = sa.and_(account.c.quota == 0, account.c.quota_resets > now)
    cooling = sa.and_(account.c.state == "cooling", account.c.cool_until > now)
    if need.feature == "video":
        back = sa.case(
            (
                sa.and_(used_up, account.c.quota_resets > sa.func.coalesce(account.c.cool_until, 0.0)),
                account.c.quota_resets,
            ),
            else_=account.c.cool_until,
        )
        return ~sa.func.coalesce(sa.or_(used_up, cooling), sa.false()), back
    only_videos = sa.and_(used_up, account.c.cool_until == account.c.quota_resets)
    gone = sa.and_(cooling, ~sa.func.coalesce(only_videos, sa.false()))
    return ~sa.func.coalesce(gone, sa.false()), account.c.cool_until


def total(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    """How many accounts fulfil all of them."""
    return sa.func.coalesce(sa.func.sum(sa.case((sa.and_(*conditions), 1), else_=0)), 0)


def busy(count: int) -> str:
    """The usual reason."""
    return "the only account is busy" if count == 1 else f"all {count} accounts are busy"

"""What a page shows of accounts: pure functions from values to plain JSON.

This is the only way from an account to the page. It reads `Account`, which has its secrets masked
already, and names each field that goes out: a field that is added to `Account` is not shown by accident.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sora_kit.accounts import Account, AccountEvent
from sora_kit.accounts.account import SECRETS, plan_name
from sora_kit.accounts.search import Totals

__all__ = ("WEEK", "event_row", "figures", "row")

WEEK = 7 * 86_400.0
"""A token that ends sooner than this is marked."""

WORDS = {
    "ready": ("Ready", "good"),
    "cooling": ("Cooling", "warn"),
    "expired": ("Expired", "bad"),
    "unfit": ("Unfit", "bad"),
    "disabled": ("Off", "off"),
}
"""State → word and tone."""

PLAIN = (
    "id", "backend", "label", "email", "remark", "plan_ends", "quota", "quota_resets", "expires", "checked",
    "enabled", "cool_until", "image_enabled", "video_enabled", "image_cap", "video_cap", "eased_cap",
    "images_in_use", "videos_in_use", "images", "videos", "errors", "images_today", "videos_today",
    "errors_today", "last_error", "last_error_at", "client_id", "redirect_uri", "device_id", "proxy",
    "renewable", "invite_code", "invites_used", "invites_total",
)  # fmt: skip
"""Fields that go to the page as they are. Tokens are masked; `Account.proxy` has no name and password."""


def row(one: Account, last: AccountEvent | None, now: float) -> dict[str, Any]:
    """One row of the table.

    Args:
        one: The account.
        last: What happened to it last.
        now: Unix seconds.

    Returns:
        JSON types: the fields of `PLAIN`, ``state`` with its ``word`` and ``tone``, ``why`` and
        ``why_at`` (the last change, in words), ``ends`` (``past``, ``soon`` or empty), ``plan_name``,
        ``held`` (name of a secret → its masked form) and ``headers`` (names).
    """
    state = one.state if one.enabled else "disabled"
    word, tone = WORDS[state]
    why, why_at = _why(one, last)
    ends = ""
    if one.expires is not None and one.expires < now + WEEK:
        ends = "past" if one.expires <= now else "soon"
    return {name: getattr(one, name) for name in PLAIN} | {
        "state": state,
        "word": word,
        "tone": tone,
        "why": why,
        "why_at": why_at,
        "ends": ends,
        "plan_name": one.plan_title or (plan_name(one.plan) if one.plan else ""),
        "held": {name: masked for name in SECRETS if (masked := getattr(one, name))},
        "headers": list(one.write_headers),
        "used_at": one.last_used or None,
    }


def _why(one: Account, last: AccountEvent | None) -> tuple[str, float | None]:
    """The last change and why: the cause of its state, or else what happened to it last."""
    if one.enabled and one.state != "ready" and one.cause:
        return one.cause, one.since
    if last is None:
        return "", None
    words = last.what[:1].upper() + last.what[1:]
    return (f"{words}: {last.cause[:1].lower()}{last.cause[1:]}" if last.cause else words), last.time


def figures(totals: Totals) -> dict[str, Any]:
    """The cards above the table, and what can be filtered by."""
    names = ("accounts", "ready", "cooling", "needs_you", "disabled", "next_back", "in_use",
             "videos_today", "images_today", "errors_today")  # fmt: skip
    return {name: getattr(totals, name) for name in names} | {
        "plans": [
            {"id": plan or "unknown", "label": plan_name(plan) if plan else "Unknown", "count": count}
            for plan, count in totals.plans.items()
        ],
        "backends": [{"id": name, "count": count} for name, count in totals.backends.items()],
    }


def event_row(event: AccountEvent, names: Mapping[str, str]) -> dict[str, Any]:
    """One line of the history; ``names`` gives the labels of accounts."""
    return {
        "id": event.id,
        "account": names.get(event.account, event.account),
        "time": event.time,
        "what": event.what,
        "cause": event.cause,
    }

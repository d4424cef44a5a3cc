"""An account as people and the engine see it: everything but its secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Literal

from sora_kit.store.tables import account

__all__ = ("PLANS", "SECRETS", "Account", "AccountEvent", "State", "plan_name", "shown", "shown_url", "utc")

State = Literal["ready", "cooling", "expired", "unfit"]

SECRETS = ("access_token", "session_token", "refresh_token", "api_key")

PLANS = {
    "chatgpt_free": "ChatGPT Free",
    "chatgpt_plus": "ChatGPT Plus",
    "chatgpt_team": "ChatGPT Team",
    "chatgpt_pro": "ChatGPT Pro",
}


@dataclass(frozen=True, slots=True)
class Account:
    """One account of a backend. Times are Unix seconds (UTC); secrets are shown masked."""

    id: str
    """``acc_…``, or ``local-…`` for drawing places on this computer."""
    backend: str
    """Name of the backend that it belongs to."""
    label: str
    """What people call it; its e-mail if they gave it no name."""
    remark: str
    """A note of its owner."""
    created: float
    """When it was added."""

    email: str
    """Where known, in lower case."""
    username: str
    """Name chosen upstream, if any."""
    name: str
    """Full name upstream."""
    user: str
    """The backend's own id of the user; tells two workspaces of one e-mail apart."""
    plan: str
    """Id such as ``chatgpt_pro``; empty if unknown."""
    plan_title: str
    """The plan in the backend's words."""
    plan_ends: float | None
    """End of the paid period."""
    onboarded: bool | None
    """Whether it was set up for videos; None if unknown, which does not stop it."""
    invite_code: str
    """Invitation that it may pass on."""
    invites_used: int | None
    """How many were redeemed."""
    invites_total: int | None
    """How many there are."""
    quota: int | None
    """Generations left when the backend last told; None if unknown, which does not stop it."""
    quota_resets: float | None
    """When the quota is whole again."""
    expires: float | None
    """End of its access token."""
    checked: float | None
    """Last test."""

    enabled: bool
    """The owner's own switch; sora_kit never turns it."""
    state: State
    """``ready``, ``cooling`` (comes back alone at `cool_until`), ``expired`` (needs new credentials) or
    ``unfit`` (set aside until a person enables or tests it)."""
    cause: str
    """Why it is in that state."""
    since: float
    """Since when it is in that state."""
    cool_until: float | None
    """When a cooling account comes back."""
    image_enabled: bool
    """Whether it may make images."""
    video_enabled: bool
    """Whether it may make videos."""
    image_cap: int
    """How many images it may make at the same time; -1 for no limit."""
    video_cap: int
    """How many videos it may make at the same time; -1 for no limit."""
    eased_cap: int | None
    """A lower limit for a while, after the backend said that too many run at once."""
    eased_until: float | None
    """When that limit is lifted."""
    images_in_use: int
    """Image slots that are taken now."""
    videos_in_use: int
    """Video slots that are taken now."""
    last_used: float
    """When a slot of it was last given out; 0 for never."""

    images: int
    """Images that were ordered from it so far."""
    videos: int
    """Videos that were ordered from it so far."""
    errors: int
    """Failures so far; refused prompts and malformed requests are none of its failures."""
    images_today: int
    """Of the present UTC day."""
    videos_today: int
    """Of the present UTC day."""
    errors_today: int
    """Of the present UTC day."""
    errors_in_row: int
    """Times in a row that the backend could not be reached through it, or answered nonsense."""
    last_error: str
    """Its last failure, without secrets."""
    last_error_at: float | None
    """When that was."""

    client_id: str
    """Application that the refresh token was made for."""
    redirect_uri: str
    """Of the same application."""
    device_id: str
    """UUID of its device, where one is known."""
    write_headers: tuple[str, ...]
    """Names of the extra headers that its owner wrote down."""
    proxy: str
    """Its own proxy without name and password; empty if it uses the global one."""
    access_token: str
    """Masked, such as ``eyJh…x9Qk``."""
    session_token: str
    """Masked."""
    refresh_token: str
    """Masked."""
    api_key: str
    """Masked."""

    @property
    def has_access_token(self) -> bool:
        """Whether it has an access token."""
        return bool(self.access_token)

    @property
    def has_session_token(self) -> bool:
        """Whether it has a session token, from which access tokens can be got."""
        return bool(self.session_token)

    @property
    def has_refresh_token(self) -> bool:
        """Whether it has a refresh token, from which access tokens can be got."""
        return bool(self.refresh_token)

    @property
    def has_api_key(self) -> bool:
        """Whether it has an API key."""
        return bool(self.api_key)

    @property
    def renewable(self) -> bool:
        """Whether a new access token can be got without its owner."""
        return can_renew({name: getattr(self, name) for name in SECRETS}, self.client_id)

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON types."""
        return {one.name: getattr(self, one.name) for one in fields(self)} | {
            "write_headers": list(self.write_headers)
        }


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """Something that changed an account."""

    id: int
    account: str
    time: float
    """Unix seconds."""
    what: str
    """``added``, ``updated``, ``enabled``, ``disabled``, ``reset``, ``removed``, ``tested``,
    ``refreshed``, ``expired``, ``cooled``, ``rested``, ``eased``, ``lifted``, ``unfit``, ``ready``,
    ``not refreshed``."""
    cause: str
    """Why, in plain words, without secrets."""


COLUMNS = [
    column
    for column in account.c
    if column.name not in ("secrets", "mark", "renewing_until", "rank", "due", "image_free", "video_free")
]
"""What of a row makes an `Account`; the sealed secrets are never read for it."""


def from_row(row: Mapping[str, Any], today: str) -> Account:
    """The account of a row of `COLUMNS`; ``today`` is the present UTC day."""
    values = dict(row)
    settings: dict[str, Any] = values.pop("settings")
    if values.pop("today") != today:
        values |= {"images_today": 0, "videos_today": 0, "errors_today": 0}
    held: dict[str, str] = settings.get("held", {})
    values |= {name: held.get(name, "") for name in (*SECRETS, "proxy")}
    values |= {name: settings.get(name, "") for name in ("client_id", "redirect_uri", "device_id")}
    return Account(**values, write_headers=tuple(settings.get("headers", ())))


def can_renew(held: Mapping[str, Any], client_id: str) -> bool:
    """Whether these credentials give new access tokens; a refresh token needs its application."""
    return bool(held.get("session_token") or (held.get("refresh_token") and client_id))


def shown(secret: str) -> str:
    """A secret as it may be shown: its first and last four characters, if it is long."""
    if not secret:
        return ""
    return f"{secret[:4]}…{secret[-4:]}" if len(secret) >= 24 else "…"


def shown_url(url: str) -> str:
    """A URL without name and password, also where a password holds a slash that should be escaped."""
    return re.sub(r"//.*@", "//…@", url)


def plan_name(plan: str) -> str:
    """A plan as people call it: ``ChatGPT Pro``."""
    return PLANS.get(plan) or plan.replace("_", " ").title()


def utc(moment: float, now: float) -> str:
    """A time in words: ``14:05 UTC``, with its day if that is not within 20 hours."""
    form = "%H:%M UTC" if abs(moment - now) < 72_000 else "%Y-%m-%d %H:%M UTC"
    return datetime.fromtimestamp(moment, UTC).strftime(form)

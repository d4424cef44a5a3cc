"""What the stand-in knows about one account: profile, plan, quota, and all that it made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sora_kit.standins.sora_web import ids
from sora_kit.standins.sora_web.work import Task

__all__ = ("PLANS", "Account", "Cameo", "NewAccount", "Post", "Quota", "Upload", "account_view")

PLANS = {
    "chatgpt_free": "ChatGPT Free",
    "chatgpt_plus": "ChatGPT Plus",
    "chatgpt_team": "ChatGPT Team",
    "chatgpt_pro": "ChatGPT Pro",
}

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account as it is at the start.

    Args:
        email: Names it, here and in faults.
        plan: One of ``chatgpt_free``, ``chatgpt_plus``, ``chatgpt_team``, ``chatgpt_pro``, or "" for none.
        quota: Videos in each period.
        period: Seconds after which the quota is whole again.
        username: "" for one made from the e-mail; None for an account that has yet to choose.
        onboarded: False for one that must call ``/m/bootstrap`` first.
        country: An ISO code that is refused as unsupported, or None.
    """

    email: str
    plan: str = "chatgpt_plus"
    quota: int = 30
    period: float = DAY
    username: str | None = ""
    onboarded: bool = True
    country: str | None = None

    def __post_init__(self) -> None:
        if self.plan and self.plan not in PLANS:
            raise ValueError(f"{self.plan!r} is no plan; use one of {', '.join(PLANS)}")
        if self.quota < 0 or self.period <= 0:
            raise ValueError("a quota is 0 or more videos in a period of more than 0 seconds")


@dataclass(slots=True)
class Quota:
    """A number of videos that is whole again after each period, which begins with the first video."""

    limit: int
    period: float
    used: int = 0
    resets: float = 0.0
    """Unix seconds; 0 while nothing is used."""

    def left(self, now: float) -> int:
        """Videos that may still be made."""
        if self.used and now >= self.resets:
            self.used, self.resets = 0, 0.0
        return max(0, self.limit - self.used)

    def take(self, now: float) -> None:
        """Use one up."""
        self.left(now)
        if not self.used:
            self.resets = now + self.period
        self.used += 1

    def state(self, now: float) -> dict[str, Any]:
        """The object ``rate_limit_and_credit_balance``."""
        left = self.left(now)
        # with a quota of 0 there is nothing to wait for but the next period
        resets = self.resets - now if self.used else (0 if left else self.period)
        return {
            "estimated_num_videos_remaining": left,
            "estimated_num_purchased_videos_remaining": 0,
            "credit_remaining": 0,
            "rate_limit_reached": left == 0,
            "access_resets_in_seconds": max(0, round(resets)),
        }


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that an account sent: a picture to start from, or a profile picture."""

    id: str
    data: bytes
    mime: str


@dataclass(slots=True)
class Post:
    """A published draft. Everybody may see and remix it."""

    id: str
    owner: str
    """The account's e-mail."""

    task: Task
    text: str
    posted: float
    remixes: int = 0


@dataclass(slots=True)
class Cameo:
    """A character in the making, and after ``finalize`` the character."""

    id: str
    created: float
    name: str
    """What the protocol calls a hint: ``quietfox.dancer``."""

    failed: bool = False
    character: str | None = None
    username: str = ""
    display_name: str = ""
    visibility: str = "private"
    asset: str = ""
    """Asset pointer of its profile picture."""


@dataclass(slots=True, eq=False)
class Account:
    """One account and all that belongs to it."""

    email: str
    plan: str
    quota: Quota
    username: str | None
    onboarded: bool = True
    country: str | None = None
    access_token: str = ""
    refresh_token: str = ""
    session_token: str = ""
    user: str = field(default_factory=ids.user_id)
    invite: str = ""
    redeemed: int = 0
    accepted: str | None = None
    """The invite code that it redeemed."""

    tasks: dict[str, Task] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    assets: dict[str, Upload] = field(default_factory=dict)
    """Profile pictures by their asset pointer."""

    cameos: dict[str, Cameo] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """``a@example.com`` becomes ``A Example``."""
        local, _, host = self.email.partition("@")
        return " ".join(part.capitalize() for part in (local, host.split(".")[0]) if part)

    def running(self, now: float) -> list[Task]:
        """Videos that are queued or being rendered, oldest first."""
        return [task for task in self.tasks.values() if task.kind == "video" and task.busy(now)]

    def drafts(self, now: float) -> list[Task]:
        """Videos that ended, newest first."""
        # of those that ended together, the one that was begun last comes first
        latest = [t for t in reversed(self.tasks.values()) if t.kind == "video" and t.phase(now) == "done"]
        return sorted(latest, key=lambda task: task.ended, reverse=True)

    def images(self) -> list[Task]:
        """Tasks of pictures, newest first."""
        return [task for task in reversed(self.tasks.values()) if task.kind == "image"]


def account_view(account: Account) -> dict[str, Any]:
    """An account and its tokens as JSON, for whoever runs the stand-in."""
    names = ("email", "plan", "username", "access_token", "refresh_token", "session_token")
    return {name: getattr(account, name) for name in names}

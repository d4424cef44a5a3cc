"""What an account is and may: profile, plan, quota, and setting it up for Sora."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sora_kit.backends.sora_web.answers import at, flag, items, moment, number, text, whole
from sora_kit.backends.sora_web.calling import Caller
from sora_kit.backends.sora_web.errors import broken
from sora_kit.backends.sora_web.transport import QUICK

__all__ = ("Account", "Invite", "Plan", "Profile", "Quota", "read_quota")


@dataclass(frozen=True, slots=True)
class Profile:
    """Who the account is."""

    email: str
    name: str
    username: str
    """Empty as long as none was chosen."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the account pays for; all empty without a plan."""

    id: str = ""
    """``chatgpt_free``, ``chatgpt_plus``, ``chatgpt_team``, ``chatgpt_pro`` or another."""

    title: str = ""
    ends_at: float | None = None
    """Unix seconds."""

    @property
    def pro(self) -> bool:
        """Whether Pro models are open to the account."""
        return self.id == "chatgpt_pro"


@dataclass(frozen=True, slots=True)
class Quota:
    """What the account may still make."""

    remaining: int | None
    """Videos, or None if it is not told."""

    exhausted: bool
    resets_in: float | None
    """Seconds from now, or None if it is not told."""

    purchased: int | None = None
    """Videos that were bought on top."""

    credit: float | None = None


@dataclass(frozen=True, slots=True)
class Invite:
    """That the account is set up for Sora, and the invitation that it may pass on."""

    code: str
    redeemed: int | None
    total: int | None


class Account:
    """Calls about the account itself."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def me(self) -> Profile:
        """Who the account is.

        Raises:
            BackendError: Any of the typed failures.
        """
        data = await self._caller.get("/me")
        if not isinstance(data, dict):
            raise broken("The profile is no object")
        return Profile(text(data, "email"), text(data, "name"), text(data, "username"))

    async def plan(self) -> Plan:
        """The plan of the account.

        Raises:
            BackendError: Any of the typed failures.
        """
        data = await self._caller.get("/billing/subscriptions")
        if not isinstance(at(data, "data"), list):
            raise broken("The list of plans is missing")
        first = next(iter(items(data, "data")), None)
        return Plan(text(first, "plan", "id"), text(first, "plan", "title"), moment(first, "end_ts"))

    async def quota(self) -> Quota:
        """What is left.

        Raises:
            BackendError: Any of the typed failures.
        """
        data = await self._caller.get("/nf/check")
        quota = read_quota(data)
        if quota is None:
            raise broken("The quota is missing")
        return quota

    async def invite(self) -> Invite:
        """Whether the account is set up for Sora: it is, if this answers.

        Raises:
            AccountUnfit: It is not (code ``not_onboarded``, see `bootstrap`), or its country is not served.
            BackendError: Any of the other failures.
        """
        data = await self._caller.get("/project_y/invite/mine")
        return Invite(text(data, "invite_code"), whole(data, "redeemed_count"), whole(data, "total_count"))

    async def bootstrap(self) -> None:
        """Set the account up for Sora; ask `invite` again afterwards.

        Raises:
            BackendError: Any of the typed failures.
        """
        await self._caller.touch("/m/bootstrap")

    async def accept_invite(self, code: str) -> bool:
        """Redeem an invitation.

        Returns:
            Whether it was accepted, now or earlier.

        Raises:
            BackendError: Any of the typed failures.
        """
        caller = self._caller
        headers = {"Authorization": caller.credentials.bearer(), "Accept": "application/json"}
        if caller.credentials.device_id:
            headers["Cookie"] = f"oai-did={caller.credentials.device_id}"
        url = caller.site.base + "/project_y/invite/accept"
        data = (await caller.raw("POST", url, QUICK, headers=headers, json={"invite_code": code})).data()
        return flag(data, "success") or flag(data, "already_accepted")

    async def username_free(self, name: str) -> bool:
        """Whether a name can be chosen.

        Raises:
            BackendError: Any of the typed failures.
        """
        return flag(
            await self._caller.post("/project_y/profile/username/check", {"username": name}), "available"
        )

    async def set_username(self, name: str) -> str:
        """Choose a name.

        Returns:
            The name that the account has now.

        Raises:
            BackendError: Any of the typed failures.
        """
        data = await self._caller.post("/project_y/profile/username/set", {"username": name})
        if not (now := text(data, "username")):
            raise broken("The new name is missing")
        return now


def read_quota(data: Any) -> Quota | None:
    """The quota in an answer, or None; answers that start a task may hold it, too."""
    balance = at(data, "rate_limit_and_credit_balance")
    if not isinstance(balance, dict):
        return None
    resets_in = number(balance, "access_resets_in_seconds")
    return Quota(
        remaining=whole(balance, "estimated_num_videos_remaining"),
        exhausted=flag(balance, "rate_limit_reached"),
        resets_in=None if resets_in is None else max(resets_in, 0.0),
        purchased=whole(balance, "estimated_num_purchased_videos_remaining"),
        credit=number(balance, "credit_remaining"),
    )

"""What can be done to many accounts, one account at a time; the panel and the admin API do the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sora_kit.accounts.inspection import inspect
from sora_kit.accounts.renewal import Renewal
from sora_kit.backends import hosted
from sora_kit.store.masking import mask

if TYPE_CHECKING:
    from sora_kit.studio import Studio

__all__ = ("DEEDS", "Deeds", "Outcome")

DEEDS = {
    "test": ("Testing", "tested"),
    "renew": ("Renewing tokens", "renewed"),
    "enable": ("Enabling", "enabled"),
    "disable": ("Disabling", "disabled"),
    "reset": ("Resetting", "reset"),
    "remove": ("Removing", "removed"),
    "proxy": ("Setting the proxy", "changed"),
}
"""What can be done, and the words for doing it and for having done it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one account."""

    label: str
    ok: bool
    why: str = ""


class Deeds:
    """Functions from an account's id to what became of it.

    Args:
        studio: The open workspace.
    """

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.pool = studio.accounts
        self.renewal = Renewal(self.pool, hosted)
        self.asked: set[str] = set()
        """Backends that were called."""

    def of(
        self, what: str, proxy: str = ""
    ) -> Callable[[str], Outcome] | Callable[[str], Awaitable[Outcome]]:
        """The function for one of `DEEDS`."""
        if what == "test":
            return self.test
        if what == "renew":
            return self.renew

        def plain(account: str) -> Outcome:
            if what == "remove":
                label = self.pool.get(account).label
                self.pool.remove(account)
                return Outcome(label, ok=True)
            if what == "proxy":
                return Outcome(self.pool.edit(account, proxy=proxy).label, ok=True)
            change = {"enable": self.pool.enable, "reset": self.pool.reset}.get(what, self.pool.disable)
            return Outcome(change(account).label, ok=True)

        return plain

    async def test(self, account: str) -> Outcome:
        """Ask the backend what the account is and may."""
        self.asked.add(self.pool.get(account).backend)
        (result,) = await inspect(self.pool, hosted, [account], 1)
        same = f"; the same user as {result.same_as}" if result.same_as else ""
        return Outcome(result.label, result.ok, mask(result.why) + same)

    async def renew(self, account: str) -> Outcome:
        """Get a new access token now, whether or not the present one is good."""
        one = self.pool.get(account)
        self.asked.add(one.backend)
        if not one.renewable:  # trying would prove that it cannot sign in, and end it
            why = "It has no session token, and no refresh token with its client id"
            return Outcome(one.label, ok=False, why=why)
        token = self.pool.login(account).secrets.get("access_token", "")
        await asyncio.shield(self.renewal.flight(account, token, refused=False))
        return Outcome(one.label, ok=True, why="It has a new access token")

    def rest(self) -> None:
        """Close the connections to backends, unless this process runs jobs, which use them, too."""
        names, self.asked = self.asked, set()
        for name in names if self.studio.role == "client" else ():
            self.studio.loop.submit(hosted(name).close())

"""Who can make it: the backends that can be used here and now, and how much they have left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sora_kit import backends
from sora_kit.backends.hosted import is_hosted
from sora_kit.planning.wording import titled

if TYPE_CHECKING:
    from sora_kit.studio import Studio

__all__ = ("left", "usable")


def usable(studio: Studio) -> dict[str, str]:
    """Name → title of the backends that can be used: those of this computer, and those with an account.

    Args:
        studio: The open workspace. Its own backend always counts.
    """
    with_account = {account.backend for account in studio.accounts.list(enabled=True)}
    found = {}
    for name in backends.names():
        hosted = is_hosted(backends.get(name))
        if name == studio.backend or not hosted or name in with_account:
            found[name] = titled(name)
    return found


def left(studio: Studio, backend: str) -> str:
    """How many generations a hosted backend's accounts have left, in a sentence; empty if unknown."""
    if not is_hosted(backends.get(backend)):
        return ""
    accounts = studio.accounts.list(backend=backend, enabled=True)
    if not accounts:
        return f"{titled(backend)} has no account yet."
    known = [one.quota for one in accounts if one.quota is not None and one.state in ("ready", "cooling")]
    if not known:
        return ""
    number, many = sum(known), len(known)
    where = "" if many == 1 else f" on {many} accounts"
    return f"{number:,} generation{'s' * (number != 1)} left{where}."

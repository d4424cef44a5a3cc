"""The client of one account: all calls of the wire, grouped by what they are about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sora_kit.backends.sora_web import media
from sora_kit.backends.sora_web.account import Account
from sora_kit.backends.sora_web.calling import Caller
from sora_kit.backends.sora_web.characters import Characters
from sora_kit.backends.sora_web.images import Images
from sora_kit.backends.sora_web.posts import Posts
from sora_kit.backends.sora_web.prompts import Prompts
from sora_kit.backends.sora_web.site import Credentials, Site
from sora_kit.backends.sora_web.tokens import Tokens
from sora_kit.backends.sora_web.transport import Clients
from sora_kit.backends.sora_web.videos import Videos

__all__ = ("SoraWeb",)


class SoraWeb:
    """The client of one account. Cheap to make; connections belong to `Clients`.

    Args:
        clients: Shared by all accounts.
        credentials: Of this account, with its proxy and extra headers.
        site: The deployment; the original if not given.
        guard: Called immediately before the first byte of each request leaves (files are fetched
            without it). What it raises stops the request and comes out as it is.
    """

    def __init__(
        self,
        clients: Clients,
        credentials: Credentials,
        site: Site | None = None,
        *,
        guard: Callable[[], None] | None = None,
    ) -> None:
        self.credentials = credentials
        self._clients = clients
        caller = self._caller = Caller(clients, credentials, site or Site(), guard)
        self.account = Account(caller)
        self.images = Images(caller)
        self.videos = Videos(caller)
        self.posts = Posts(caller)
        self.characters = Characters(caller)
        self.prompts = Prompts(caller)
        self.tokens = Tokens(caller)

    @property
    def ahead(self) -> float | None:
        """Seconds by which the deployment's clock is ahead of ours; None before the first answer."""
        return self._caller.ahead

    async def fetch(self, url: str, path: Path, *, max_bytes: int = media.MOST_BYTES) -> media.Saved:
        """Read a result into a file; see `sora_kit.backends.sora_web.media.fetch`.

        Raises:
            BackendError: Any of the typed failures.
        """
        return await media.fetch(self._clients, self.credentials, url, path, max_bytes=max_bytes)

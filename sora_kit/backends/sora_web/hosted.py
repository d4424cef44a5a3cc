"""The Sora web backend as the engine sees it: `SoraWebBackend`.

A thin face: the work is done by `starting` (prepare, submit, tidy), `finding`, `looking`, `fetching` and
`standing` (credentials, what an account is), which are loaded with the HTTP client when they are first
needed. Here is only what belongs to none of them: what the backend can do, where the deployment is, and
whose connections are used.

The environment is read at each use: ``SORA_KIT_SORA_WEB_URL`` is the base of the deployment,
``SORA_KIT_SORA_WEB_SESSION_URL`` and ``SORA_KIT_SORA_WEB_TOKEN_URL`` say where credentials are exchanged
if that is elsewhere.
"""

from __future__ import annotations

import asyncio
import functools
import os
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sora_kit.backends.base import AccountUnfit, Capabilities, InvalidRequest, Output, Task
from sora_kit.backends.hosted import (
    Done,
    Feature,
    Found,
    Guard,
    Login,
    Need,
    Renewed,
    Standing,
    Started,
    Status,
)
from sora_kit.errors import InvalidInput
from sora_kit.language.request import Request

if TYPE_CHECKING:
    from sora_kit.backends.sora_web.client import SoraWeb
    from sora_kit.backends.sora_web.site import Site
    from sora_kit.backends.sora_web.transport import Clients

__all__ = ("SoraWebBackend",)

_FEATURES: dict[str, Feature] = {"video": "video", "remix": "video", "extend": "video", "image": "image"}


class SoraWebBackend:
    """Makes media on a deployment of the Sora web backend; implements `sora_kit.backends.hosted.Hosted`.

    Two things are for the caller to keep. What `prepare` returned is good for its account only. And an
    extension, a character from a draft and a remix of a draft can only be made by the account that made
    the draft; `need` cannot know it, because the request names the clip and not its owner.
    """

    name = "sora_web"
    capabilities = Capabilities(
        kinds=frozenset(("video", "image", "enhance", "remix", "extend", "character")),
        max_seconds=25.0,
        storyboard=True,
        first_frame=True,
        styles=True,
        extends=True,
        lengths=(10.0, 15.0, 25.0),
        foreign_sources=True,
        speed=12.0,
    )
    poll_seconds = 2.5

    settle_seconds = 75.0
    """Longer than a call that starts something may be under way (`transport.WRITE`, 60 s), so that no
    submission can arrive after it was given up, and some more for it to appear in a list."""

    def __init__(self) -> None:
        # Connections belong to the loop that opened them; whoever has another loop gets others.
        self._clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Clients] = (
            weakref.WeakKeyDictionary()
        )

    def need(self, request: Request) -> Need:
        """What an account must have for a request; its owner is for the caller to add.

        Raises:
            InvalidRequest: The wire cannot say it, or the deployment's address is wrong.
        """
        from sora_kit.backends.sora_web.starting import check

        _site()
        return Need(self.name, _FEATURES.get(request.kind, "other"), plan=check(request))

    async def prepare(self, login: Login, task: Task) -> dict[str, Any]:
        """Upload the reference picture; publish a draft of the account that is to be remixed.

        Returns:
            ``media``, ``post`` and ``published`` as `starting` explains; good for this account only.

        Raises:
            BackendError: Any of the typed failures.
        """
        from sora_kit.backends.sora_web.starting import prepare

        return await prepare(self._web(login), task)

    async def submit(
        self,
        login: Login,
        task: Task,
        prepared: Mapping[str, Any],
        token: str,  # noqa: ARG002  the wire has no idempotency keys
        guard: Guard,
    ) -> Started:
        """The call that starts it, made once.

        ``task.options["span"]`` holds the seconds of a clip that show a character, (0, 3) if not given.

        Raises:
            BackendError: Any of the typed failures.
            Exception: What the guard raised, as it is; nothing was sent then.
        """
        from sora_kit.backends.sora_web.starting import submit

        return await submit(self._web(login, guard), task, prepared)

    async def find(
        self,
        login: Login,
        task: Task,
        token: str,  # noqa: ARG002  the wire has no idempotency keys
        since: float,
    ) -> list[Found] | None:
        """Tasks that may be a submission that was not answered, from the lists of the account.

        Returns:
            None for a character: those in the making are in no list. Tasks of other submissions are
            there with ``same`` False. ``created`` is by our clock, to a few seconds if the deployment's
            servers agree about the time; because they may not, what seems up to three hours older than
            ``since`` is shown, too.

        Raises:
            BackendError: Any of the typed failures.
        """
        from sora_kit.backends.sora_web.finding import find

        return await find(self._web(login), task, since)

    async def look(self, login: Login, tasks: Mapping[str, Task], since: float) -> dict[str, Status]:
        """How tasks stand: a call for each list that has any of them, and one for each character.

        Returns:
            A status by task; those of which nothing could be told this time are left out.

        Raises:
            BackendError: Any of the typed failures, if nothing can be told of any task.
        """
        from sora_kit.backends.sora_web.looking import look

        return await look(self._web(login), tasks, since)

    async def fetch(self, login: Login, task: Task, done: Done, folder: Path) -> Output:
        """Save the media bit for bit; give a character its name, and save its portrait.

        ``task.options`` may hold ``name``, the wanted name of a character, and ``private``, to keep it
        to the account.

        Returns:
            The file. ``understood["upstream"]`` holds ``task`` and ``generation`` or, of a character,
            ``cameo`` and ``character``; ``understood["character"]`` its ``username``,
            ``display_name``, ``character_id`` (empty if an attempt died after making it) and
            ``cameo_id``.

        Raises:
            BackendError: Any of the typed failures.
        """
        from sora_kit.backends.sora_web.fetching import fetch

        return await fetch(self._web(login), task, done.data, folder)

    async def tidy(self, login: Login, prepared: Mapping[str, Any]) -> None:
        """Take down the post that `prepare` made, if it did.

        Raises:
            BackendError: Any of the typed failures.
        """
        from sora_kit.backends.sora_web.starting import tidy

        await tidy(self._web(login), prepared)

    async def cancel(self, login: Login, task: str) -> bool:  # noqa: ARG002
        """False: a task that was started cannot be stopped."""
        return False

    async def renew(self, login: Login) -> Renewed:
        """New credentials from the session token or, without one that works, the refresh token.

        A refresh token needs ``client_id`` and ``redirect_uri`` in the login's settings.

        Raises:
            AuthExpired: There are none, or they are no longer accepted.
            BackendError: Any of the other failures.
        """
        from sora_kit.backends.sora_web.standing import renew

        return await renew(self._web(login), login)

    async def inspect(self, login: Login) -> Standing:
        """What an account is; one that was never set up for videos is set up, once.

        Raises:
            BackendError: Any of the typed failures.
        """
        from sora_kit.backends.sora_web.standing import inspect

        return await inspect(self._web(login), login)

    async def close(self) -> None:
        """Close the connections of the running loop; the next call opens new ones."""
        clients = self._clients.pop(asyncio.get_running_loop(), None)
        if clients is not None:
            await clients.aclose()

    def _web(self, login: Login, guard: Guard | None = None) -> SoraWeb:
        from sora_kit.backends.sora_web.client import SoraWeb
        from sora_kit.backends.sora_web.site import Credentials
        from sora_kit.backends.sora_web.transport import Clients

        settings = login.settings
        headers = settings.get("write_headers")
        try:
            credentials = Credentials(
                login.account,
                login.secrets.get("access_token", ""),
                proxy=login.proxy,
                device_id=str(settings.get("device_id") or ""),
                write_headers=headers if isinstance(headers, Mapping) else {},
            )
        except InvalidInput as error:
            # The account cannot be used before a person has corrected it; another one may do.
            raise AccountUnfit(
                error.what, why=error.why, fix=error.fix, param=error.param, code="account_settings"
            ) from None
        loop = asyncio.get_running_loop()
        if (clients := self._clients.get(loop)) is None:
            clients = self._clients[loop] = Clients()
        return SoraWeb(clients, credentials, _site(), guard=guard)


def _site() -> Site:
    """The deployment that the environment names.

    Raises:
        InvalidRequest: An address in it is none.
    """
    try:
        return _site_at(
            os.environ.get("SORA_KIT_SORA_WEB_URL", ""),
            os.environ.get("SORA_KIT_SORA_WEB_SESSION_URL", ""),
            os.environ.get("SORA_KIT_SORA_WEB_TOKEN_URL", ""),
        )
    except InvalidInput as error:
        raise InvalidRequest(
            error.what,
            why=error.why,
            fix="Correct SORA_KIT_SORA_WEB_URL, and _SESSION_URL and _TOKEN_URL if they are set",
            code="bad_configuration",
        ) from None


@functools.cache
def _site_at(url: str, session: str, token: str) -> Site:
    from sora_kit.backends.sora_web.site import Site

    return Site.at(url, session=session, token=token)

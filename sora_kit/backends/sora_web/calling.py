"""One call: an account's headers, its own connection, a JSON object back or a typed failure.

Every call of this backend goes through `Caller.ask`, hence through the proxy of its account, under
a time limit, and through the one parser of failures.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from sora_kit.backends.base import BackendError, InvalidRequest
from sora_kit.backends.sora_web.answers import ahead, decode, text
from sora_kit.backends.sora_web.errors import broken, from_answer, from_exception
from sora_kit.backends.sora_web.site import Credentials, Site
from sora_kit.backends.sora_web.transport import QUICK, UPLOAD, WRITE, Clients, Patience, Progress

__all__ = ("Answer", "Caller", "File", "opened")

MOST_BYTES = 16 * 2**20
"""Of one JSON answer, unpacked."""

UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.InvalidURL)
"""Failures before a request left, where nobody listened."""

_GOOD = frozenset({200, 201})
_GONE = frozenset({200, 204})


@dataclass(frozen=True, slots=True)
class File:
    """A file to upload: its bytes go out as they are, under its own name and type."""

    name: str
    """With its suffix, for example ``kitten.webp``."""

    mime: str
    """Its real content type."""

    content: bytes | Path
    """The bytes, or the file that holds them (read while it is sent)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: httpx.Headers
    body: bytes

    def data(self) -> Any:
        """The JSON in it.

        Raises:
            UpstreamBroken: There is none.
            BackendError: It reports a failure in spite of its status.
        """
        try:
            data = decode(self.body)
        except ValueError:
            raise from_answer(self.status, self.headers, self.body) from None
        if isinstance(data, dict) and (data.get("error") or text(data, "type") == "rate_limit_exhausted"):
            raise from_answer(self.status, self.headers, self.body)
        return data


class Caller:
    """The calls of one account.

    Args:
        clients: Shared by all accounts.
        credentials: Of this account.
        site: The deployment.
        guard: Called immediately before the first byte of each request leaves; see `Progress`.
    """

    def __init__(
        self,
        clients: Clients,
        credentials: Credentials,
        site: Site,
        guard: Callable[[], None] | None = None,
    ) -> None:
        self.clients = clients
        self.credentials = credentials
        self.site = site
        self.guard = guard
        self.ahead: float | None = None
        """Seconds by which the deployment's clock is ahead of ours, as the last answer told it."""

    async def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """Ask for something.

        Raises:
            BackendError: Any of the typed failures.
        """
        return (await self._ask("GET", path, QUICK, params=params)).data()

    async def touch(self, path: str) -> None:
        """Call something whose answer says nothing.

        Raises:
            BackendError: Any of the typed failures.
        """
        await self._ask("GET", path, QUICK)

    async def post(self, path: str, body: Mapping[str, Any], *, write: bool = False) -> Any:
        """Send a JSON body.

        Args:
            path: Under the base.
            body: The object.
            write: Starts something: the account's extra headers are added.

        Raises:
            BackendError: Any of the typed failures.
        """
        return (await self._ask("POST", path, WRITE if write else QUICK, json=body, write=write)).data()

    async def tell(self, path: str, body: Mapping[str, Any]) -> None:
        """Send a JSON body to a call whose answer says nothing.

        Raises:
            BackendError: Any of the typed failures.
        """
        answer = await self._ask("POST", path, QUICK, json=body, good=_GOOD | _GONE)
        if answer.body.strip():
            answer.data()

    async def upload(self, path: str, file: File, fields: Mapping[str, str]) -> Any:
        """Send a file as a form.

        Raises:
            BackendError: Any of the typed failures.
            OSError: The file cannot be read.
        """
        with contextlib.ExitStack() as stack:
            content = file.content
            source = stack.enter_context(content.open("rb")) if isinstance(content, Path) else content
            form = {"file": (file.name, source, file.mime)}
            return (await self._ask("POST", path, UPLOAD, files=form, data=fields)).data()

    async def delete(self, path: str) -> None:
        """Remove something.

        Raises:
            BackendError: Any of the typed failures.
        """
        await self._ask("DELETE", path, QUICK, good=_GONE)

    async def _ask(
        self,
        method: str,
        path: str,
        patience: Patience,
        *,
        write: bool = False,
        good: frozenset[int] = _GOOD,
        **parts: Any,
    ) -> Answer:
        headers = {"Authorization": self.credentials.bearer(), "Accept": "application/json"}
        if "json" in parts:
            parts["content"] = _encoded(parts.pop("json"))
        if "files" not in parts:
            headers["Content-Type"] = "application/json"
        if write:
            if self.credentials.device_id:
                headers["oai-device-id"] = self.credentials.device_id
            # Names differ in case only: the user's own value wins.
            extra = {name.lower() for name in self.credentials.write_headers}
            headers = {name: value for name, value in headers.items() if name.lower() not in extra}
            headers |= self.credentials.write_headers
        return await self.raw(method, self.site.base + path, patience, good=good, headers=headers, **parts)

    async def raw(
        self, method: str, url: str, patience: Patience, *, good: frozenset[int] = _GOOD, **parts: Any
    ) -> Answer:
        """A call without the account's token, through its connection all the same.

        Raises:
            BackendError: Any of the typed failures.
        """
        async with opened(
            self.clients, self.credentials, method, url, patience, guard=self.guard, **parts
        ) as response:
            self.ahead = ahead(response.headers, time.time())
            body = await _read(response)
            if response.status_code not in good:
                raise from_answer(response.status_code, response.headers, body)
            return Answer(response.status_code, response.headers, body)


@contextlib.asynccontextmanager
async def opened(
    clients: Clients,
    credentials: Credentials,
    method: str,
    url: str,
    patience: Patience,
    *,
    guard: Callable[[], None] | None = None,
    **parts: Any,
) -> AsyncIterator[httpx.Response]:
    """The head of an answer; its body is read inside the block, under the same time limit.

    Raises:
        BackendError: Any of the typed failures, also for what goes wrong while the body is read.
        Exception: Whatever the guard raised; nothing was sent then.
    """
    progress = Progress(guard)
    # Listening costs as much as half of the call. How far a mere question came makes no difference.
    listens = guard is not None or credentials.proxy or method != "GET"
    extensions = {"trace": progress.trace} if listens else None
    async with clients.use(credentials.account, credentials.proxy) as client:
        try:
            # httpcore sets no time limit on the handshake with a SOCKS proxy; this one holds for all.
            async with (
                asyncio.timeout(patience.total),
                client.stream(
                    method,
                    url,
                    timeout=patience.timeout(),
                    extensions=extensions,
                    **parts,
                ) as response,
            ):
                yield response
        except Exception as error:
            if error is progress.stopped or isinstance(error, BackendError):
                raise
            known = isinstance(error, httpx.HTTPError | httpx.InvalidURL | TimeoutError)
            # httpcore's SOCKS handshake asserts and lets its parser's errors through. Once something
            # was sent, an unknown error is the caller's own (a full disk, say) and stays as it is.
            if not known and (progress.sent or not credentials.proxy):
                raise
            sent = progress.sent if listens else not isinstance(error, UNSENT)
            raise from_exception(error, sent=sent) from error


def _encoded(body: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        raise InvalidRequest(
            "The request holds something that cannot be sent",
            why="A text has half of a character in it, or a number is not finite",
            fix="Type the prompt anew",
        ) from None


async def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > MOST_BYTES:
            raise broken("The answer is far too long")
    return bytes(body)

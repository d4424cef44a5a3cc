"""One call: an account's headers, its own connection, a JSON object back or a typed failure.

Every call of this backend goes through `Caller.ask`, hence through the proxy of its account, under
a time limit, and through the one parser of failures.
"""

from __future__ import annotations

import asyncio
import contextlib
import string
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from json import dumps
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, urlencode

import aiohttp
import httpx
from multidict import CIMultiDictProxy
from yarl import URL

from sora_kit.backends.base import BackendError, InvalidRequest
from sora_kit.backends.sora_web.answers import ahead, decode, text
from sora_kit.backends.sora_web.connectors import leaving
from sora_kit.backends.sora_web.errors import broken, from_answer, from_exception
from sora_kit.backends.sora_web.site import Credentials, Site
from sora_kit.backends.sora_web.transport import QUICK, UPLOAD, WRITE, Clients, Patience

__all__ = ("Answer", "Caller", "File", "opened")

MOST_BYTES = 16 * 2**20
"""Of one JSON answer, unpacked."""

_AS_IT_IS = string.punctuation
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
    headers: CIMultiDictProxy[str]
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
        guard: Called immediately before the first byte of each request leaves; see `connectors.Leaving`.
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
        return (await self._ask("GET", f"{path}?{urlencode(params)}" if params else path, QUICK)).data()

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
            # httpx writes forms as browsers do: no content type but the file's own
            form = httpx.Request(
                "POST", self.site.base, data=dict(fields), files={"file": (file.name, source, file.mime)}
            )
            return (await self._ask("POST", path, UPLOAD, form=form)).data()

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
        json: Mapping[str, Any] | None = None,
        form: httpx.Request | None = None,
        write: bool = False,
        good: frozenset[int] = _GOOD,
    ) -> Answer:
        headers = {"Authorization": self.credentials.bearer(), "Accept": "application/json"}
        if form is None:
            headers["Content-Type"] = "application/json"
        if write:
            if self.credentials.device_id:
                headers["oai-device-id"] = self.credentials.device_id
            # Names differ in case only: the user's own value wins.
            extra = {name.lower() for name in self.credentials.write_headers}
            headers = {name: value for name, value in headers.items() if name.lower() not in extra}
            headers |= self.credentials.write_headers
        url = self.site.base + path
        return await self.raw(method, url, patience, headers=headers, json=json, form=form, good=good)

    async def raw(
        self,
        method: str,
        url: str,
        patience: Patience,
        *,
        headers: Mapping[str, str],
        json: Mapping[str, Any] | None = None,
        form: httpx.Request | None = None,
        good: frozenset[int] = _GOOD,
    ) -> Answer:
        """A call without the account's token, through its connection all the same.

        Raises:
            BackendError: Any of the typed failures.
        """
        data: bytes | AsyncIterable[bytes] | None = None
        if json is not None:
            headers = {"Content-Type": "application/json", **headers}
            data = _encoded(json)
        elif form is not None:
            headers = {**headers, **{name: form.headers[name] for name in ("Content-Type", "Content-Length")}}
            data = cast("httpx.AsyncByteStream", form.stream)  # a form's is both
        async with opened(
            self.clients, self.credentials, method, url, patience,
            headers=headers, data=data, guard=self.guard,
        ) as response:  # fmt: skip
            self.ahead = ahead(response.headers, time.time())
            body = await _read(response)
            if response.status not in good:
                raise from_answer(response.status, response.headers, body)
            return Answer(response.status, response.headers, body)


@contextlib.asynccontextmanager
async def opened(
    clients: Clients,
    credentials: Credentials,
    method: str,
    url: str,
    patience: Patience,
    *,
    headers: Mapping[str, str],
    data: bytes | AsyncIterable[bytes] | None = None,
    follow: bool = False,
    guard: Callable[[], None] | None = None,
) -> AsyncIterator[aiohttp.ClientResponse]:
    """The head of an answer; its body is read inside the block, under the same time limit.

    Args:
        clients: Shared by all accounts.
        credentials: Of the account whose connection it is.
        method: Of the request.
        url: As it shall stand in the request: nothing in it is quoted or put in order, as that would
            break its signature.
        patience: Time limits.
        headers: Of the request.
        data: Its body.
        follow: Go where a redirect points to.
        guard: See `connectors.Leaving`.

    Raises:
        BackendError: Any of the typed failures, also for what goes wrong while the body is read.
        Exception: Whatever the guard raised; nothing was sent then.
    """
    async with clients.use(credentials.account, credentials.proxy) as session:
        with leaving(guard) as call:
            try:
                # aiohttp sets no time limit on the handshake with a SOCKS proxy; this one holds for all.
                async with (
                    asyncio.timeout(patience.total),
                    session.request(
                        method,
                        URL(quote(url, safe=_AS_IT_IS), encoded=True),
                        headers=headers,
                        data=data,
                        timeout=patience.timeout(),
                        allow_redirects=follow,
                    ) as response,
                ):
                    yield response
            except Exception as error:
                if call.stopped is not None:  # aiohttp wraps some errors into its own
                    raise call.stopped from None
                if isinstance(error, BackendError):
                    raise
                known = isinstance(error, aiohttp.ClientError | TimeoutError)
                # A SOCKS handshake lets its parser's errors through. Once something was sent, an
                # unknown error is the caller's own (a full disk, say) and stays as it is.
                if not known and call.sent:
                    raise
                raise from_exception(error, sent=call.sent) from error


def _encoded(body: Mapping[str, Any]) -> bytes:
    try:
        return dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        raise InvalidRequest(
            "The request holds something that cannot be sent",
            why="A text has half of a character in it, or a number is not finite",
            fix="Type the prompt anew",
        ) from None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > MOST_BYTES:
            raise broken("The answer is far too long")
    return bytes(body)

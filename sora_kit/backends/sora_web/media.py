"""Fetching a result: its signed URL, through the account's proxy, to a file, bit for bit.

A signed URL carries its own permission, so no token is sent with it, and it never stands in a
message. The file appears whole or not at all.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from sora_kit.backends.base import BackendError, UpstreamBroken
from sora_kit.backends.sora_web.calling import opened
from sora_kit.backends.sora_web.errors import broken, from_answer
from sora_kit.backends.sora_web.site import Credentials
from sora_kit.backends.sora_web.transport import MEDIA, Clients
from sora_kit.errors import BadMedia
from sora_kit.media.atomic import fresh_file
from sora_kit.media.sniff import HEAD, Format, sniff

__all__ = ("MOST_BYTES", "Saved", "fetch")

MOST_BYTES = 2 * 2**30
"""Of one result, unless the caller says otherwise."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A result on disk."""

    path: Path
    bytes: int
    format: Format
    """Told by its first bytes."""


async def fetch(
    clients: Clients, credentials: Credentials, url: str, path: Path, *, max_bytes: int = MOST_BYTES
) -> Saved:
    """Read a result into a file.

    Args:
        clients: Shared by all accounts.
        credentials: Of the account that made it, for its connection; its token is not sent.
        url: From the task's state.
        path: Where the file shall be.
        max_bytes: At most so many.

    Raises:
        UpstreamBroken: The URL has expired (code ``media_url_expired``: read the draft again for a new
            one), or what came is neither picture nor video.
        WorkspaceFull: The disk is full.
        BackendError: Any of the other failures.
    """
    headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
    async with opened(clients, credentials, "GET", url, MEDIA, headers=headers, follow=True) as response:
        if response.status != 200:
            raise await _refusal(response)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise broken("The file is packed, though it was asked for as it is")
        with fresh_file(path, scratch=True) as part, part.open("wb") as file:
            size, head = 0, b""
            async for piece in response.content.iter_any():
                size += len(piece)
                if size > max_bytes:
                    raise broken(f"The file is larger than {max_bytes / 2**20:.4g} MB")
                if len(head) < HEAD:
                    head += piece[: HEAD - len(head)]
                file.write(piece)
            form = _form(head)
    return Saved(path, size, form)


def _form(head: bytes) -> Format:
    try:
        return sniff(head)
    except BadMedia as error:
        raise broken(error.what) from None


async def _refusal(response: aiohttp.ClientResponse) -> BackendError:
    if response.status in {401, 403, 404, 410}:
        return UpstreamBroken(
            "The link to the result is no longer good",
            why=f"Its host answered with status {response.status}",
            fix="Read the result's draft again; it holds a new link",
            code="media_url_expired",
        )
    body = bytearray()
    with contextlib.suppress(aiohttp.ClientError):  # the status says enough
        async for piece in response.content.iter_any():
            body += piece
            if len(body) > HEAD:
                break
    return from_answer(response.status, response.headers, bytes(body))

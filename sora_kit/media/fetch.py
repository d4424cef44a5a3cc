"""The one way in which sora_kit reads a URL that a user gave.

Each hop is one request of `sora_kit.media.guarded`: a judged and pinned address. Redirects are followed
by hand, at most five, each judged like the first. The body goes to disk piece by piece, against a limit
of bytes, one of time for all of it and one for a pause; its first bytes must be those of a picture or
video.

Refusals tell what happened, and nothing of what the other side answered.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import secrets
import ssl
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote_to_bytes

import httpx

from sora_kit.errors import BadMedia, FetchRefused
from sora_kit.media.atomic import fresh_file
from sora_kit.media.guarded import ask, read_url
from sora_kit.media.sniff import HEAD, Format, sniff

__all__ = ("MAX_BYTES", "Fetched", "fetch", "parse_data_url")

MAX_BYTES = 200 * 2**20
"""Of a fetched file, unless the caller says otherwise."""

Kind = Literal["image", "video"]
_BOTH: frozenset[Kind] = frozenset({"image", "video"})

WANTED = {
    "Accept": "image/*, video/*;q=0.9, */*;q=0.1",
    # Otherwise a small answer could unpack to a large one.
    "Accept-Encoding": "identity",
}

_REDIRECTS = 5
_REDIRECT_CODES = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that was read from a URL. Sniffed, not yet decoded: see `sora_kit.media.check`."""

    path: Path
    format: Format
    bytes: int


async def fetch(
    url: str,
    *,
    into: Path,
    kinds: Collection[Kind] = _BOTH,
    max_bytes: int = MAX_BYTES,
    timeout: float = 60.0,  # noqa: ASYNC109  it is asyncio.timeout, and its error is named here
    allow_private: bool = False,
    tls: ssl.SSLContext | None = None,
) -> Fetched:
    """Read a user's URL into a file.

    Args:
        url: ``http``, ``https`` or ``data``.
        into: The folder for the file; its name is made here.
        kinds: What it may hold.
        max_bytes: At most so many.
        timeout: Seconds for all of it, redirects included.
        allow_private: Also read from loopback and private addresses.
        tls: Certificates to trust instead of the usual ones (a closed network's own authority).

    Returns:
        Where the file lies.

    Raises:
        FetchRefused: When the URL may not be read, or can't be.
        BadMedia: When what came is not of ``kinds``.
        WorkspaceFull: When the disk is full.
    """
    if url[:5].lower() == "data:":
        # Decoding some megabytes of base64 takes long enough to be felt on the loop.
        return await asyncio.to_thread(_keep_data, url, into, kinds, max_bytes)
    try:
        async with asyncio.timeout(timeout):
            return await _fetch(url, into, kinds, max_bytes, allow_private=allow_private, tls=tls)
    except TimeoutError:
        raise FetchRefused(
            "The address took too long to answer",
            why=f"The limit is {timeout:.0f} seconds",
            fix="Upload the file instead",
        ) from None


def parse_data_url(url: str, *, max_bytes: int = MAX_BYTES) -> bytes:
    """Decode a ``data:…;base64,…`` URL.

    Args:
        url: The URL. Its media type is a claim and is ignored.
        max_bytes: Of the decoded file; looked at before decoding.

    Returns:
        The file.

    Raises:
        FetchRefused: When it is malformed or too long.
    """
    head, comma, body = url.partition(",")
    if head[:5].lower() != "data:" or not comma or not head.lower().endswith(";base64"):
        raise FetchRefused(
            "The data URL is malformed",
            why="Only base64 is understood",
            fix="Use data:image/png;base64, followed by the file in base64",
        )
    if len(body) * 3 // 4 > max_bytes * 1.04 + 4:  # 4 % for line breaks
        raise _too_long(max_bytes)
    raw = unquote_to_bytes(body) if "%" in body else body.encode("ascii", "replace")
    raw = raw.translate(None, b" \t\r\n").rstrip(b"=")
    try:
        data = base64.b64decode(raw + b"=" * (-len(raw) % 4), validate=True)
    except binascii.Error:
        raise FetchRefused(
            "The data URL is malformed", why="It is not valid base64", fix="Encode the file again"
        ) from None
    if len(data) > max_bytes:
        raise _too_long(max_bytes)
    return data


def _keep_data(url: str, into: Path, kinds: Collection[Kind], max_bytes: int) -> Fetched:
    data = parse_data_url(url, max_bytes=max_bytes)
    form = _of_kind(data[:HEAD], kinds)
    path = into / f"{secrets.token_hex(8)}{form.ext}"
    with fresh_file(path) as part:
        part.write_bytes(data)
    return Fetched(path, form, len(data))


async def _fetch(
    url: str,
    into: Path,
    kinds: Collection[Kind],
    max_bytes: int,
    *,
    allow_private: bool,
    tls: ssl.SSLContext | None,
) -> Fetched:
    here = read_url(url)
    for _ in range(_REDIRECTS + 1):
        async with ask(here, headers=WANTED, allow_private=allow_private, tls=tls) as response:
            if response.status_code not in _REDIRECT_CODES:
                return await _received(response, into, kinds, max_bytes)
            target = response.headers.get("location", "")
        if not target:
            raise FetchRefused("The address redirects to nowhere", fix="Use the final address of the file")
        here = read_url(target, base=here)
    raise FetchRefused(
        "The address redirects too often",
        why=f"At most {_REDIRECTS} redirects are followed",
        fix="Use the final address of the file",
    )


async def _received(response: httpx.Response, into: Path, kinds: Collection[Kind], max_bytes: int) -> Fetched:
    if response.status_code != 200:
        raise FetchRefused(
            f"The address answered with status {response.status_code}",
            fix="Check that the link is public and has not expired",
        )
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise FetchRefused("The address answered with a compressed file", fix="Upload the file instead")
    with contextlib.suppress(ValueError):  # a malformed length is no length; the bytes are counted anyway
        if int(response.headers.get("content-length", "0")) > max_bytes:
            raise _too_long(max_bytes)
    pieces = response.aiter_raw()
    head = bytearray()
    async for piece in pieces:
        head += piece
        if len(head) >= HEAD:
            break
    form = _of_kind(bytes(head), kinds)
    path = into / f"{secrets.token_hex(8)}{form.ext}"
    with fresh_file(path) as part, part.open("wb") as file:
        file.write(head)
        size = len(head)
        async for piece in pieces:
            size += len(piece)
            if size > max_bytes:
                break
            file.write(piece)
        if size > max_bytes:
            raise _too_long(max_bytes)
    return Fetched(path, form, size)


def _of_kind(head: bytes, kinds: Collection[Kind]) -> Format:
    form = sniff(head)
    if form.kind not in kinds:
        raise BadMedia(
            f"That URL leads to {'a picture' if form.kind == 'image' else 'a video'}",
            why=f"A file of the kind {' or '.join(sorted(kinds))} is wanted here",
            fix="Use another URL",
        )
    return form


def _too_long(max_bytes: int) -> FetchRefused:
    return FetchRefused(
        "The file is too large",
        why=f"The limit is {max_bytes / 2**20:.4g} MB",
        fix="Use a smaller file",
    )

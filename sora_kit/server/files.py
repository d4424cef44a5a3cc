"""Sending a file of the workspace: in pieces, with ranges, from a thread.

`FileAnswer` is an ASGI application that a Litestar handler returns. It reads 256 KiB at a time in a
worker thread, so a slow disk never holds up the loop, and it stops reading when its client leaves
(players abandon most of the answers they ask for).
"""

from __future__ import annotations

import asyncio
import io
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec
from litestar.enums import ScopeType

from sora_kit.server.envelope import Problem
from sora_kit.server.ranges import Slice, Unsatisfiable, matches, wanted

if TYPE_CHECKING:
    from litestar.types import Receive, Scope, Send

__all__ = ("FileAnswer",)

CHUNK = 256 * 1024
_FOREVER = "public, max-age=31536000, immutable"

BEYOND = msgspec.json.encode(
    Problem(
        416,
        "The file has no such bytes. Ask for a range that begins before its end; see Content-Range.",
        "range_not_satisfiable",
        "Range",
    ).body()
)
"""The answer to a range behind the end."""


class FileAnswer:
    """Answers GET and HEAD for one file with 200, 206, 304 or 416.

    Args:
        content: An existing file whose content never changes, or the bytes themselves.
        media_type: Its MIME type.
        etag: Something that names its content, without quotes.
        disposition: The ``Content-Disposition`` header.
        public: May be kept by shared caches; false for what needs a key.
    """

    def __init__(
        self,
        content: Path | bytes,
        *,
        media_type: str,
        etag: str,
        disposition: str = "inline",
        public: bool = True,
    ) -> None:
        self.content = content
        self.etag = f'"{etag}"'
        self.headers = {
            "access-control-allow-origin": "*",
            "content-type": media_type,
            "accept-ranges": "bytes",
            "etag": self.etag,
            "cache-control": _FOREVER if public else "private, no-cache",
            "content-disposition": disposition,
            "x-content-type-options": "nosniff",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != ScopeType.HTTP:
            raise TypeError("files are sent over HTTP only")
        asked = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        file = await asyncio.to_thread(_opened, self.content)
        try:
            size = await asyncio.to_thread(file.seek, 0, 2)
            status, part, extra = self._decide(asked, size)
            headers = {**self.headers, **extra}
            if part is None and status == HTTPStatus.NOT_MODIFIED:
                headers.pop("content-type")
            await send(
                {
                    "type": "http.response.start",
                    "status": int(status),
                    "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
                }
            )
            if part is not None and scope["method"] != "HEAD":
                await _pump(file, part, receive, send)
            told = BEYOND if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE else b""
            await send({"type": "http.response.body", "body": told, "more_body": False})
        finally:
            await asyncio.to_thread(file.close)

    def _decide(self, asked: dict[bytes, str], size: int) -> tuple[int, Slice | None, dict[str, str]]:
        """Status, the bytes to send (None: none) and the headers that depend on the request."""
        if matches(asked.get(b"if-none-match"), self.etag):
            return HTTPStatus.NOT_MODIFIED, None, {}
        try:
            part = wanted(asked.get(b"range"), size, if_range=asked.get(b"if-range"), etag=self.etag)
        except Unsatisfiable:
            extra = {
                "content-range": f"bytes */{size}",
                "content-length": str(len(BEYOND)),
                "content-type": "application/json",
                "cache-control": "no-store",
                "content-disposition": "inline",
            }
            return HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, None, extra
        if part is None:
            return HTTPStatus.OK, Slice(0, size), {"content-length": str(size)}
        extra = {"content-range": part.content_range(size), "content-length": str(len(part))}
        return HTTPStatus.PARTIAL_CONTENT, part, extra


def _opened(content: Path | bytes) -> BinaryIO:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


async def _pump(file: BinaryIO, part: Slice, receive: Receive, send: Send) -> None:
    gone = asyncio.ensure_future(_left(receive))
    try:
        await asyncio.to_thread(file.seek, part.start)
        left = len(part)
        while left and not gone.done():
            data = await asyncio.to_thread(file.read, min(CHUNK, left))
            if not data:
                return  # the file was cut short under us; the server closes the connection
            left -= len(data)
            await send({"type": "http.response.body", "body": data, "more_body": True})
    finally:
        gone.cancel()


async def _left(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass

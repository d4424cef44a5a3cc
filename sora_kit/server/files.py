"""Sending a file of the workspace: in pieces, with ranges, from a thread.

`FileAnswer` is an ASGI application that a Litestar handler returns. It reads 256 KiB at a time in a
worker thread, so a slow disk never holds up the loop, and it stops reading when its client leaves
(players abandon most of the answers they ask for). The first visit to the thread opens the file and
brings the first piece along, which is all that most requests of players want.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import msgspec
from litestar.enums import ScopeType

from sora_kit.server.envelope import Problem
from sora_kit.server.ranges import Slice, Unsatisfiable, matches, wanted

if TYPE_CHECKING:
    from litestar.types import Receive, Scope, Send

__all__ = ("BEYOND", "CHUNK", "FileAnswer", "Head")

CHUNK = 256 * 1024
_TELLING = (b"if-none-match", b"range", b"if-range")
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


class Head(NamedTuple):
    """How an answer begins."""

    status: int
    headers: list[tuple[bytes, bytes]]
    part: Slice | None
    """The bytes to send; None for none."""


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
        begun = await asyncio.to_thread(self._begun, dict(scope["headers"]), scope["method"] == "HEAD")
        try:
            head = begun.head
            await send({"type": "http.response.start", "status": head.status, "headers": head.headers})
            left = begun.left
            await send({"type": "http.response.body", "body": begun.data, "more_body": bool(left)})
            if left:
                await _pump(begun.file, left, receive, send)
        finally:
            begun.file.close()  # nothing was written, so nothing is waited for

    def head(self, asked: Mapping[bytes, bytes], size: int) -> Head:
        """How a request is answered.

        Args:
            asked: Its headers.
            size: Length of the file in bytes.
        """
        told = {name: asked[name].decode("latin-1") for name in _TELLING if name in asked}
        if matches(told.get(b"if-none-match"), self.etag):
            kept = {name: value for name, value in self.headers.items() if name != "content-type"}
            return Head(HTTPStatus.NOT_MODIFIED, _wire(kept), None)
        try:
            part = wanted(told.get(b"range"), size, if_range=told.get(b"if-range"), etag=self.etag)
        except Unsatisfiable:
            extra = {
                "content-range": f"bytes */{size}",
                "content-length": str(len(BEYOND)),
                "content-type": "application/json",
                "cache-control": "no-store",
                "content-disposition": "inline",
            }
            return Head(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, _wire({**self.headers, **extra}), None)
        if part is None:
            whole = Slice(0, size)
            return Head(HTTPStatus.OK, _wire({**self.headers, "content-length": str(size)}), whole)
        extra = {"content-range": part.content_range(size), "content-length": str(len(part))}
        return Head(HTTPStatus.PARTIAL_CONTENT, _wire({**self.headers, **extra}), part)

    def _begun(self, asked: Mapping[bytes, bytes], only_head: bool) -> _Begun:
        """Open the file and read the first piece, in a thread."""
        file = _opened(self.content)
        try:
            head = self.head(asked, file.seek(0, 2))
            data = BEYOND if head.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE else b""
            left = 0
            if head.part is not None and not only_head:
                file.seek(head.part.start)
                data = file.read(min(CHUNK, len(head.part)))
                left = len(head.part) - len(data)
        except BaseException:
            file.close()
            raise
        return _Begun(file, head, data, left)


class _Begun(NamedTuple):
    """An answer whose first piece is there."""

    file: BinaryIO
    head: Head
    data: bytes
    left: int
    """Bytes behind that piece."""


def _wire(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]


def _opened(content: Path | bytes) -> BinaryIO:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


async def _pump(file: BinaryIO, left: int, receive: Receive, send: Send) -> None:
    """Send what is left, from where the file stands."""
    gone = asyncio.ensure_future(_left(receive))
    try:
        while left and not gone.done():
            data = await asyncio.to_thread(file.read, min(CHUNK, left))
            if not data:
                return  # the file was cut short under us; the server closes the connection
            left -= len(data)
            await send({"type": "http.response.body", "body": data, "more_body": bool(left)})
    finally:
        gone.cancel()


async def _left(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass

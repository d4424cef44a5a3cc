"""A body on its way in: counted piece by piece, and its files to disk.

`read_whole` takes a body of JSON or plain fields, `read_form` a multipart form. Neither ever holds more of
a large body than the piece that is just coming: what is longer than `HELD` goes to a file of the request's
`Spool`, a folder beside the media that is removed when the request has been answered, whatever happened.
A process that is killed leaves it to the runner, which sweeps such folders.

A body over the limit is refused as soon as that is known, from its ``Content-Length`` if it has one, and
the connection is closed behind the answer (`sora_kit.server.shield`).
"""

from __future__ import annotations

import asyncio
import io
import mmap
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from litestar import Request
from litestar.exceptions import InternalServerException
from multipart import MultipartSegment, ParserError, ParserLimitReached, PushMultipartParser

from sora_kit.errors import InvalidInput
from sora_kit.server.envelope import Failure, Problem
from sora_kit.server.limits import Limits

__all__ = ("Spool", "Upload", "read_form", "read_whole", "spool_of")

HELD = 1 << 20
"""Bytes of a part that stay in memory; most forms never touch the disk."""

HEAD = 16 * 1024
"""Bytes of one header line of a part."""

HEADERS = 16
"""Headers of a part."""

LONGEST_BOUNDARY = 200

Asked = Request[Any, Any, Any]


class Upload:
    """A file of a multipart form. Its name is the client's claim; look at the bytes.

    Args:
        name: What the client calls it.
        held: Its bytes, if they are in memory.
        path: Where it lies until the request has been answered, if they are not.
    """

    __slots__ = ("held", "name", "path", "size")

    def __init__(self, name: str, held: bytes = b"", path: Path | None = None) -> None:
        self.name = name
        self.held = held
        self.path = path
        self.size = path.stat().st_size if path is not None else len(held)

    @property
    def data(self) -> bytes:
        """Its bytes; of a large file rather use ``path``."""
        return self.path.read_bytes() if self.path is not None else self.held

    def __repr__(self) -> str:
        return f"<Upload of {self.size} bytes>"


class Spool:
    """Files of one request. Nothing is made before the first is needed."""

    def __init__(self, parent: Path) -> None:
        self.parent = parent
        self.folder: Path | None = None

    def fresh(self) -> Path:
        """A name for one more file."""
        if self.folder is None:
            self.folder = Path(tempfile.mkdtemp(prefix="request-", dir=self.parent))
        return self.folder / secrets.token_hex(8)

    def close(self) -> None:
        """Remove the files."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None


def spool_of(request: Asked) -> Spool:
    """The files of a request."""
    state = cast("dict[str, Any]", request.scope).setdefault("state", {})
    if "sora_kit_spool" not in state:
        state["sora_kit_spool"] = Spool(request.app.state.studio.workspace.media.scratch)
    return cast("Spool", state["sora_kit_spool"])


class Kept:
    """Bytes that come in pieces: in memory while they are few, then in a file."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self.some = bytearray()
        self.size = 0
        self.path: Path | None = None
        self.file: BinaryIO | None = None

    async def add(self, piece: bytes) -> None:
        """Take one more piece."""
        self.some += piece
        self.size += len(piece)
        if len(self.some) > HELD:
            await self.write()

    async def write(self) -> None:
        """Move what has gathered to the file; from a thread, as a disk may be slow."""
        if self.file is None:
            self.path = self.spool.fresh()
            self.file = self.path.open("wb")
        pieces, self.some = self.some, bytearray()
        await asyncio.to_thread(self.file.write, pieces)

    async def close(self) -> None:
        """There is no more of it."""
        if self.file is not None:
            if self.some:
                await self.write()
            self.file.close()

    def drop(self) -> None:
        """It is not wanted."""
        if self.file is not None:
            self.file.close()

    def bytes(self) -> bytes | mmap.mmap:
        """All of it, once closed. A file is mapped: whoever parses it needs no copy of its own."""
        if self.path is None:
            return bytes(self.some)
        with self.path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


async def read_whole(request: Asked, limits: Limits) -> bytes | mmap.mmap:
    """A body that is no form with files.

    Raises:
        Failure: 413, it is too long.
    """
    kept = Kept(spool_of(request))
    try:
        async for piece in pieces(request, limits.body_bytes):
            await kept.add(piece)
        await kept.close()
    except BaseException:
        kept.drop()
        raise
    return kept.bytes()


async def read_form(request: Asked, limits: Limits) -> list[tuple[str, str | Upload]]:
    """The fields of a multipart form, in the order in which they came.

    Raises:
        InvalidInput: It is no such form, or a field is not text.
        Failure: 413, it is too long or has too many parts.
    """
    boundary = request.content_type[1].get("boundary", "")
    if not 0 < len(boundary) <= LONGEST_BOUNDARY:
        raise broken("Its Content-Type names no boundary")
    form = Form(spool_of(request), limits)
    try:
        with PushMultipartParser(
            boundary, max_header_size=HEAD, max_header_count=HEADERS, max_segment_count=limits.parts
        ) as parser:
            async for piece in pieces(request, limits.upload_bytes):
                if piece and not parser.closed:
                    for event in parser.parse(piece):
                        await form.take(event)
    except ParserLimitReached:
        raise too_much(f"The form has more than {limits.parts} parts, or one with too many headers") from None
    except ParserError as error:
        raise broken(str(error)) from error
    finally:
        form.drop()
    return form.fields


class Form:
    """Puts together what the parser tells."""

    def __init__(self, spool: Spool, limits: Limits) -> None:
        self.spool = spool
        self.limits = limits
        self.fields: list[tuple[str, str | Upload]] = []
        self.text = 0
        self.part: MultipartSegment | None = None
        self.kept = Kept(spool)

    async def take(self, event: MultipartSegment | bytes | bytearray | None) -> None:
        """Take a part's head, a piece of it, or (None) its end."""
        if isinstance(event, MultipartSegment):
            self.part, self.kept = event, Kept(self.spool)
            return
        if self.part is None:
            raise broken("A part has no head")
        if event is None:
            await self.end(self.part)
            return
        await self.kept.add(bytes(event))
        if not self.part.filename:
            self.text += len(event)
            if self.text > self.limits.body_bytes:
                raise too_much(f"The fields of the form are larger than {size(self.limits.body_bytes)}")

    async def end(self, part: MultipartSegment) -> None:
        """A part is whole."""
        await self.kept.close()
        if part.filename:
            kept = self.kept
            held = Upload(part.filename, bytes(kept.some) if kept.path is None else b"", kept.path)
            self.fields.append((part.name, held))
        else:
            text = io.BytesIO(self.kept.bytes()).getvalue().decode(part.charset or "utf-8")
            self.fields.append((part.name, text))
        self.part = None

    def drop(self) -> None:
        """Close what is open."""
        self.kept.drop()


async def pieces(request: Asked, most: int) -> AsyncIterator[bytes]:
    """The body as it comes.

    Raises:
        Failure: 413, it has more than ``most`` bytes.
        InternalServerException: The client left.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise too_much(f"The request is larger than {size(most)}")
    count, more = 0, True
    while more:
        message: Any = await request.receive()
        if message["type"] == "http.disconnect":
            raise InternalServerException("the client left")
        piece: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        count += len(piece)
        if count > most:
            raise too_much(f"The request is larger than {size(most)}")
        yield piece


def size(count: int) -> str:
    """Bytes in words, as whole as they are."""
    for unit, one in (("MiB", 2**20), ("KiB", 2**10)):
        if count >= one:
            return f"{count / one:.4g} {unit}"
    return f"{count} bytes"


def too_much(what: str) -> Failure:
    """The refusal of a body; the connection cannot be used again, as nobody reads the rest of it."""
    message = f"{what}. Send a smaller picture or clip, or a link to it."
    return Failure(Problem(413, message, "request_too_large", headers={"connection": "close"}))


def broken(why: str) -> InvalidInput:
    """The refusal of what is no form."""
    return InvalidInput(
        "The form cannot be read",
        why=why,
        fix="Send multipart/form-data as your HTTP library makes it",
        code="invalid_request",
    )

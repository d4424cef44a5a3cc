"""Pieces of clips that can be read without waiting.

Linux reads a piece of a file only if the memory has it (``RWF_NOWAIT``): then there is no reason to go to a
thread. What the memory has not, what is long, and all other systems are left to
`sora_kit.server.files.FileAnswer`, which reads in a thread; from then on the memory has it.

The file is opened for each piece. A file that is kept open would keep its space when the clip is deleted,
and opening costs less than the piece.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping

from sora_kit.server.files import BEYOND, CHUNK, FileAnswer, Head
from sora_kit.store.media import MediaStore
from sora_kit.store.revisions import Lying

__all__ = ("MEDIA_PATH", "piece")

MEDIA_PATH = "/media/"
POSTER = "jpg"

NOWAIT = getattr(os, "RWF_NOWAIT", None)
"""The flag; None where there is none."""

WOULD_WAIT = frozenset({errno.EAGAIN, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS})
"""The memory has it not, or the file system cannot tell."""


def piece(
    store: MediaStore, lying: Lying, ext: str, headers: Mapping[bytes, bytes]
) -> tuple[Head, bytes] | None:
    """The answer to a request for a clip or its poster, None if it may take a while or is no such file.

    Args:
        store: Where the file is.
        lying: The clip's files.
        ext: What the address ends in.
        headers: Of the request.
    """
    if ext == lying.ext:
        answer = FileAnswer(store.path(lying.sha256, ext), media_type=lying.mime, etag=lying.sha256)
    elif ext == POSTER:
        path = store.path(lying.poster_sha256, POSTER)
        answer = FileAnswer(path, media_type="image/jpeg", etag=lying.poster_sha256)
    else:
        return None
    if NOWAIT is None:
        return None
    try:
        file = os.open(answer.content, os.O_RDONLY)
    except FileNotFoundError:
        return None  # the application says why
    try:
        head = answer.head(headers, os.fstat(file).st_size)
        if head.part is None:
            return head, BEYOND if head.status == 416 else b""
        if len(head.part) > CHUNK:
            return None
        data = bytearray(len(head.part))
        if os.preadv(file, [data], head.part.start, NOWAIT) < len(data):
            return None
        return head, bytes(data)
    except OSError as error:
        if error.errno in WOULD_WAIT:
            return None
        raise
    finally:
        os.close(file)

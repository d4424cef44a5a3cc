"""Files that appear whole or not at all.

A file is written under a temporary name in its own folder and renamed when it is complete, so a
reader never sees half of it and a crash leaves the old file as it was. A disk that runs full on the
way is reported as what it is.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from sora_kit.errors import WorkspaceFull

__all__ = ("fresh_file", "full_disk_named", "landing", "temporary_name")

_FULL = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})


@contextlib.contextmanager
def full_disk_named(path: Path) -> Iterator[None]:
    """Turn "no space left", "quota exceeded" and "file too large" into `WorkspaceFull`.

    Args:
        path: The file being written, for the message.

    Raises:
        WorkspaceFull: In place of the operating system's (or libav's) error.
    """
    try:
        yield
    except Exception as error:  # libav's errors are no OSErrors, but carry an errno too
        if getattr(error, "errno", None) not in _FULL:
            raise
        raise WorkspaceFull(
            f"There is no space left to write {path.name}",
            why="The disk or quota that holds it is full",
            fix="Free some space, or choose another folder for the workspace",
        ) from error


def temporary_name(path: str | os.PathLike[str]) -> Path:
    """A fresh name in the folder of ``path``, with its suffix; nothing is made there yet."""
    final = Path(path).absolute()
    return final.with_name(f".{final.stem[:80]}.{secrets.token_hex(6)}.part{final.suffix}")


@contextlib.contextmanager
def landing(part: Path, path: str | os.PathLike[str], *, scratch: bool = False) -> Iterator[None]:
    """Write ``part`` inside the block; it becomes ``path`` on success and is removed on failure.

    Args:
        part: From `temporary_name`.
        path: Where the finished file shall be. Missing parent folders are made.
        scratch: Nobody needs the file after a power cut, so the disk is not waited for.

    Raises:
        WorkspaceFull: When the disk is full.
    """
    final = Path(path).absolute()
    try:
        with full_disk_named(final):
            final.parent.mkdir(parents=True, exist_ok=True)
            yield
            if not scratch:
                with part.open("r+b") as file:  # else a power cut could leave the name without the bytes
                    os.fsync(file.fileno())
            part.replace(final)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def fresh_file(path: str | os.PathLike[str], *, scratch: bool = False) -> Iterator[Path]:
    """`temporary_name` and `landing` in one.

    Args:
        path: Where the finished file shall be.
        scratch: Nobody needs the file after a power cut.

    Yields:
        The path to write to.

    Raises:
        WorkspaceFull: When the disk is full.
    """
    part = temporary_name(path)
    with landing(part, path, scratch=scratch):
        yield part

"""Media files, addressed by their content.

A file is written under a temporary name on the same disk and renamed to
``media/ab/cd/<sha256>.<ext>``. So a reader never sees half a file, storing the same bytes twice is
harmless, and two processes that finish the same job write the same name.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from sora_kit.errors import NotFound, WorkspaceFull, WorkspaceUnreadable

__all__ = ("MediaStore", "no_space")

CHUNK = 1 << 20


class MediaStore:
    """The media folder of a workspace.

    Args:
        folder: Where files lie; made when missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scratch = folder.parent / "tmp"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.scratch.mkdir(parents=True, exist_ok=True)

    def path(self, sha256: str, ext: str) -> Path:
        """Where that content lies, whether or not it is there."""
        return self.folder / sha256[:2] / sha256[2:4] / f"{sha256}.{ext}"

    def find(self, sha256: str) -> Path:
        """The stored file of that content.

        Raises:
            NotFound: This workspace has no such content.
        """
        for path in (self.folder / sha256[:2] / sha256[2:4]).glob(f"{sha256}.*"):
            return path
        raise NotFound(
            "That picture or clip is not in this workspace",
            why=f"No stored content has the address {sha256[:12]}…",
            fix="Add it again",
        )

    def put_file(self, source: Path, ext: str) -> str:
        """Move a finished file into the store.

        Args:
            source: A complete file on the same disk (see `folder_for_work`); it is gone afterwards.
            ext: Extension without the dot.

        Returns:
            SHA-256 of the content, in hex.
        """
        with source.open("r+b") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())  # a power cut must not leave the name without the bytes
        target = self.path(digest, ext)
        with no_space(self.folder):
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
        return digest

    def put_copy(self, source: Path, ext: str) -> str:
        """Store a copy of a file, which may lie anywhere; returns the SHA-256 of its content in hex."""
        with no_space(self.folder):
            handle, name = tempfile.mkstemp(dir=self.scratch)
            os.close(handle)
            try:
                shutil.copyfile(source, name)
                return self.put_file(Path(name), ext)
            finally:
                Path(name).unlink(missing_ok=True)

    def put_bytes(self, data: bytes, ext: str) -> str:
        """Store bytes; returns their SHA-256 in hex."""
        with no_space(self.folder):
            handle, name = tempfile.mkstemp(dir=self.scratch)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                return self.put_file(Path(name), ext)
            finally:
                Path(name).unlink(missing_ok=True)

    def remove(self, sha256: str, ext: str) -> None:
        """Delete a file that nothing refers to any more."""
        self.path(sha256, ext).unlink(missing_ok=True)

    @contextmanager
    def folder_for_work(self, name: str) -> Iterator[Path]:
        """An empty folder on the same disk, removed at the end together with what is left in it."""
        folder = self.work_folder(name)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @asynccontextmanager
    async def afolder_for_work(self, name: str) -> AsyncIterator[Path]:
        """As `folder_for_work`, for event loops: a disk may be slow to make and remove folders.

        Threads go on when whoever waits for them is cancelled, so a folder that comes too late goes, too.
        """
        making = asyncio.ensure_future(asyncio.to_thread(self.work_folder, name))
        try:
            yield await asyncio.shield(making)
        finally:
            await asyncio.wait({making})
            if not making.cancelled() and making.exception() is None:
                await asyncio.shield(asyncio.to_thread(shutil.rmtree, making.result(), ignore_errors=True))

    def work_folder(self, name: str) -> Path:
        """A new folder for `folder_for_work`."""
        with no_space(self.scratch):
            return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.scratch))

    def free_bytes(self) -> int:
        """Free space on the disk of the store."""
        return shutil.disk_usage(self.folder).free


@contextmanager
def no_space(folder: Path) -> Iterator[None]:
    """Turn a full disk, "permission denied" and a folder that was removed into errors that say where.

    Raises:
        WorkspaceFull: The disk, or the user's quota on it, is used up.
        WorkspaceUnreadable: The folder may not be written, or somebody removed it.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT if hasattr(errno, "EDQUOT") else errno.ENOSPC):
            raise WorkspaceFull(
                "There is no space left for the workspace",
                why=f"The disk that holds {folder} is full",
                fix="Free some space, or open another workspace. What was saved before is safe",
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise WorkspaceUnreadable(
                "The workspace may not be written",
                why=f"{folder}: {error.strerror}",
                fix="Give yourself the right to write there, or open another workspace",
            ) from error
        if error.errno == errno.ENOENT and not folder.exists():
            raise WorkspaceUnreadable(
                "The workspace is gone",
                why=f"There is no folder {folder} any more",
                fix="Put it back from a backup, or start sora_kit anew for an empty workspace",
            ) from error
        raise
